"""``events``: cases and their steps as a file of other programs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.commands.reports import record_event_log
from engine.complaints import Actor
from engine.queries.event_logs import LoggedCase, Wanted, how_many, logged_cases
from webapp import event_logs
from webapp.cli.site import day, known_companies, opened, require_period

#: Cases between two lines that say how far it is.
_PROGRESS = 1000


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    events = verbs.add_parser("events", help="write cases and their steps for process mining: XES, OCEL 2.0 or CSV")
    events.add_argument("company")
    events.add_argument("procedure", nargs="?", default="", help="only this one")
    events.add_argument("--since", type=day, metavar="DAY", required=True, help="received from that day on")
    events.add_argument("--until", type=day, metavar="DAY", required=True, help="and up to that one")
    events.add_argument("--format", choices=["xes", "ocel", "csv"], default="xes")
    events.add_argument("--to", type=Path, required=True, metavar="FILE")
    events.set_defaults(run=_write)


def _write(given: argparse.Namespace) -> int:
    require_period(given.since, given.until)
    with opened() as site:
        known_companies(site, given.company)
        with site.database.reading(given.company) as connection:
            known = [each.package.id for each in site.deployments.all_current(connection, given.company)]
            if given.procedure not in {"", *known}:
                raise ValueError(f"expected a procedure of {', '.join(known)}, found {given.procedure!r}")
            zone = ZoneInfo(site.deployments.company(connection, given.company).time_zone)
            begin = datetime.combine(given.since, time.min, zone).astimezone(UTC)
            end = datetime.combine(given.until + timedelta(days=1), time.min, zone).astimezone(UTC)
            wanted = Wanted(given.procedure, begin, end)
            count = how_many(connection, given.company, wanted)
        period = {"since": given.since, "until": given.until}
        with given.to.open("wb") as file, site.database.reading(given.company) as connection:
            with site.acting(Actor.system(given.company)) as context:
                record_event_log(context, given.format, procedure=given.procedure, cases=count, **period)

            def read() -> Iterable[LoggedCase]:
                return _counted(logged_cases(connection, site.deployments, given.company, wanted), count)

            write: Mapping[str, Callable[[], Iterator[bytes]]] = {
                "xes": lambda: event_logs.xes(read()),
                "ocel": lambda: event_logs.ocel(read),
                "csv": lambda: event_logs.table(read()),
            }
            for part in write[given.format]():
                file.write(part)
    print(f"{given.to}: {count} cases")
    return 0


def _counted(cases: Iterable[LoggedCase], count: int) -> Iterator[LoggedCase]:
    for number, case in enumerate(cases, start=1):
        if number % _PROGRESS == 0:
            print(f"{number} of {count} cases", file=sys.stderr)
        yield case
