"""What was left lying: uploads of forms that nobody sent, and complaints that were set aside long ago."""

from __future__ import annotations

import logging
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
from engine.storage import Storage, StorageAway
from engine.tables import attachments, filings, user_tasks

_log = logging.getLogger(__name__)
#: How long a form may stay open before its uploads are gone; longer than what was set aside can be taken in.
UNSENT_FOR: Final = timedelta(days=60)
_SECONDS: Final = 3600.0


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
    return sum(forget_leftovers(site, company_id) for company_id in companies)
