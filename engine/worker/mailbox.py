"""Reads the mailbox that complaints come to. What was taken in is marked as seen there; nothing is deleted."""

from __future__ import annotations

import hashlib
import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from engine.commands.arrivals import note_failure, take_in
from engine.commands.site import Site
from engine.complaints import Actor
from engine.database import Collision, DatabaseAway
from engine.jobs import Repeating
from engine.settings import Settings
from engine.storage import StorageAway
from engine.worker.mail_reading import TOO_LARGE, read_mail, sender_and_subject

_log = logging.getLogger(__name__)
_SECONDS: Final = 60.0
#: Seconds a mail server may take to answer.
_TIMEOUT: Final = 30
#: Mails taken in before the connection is made anew; the rest waits for the next round.
_BATCH: Final = 50
#: Bytes of a mail, files included; what is larger is listed and stays in the mailbox.
MAX_MAIL: Final = 25_000_000
#: Not the mail's fault: it stays unseen, and the next round finds it again.
_TRY_AGAIN: Final = (DatabaseAway, StorageAway, Collision, sa.exc.IntegrityError)


def mailbox_reader(site: Site) -> Repeating:
    """Reads the mailbox once a minute from its `start`, where one is set. Raises ValueError for half a setting."""
    if site.settings.inbox_url:
        _procedure(site.settings)
    return Repeating("read_mailbox", lambda: read_mailbox(site), seconds=_SECONDS)


def read_mailbox(site: Site) -> int:
    """Take in what has not been seen yet, one transaction each; how many mails became something or were listed.

    Raises OSError or imaplib.IMAP4.error when the server cannot be reached or refuses.
    """
    if not site.settings.inbox_url:
        return 0
    done = 0
    with _mailbox(site.settings) as box:
        _, found = box.uid("SEARCH", "UNSEEN")
        for uid in (found[0] or b"").split()[:_BATCH]:
            if _take(site, box, uid.decode()):
                box.uid("STORE", uid.decode(), "+FLAGS", r"(\Seen)")
                done += 1
    return done


def _take(site: Site, box: imaplib.IMAP4, uid: str) -> bool:
    """Whether the mail is dealt with; what failed for reasons of its own is flagged and listed."""
    company_id, procedure = _procedure(site.settings)
    raw = _fetched(box, uid)
    try:
        mail = read_mail(raw, own_address=site.settings.mail_from)
        with site.acting(Actor.customer(company_id)) as context:
            take_in(context, site.storage, procedure, mail)
    except _TRY_AGAIN:
        _log.warning("mail not taken in", extra={"action": "mail_postponed"}, exc_info=True)
        return False
    except Exception as error:  # noqa: BLE001 -- it would come again for ever: somebody has to look at it
        _log.exception("mail cannot be taken in", extra={"action": "mail_failed"})
        key = f"sha256:{hashlib.sha256(raw or uid.encode()).hexdigest()}"
        sender, subject = sender_and_subject(raw)
        with site.acting(Actor.system(company_id)) as context:
            reason = f"{type(error).__name__}: {error}"
            note_failure(context, key, sender=sender, subject=subject, reason=reason)
        box.uid("STORE", uid, "+FLAGS", r"(\Flagged)")
    return True


def _fetched(box: imaplib.IMAP4, uid: str) -> bytes:
    """The mail as it came, without marking it as seen; of one that is too large only its headers."""
    _, sizes = box.uid("FETCH", uid, "(RFC822.SIZE)")
    said = b" ".join(part if isinstance(part, bytes) else part[0] for part in sizes if part)
    size = said.rpartition(b"RFC822.SIZE ")[2].split(b" ")[0].strip(b")")
    if size.isdigit() and int(size) > MAX_MAIL:
        _, parts = box.uid("FETCH", uid, "(BODY.PEEK[HEADER])")
        return _content(parts) + TOO_LARGE
    _, parts = box.uid("FETCH", uid, "(BODY.PEEK[])")
    return _content(parts)


def _content(parts: list[Any]) -> bytes:
    return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")


def _procedure(settings: Settings) -> tuple[str, str]:
    company_id, slash, procedure = settings.inbox_procedure.partition("/")
    if not (company_id and slash and procedure):
        found = settings.inbox_procedure
        raise ValueError(f"SHOUWEN_INBOX_PROCEDURE: expected company/procedure, found {found!r}")
    return company_id, procedure


@contextmanager
def _mailbox(settings: Settings) -> Iterator[imaplib.IMAP4]:
    url = urlsplit(settings.inbox_url)
    box: imaplib.IMAP4
    if url.scheme == "imaps":
        box = imaplib.IMAP4_SSL(
            url.hostname or "", url.port or 993, ssl_context=ssl.create_default_context(), timeout=_TIMEOUT
        )
    else:
        box = imaplib.IMAP4(url.hostname or "", url.port or 143, timeout=_TIMEOUT)
        if "STARTTLS" in box.capabilities:
            box.starttls(ssl.create_default_context())
    with box:
        box.login(unquote(url.username or ""), settings.inbox_password)
        box.select(f'"{unquote(url.path.strip("/")) or "INBOX"}"')
        yield box
