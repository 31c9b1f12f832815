"""Handing a letter to a mail server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

#: Seconds a mail server may take to answer.
_TIMEOUT = 30
_FOR_GOOD = 500
_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True, slots=True)
class Attachment:
    """An Excel file that goes along."""

    name: str
    content: bytes


class NotTaken(Exception):
    """A machine outside did not take something. What it *said* names nobody; *for_good*: it would say so again."""

    def __init__(self, said: str, *, for_good: bool = False) -> None:
        super().__init__(said)
        self.said, self.for_good = said, for_good


def send(
    mail_url: str,
    *,
    sender: str,
    recipient: str,
    subject: str,
    body: str,
    message_id: str,
    at: datetime,
    html: str = "",
    attachments: Sequence[Attachment] = (),
) -> None:
    """Send one letter. Sent again after a crash it carries the same *message_id*, so servers and people can tell.

    *html* says the same as *body* to those who can show it. Raises NotTaken.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Message-ID"], message["Date"] = message_id, format_datetime(at)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    for each in attachments:
        message.add_attachment(each.content, maintype=_XLSX[0], subtype=_XLSX[1], filename=each.name)
    try:
        _hand_over(mail_url, message)
    except (OSError, smtplib.SMTPException) as error:  # SMTPException is an OSError today, and was not always
        raise _not_taken(error, recipient) from error


def _hand_over(mail_url: str, message: EmailMessage) -> None:
    url = urlsplit(mail_url)
    server = _connect(url.scheme, url.hostname or "localhost", url.port)
    try:
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)
    finally:
        with suppress(OSError, smtplib.SMTPException):  # a bad farewell takes nothing back
            server.quit()


def _not_taken(error: Exception, recipient: str) -> NotTaken:
    """RFC 5321, 4.2.1: 5yz is for good. Said of sender or password it is about our settings, which somebody mends."""
    code: int
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return NotTaken(_shown(f"{type(error).__name__}: {error}", recipient), for_good=False)
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    of_letter = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    return NotTaken(_shown(f"{code} {words}", recipient), for_good=of_letter and code >= _FOR_GOOD)


def _shown(said: str, recipient: str) -> str:
    """*said* as it may stand on a page and in the history: without the customer's address."""
    return "".join(letter if letter.isprintable() else " " for letter in said.replace(recipient, "…"))


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=_TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port or 25, timeout=_TIMEOUT)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    return server
