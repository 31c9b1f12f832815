"""``case show|export|verify|replay|retry``: what an auditor types about one case."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from engine.commands.retries import retry
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.errors import NotFound
from engine.history import Break, Difference, Head, Stream, genesis, read_events, replay_case, values_of, verify_events
from engine.history.export import require_trusted_stamp, verify_export, wrong_receipts
from engine.queries.cases import Case, case_by_number
from engine.queries.people import all_companies
from engine.queries.timeline import versions_of
from engine.tables import cases, companies
from webapp.audit_packages import audit_package
from webapp.cli.site import known_companies, opened


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    case = verbs.add_parser("case", help="one case").add_subparsers(required=True, metavar="ACTION")
    for name, words, run in (
        ("show", "status, open tasks and clocks", _show),
        ("export", "write the audit package", _export),
        ("replay", "re-run the recorded commands and compare", _replay),
    ):
        verb = case.add_parser(name, help=words)
        if name == "replay":
            verb.add_argument("number", nargs="?", help="default every case")
        else:
            verb.add_argument("number")
        verb.add_argument("--company", help="where several companies have this number")
        if name == "export":
            verb.add_argument("--to", type=Path, default=Path(), help="folder to write to")
            older = "a checkpoint that the reader has, to prove that the history goes on from it"
            verb.add_argument("--since", type=Path, action="append", default=[], metavar="FILE", help=older)
        verb.set_defaults(run=run)
    again = case.add_parser("retry", help="try again what failed: close the incidents, after mending their cause")
    again.add_argument("number")
    again.add_argument("--company", help="where several companies have this number")
    again.set_defaults(run=_retry)
    check = case.add_parser("verify", help="check an audit package offline, or a case of this database")
    check.add_argument("number", metavar="NUMBER|FILE.zip")
    check.add_argument("--company")
    check.add_argument("--key", default="", help="of a package: the public key that you were given")
    check.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE", help="that you kept")
    check.add_argument("--authority", type=Path, metavar="FILE.pem", help="certificates that a time stamp has to be of")
    check.set_defaults(run=_verify)


def replay_every_case(site: Site, company_id: str | None = None) -> int:
    """Play all cases again, of that company or of every one, and name what differs; the exit status."""
    played = different = total = 0
    for company in known_companies(site, company_id):
        with site.database.reading(company) as connection:
            own = sa.select(cases.c.number).where(cases.c.company_id == company).order_by(cases.c.id)
            numbers = connection.execute(own).scalars().all()
        for number in numbers:
            with site.database.reading(company) as connection:
                case = case_by_number(connection, site.deployments, company, number)
            difference, events = _played_again(site, case)
            played, total, different = played + 1, total + events, different + bool(difference)
            if difference:
                print(f"{company} {number}: {difference.message}", file=sys.stderr)
    print(f"{played} cases, {total} events played again, {different} cases differ")
    return 1 if different else 0


def _show(given: argparse.Namespace) -> int:
    with opened() as site:
        case = _find(site, given)
        print(f"{case.number}  {case.status}  {case.title}")
        for task in case.tasks:
            if task.status == "open":
                due = f", due {_instant(task.due_at)}" if task.due_at else ""
                print(f"  open: {task.key} with {task.assignee or task.group}{due}")
        for clock in case.clocks:
            due = f", due {_instant(clock.due_at)}" if clock.due_at else ""
            print(f"  clock: {clock.deadline} round {clock.round} {clock.status}{due}")
    return 0


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def _export(given: argparse.Namespace) -> int:
    since = [path.read_text("utf-8") for path in given.since]
    with opened() as site:
        case = _find(site, given)
        actor = Actor.system(case.deployment.package.company.id)
        path = given.to / f"{case.number}.zip"
        path.write_bytes(audit_package(site, actor, case.number, since=since))
    print(path)
    return 0


def _retry(given: argparse.Namespace) -> int:
    with opened() as site:
        case = _find(site, given)
        with site.acting(Actor(case.deployment.package.company.id, SYSTEM)) as context:
            closed = retry(context, case.id)
    print(f"{case.number}: {closed} incidents closed, trying again" if closed else f"{case.number}: no open incident")
    return 0


def _verify(given: argparse.Namespace) -> int:
    if given.number.endswith(".zip"):
        return _verify_package(given)
    with opened() as site:
        case = _find(site, given)
        return _verdict(case.number, *_verified(site, Stream(case.deployment.package.company.id, case.id, case.number)))


def _verify_package(given: argparse.Namespace) -> int:
    content = Path(given.number).read_bytes()
    verdict = verify_export(content, key=given.key, kept=[path.read_text("utf-8") for path in given.checkpoint])
    for fact in verdict.facts:
        print(fact)
    wrong = [*(problem.message for problem in verdict.problems), *wrong_receipts(content)]
    if given.authority:
        require_trusted_stamp(content, given.authority.read_bytes())
        print(f"the time stamp is one of {given.authority}")
    for each in wrong:
        print(f"{given.number}: broken: {each}", file=sys.stderr)
    if not wrong:
        print(f"{given.number}: {verdict.events} events, unbroken")
    return 1 if wrong else 0


def _replay(given: argparse.Namespace) -> int:
    with opened() as site:
        if not given.number:
            return replay_every_case(site, given.company)
        case = _find(site, given)
        difference, events = _played_again(site, case)
    if difference:
        print(f"{case.number}: {difference.message}", file=sys.stderr)
        return 1
    print(f"{case.number}: {events} events played again, no difference")
    return 0


def _played_again(site: Site, case: Case) -> tuple[Difference | None, int]:
    """The first event that differs, and how many there are."""
    stream = Stream(case.deployment.package.company.id, case.id, case.number)
    with site.database.reading(stream.company_id) as connection:
        events = read_events(connection, stream)
        ran = [deployment.definition for _, deployment in versions_of(connection, site.deployments, case, events)]
        calendars = site.deployments.all_calendars(connection, stream.company_id)
    return replay_case([case.deployment.definition, *ran], calendars, events), len(events)


def _verified(site: Site, stream: Stream) -> tuple[Break | None, int]:
    with site.database.reading(stream.company_id) as connection:
        events = read_events(connection, stream)
        values = values_of(connection, stream)
        head = _head(connection, stream)
    return verify_events(stream, events, head=head, values=values), len(events)


def _head(connection: sa.Connection, stream: Stream) -> Head:
    table = cases if stream.id else companies
    key = cases.c.id == stream.id if stream.id else companies.c.id == stream.company_id
    row = connection.execute(sa.select(table.c.history_seq, table.c.history_hash).where(key)).one()
    return Head(row.history_seq, row.history_hash) if row.history_seq else genesis(stream)


def _verdict(name: str, found: Break | None, count: int) -> int:
    if found:
        print(f"{name}: broken: {found.message}", file=sys.stderr)
        return 1
    print(f"{name}: {count} events, unbroken")
    return 0


def _find(site: Site, given: argparse.Namespace) -> Case:
    with site.database.reading_every_company() as connection:
        wanted = [given.company] if given.company else all_companies(connection)
        for company in wanted:
            try:
                return case_by_number(connection, site.deployments, company, given.number)
            except NotFound:
                continue
    raise NotFound("case", given.number)
