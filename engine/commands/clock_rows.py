"""Writing the clocks of a step: their rounds, the dates of tasks, what a calendar moved, and who is reminded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import receipt_to_json
from engine.commands.context import Context
from engine.database import insert_for
from engine.interpreter import ClockState, FactKind, Step
from engine.prepared import Prepared
from engine.procedures.package import HOLDER
from engine.tables import clocks, date_moves, extensions, reminders, urgency_of, user_tasks

_CLOCK_FACTS: Final = frozenset(
    {
        FactKind.CLOCK_STARTED,
        FactKind.CLOCK_CHANGED,
        FactKind.CLOCK_KEPT,
        FactKind.CLOCK_RECOUNTED,
        FactKind.CLOCK_BREACHED,
        FactKind.CLOCK_STOPPED,
    }
)


def write_clocks(context: Context, case_id: int, step: Step, *, calendar: str) -> None:
    """Write what *step*, counted over the calendars with digest *calendar*, changed; its tasks are written already."""
    said = [(fact.kind, fact.detail) for fact in step.facts if fact.detail is not None and "clock" in fact.detail]
    touched = {(detail["clock"], detail["round"]) for kind, detail in said if kind in _CLOCK_FACTS}
    migrated = any(fact.kind is FactKind.MIGRATED for fact in step.facts)  # the same date, counted by another rule
    changed_rows = [
        each for each in step.clocks if (each.deadline, each.round) in touched or (migrated and each.counted)
    ]
    _upsert_clocks(context, case_id, changed_rows)
    changed = {detail["clock"] for kind, detail in said if kind is FactKind.CLOCK_CHANGED}
    _write_due_dates(context, case_id, step, sorted(changed))
    for kind, detail in said:
        if kind is FactKind.CLOCK_CHANGED and detail.get("by_calendar"):
            _note_move(context, case_id, detail, calendar)
        elif kind is FactKind.CLOCK_WARNED and "to" in detail:
            _remind(context, case_id, detail)
        elif kind is FactKind.CLOCK_STOPPED:
            _settle(context, case_id, detail)


def due_by_deadline(states: Sequence[ClockState]) -> Mapping[str, datetime | None]:
    """The due date of each deadline's newest round."""
    return {state.deadline: state.due_at for state in sorted(states, key=lambda state: state.round)}


def _write_due_dates(context: Context, case_id: int, step: Step, deadlines: Sequence[str]) -> None:
    due = due_by_deadline(step.clocks)
    for deadline in deadlines:
        context.connection.execute(
            sa.update(user_tasks)
            .where(user_tasks.c.case_id == case_id, user_tasks.c.deadline == deadline, user_tasks.c.status == "open")
            .values(due_at=due.get(deadline), urgency=urgency_of(due.get(deadline)))
        )


def _note_move(context: Context, case_id: int, detail: Mapping[str, Any], calendar: str) -> None:
    context.connection.execute(
        sa.insert(date_moves).values(
            company_id=context.actor.company_id,
            calendar=calendar,
            case_id=case_id,
            deadline=detail["clock"],
            round=detail["round"],
            was=_instant(detail["was"]),
            due_at=_instant(detail["due"]),
            moved_at=context.now,
        )
    )


def _remind(context: Context, case_id: int, detail: Mapping[str, Any]) -> None:
    """Put a reminder into the inbox that the rung names; the same rung of the same round reminds once."""
    row = {
        "company_id": context.actor.company_id,
        "case_id": case_id,
        "deadline": detail["clock"],
        "round": detail["round"],
        "share": detail["share"],
        "status": "open",
        "due_at": _instant(detail["due"]),
        "raised_at": context.now,
    }
    insert = insert_for(context.connection.dialect.name, reminders).on_conflict_do_nothing()
    for group, person in _addressees(context, case_id, detail):
        context.connection.execute(insert, {**row, "group_id": group, "person_id": person})


def _addressees(context: Context, case_id: int, detail: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    """A group, or whoever has the work in hand: the tasks due by that deadline, else all that are open."""
    if detail["to"] != HOLDER:
        yield detail["to"], None
        return
    t = user_tasks.c
    statement = sa.select(t.deadline, t.group_id, t.assignee_id).where(t.case_id == case_id, t.status == "open")
    found = context.connection.execute(statement.order_by(t.id)).all()
    named = [row for row in found if row.deadline == detail["clock"]]
    yield from dict.fromkeys((row.group_id, row.assignee_id) for row in named or found)


def _settle(context: Context, case_id: int, detail: Mapping[str, Any]) -> None:
    """The clock has stopped: nobody has to be reminded of it or to decide on more time."""
    stopped = {"case": case_id, "clock": detail["clock"], "of_round": detail["round"], "now": context.now}
    _SETTLE_REMINDERS.execute(context.connection, stopped)
    _SETTLE_EXTENSIONS.execute(context.connection, stopped)


def _settling(table: sa.Table, waiting: str, ended: str) -> Prepared:
    """Ends what waits for the stopped clock in *table*."""
    of_clock = (table.c.deadline == sa.bindparam("clock"), table.c.round == sa.bindparam("of_round"))
    return Prepared(
        sa.update(table)
        .where(table.c.case_id == sa.bindparam("case"), *of_clock, table.c.status == waiting)
        .values({"status": "settled", ended: sa.bindparam("now")})
    )


_SETTLE_REMINDERS: Final = _settling(reminders, "open", "ended_at")
_SETTLE_EXTENSIONS: Final = _settling(extensions, "asked", "decided_at")


def _upsert_clocks(context: Context, case_id: int, states: Sequence[ClockState]) -> None:
    """Write clock rounds, new or changed."""
    upsert = _upsert_clock(context.connection.dialect.name)
    for state in states:
        upsert.execute(context.connection, _clock_row(context, case_id, state))


def _clock_row(context: Context, case_id: int, state: ClockState) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "deadline": state.deadline,
        "round": state.round,
        "company_id": context.actor.company_id,
        "status": str(state.status),
        "started_at": state.started_at,
        "due_at": state.due_at,
        "stopped_at": state.stopped_at,
        "receipt": _receipt_row(state),
        "wall_due_at": state.wall_due_at,
    }


def _receipt_row(state: ClockState) -> Mapping[str, Any] | None:
    """None leaves the receipt that is there; an empty one says that there is no date."""
    if not state.counted:
        return None
    return receipt_to_json(state.receipt) if state.receipt else {}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@cache
def _upsert_clock(dialect: str) -> Prepared:
    statement = insert_for(dialect, clocks)
    keys = ("case_id", "deadline", "round")
    same, new = {*keys, "company_id", "receipt", "wall_due_at"}, statement.excluded
    changes: dict[str, Any] = {c.name: new[c.name] for c in clocks.c if c.name not in same}
    changes["receipt"] = sa.func.coalesce(new["receipt"], clocks.c.receipt)
    changes["wall_due_at"] = sa.case((new["receipt"].is_(None), clocks.c.wall_due_at), else_=new["wall_due_at"])
    return Prepared(statement.on_conflict_do_update(index_elements=keys, set_=changes))
