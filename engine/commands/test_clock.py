"""A sandbox company has a clock of its own: it can stand, and be moved ahead over holidays within seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.errors import EngineError
from engine.prepared import Prepared
from engine.tables import cases, companies

_MILLISECOND: Final = timedelta(milliseconds=1)
#: How long a worker may take over what is due at one time before another takes over.
CLAIM: Final = timedelta(minutes=2)


class ClockRefused(EngineError):
    """A clock cannot be set like that. *reason* is ``not-a-sandbox``, ``has-cases`` or ``backwards``."""

    code = "clock-refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TestClock:
    """How a sandbox's clock differs from the true one."""

    __test__ = False  # no test, whatever its name says

    shift: timedelta  #: how far it is ahead while it goes
    stands_at: datetime | None  #: where it stands, None while it goes
    ran_from: datetime | None = None  #: where it stood when it was last told to run ahead
    runs_to: datetime | None = None  #: where it runs to now

    def now(self, true_now: datetime) -> datetime:
        return self.stands_at or true_now + self.shift


class CompanyClocks:
    """What time it is for each company. Safe to share between threads.

    An ordinary company never becomes a sandbox once it has cases, so it is looked up once in the life of a process.
    """

    def __init__(self) -> None:
        self._ordinary: set[str] = set()

    def is_ordinary(self, company_id: str) -> bool:
        """Whether the company is known to have no clock of its own."""
        return company_id in self._ordinary

    def now(self, connection: sa.Connection, company_id: str, true_now: datetime) -> datetime:
        """The time of the company, whose rows *connection* can read; *true_now* for whom there is no such company."""
        if self.is_ordinary(company_id):
            return true_now
        if (clock := clock_of(connection, company_id)) is not None:
            return clock.now(true_now)
        began = sa.select(cases.c.id).where(cases.c.company_id == company_id).limit(1)
        if connection.execute(began).first() is not None:
            self._ordinary.add(company_id)
        return true_now


def clock_of(connection: sa.Connection, company_id: str) -> TestClock | None:
    """The company's test clock; None where the true time counts."""
    found = _CLOCK.rows(connection, {"company": company_id})
    if not found or not found[0].sandbox:
        return None
    row = found[0]
    shift = timedelta(milliseconds=row.clock_shift or 0)
    return TestClock(shift, row.clock_stands_at, row.clock_ran_from, row.clock_runs_to)


def make_sandbox(context: Context) -> None:
    """Give the actor's company a clock of its own, for good. Raises ClockRefused when it has cases already."""
    company_id = context.actor.company_id
    began = sa.select(cases.c.id).where(cases.c.company_id == company_id).limit(1)
    if context.connection.execute(began).first() is not None:
        raise ClockRefused("has-cases", f"expected a company without cases, found that {company_id} has some")
    _set(context, sandbox=True, clock_shift=0)


def stop_clock(context: Context, true_now: datetime) -> datetime:
    """Let the clock of a sandbox stand where it is, also when it runs ahead; where that is. Raises ClockRefused."""
    now = _clock(context).now(true_now)
    _set(context, clock_stands_at=now, clock_runs_to=None)
    return now


def start_clock(context: Context, true_now: datetime) -> datetime:
    """Let it go on from where it stands. Raises ClockRefused."""
    now = _clock(context).now(true_now)
    _set(context, clock_stands_at=None, clock_runs_to=None, clock_shift=(now - true_now) // _MILLISECOND)
    return now


def run_clock(context: Context, true_now: datetime, *, to: datetime) -> None:
    """Let the clock run ahead to *to* and stand there; the worker takes it from one thing that is due to the next.

    Raises ClockRefused for going back.
    """
    now = _clock(context).now(true_now)
    if to < now:
        raise ClockRefused("backwards", f"expected a time behind {now.isoformat()}, found {to.isoformat()}")
    _set(context, clock_stands_at=now, clock_ran_from=now, clock_runs_to=to)


def claim_clock(context: Context, true_now: datetime) -> bool:
    """Whether the caller alone may move a clock that runs ahead, for the next `CLAIM`."""
    t = companies.c
    free = t.clock_busy_until.is_(None) | (t.clock_busy_until < true_now)
    claiming = sa.update(companies).where(t.id == context.actor.company_id, t.clock_runs_to.is_not(None), free)
    return context.connection.execute(claiming.values(clock_busy_until=true_now + CLAIM)).rowcount == 1


def release_clock(context: Context) -> None:
    """Let another worker move the clock."""
    own = companies.c.id == context.actor.company_id
    context.connection.execute(sa.update(companies).where(own).values(clock_busy_until=None))


def step_clock(context: Context, *, to: datetime) -> None:
    """Move a clock that runs ahead on to *to*. Leaves no event: that it was told to run says it already."""
    _MOVE.execute(context.connection, {"company": context.actor.company_id, "to": to})


def end_run(context: Context) -> None:
    """The clock has come where it was told to run to."""
    own = companies.c.id == context.actor.company_id
    context.connection.execute(sa.update(companies).where(own).values(clock_runs_to=None))


def _clock(context: Context) -> TestClock:
    clock = clock_of(context.connection, context.actor.company_id)
    if clock is None:
        company = context.actor.company_id
        raise ClockRefused("not-a-sandbox", f"expected a sandbox, found {company}, whose clock is the true one")
    return clock


def _set(context: Context, **values: object) -> None:
    own = companies.c.id == context.actor.company_id
    context.connection.execute(sa.update(companies).where(own).values(**values))
    said = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}
    record_for_company(context, CompanyAction.SET_CLOCK, "", said)


_C: Final = companies.c
_CLOCK: Final = Prepared(
    sa.select(_C.sandbox, _C.clock_shift, _C.clock_stands_at, _C.clock_ran_from, _C.clock_runs_to).where(
        _C.id == sa.bindparam("company")
    )
)
_TO: Final[sa.BindParameter[Any]] = sa.bindparam("to")
_MOVE: Final = Prepared(
    sa.update(companies)
    .where(_C.id == sa.bindparam("company"), _C.clock_runs_to >= _TO, _C.clock_stands_at < _TO)
    .values(clock_stands_at=_TO)
)
