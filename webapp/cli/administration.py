"""``user add``, ``token create``, ``sandbox``, ``doctor``: running an installation."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from engine import postgresql
from engine.commands.people import add_person, create_token
from engine.commands.site import Site
from engine.commands.test_clock import TestClock, clock_of, run_clock, start_clock, stop_clock
from engine.complaints import SYSTEM, Actor
from engine.sqlite import sqlite_module
from engine.worker.sandboxes import create_sandbox, sandbox_of
from webapp.cli.site import opened
from webapp.cli.unsafe import unsafe_of

#: Seconds that the clock of a sandbox may stand while it is to run ahead: jobs are being done, or nobody does them.
_LONGEST_WAIT: Final = 60


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    user = verbs.add_parser("user", help="people").add_subparsers(required=True, metavar="ACTION")
    add = user.add_parser("add", help="add a person; the password is asked for, or read from standard input")
    add.add_argument("company")
    add.add_argument("login")
    add.add_argument("--name", required=True, help="as colleagues write it")
    add.add_argument("--group", action="append", default=[], help="may be given several times")
    add.add_argument("--administrator", action="store_true")
    add.add_argument("--owner", action="store_true", help="may change and publish the company's procedures")
    add.set_defaults(run=_add_user)
    token = verbs.add_parser("token", help="API tokens").add_subparsers(required=True, metavar="ACTION")
    create = token.add_parser("create", help="create a token that acts as a person; it is shown once")
    create.add_argument("company")
    create.add_argument("login")
    create.add_argument("--name", default="token", help="what it is for")
    create.set_defaults(run=_create_token)
    sandbox = verbs.add_parser("sandbox", help="companies to try things in, with a clock of their own")
    actions = sandbox.add_subparsers(required=True, metavar="ACTION")
    copy = actions.add_parser("create", help="copy a company's procedures into COMPANY-sandbox")
    copy.add_argument("company")
    copy.set_defaults(run=_create_sandbox)
    clock = actions.add_parser("clock", help="what its clock shows; stop it, let it go on, run ahead")
    clock.add_argument("company")
    clock.add_argument("--stop", action="store_true")
    clock.add_argument("--start", action="store_true", help="let it go on from where it stands")
    clock.add_argument("--to", help="run ahead to a date and time; what is due on the way happens at its time")
    clock.set_defaults(run=_set_sandbox_clock)
    verbs.add_parser("doctor", help="check settings and database").set_defaults(run=_doctor)


def _add_user(given: argparse.Namespace) -> int:
    password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not password:
        raise ValueError("expected a password, found none")
    with opened() as site:
        with site.database.reading(given.company) as connection:
            company = site.deployments.company(connection, given.company)
        unknown = [group for group in given.group if group not in company.groups]
        if unknown:
            raise ValueError(f"expected groups of {company.id}, found {unknown}; it has: {', '.join(company.groups)}")
        with site.acting(Actor(given.company, SYSTEM)) as context:
            add_person(
                context,
                login=given.login,
                name={company.language: given.name},
                groups=given.group,
                password=password,
                administrator=given.administrator,
                owner=given.owner,
            )
    print(f"added: {given.login} of {given.company}")
    return 0


def _create_token(given: argparse.Namespace) -> int:
    with opened() as site, site.acting(Actor(given.company, SYSTEM)) as context:
        token = create_token(context, login=given.login, name=given.name)
    print(token)
    return 0


def _doctor(_given: argparse.Namespace) -> int:
    with opened() as site:
        with site.database.reading_every_company() as connection:
            connection.exec_driver_sql("SELECT 1")
            if site.database.is_sqlite:
                verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
                print(f"database: SQLite {sqlite_module().sqlite_version}, integrity {verdict}")
            else:
                print(f"database: {postgresql.description(connection)}")
            counts = site.jobs.statistics(connection)
        settings = site.settings
        print(f"jobs: {settings.jobs}, {counts['waiting']} wait, {counts['failed']} were given up")
        print(f"data: {settings.var}")
        print(f"mail: {'set' if settings.mail_url else 'not set, letters are kept for printing'}")
        wrong = list(unsafe_of(site))
        for each in wrong:
            print(f"unsafe: {each}")
        if wrong:
            return 1
    return 0


def _create_sandbox(given: argparse.Namespace) -> int:
    with opened(migrate=True) as site:
        count = create_sandbox(site, given.company)
    copy = sandbox_of(given.company)
    print(f"sandbox: {copy}, {count} procedures; people sign in as LOGIN@{copy} with the passwords they have")
    return 0


def _set_sandbox_clock(given: argparse.Namespace) -> int:
    with opened() as site:
        actor = Actor(given.company, SYSTEM)
        if given.stop or given.start:
            with site.acting(actor) as context:
                (stop_clock if given.stop else start_clock)(context, site.clock())
        if given.to:
            _run_ahead(site, given.company, _instant(site, given.company, given.to))
        now = site.now(given.company)
        clock = _clock(site, given.company)
        state = "true time" if clock is None else "stands" if clock.stands_at else "goes"
    print(f"{given.company}: {now.astimezone(_zone(site, given.company)).isoformat(timespec='minutes')} ({state})")
    return 0


def _run_ahead(site: Site, company_id: str, to: datetime) -> None:
    """Let the worker take the clock to *to*, and say how far it is."""
    with site.acting(Actor(company_id, SYSTEM)) as context:
        run_clock(context, site.clock(), to=to)
    seen, since = None, time.monotonic()
    while (clock := _clock(site, company_id)) is not None and clock.runs_to is not None:
        if clock.stands_at != seen:
            seen, since = clock.stands_at, time.monotonic()
            at = clock.now(site.clock()).astimezone(_zone(site, company_id))
            print(f"\r{at:%Y-%m-%d %H:%M}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - since > _LONGEST_WAIT:
            raise ValueError("expected the worker to move the clock, found it standing; is a worker running?")
        time.sleep(0.1)
    print(file=sys.stderr)


def _clock(site: Site, company_id: str) -> TestClock | None:
    with site.database.reading(company_id) as connection:
        return clock_of(connection, company_id)


def _instant(site: Site, company_id: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a date and time such as 2027-02-15T09:00, found {text!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=_zone(site, company_id))


def _zone(site: Site, company_id: str) -> ZoneInfo:
    with site.database.reading(company_id) as connection:
        return ZoneInfo(site.deployments.company(connection, company_id).time_zone)
