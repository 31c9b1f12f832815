"""A time-stamping authority outside says once a day that it saw how the histories are."""

from __future__ import annotations

import http.client
import logging
import urllib.request
from datetime import datetime, timedelta
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit

from engine.commands.checkpoints import keep_time_stamp
from engine.commands.site import Site
from engine.complaints import Actor
from engine.database import DatabaseAway
from engine.errors import EngineError
from engine.history.growing import last_stamp
from engine.history.stamps import question, stamped_at
from engine.jobs import Repeating
from engine.queries.people import all_companies
from engine.worker.checkpoints import checkpoint

_log = logging.getLogger(__name__)
#: Seconds from one look to the next, and until an authority that does not answer is given up.
_LOOK: Final = 3600.0
_WAIT: Final = 30
#: How old a stamp gets before the next one is asked for.
_AGE: Final = timedelta(hours=23)
#: Bytes of an answer: a stamp with its certificates has some five thousand.
_LARGEST: Final = 100_000


class NotStamped(EngineError):
    """The authority did not answer with a stamp."""

    code = "not-stamped"


def stamper(site: Site) -> Repeating:
    """Asks for a stamp once a day for each company, where an authority is named; one that failed an hour later."""
    return Repeating("stamp", lambda: stamp_where_due(site), seconds=_LOOK)


def stamp(site: Site, company_id: str) -> datetime:
    """Have the history of the company stamped as it is now; the time that the authority says.

    Raises NotStamped, and UnsafeFile where the answer is no stamp of it.
    """
    note = checkpoint(site, company_id)
    asked = question(note)
    answer = ask(site.settings.timestamp_url, asked.content)
    at = stamped_at(answer, note, nonce=asked.nonce)
    with site.acting(Actor.system(company_id)) as context:
        authority = urlsplit(site.settings.timestamp_url).hostname or ""
        keep_time_stamp(context, note, answer, at=at, authority=authority)
    return at


def ask(url: str, content: bytes) -> bytes:
    """What the authority at *url* answers to the question *content* (RFC 3161, 3.4). Raises NotStamped."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise NotStamped(f"expected SHOUWEN_TIMESTAMP_URL to begin with https:// or http://, found {url or 'none'}")
    headers = {"Content-Type": "application/timestamp-query", "User-Agent": "Shouwen"}
    request = urllib.request.Request(url, content, headers)  # noqa: S310 -- the scheme was looked at
    try:
        with urllib.request.urlopen(request, timeout=_WAIT) as answer:  # noqa: S310
            found: bytes = answer.read(_LARGEST + 1)
    except HTTPError as error:
        raise NotStamped(f"{urlsplit(url).hostname}: {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise NotStamped(f"{urlsplit(url).hostname}: {error}") from error
    if len(found) > _LARGEST:
        raise NotStamped(f"{urlsplit(url).hostname}: expected at most {_LARGEST} bytes, found more")
    return found


def stamp_where_due(site: Site) -> None:
    """Ask for the companies whose last stamp is a day old; what is not answered is asked again an hour later."""
    if not site.settings.timestamp_url:
        return
    with site.database.reading_every_company() as connection:
        companies = all_companies(connection)
    for company_id in companies:
        with site.database.reading(company_id) as connection:
            last = last_stamp(connection, company_id)
        if last and site.clock() - last[2] < _AGE:
            continue
        try:
            stamp(site, company_id)
        except DatabaseAway:
            raise
        except EngineError as error:
            _log.warning("history not stamped: %s", error, extra={"action": "stamp_failed", "company": company_id})
