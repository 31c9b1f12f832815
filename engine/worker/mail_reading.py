"""What a mail says: who wrote it, what about, which files came along, and whether a person wrote it at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from typing import Final

from engine.commands.arrivals import IncomingMail

#: Characters of a mail's words that are kept; nobody reads more, and a form's field takes no more.
_MOST_WORDS: Final = 20_000
_MOST_FILES: Final = 20
#: Stands behind the headers of a mail that is too large to be fetched.
TOO_LARGE: Final = b"X-Shouwen: too-large\r\n\r\n"
_TRACKED: Final = re.compile(r"/public/track/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])")
#: Behind these lines stands what the mail answers.
_QUOTED: Final = re.compile(
    r"^(-{2,} ?(Original Message|原始邮件|原始郵件|转发的邮件|Forwarded message) ?-{2,}"
    r"|On .{5,120} wrote:|.{0,80}(写道|寫道)[:：])\s*$",
    re.MULTILINE | re.IGNORECASE,
)
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})


def read_mail(raw: bytes, *, own_address: str) -> IncomingMail:
    """*raw* as a mail; *own_address* is who the installation itself writes as. Raises ValueError where it is none."""
    if raw.endswith(TOO_LARGE):
        raise ValueError("expected a mail that can be fetched, found one that is too large")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    name, sender = parseaddr(_header(message, "From"))
    words = "\n".join(_texts(message)).replace("\0", "").replace("\r\n", "\n").strip()
    if not message.keys() or (not sender and not words):
        raise ValueError("expected a mail with a sender or words, found neither")
    everything = f"{_header(message, 'Subject')}\n{words}"
    return IncomingMail(
        message_id=_header(message, "Message-ID").strip()[:500] or f"sha256:{hashlib.sha256(raw).hexdigest()}",
        sender=sender.strip()[:254],
        name=name.strip()[:100],
        subject=" ".join(_header(message, "Subject").split())[:300],
        words=_own_words(words)[:_MOST_WORDS],
        files=tuple(_files(message)),
        sent_at=_sent_at(message),
        tracking_codes=tuple(dict.fromkeys(_TRACKED.findall(everything))),
        machine=_machine(message, sender, own_address),
    )


def sender_and_subject(raw: bytes) -> tuple[str, str]:
    """What a mail that cannot be read says at its head, for somebody to find it in the mailbox."""
    message = message_from_bytes(raw[:100_000], policy=policy.compat32)
    sender, subject = (str(message.get(name) or "").replace("\0", "") for name in ("From", "Subject"))
    return parseaddr(sender)[1][:254], " ".join(subject.split())[:300]


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; what is no header as the standard has it is no reason to lose the mail."""
    try:
        return str(message.get(name) or "").replace("\0", "")
    except (ValueError, LookupError, AttributeError, IndexError):
        return ""


def _machine(message: EmailMessage, sender: str, own_address: str) -> str:
    if message.get_content_type() == "multipart/report" or _header(message, "Return-Path").strip() == "<>":
        return "bounce"
    if sender.partition("@")[0].lower() in {"mailer-daemon", "postmaster"}:
        return "bounce"
    if sender.lower() in {address.lower() for _, address in getaddresses([own_address])}:
        return "loop"
    automatic = _header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if automatic not in {"", "no"} or "X-Autoreply" in message or "X-Autorespond" in message:
        return "auto-reply"
    if "List-Id" in message or _header(message, "Precedence").strip().lower() in _BULK:
        return "list"
    return ""


def _texts(message: EmailMessage) -> Iterator[str]:
    plain = [part for part in message.walk() if part.get_content_type() == "text/plain" and not part.get_filename()]
    for part in plain:
        yield _decoded(part)
    if not plain:
        for part in message.walk():
            if part.get_content_type() == "text/html" and not part.get_filename():
                yield _without_markup(_decoded(part))


def _decoded(part: EmailMessage | object) -> str:
    """The words of a part, in whatever they are written; what cannot be read is marked, not lost."""
    assert isinstance(part, EmailMessage)
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "gb18030"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("utf-8", "replace")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "head"}
        if tag in {"br", "p", "div", "tr", "li"}:
            self.found.append("\n")
        self.found.extend(f" {value} " for name, value in attrs if name == "href" and value and "/track/" in value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "head"} and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def _without_markup(html: str) -> str:
    words = _Words()
    words.feed(html)
    return re.sub(r"\n\s*\n+", "\n\n", "".join(words.found))


def _own_words(words: str) -> str:
    """What the sender wrote, without the mail it answers. Where nothing is left, everything."""
    begun = _QUOTED.search(words)
    own = words[: begun.start()] if begun else words
    kept = "\n".join(line for line in own.splitlines() if not line.startswith(">")).strip()
    return kept or words


def _files(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    found = 0
    for part in message.walk():
        name = part.get_filename()
        if not name or part.is_multipart() or found >= _MOST_FILES:
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            found += 1
            yield str(name).replace("\0", ""), content


def _sent_at(message: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
