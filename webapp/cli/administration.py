"""``user add``, ``token create``, ``sandbox``, ``doctor``: running an installation."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from engine.commands.deployments import deploy
from engine.commands.people import add_person, create_token
from engine.commands.site import Site
from engine.commands.test_clock import clock_of, make_sandbox, start_clock, stop_clock
from engine.complaints import SYSTEM, Actor
from engine.queries.due import open_requests
from engine.sqlite import sqlite_module
from engine.worker import fast_forward
from webapp.cli.site import opened

#: Seconds that jobs may take before the clock of a sandbox goes on.
_LONGEST_JOBS: Final = 60


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
                print("database: answers")
        settings = site.settings
        print(f"data: {settings.var}")
        print(f"mail: {'set' if settings.mail_url else 'not set, letters are kept for printing'}")
        if settings.host not in {"127.0.0.1", "localhost"} and not settings.secure_cookies:
            print("warning: open to the network without SHOUWEN_SECURE_COOKIES; put HTTPS in front and set it")
            return 1
    return 0


def _create_sandbox(given: argparse.Namespace) -> int:
    """A copy of a company's procedures under another id, with its people and a clock of its own."""
    with opened(migrate=True) as site:
        copy = f"{given.company}-sandbox"
        with site.database.reading(given.company) as connection:
            deployed = site.deployments.all_current(connection, given.company)
        if not deployed:
            raise ValueError(f"expected a company with deployed procedures, found none for {given.company!r}")
        for deployment in deployed:
            files = {**deployment.package.files}
            files["company.toml"] = _renamed(files["company.toml"], given.company, copy)
            with site.acting(Actor(copy, SYSTEM)) as context:
                deploy(context, files)
        with site.acting(Actor(copy, SYSTEM)) as context:
            make_sandbox(context)
    print(f"sandbox: {copy}, {len(deployed)} procedures; add people with: shouwen user add {copy} LOGIN --name NAME")
    return 0


def _renamed(profile: bytes, company: str, copy: str) -> bytes:
    """company.toml under the id *copy*."""
    text = profile.decode()
    line = f'id = "{company}"'
    if text.count(line) != 1:
        raise ValueError(f"expected company.toml to say {line} once, found it {text.count(line)} times")
    return text.replace(line, f'id = "{copy}"').encode()


def _set_sandbox_clock(given: argparse.Namespace) -> int:
    with opened() as site:
        actor = Actor(given.company, SYSTEM)
        if given.stop or given.start:
            with site.acting(actor) as context:
                (stop_clock if given.stop else start_clock)(context, site.clock())
        if given.to:
            _run_ahead(site, given.company, _instant(site, given.company, given.to))
        now = site.now(given.company)
        with site.database.reading(given.company) as connection:
            clock = clock_of(connection, given.company)
        state = "true time" if clock is None else "stands" if clock.stands_at else "goes"
    print(f"{given.company}: {now.astimezone(_zone(site, given.company)).isoformat(timespec='minutes')} ({state})")
    return 0


def _run_ahead(site: Site, company_id: str, to: datetime) -> None:
    """Let the clock run to *to*; jobs are done by the worker, which has to be running."""

    def settle() -> None:
        until = time.monotonic() + _LONGEST_JOBS
        while time.monotonic() < until:
            with site.database.reading(company_id) as connection:
                if not open_requests(connection, company_id):
                    return
            time.sleep(0.05)
        raise ValueError(
            "expected the worker to do what the procedures ask for, found it not done; is a worker running?"
        )

    def progress(at: datetime) -> None:
        print(f"\r{at.astimezone(_zone(site, company_id)):%Y-%m-%d %H:%M}", end="", file=sys.stderr, flush=True)

    done = fast_forward(site, company_id, to=to, settle=settle, progress=progress)
    print(f"\r{done} things happened on the way", file=sys.stderr)


def _instant(site: Site, company_id: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected a date and time such as 2027-02-15T09:00, found {text!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=_zone(site, company_id))


def _zone(site: Site, company_id: str) -> ZoneInfo:
    with site.database.reading(company_id) as connection:
        return ZoneInfo(site.deployments.company(connection, company_id).time_zone)
