"""What the heartbeat costs as the number of timers that are not due yet grows to a million."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.figures import Figure, beside, cpu_seconds
from engine.commands.site import Site
from engine.tables import cases
from engine.worker import tick
from tests.support.cafe import a_complaint
from tests.support.clock import MONDAY
from tests.support.site import CAFE, a_site

_TIMERS = (1_000, 100_000, 1_000_000)
_ROWS = 20_000


def measure() -> Iterator[Figure]:
    """Milliseconds of CPU of a tick that finds nothing due."""
    with tempfile.TemporaryDirectory() as folder:
        site = a_site(Path(folder))
        a_complaint(site)
        first = 0.0
        for wanted in _TIMERS:
            _fill(site, wanted)
            assert tick(site) == 0
            cost = cpu_seconds(lambda: tick(site), times=50) * 1e3
            first = first or cost
            yield beside(f"a tick, {wanted} timers not due", cost, "ms", against=f"{_TIMERS[0]} timers", other=first)
        site.database.close()


def _fill(site: Site, wanted: int) -> None:
    """As many cases as *wanted*, all like the first one, each with a timer of its own in the coming years."""
    with site.database.transaction(CAFE) as connection:
        row = dict(connection.execute(sa.select(cases).order_by(cases.c.id).limit(1)).one()._mapping)  # noqa: SLF001
        there = connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one()
        del row["id"], row["tracking_hash"]
        for first in range(there, wanted, _ROWS):
            numbers = range(first, min(first + _ROWS, wanted))
            rows = [
                {**row, "number": f"T-{number}", "next_wake_at": MONDAY + timedelta(days=1, seconds=number)}
                for number in numbers
            ]
            connection.execute(sa.insert(cases), rows)
