"""``audit draw|package``: cases drawn by seed and strata, and their packages in one file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

from engine.commands.audits import MOST, Sample, keep_sample
from engine.commands.site import Site
from engine.complaints import Actor
from engine.history.check import draw
from engine.queries.audits import STRATA, population, sample_by_id
from webapp.audit_packages import sample_package
from webapp.cli.site import day, known_companies, opened, require_period


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    audit = verbs.add_parser("audit", help="samples for auditors").add_subparsers(required=True, metavar="ACTION")
    drawing = audit.add_parser("draw", help="draw cases; the same seed draws the same ones of the same cases anywhere")
    drawing.add_argument("company")
    drawing.add_argument("--seed", required=True)
    drawing.add_argument("--size", type=int, required=True)
    drawing.add_argument("--since", type=day, required=True, metavar="DAY", help="received from")
    drawing.add_argument("--until", type=day, required=True, metavar="DAY", help="received to")
    drawing.add_argument("--by", default="", metavar="NAMES", help="procedure,on_time,department,data:COLUMN")
    drawing.add_argument("--title", default="")
    drawing.set_defaults(run=_draw)
    packing = audit.add_parser("package", help="write the packages of a sample into one file")
    packing.add_argument("company")
    packing.add_argument("sample", type=int, help="its number, as draw prints it")
    packing.add_argument("--to", type=Path, default=Path(), help="folder to write to")
    packing.set_defaults(run=_package)


def _draw(given: argparse.Namespace) -> int:
    actor, strata = Actor.system(given.company), tuple(filter(None, given.by.split(",")))
    with opened() as site:
        known_companies(site, given.company)
        _require_drawable(site, given, strata)
        with site.database.reading(given.company) as connection:
            zone = site.deployments.calendars(connection, given.company).own.time_zone
            since, last = (datetime.combine(each, time(), zone) for each in (given.since, given.until))
            until = last + timedelta(days=1)
            there = population(
                connection, site.deployments, actor, procedures=(), since=since, until=until, strata=strata,
                now=site.now(given.company),
            )  # fmt: skip
        if not there:
            raise ValueError(f"expected cases received from {given.since} to {given.until}, found none")
        drawn = draw(there, given.seed, given.size)
        title = given.title or given.seed
        with site.acting(actor) as context:
            sample_id = keep_sample(
                context, Sample(title, given.seed, given.size, strata, (), since, until, there, drawn)
            )
    print(f"sample {sample_id}: {len(drawn)} of {len(there)} cases")
    print(*drawn, sep="\n")
    return 0


def _require_drawable(site: Site, given: argparse.Namespace, strata: Sequence[str]) -> None:
    """Raises ValueError for what the page would refuse, too."""
    require_period(given.since, given.until)
    if not given.seed.strip():
        raise ValueError("expected a --seed: words or digits that nobody here chose")
    if not 1 <= given.size <= MOST:
        raise ValueError(f"expected a --size from 1 to {MOST}, found {given.size}")
    with site.database.reading(given.company) as connection:
        current = site.deployments.all_current(connection, given.company)
    columns = sorted({f"data:{name}" for each in current for name in each.package.case.columns})
    if unknown := [name for name in strata if name not in {*STRATA, *columns}]:
        raise ValueError(f"expected --by to name some of {', '.join([*STRATA, *columns])}, found {', '.join(unknown)}")


def _package(given: argparse.Namespace) -> int:
    with opened() as site:
        known_companies(site, given.company)
        with site.database.reading(given.company) as connection:
            sample = sample_by_id(connection, given.company, given.sample)
        path = given.to / f"{given.company}-sample-{given.sample}.zip"
        with path.open("wb") as file:
            for done, piece in enumerate(sample_package(site, Actor.system(given.company), sample), start=1):
                file.write(piece)
                if done <= len(sample.drawn):
                    print(f"{done} of {len(sample.drawn)}", file=sys.stderr)
    print(path)
    return 0
