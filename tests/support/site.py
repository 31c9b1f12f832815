"""An installation in a temporary folder: a real database, a standing clock, the company of tests/support/companies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.database import Database
from engine.deployments import DeploymentStore
from engine.migrations import upgrade
from engine.procedures import collect_files, find_packages
from engine.queries.absences import standing_in
from engine.queries.people import person_by_login
from engine.settings import Settings, read_settings
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.postgresql import Cluster, a_name, cluster

COMPANIES = Path(__file__).parent / "companies"
CAFE = "harbour-cafe"
PASSWORD = "a password of the tests"
SECRET = b"the secret of the installation of the tests"
#: login -> groups
PEOPLE = {"fang.lan": ("front",), "gu.qiang": ("kitchen",), "wei.min": ("front", "kitchen")}
#: Belongs to no group, may intervene.
ADMINISTRATOR = "an.qi"
#: Another, for what two have to do; see `add_second_administrator`.
SECOND = "bao.wen"


#: Where installations are made: on this server, None = in files of their own.
_server: Cluster | None = None
_made: list[tuple[Database, Cluster | None]] = []


@contextmanager
def on(kind: str) -> Iterator[None]:
    """Installations made in the block have a database of that kind, and none of them outlives it."""
    with on_server(cluster() if kind == "postgresql" else None):
        yield


@contextmanager
def on_server(server: Cluster | None) -> Iterator[None]:
    """The same on a server of the caller."""
    global _server  # noqa: PLW0603 -- every builder of a site would have to pass it through
    before, _server = _server, server
    try:
        with clearing():
            yield
    finally:
        _server = before


@contextmanager
def clearing() -> Iterator[None]:
    """The databases made in the block are gone after it."""
    before = len(_made)
    yield
    while len(_made) > before:
        database, server = _made.pop()
        database.close()
        if server:
            server.drop(str(database.engine.url.database))


def settings_in(folder: Path, **changes: object) -> Settings:
    given = {
        "SHOUWEN_VAR": str(folder),
        "SHOUWEN_PROCESSES": str(COMPANIES / "processes"),
        "SHOUWEN_FORMS": str(COMPANIES / "forms"),
    }
    return read_settings(given | {key: str(value) for key, value in changes.items()})


def a_site(folder: Path, *, clock: StandingClock | None = None) -> Site:
    """The installation with the small company deployed and its people able to sign in."""
    return _copy(_cafe(_server), folder, clock)


def add_second_administrator(site: Site) -> None:
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        add_person(context, login=SECOND, name={"en": "Bao Wen"}, groups=(), password=PASSWORD, administrator=True)


def an_empty_site(folder: Path, *, clock: StandingClock | None = None) -> Site:
    """The installation with its tables and nothing in them."""
    return _copy(_empty(_server), folder, clock)


def a_database(folder: Path) -> Database:
    """Nothing at all, not even tables."""
    folder.mkdir(parents=True, exist_ok=True)
    name = a_name()
    return _kept(_server.create(name) if _server else f"sqlite:///{folder / name}.db")


def _kept(url: str) -> Database:
    _made.append((Database(url), _server))
    return _made[-1][0]


def _copy(template: Site, folder: Path, clock: StandingClock | None) -> Site:
    shutil.copytree(template.settings.var, folder, dirs_exist_ok=True)
    name = str(template.database.engine.url.database)
    url = _server.create(a_name(), template=name) if _server else f"sqlite:///{folder / Path(name).name}"
    settings = settings_in(folder, SHOUWEN_DATABASE_URL=url)
    return Site(settings, _kept(url), DeploymentStore(), RememberedJobs(), clock or StandingClock(), SECRET)


def take_away(site: Site) -> None:
    """The database answers nobody any more."""
    name = str(site.database.engine.url.database)
    if _server:
        close = f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"
        _server.administrate(close, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        return
    site.database.close()
    Path(name).rename(f"{name}.away")
    Path(name).mkdir()


def deploy_folder(site: Site, processes: Path, forms: Path) -> None:
    for ref in find_packages(processes):
        with site.acting(Actor(ref.company, SYSTEM)) as context:
            deploy(context, collect_files(processes, forms, ref))


def actor_of(site: Site, login: str, company: str = CAFE) -> Actor:
    with site.database.reading_every_company() as connection:
        found = person_by_login(connection, company, login)
        assert found is not None
        return standing_in(connection, found.actor, now=site.clock())


@cache
def _empty(server: Cluster | None) -> Site:
    """Made once per test process and copied: migrating and deploying are tested elsewhere."""
    site = _template(server)
    upgrade(site.database)
    site.database.close()
    return site


@cache
def _cafe(server: Cluster | None) -> Site:
    site = _template(server)
    upgrade(site.database)
    deploy_folder(site, COMPANIES / "processes", COMPANIES / "forms")
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        for login, groups in PEOPLE.items():
            add_person(context, login=login, name={"zh-Hans": login, "en": login}, groups=groups, password=PASSWORD)
        name = {"zh-Hans": ADMINISTRATOR, "en": ADMINISTRATOR}
        add_person(context, login=ADMINISTRATOR, name=name, groups=(), password=PASSWORD, administrator=True)
    site.database.close()
    return site


def _template(server: Cluster | None) -> Site:
    folder = Path(mkdtemp(prefix="shouwen-tests-"))
    url = server.create(f"template_{folder.name}") if server else f"sqlite:///{folder / 'shouwen.db'}"
    settings = settings_in(folder, SHOUWEN_DATABASE_URL=url)
    return Site(settings, Database(url), DeploymentStore(), RememberedJobs(), StandingClock(), SECRET)
