"""An installation in a temporary folder: real SQLite, a standing clock, the small company of tests/support/companies."""

from __future__ import annotations

import shutil
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
from engine.queries.people import person_by_login
from engine.settings import Settings, read_settings
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs

COMPANIES = Path(__file__).parent / "companies"
CAFE = "harbour-cafe"
PASSWORD = "a password of the tests"
SECRET = b"the secret of the installation of the tests"
#: login -> groups
PEOPLE = {"fang.lan": ("front",), "gu.qiang": ("kitchen",), "wei.min": ("front", "kitchen")}
#: Belongs to no group, may intervene.
ADMINISTRATOR = "an.qi"


def settings_in(folder: Path, **changes: object) -> Settings:
    given = {
        "SHOUWEN_VAR": str(folder),
        "SHOUWEN_PROCESSES": str(COMPANIES / "processes"),
        "SHOUWEN_FORMS": str(COMPANIES / "forms"),
    }
    return read_settings(given | {key: str(value) for key, value in changes.items()})


def a_site(folder: Path, *, clock: StandingClock | None = None) -> Site:
    """The installation with the small company deployed and its people able to sign in."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    settings = settings_in(folder)
    database = Database(settings.database_url)
    return Site(settings, database, DeploymentStore(), RememberedJobs(), clock or StandingClock(), SECRET)


def an_empty_site(folder: Path, *, clock: StandingClock | None = None) -> Site:
    """The installation with its tables and nothing in them."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = settings_in(folder)
    database = Database(settings.database_url)
    upgrade(database)
    return Site(settings, database, DeploymentStore(), RememberedJobs(), clock or StandingClock(), SECRET)


def deploy_folder(site: Site, processes: Path, forms: Path) -> None:
    for ref in find_packages(processes):
        with site.acting(Actor(ref.company, SYSTEM)) as context:
            deploy(context, collect_files(processes, forms, ref))


def actor_of(site: Site, login: str, company: str = CAFE) -> Actor:
    with site.database.reading_every_company() as connection:
        found = person_by_login(connection, company, login)
    assert found is not None
    return found.actor


@cache
def _template() -> Path:
    """Made once per test process and copied: migrating and deploying are tested elsewhere."""
    folder = Path(mkdtemp(prefix="shouwen-tests-"))
    site = an_empty_site(folder)
    deploy_folder(site, COMPANIES / "processes", COMPANIES / "forms")
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        for login, groups in PEOPLE.items():
            add_person(context, login=login, name={"zh-Hans": login, "en": login}, groups=groups, password=PASSWORD)
        name = {"zh-Hans": ADMINISTRATOR, "en": ADMINISTRATOR}
        add_person(context, login=ADMINISTRATOR, name=name, groups=(), password=PASSWORD, administrator=True)
    site.database.close()
    return folder
