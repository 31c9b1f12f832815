"""Letting the clock of a sandbox company run ahead, stopping wherever something is due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from engine.commands.site import Site
from engine.commands.test_clock import claim_clock, clock_of, end_run, release_clock, run_clock, step_clock
from engine.complaints import Actor
from engine.errors import EngineError
from engine.jobs import Repeating
from engine.queries.due import next_due, open_requests, running_sandboxes
from engine.worker.tick import tick_sandbox

_log = logging.getLogger(__name__)
#: Seconds that one sandbox may run before the next one does.
_TURN: Final = 2.0
_PAUSE: Final = 0.25
#: Seconds between two looks at whether jobs are done.
_LOOK: Final = 0.02


class ClockStuck(EngineError):
    """What is due cannot be done: it would be due for ever."""

    code = "clock-stuck"


def runner(site: Site) -> Repeating:
    """Moves every clock that runs ahead, from its `start`; of several workers one at a time moves the same clock."""
    return Repeating("sandbox_runs", lambda: run_sandboxes(site), seconds=_PAUSE)


def run_sandboxes(site: Site) -> None:
    """Let every clock that runs ahead go on for a while."""
    with site.database.reading_every_company() as connection:
        found = running_sandboxes(connection)
    for company_id in found:
        _take_turn(site, company_id)


def fast_forward(
    site: Site, company_id: str, *, to: datetime, settle: Callable[[], None], progress: Callable[[datetime], None]
) -> int:
    """Move the clock to *to*, where it stands; how many things happened on the way, each at its own time.

    *settle* is called after each and waits for the jobs it has put; *progress* hears every stop. Raises ClockRefused.
    Nobody else may move this clock meanwhile: where a worker runs, `run_clock` is enough.
    """
    system = Actor.system(company_id)
    with site.acting(system) as context:
        run_clock(context, site.clock(), to=to)
    done, goes_on = 0, True
    while goes_on:
        happened, goes_on = go_on(site, company_id)
        settle()
        done += happened
        progress(site.now(company_id))
    return done


def _take_turn(site: Site, company_id: str) -> None:
    system = Actor.system(company_id)
    with site.acting(system) as context:
        if not claim_clock(context, site.clock()):
            return
    try:
        until = time.monotonic() + _TURN
        while time.monotonic() < until and _go_on_when_settled(site, company_id):
            continue
    except ClockStuck:
        _log.exception("run ended", extra={"action": "sandbox_stuck", "company": company_id})
        with site.acting(system) as context:
            end_run(context)
    finally:
        with site.acting(system) as context:
            release_clock(context)


def _go_on_when_settled(site: Site, company_id: str) -> bool:
    """Whether there is more to do. What was asked of others has to be done first: its answer belongs to this moment."""
    with site.database.reading(company_id) as connection:
        waits = open_requests(connection, company_id)
    if waits:
        time.sleep(_LOOK)
        return True
    return go_on(site, company_id)[1]


def go_on(site: Site, company_id: str, *, until: datetime | None = None) -> tuple[int, bool]:
    """Let a clock that runs ahead go to the next thing that is due and do it: how many things happened, and whether
    there is more to do. With *until* it goes no further than that and stays there.
    """
    with site.database.reading(company_id) as connection:
        clock, due = clock_of(connection, company_id), next_due(connection, company_id)
    if clock is None or clock.runs_to is None or clock.stands_at is None:
        return 0, False  # somebody has stopped it
    system = Actor.system(company_id)
    limit = clock.runs_to if until is None else min(until, clock.runs_to)
    stop = limit if due is None else max(min(due, limit), clock.stands_at)
    if stop > clock.stands_at:
        with site.acting(system) as context:
            step_clock(context, to=stop)
    if due is None or due > limit:
        if limit == clock.runs_to:
            with site.acting(system) as context:
                end_run(context)
        return 0, False
    if happened := tick_sandbox(site, company_id):
        return happened, True
    with site.database.reading(company_id) as connection:
        if next_due(connection, company_id) == due:
            raise ClockStuck(f"expected something to happen in {company_id} at {stop}, found nothing that can")
    return 0, True
