"""How long `shouwen verify` takes over very many events: ``python -m bench.verification 1000000 [FOLDER]``.

The events are copies of a true case, each chained anew under a number of its own, half of them with sealed values, all
in the tree. With FOLDER they are made once and stay there.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.commands.site import Site
from engine.deployments import DeploymentStore
from engine.history import Entry, Event, Stream, append, chain, genesis, read_events
from engine.history.side_by_side import in_processes
from engine.history.whole import verify_company
from engine.tables import cases
from engine.worker import checkpoint
from tests.support.cafe import a_complaint, a_round
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.site import CAFE, SECRET, a_site, settings_in

_AT_ONCE = 2000


def main(wanted: int, folder: Path) -> None:
    site = _site(folder)
    made = _filled(site, wanted)
    checkpoint(site, CAFE)
    print(f"{made} events; load {os.getloadavg()[0]:.1f}", flush=True)
    for processes in (1, 2, 1, 2):
        with site.database.reading(CAFE) as connection:
            check_all = in_processes(connection, site.database.url, CAFE, processes) if processes > 1 else None
            wall, cpu = time.perf_counter(), _cpu()
            report = verify_company(connection, CAFE, check_all=check_all)
            cpu, wall = _cpu() - cpu, time.perf_counter() - wall
        assert not report.wrong, report.wrong[:3]
        said = f"{report.events} events, {report.in_tree} in the tree, {processes} processes"
        print(f"{said}: {cpu:.1f} s CPU, {wall:.1f} s; load {os.getloadavg()[0]:.1f}", flush=True)
    site.database.close()


def _cpu() -> float:
    """Seconds that this process and those it has waited for were at work."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system


def _site(folder: Path) -> Site:
    found = next(folder.glob("*.db"), None)
    if found is None:
        return a_site(folder)
    from engine.database import Database

    settings = settings_in(folder, SHOUWEN_DATABASE_URL=f"sqlite:///{found}")
    return Site(settings, Database(settings.database_url), DeploymentStore(), RememberedJobs(), StandingClock(), SECRET)


def _filled(site: Site, wanted: int) -> int:
    with site.database.reading(CAFE) as connection:
        there: int = connection.execute(sa.select(sa.func.sum(cases.c.history_seq))).scalar() or 0
    if there:
        return there
    started = a_complaint(site)
    for _ in range(5):
        a_round(site, started.case_id)
    with site.database.reading(CAFE) as connection:
        row = dict(connection.execute(sa.select(cases)).mappings().one())
        events = read_events(connection, Stream(CAFE, row["id"], row["number"]))
    made = 0
    while made < wanted:
        with site.database.transaction(CAFE) as connection:
            for _ in range(_AT_ONCE // len(events)):
                made += len(events)
                _copy(connection, row, events, row["id"] + made // len(events))
    return made


def _copy(connection: sa.Connection, row: Mapping[str, Any], events: tuple[Event, ...], case_id: int) -> None:
    stream = Stream(CAFE, case_id, f"HC-BENCH-{case_id}")
    chained = chain(stream, genesis(stream), _entries(events))
    own = {"id": case_id, "number": stream.label, "tracking_hash": None, "next_wake_at": None}
    head = {"history_seq": chained.head.seq, "history_hash": chained.head.hash}
    connection.execute(sa.insert(cases).values({**row, **own, **head}))
    append(connection, chained)


def _entries(events: tuple[Event, ...]) -> Iterator[Entry]:
    personal = frozenset({"customer_name", "customer_mail", "remark", "answer", "done", "photos"})
    for each in events:
        yield Entry(each.at, each.actor, each.action, each.subject, each.content, personal, each.on_behalf_of)


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    if len(sys.argv) > 2:
        main(number, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(number, Path(temporary))
