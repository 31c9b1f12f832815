"""Every setting of an installation, with unit, default and reason. The only reader of the environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_YES: Final = frozenset({"1", "on", "true", "yes"})
_NO: Final = frozenset({"0", "off", "false", "no"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Environment names are ``SHOUWEN_<FIELD>`` in capitals, but for ``PORT``."""

    #: Folder for the database and uploads; created when missing.
    var: Path
    #: Folder of the two keys, ``secret.key`` and ``history.key``, the same on every machine. Default: ``var``.
    keys: Path
    #: SQLAlchemy URL: ``sqlite:////path`` or ``postgresql+psycopg://…``. Default: a file below ``var``.
    database_url: str
    #: What does later work: ``dbos``, or ``pgqueuer`` on PostgreSQL with the extra ``shouwen[pgqueuer]``.
    jobs: str
    #: Where uploaded files lie: a folder or ``s3://bucket/prefix``. Default: ``files`` below ``var``.
    files_url: str
    #: Where procedure packages and forms are deployed from.
    processes: Path
    forms: Path
    #: Address and port the server listens on. Only this machine by default: a company decides itself to open it.
    host: str = "127.0.0.1"
    port: int = 8000
    #: Address customers see in letters and links.
    base_url: str = "http://127.0.0.1:8000"
    #: ``smtp://[user:password@]host[:port]`` or ``smtps://…``; empty = letters are kept for printing.
    mail_url: str = ""
    #: Sender of letters.
    mail_from: str = "noreply@localhost"
    #: Whether web hooks may call machines of private networks, and without HTTPS. Off: an administrator of one company
    #: could else reach what only this machine may.
    private_hooks: bool = False
    #: Mailbox that complaints come to: ``imaps://user@host[:port][/folder]`` or ``imap://…``; empty = none is read.
    inbox_url: str = ""
    #: Its password. ``SHOUWEN_INBOX_PASSWORD_FILE`` may name a file that holds it instead.
    inbox_password: str = ""
    #: What a mail there becomes a case of: ``company/procedure``.
    inbox_procedure: str = ""
    #: Time-stamping authority (RFC 3161) that stamps each company's history once a day: ``https://…``; empty = none.
    timestamp_url: str = ""
    #: Bytes one request may have, uploads included.
    max_request_bytes: int = 32_000_000
    #: Threads that answer requests. SQLite serialises writers anyway; more threads only help readers.
    threads: int = 8
    #: Cookies only over HTTPS. Off by default because the default address is plain HTTP on this machine.
    secure_cookies: bool = False
    #: Minutes without a request after which a session ends, and hours after which it ends in any case.
    session_idle_minutes: int = 60
    session_hours: int = 12
    #: Who has to have a second factor: ``nobody``, ``administrators`` or ``everybody``.
    second_factor: str = "nobody"
    #: What a program has to show to read ``/metrics``; empty = nobody may.
    metrics_token: str = ""
    #: Logs as one JSON object a line, with a line for each request. Else lines for people, of warnings only.
    json_logs: bool = False


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises ValueError that names the variable when a value cannot be read.
    """
    env = os.environ if environment is None else environment
    var = Path(env.get("SHOUWEN_VAR", "var")).resolve()
    data = _data_folder()
    port = _number(env, "PORT", 8000)
    return Settings(
        var=var,
        keys=Path(env.get("SHOUWEN_KEYS") or var).resolve(),
        database_url=env.get("SHOUWEN_DATABASE_URL") or f"sqlite:///{var / 'shouwen.db'}",
        jobs=_one_of(env, "SHOUWEN_JOBS", ("dbos", "pgqueuer")),
        files_url=env.get("SHOUWEN_FILES_URL") or str(var / "files"),
        processes=Path(env.get("SHOUWEN_PROCESSES", data / "processes")).resolve(),
        forms=Path(env.get("SHOUWEN_FORMS", data / "forms")).resolve(),
        host=env.get("SHOUWEN_HOST", "127.0.0.1"),
        port=port,
        base_url=env.get("SHOUWEN_BASE_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        mail_url=env.get("SHOUWEN_MAIL_URL", ""),
        mail_from=env.get("SHOUWEN_MAIL_FROM", "noreply@localhost"),
        private_hooks=_yes_or_no(env, "SHOUWEN_PRIVATE_HOOKS", default=False),
        inbox_url=env.get("SHOUWEN_INBOX_URL", ""),
        inbox_password=_secret(env, "SHOUWEN_INBOX_PASSWORD"),
        inbox_procedure=env.get("SHOUWEN_INBOX_PROCEDURE", ""),
        timestamp_url=env.get("SHOUWEN_TIMESTAMP_URL", ""),
        max_request_bytes=_number(env, "SHOUWEN_MAX_REQUEST_BYTES", 32_000_000),
        threads=_number(env, "SHOUWEN_THREADS", 8),
        secure_cookies=_yes_or_no(env, "SHOUWEN_SECURE_COOKIES", default=False),
        session_idle_minutes=_number(env, "SHOUWEN_SESSION_IDLE_MINUTES", 60),
        session_hours=_number(env, "SHOUWEN_SESSION_HOURS", 12),
        second_factor=_one_of(env, "SHOUWEN_SECOND_FACTOR", ("nobody", "administrators", "everybody")),
        metrics_token=env.get("SHOUWEN_METRICS_TOKEN", ""),
        json_logs=_yes_or_no(env, "SHOUWEN_JSON_LOGS", default=False),
    )


def _secret(env: Mapping[str, str], name: str) -> str:
    """What stands in the variable, else in the file that ``…_FILE`` names, without the line's end."""
    path = env.get(f"{name}_FILE", "")
    if not path:
        return env.get(name, "")
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{name}_FILE: expected a readable file, found {error}") from error


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise ValueError(f"{name}: expected a whole number, found {text!r}")
    return int(text)


def _yes_or_no(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name, "")
    if not text:
        return default
    if text.lower() not in _YES | _NO:
        raise ValueError(f"{name}: expected yes or no, found {text!r}")
    return text.lower() in _YES


def _one_of(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """The first of *choices* where nothing is said."""
    text = env.get(name, "") or choices[0]
    if text not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, found {text!r}")
    return text


def _data_folder() -> Path:
    """The folder that holds ``processes/`` and ``forms/``: the checkout, else where the wheel put them."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "processes").is_dir():
        return checkout
    return Path(sys.prefix) / "share" / "shouwen"
