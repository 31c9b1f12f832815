"""``serve``, ``worker``, ``db upgrade`` and ``demonstrate``: the processes of an installation."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from engine.commands.deployments import check_first, deploy
from engine.commands.founding import setup_code
from engine.commands.notes import note
from engine.commands.site import Site, installation_secret
from engine.complaints import Actor
from engine.jobs import JobEngine, refuse_jobs_of_another
from engine.procedures import collect_files, find_packages
from engine.queries.people import all_companies
from engine.settings import Settings, read_settings
from engine.text import in_language
from engine.worker import (
    Presence,
    checkpointer,
    handlers,
    keeper,
    mailbox_reader,
    month_opener,
    on_failure,
    runner,
    stamper,
    sweeper,
    ticker,
    word_reader,
    worker_name,
)
from webapp.application import create_app
from webapp.cli.site import SECRET, fingerprint, opened
from webapp.cli.unsafe import unsafe_of
from webapp.demonstration import DEMONSTRATION_PASSWORD, create_demonstration, demonstration_people
from webapp.demonstration_year import live_through_the_year
from webapp.logs import start_logging
from webapp.mailed_reports import mailer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: People named for each company when the demonstration starts.
_SHOWN = 3


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = verbs.add_parser("serve", help="answer HTTP requests")
    serve.add_argument("--with-worker", action="store_true", help="run the worker in the same process")
    serve.set_defaults(run=_serve)
    verbs.add_parser("worker", help="fire timers and send letters").set_defaults(run=_worker)
    run = verbs.add_parser("demonstrate", help="migrate, deploy everything, create demonstration people, serve")
    run.set_defaults(run=_demonstrate)
    database = verbs.add_parser("db", help="the database").add_subparsers(required=True, metavar="ACTION")
    database.add_parser("upgrade", help="migrate to the newest tables").set_defaults(run=_upgrade)
    accept = database.add_parser(
        "accept-secret", help="go on with the secret.key of this machine, the true one is lost"
    )
    accept.set_defaults(run=_accept_secret)


def _serve(given: argparse.Namespace) -> int:
    with opened() as site:
        if wrong := list(unsafe_of(site)):
            raise ValueError("\n".join(wrong))
        _print_setup(site)
        _answer(site, with_worker=given.with_worker)
    return 0


def _worker(_given: argparse.Namespace) -> int:
    with opened() as site, _working(site):
        start_logging(as_json=site.settings.json_logs)
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        print("worker: waiting for timers and jobs", flush=True)
        stopping.wait()
    return 0


def _upgrade(_given: argparse.Namespace) -> int:
    with opened(migrate=True):
        print("database: up to date")
    return 0


def _accept_secret(_given: argparse.Namespace) -> int:
    with opened(blank=True) as site:
        secret = installation_secret(site.settings.keys)
        note(site.database, SECRET, fingerprint(secret), now=site.clock())
    print("secret: accepted; start every process with it")
    return 0


def _demonstrate(_given: argparse.Namespace) -> int:
    settings = read_settings()
    with opened(settings, migrate=True) as site:
        lived = live_through_the_year(site, find_packages(site.settings.processes), now=site.clock())
        if lived:
            print(f"lived through a year: {lived} cases", flush=True)
        deployed = deploy_all(site)
        created = create_demonstration(site)
        print(f"deployed: {deployed} new versions; people: {created} new", flush=True)
        _print_sign_in(site)
        _answer(replace(site, settings=settings), with_worker=True)
    return 0


def deploy_all(site: Site) -> int:
    """Deploy every package below the processes folder; how many were new. Raises PackageRefused."""
    new = 0
    for ref in find_packages(site.settings.processes):
        files = collect_files(site.settings.processes, site.settings.forms, ref)
        check_first(site, ref.company, [files])
        with site.acting(Actor.system(ref.company)) as context:
            new += deploy(context, files).new
    return new


@contextmanager
def _working(site: Site) -> Iterator[None]:
    """Timers fire and jobs are done while the block runs."""
    assert isinstance(site.jobs, JobEngine)
    with site.database.reading_every_company() as connection:
        refuse_jobs_of_another(site.settings.jobs, connection, site.database.url)
    with worker_name(site) as name:
        presence = Presence(site, name, site.jobs.adopt)
        presence.announce()
        repeating = (
            ticker(site),
            runner(site),
            checkpointer(site),
            stamper(site),
            month_opener(site),
            keeper(site),
            sweeper(site),
            word_reader(site),
            mailbox_reader(site),
            presence.repeating(),
            mailer(site),
        )
        try:
            site.jobs.start(handlers(site), executor=name, failed=on_failure(site))
            for each in repeating:
                each.start()
            yield
        finally:
            for each in repeating:
                each.stop()
            site.jobs.stop()
            presence.leave()


def _answer(site: Site, *, with_worker: bool) -> None:
    start_logging(as_json=site.settings.json_logs)
    app = create_app(site)
    settings = site.settings
    server = server_of(app, settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"serving on http://{settings.host}:{settings.port}", flush=True)
    if with_worker:
        with _working(site):
            server.run()
    else:
        server.run()


def server_of(app: WSGIApplication, settings: Settings) -> MultiSocketServer | BaseWSGIServer:
    """What answers requests for *app*, listening already."""
    return create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        ident=None,
        max_request_body_size=settings.max_request_bytes + 1_000_000,
        clear_untrusted_proxy_headers=False,  # whom our own proxy saw, see webapp.strangers
    )


def _print_setup(site: Site) -> None:
    """How the first company comes to an installation that has none."""
    with site.database.reading_every_company() as connection:
        empty = not all_companies(connection)
    if empty:
        print(f"set up your company at {site.settings.base_url}/setup with the code {setup_code(site.secret)}")


def _print_sign_in(site: Site) -> None:
    """One line a company; the sign-in page lists everybody."""
    by_company: dict[str, list[str]] = {}
    for person in demonstration_people(site):
        company = in_language(person.company, "en")
        by_company.setdefault(company, []).append(f"{person.login} ({in_language(person.role, 'en')})")
    print(f"sign in at {site.settings.base_url}/session/new with password {DEMONSTRATION_PASSWORD}, for example as:")
    for company, people in by_company.items():
        more = f", and {len(people) - _SHOWN} more" if len(people) > _SHOWN else ""
        print(f"  {company}: {', '.join(people[:_SHOWN])}{more}")
    print(f"customers begin at {site.settings.base_url}/public", flush=True)
