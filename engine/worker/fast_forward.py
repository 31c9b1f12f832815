"""Letting the clock of a sandbox company run ahead, stopping wherever something is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.commands.site import Site
from engine.commands.test_clock import move_clock, stop_clock
from engine.complaints import Actor
from engine.queries.due import next_due
from engine.worker.tick import tick_sandbox


def fast_forward(
    site: Site, company_id: str, *, to: datetime, settle: Callable[[], None], progress: Callable[[datetime], None]
) -> int:
    """Move the clock to *to*, where it stands; how many things happened on the way, each at its own time.

    *settle* is called after each and waits for the jobs it has put; *progress* hears every stop. Raises ClockRefused.
    """
    system = Actor.system(company_id)
    with site.acting(system) as context:
        if to < stop_clock(context, site.clock()):
            move_clock(context, site.clock(), to=to)  # says why not
    done, last = 0, None
    while True:
        with site.database.reading(company_id) as connection:
            due = next_due(connection, company_id)
        stop = to if due is None else min(due, to)
        with site.acting(system) as context:
            stop = move_clock(context, site.clock(), to=max(stop, context.now))
        happened = tick_sandbox(site, company_id)
        settle()
        done += happened
        progress(stop)
        if not happened:
            if stop >= to:
                return done
            if due == last:
                raise RuntimeError(f"expected something to happen in {company_id} at {stop}, found nothing that can")
        last = None if happened else due
