"""Recorded cases of a period that are played on a draft: which they are, the draft, and what the page says of both."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import sqlalchemy as sa
from flask import request

from engine.commands.findable import record_search
from engine.deployments import Deployment
from engine.errors import PackageRefused
from engine.findings import Severity
from engine.procedures import package_from_files
from engine.tables import cases
from webapp.access import actor, site
from webapp.finding_words import finding_view
from webapp.pages.drafts import edited, findings_of
from webapp.shell import own_time_zone

#: Seconds until the page says how far it is.
SPELL: Final = 2.0
_QUARTER: Final = timedelta(days=91)
_LATEST: Final = date(9000, 1, 1)


class CannotPlay(Exception):
    """The draft does not run; *findings* say why, as `webapp.finding_words.finding_view` makes them."""

    def __init__(self, findings: list[dict[str, Any]]) -> None:
        super().__init__()
        self.findings = findings


def draft_to_play(procedure: str) -> Deployment:
    """The draft as if it were in service. Raises CannotPlay."""
    kept = edited(procedure)
    try:
        draft = Deployment(0, 0, package_from_files(kept.files))
        _ = draft.definition
    except PackageRefused:
        errors = [each for each in findings_of(procedure, kept.files) if each.severity is Severity.ERROR]
        raise CannotPlay([finding_view(each) for each in errors]) from None
    return draft


def record_playing(what: str, procedure: str) -> None:
    """Recorded cases are read to play them: that stands in the company's history as a search does."""
    with site().acting(actor()) as context:
        record_search(context, {what: procedure, "from": str(chosen_day("from")), "to": str(chosen_day("to"))}, [])


def cases_of_period(procedure: str, *, after: int) -> sa.Select[Any]:
    """Cases that came in between the two days, in the order of their ids."""
    t, zone = cases.c, own_time_zone()
    begins = datetime.combine(chosen_day("from"), time.min, zone)
    ends = datetime.combine(chosen_day("to") + timedelta(days=1), time.min, zone)
    where = (
        t.company_id == actor().company_id,
        t.procedure == procedure,
        t.received_at >= begins,
        t.received_at < ends,
        t.id > after,
    )
    return sa.select(t.id, t.number).where(*where).order_by(t.id)


def chosen_day(name: str) -> date:
    """The day that was chosen; the last quarter where none was."""
    today = site().now(actor().company_id).astimezone(own_time_zone()).date()
    try:
        return min(date.fromisoformat(request.values.get(name, "")), _LATEST)
    except ValueError:
        return today - _QUARTER if name == "from" else today
