"""Which calendars a company's time limits are counted over, and what a new one does to running cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Calendars, Notice, calendars_to_json, notice_to_text, read_notice, with_notices
from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.schedules import next_time
from engine.database import insert_for
from engine.errors import NotFound, NotPermitted
from engine.interpreter import CaseStatus, FactKind, WakeUp, advance
from engine.procedures import Company, calendars_of
from engine.tables import calendars as table
from engine.tables import cases, clocks, companies, incidents, notices, schedules

#: Cases that a preview looks at. Each takes about a millisecond.
_MOST_PREVIEWED: Final = 2000


@dataclass(frozen=True, slots=True)
class Move:
    """A running time limit whose date another calendar moves."""

    case_number: str
    procedure: str
    deadline: str
    was: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a notice would do now."""

    before: Calendars
    after: Calendars
    moves: tuple[Move, ...]
    looked_at: int  #: cases whose clocks were counted again to know it
    waiting: int  #: cases with running clocks in all


def load_notice(context: Context, notice: Notice, *, keep_dates: bool, note: str) -> str:
    """Put *notice* in place of what the calendars held for its year; the digest of the calendars in force now.

    Running time limits are counted again by the worker, one case after the other, unless *keep_dates*: then the dates
    that were given stay until their amount or pauses change. Raises NotPermitted, CalendarInvalid.
    """
    _require_administrator(context)
    values = {"content": notice_to_text(notice), "loaded_at": context.now, "loaded_by": context.actor.name}
    keys = {"company_id": context.actor.company_id, "year": notice.year}
    insert = insert_for(context.connection.dialect.name, notices).values(**keys, **values)
    context.connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=values))
    return _adopt(context, replace(_composed(context), keeps_dates=keep_dates), source="notice", note=note)


def remove_notice(context: Context, year: int, *, keep_dates: bool, note: str) -> str:
    """Go back to what the package says of *year*. Raises NotPermitted, NotFound."""
    _require_administrator(context)
    t = notices.c
    where = (t.company_id == context.actor.company_id, t.year == year)
    if not context.connection.execute(sa.delete(notices).where(*where)).rowcount:
        raise NotFound("notice", year)
    return _adopt(context, replace(_composed(context), keeps_dates=keep_dates), source="notice", note=note)


def preview_notice(context: Context, notice: Notice) -> Preview:
    """What loading *notice* would move, without changing anything. Raises NotPermitted, CalendarInvalid."""
    _require_administrator(context)
    before = context.calendars()
    after = with_notices(_composed(context), [notice])
    moves: list[Move] = []
    looked_at = 0
    for row in context.connection.execute(_counted_cases(context, cases).limit(_MOST_PREVIEWED)):
        looked_at += 1
        moves += _moves(context, row, after)
    waiting = context.connection.execute(_counted_cases(context, sa.func.count())).scalar_one()
    return Preview(before, after, tuple(moves), looked_at, waiting)


def adopt_profile(context: Context, company: Company) -> str:
    """Count over what *company* says from now on, with the notices that were loaded here in place of its own."""
    return _adopt(context, with_notices(calendars_of(company), _loaded(context, company.id)), source="package", note="")


def _composed(context: Context) -> Calendars:
    company = context.deployments.company(context.connection, context.actor.company_id)
    return with_notices(calendars_of(company), _loaded(context, company.id))


def _loaded(context: Context, company_id: str) -> list[Notice]:
    found = context.connection.execute(sa.select(notices.c.content).where(notices.c.company_id == company_id))
    return [read_notice(content) for content in found.scalars()]


def _adopt(context: Context, calendars: Calendars, *, source: str, note: str) -> str:
    """Put *calendars* in force and let every case with a running clock be counted again."""
    company_id, digest = context.actor.company_id, calendars.version
    own = companies.c.id == company_id
    if context.connection.execute(sa.select(companies.c.calendar).where(own)).scalar() == digest:
        return digest
    waiting = _wake_all(context)
    values = {
        "content": calendars_to_json(calendars),
        "source": source,
        "note": note,
        "adopted_at": context.now,
        "adopted_by": context.actor.name,
        "cases": waiting,
    }
    keys = {"company_id": company_id, "digest": digest}
    insert = insert_for(context.connection.dialect.name, table).values(**keys, **values)
    context.connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=values))
    context.connection.execute(sa.update(companies).where(own).values(calendar=digest))
    _set_schedules(context, calendars)
    body = {"calendar": digest, "source": source, "keeps_dates": calendars.keeps_dates, "cases": waiting, "note": note}
    record_for_company(context, CompanyAction.ADOPT_CALENDAR, digest, body)
    return digest


def _set_schedules(context: Context, calendars: Calendars) -> None:
    """Set the next time of the schedules that look at days off."""
    t, company_id = schedules.c, context.actor.company_id
    for deployment in context.deployments.all_current(context.connection, company_id):
        for schedule in deployment.package.schedules.values():
            if schedule.roll != "none":
                place = (t.company_id == company_id, t.procedure == deployment.package.id, t.schedule == schedule.id)
                following = next_time(schedule, calendars.own, after=context.now)
                context.connection.execute(sa.update(schedules).where(*place).values(next_at=following))


def _wake_all(context: Context) -> int:
    """Let the worker look at every case with a running clock; how many there are. Cases that have failed wait."""
    chosen = _counted_cases(context, cases.c.id)
    waking = sa.update(cases).where(cases.c.id.in_(chosen)).values(next_wake_at=context.now)
    return context.connection.execute(waking).rowcount


def _counted_cases(context: Context, *columns: Any) -> sa.Select[Any]:
    """Open cases with a running clock and no open incident."""
    runs = sa.select(clocks.c.case_id).where(clocks.c.case_id == cases.c.id, clocks.c.stopped_at.is_(None)).exists()
    failed = sa.select(incidents.c.id).where(incidents.c.case_id == cases.c.id, incidents.c.closed_at.is_(None))
    own = (cases.c.company_id == context.actor.company_id, cases.c.status == str(CaseStatus.OPEN))
    return sa.select(*columns).select_from(cases).where(*own, runs, ~failed.exists())


def _moves(context: Context, case: Any, calendars: Calendars) -> Iterator[Move]:
    """What counting over *calendars* would move in *case*."""
    definition = context.deployments.load(context.connection, case.deployment_id).definition
    step = advance(definition, case.state, WakeUp(), now=context.now, calendars=calendars)
    for fact in step.facts:
        if fact.kind is FactKind.CLOCK_CHANGED and fact.detail and fact.detail.get("by_calendar"):
            was, now_due = (_instant(fact.detail[name]) for name in ("was", "due"))
            yield Move(case.number, case.procedure, fact.detail["clock"], was, now_due)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _require_administrator(context: Context) -> None:
    if not context.actor.administrator:
        raise NotPermitted(CompanyAction.ADOPT_CALENDAR.value, "not-an-administrator")
