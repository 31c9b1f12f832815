"""What was left lying: uploads of forms that nobody sent, complaints that were set aside long ago, and files that no
upload names, because something broke between the file and its row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from engine.commands.attachments import forget_uploads
from engine.commands.context import Context
from engine.commands.filings import forget_old
from engine.commands.site import Site
from engine.complaints import Actor
from engine.database import Collision
from engine.jobs import Repeating
from engine.queries.people import all_companies
from engine.storage import SHELVES, Storage, StorageAway
from engine.tables import attachments, filings, user_tasks

_log = logging.getLogger(__name__)
#: How long a form may stay open before its uploads are gone; longer than what was set aside can be taken in.
UNSENT_FOR: Final = timedelta(days=60)
_SECONDS: Final = 3600.0
#: Every hour one part of the storage is looked through, each day all of it.
_HOURS: Final = 24
#: Contents that one statement asks for.
_AT_ONCE: Final = 500


class _StillFresh(Exception):
    """Somebody has sent the same content a moment ago; the row that says so may be about to be written."""


def sweeper(site: Site) -> Repeating:
    """Looks every hour from its `start`; any number of workers may."""
    return Repeating("leftovers", lambda: _forget_everywhere(site), seconds=_SECONDS)


def forget_leftovers(site: Site, company_id: str) -> int:
    """Let go of what nobody needs any more; how many uploads. Contents are a transaction each."""
    system, before = Actor.system(company_id), site.now(company_id) - UNSENT_FOR
    with site.acting(system) as context:
        forget_old(context)
    with site.database.reading(company_id) as connection:
        t = attachments.c
        unsent = sa.select(t.sha256).where(t.company_id == company_id, _unsent(company_id, before)).distinct()
        contents = connection.execute(unsent).scalars().all()
    return sum(_forget(site, system, sha256, before) for sha256 in contents)


def forget_unnamed(site: Site, company_id: str, shelves: Iterable[str] = SHELVES) -> int:
    """Remove what lies in the storage, older than `UNSENT_FOR` in true time, and is named by no upload; how much.

    A file is written before its row. One that is being written now, or once more, is younger; see
    `Storage.remove_unless_fresh` for what happens when both meet.
    """
    older, removed = UNSENT_FOR.total_seconds(), 0
    for shelf in shelves:
        for sha256 in _unnamed(site, company_id, site.storage.contents(company_id, shelf)):
            removed += site.storage.remove_unless_fresh(company_id, sha256, fresh=older)
        removed += site.storage.remove_partials(company_id, shelf, older=older)
    return removed


def _unnamed(site: Site, company_id: str, contents: Sequence[str]) -> Iterator[str]:
    """Those of *contents* that no upload has, each asked for anew so that little time passes until it is removed."""
    t = attachments.c
    for begin in range(0, len(contents), _AT_ONCE):
        some = contents[begin : begin + _AT_ONCE]
        with site.database.reading(company_id) as connection:
            own = (t.company_id == company_id, t.sha256.in_(some))
            named = set(connection.execute(sa.select(t.sha256).where(*own)).scalars())
        yield from (sha256 for sha256 in some if sha256 not in named)


def _unsent(company_id: str, before: datetime) -> sa.ColumnElement[bool]:
    """Of no case, and named by nothing that can still become part of one."""
    t, f, u = attachments.c, filings.c, user_tasks.c
    name = sa.literal("%") + t.id + sa.literal("%")
    filed = sa.exists().where(f.company_id == company_id, sa.cast(f.raw, sa.Text).like(name))
    is_drafted = (u.company_id == company_id, u.draft.is_not(None))  # as the index says it; who ends a task drops it
    drafted = sa.exists().where(*is_drafted, sa.cast(u.draft, sa.Text).like(name))
    return sa.and_(t.case_id.is_(None), t.uploaded_at < before, ~filed, ~drafted)


def _forget(site: Site, system: Actor, sha256: str, before: datetime) -> int:
    try:
        with site.acting(system) as context:
            return _forget_content(context, site.storage, sha256, before)
    except _StillFresh:
        return 0
    except (Collision, StorageAway):
        _log.warning("upload not forgotten", extra={"action": "leftovers_failed"}, exc_info=True)
        return 0


def _forget_content(context: Context, storage: Storage, sha256: str, before: datetime) -> int:
    """The row goes when its content has gone: what stops between the two is done again by the next round."""
    company_id = context.actor.company_id
    gone, unused = forget_uploads(context, sha256, _unsent(company_id, before))
    if gone and unused and not storage.remove_unless_fresh(company_id, sha256):
        raise _StillFresh
    return gone


def _forget_everywhere(site: Site) -> int:
    with site.database.reading_every_company() as connection:
        companies = all_companies(connection)
    hour = site.clock().hour
    shelves = [shelf for place, shelf in enumerate(SHELVES) if place % _HOURS == hour]
    return sum(forget_leftovers(site, each) + _forget_unnamed(site, each, shelves) for each in companies)


def _forget_unnamed(site: Site, company_id: str, shelves: Iterable[str]) -> int:
    try:
        return forget_unnamed(site, company_id, shelves)
    except StorageAway:
        _log.warning("storage not looked through", extra={"action": "leftovers_failed"}, exc_info=True)
        return 0
