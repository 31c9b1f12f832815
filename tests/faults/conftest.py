"""What the fault tests share. ``--long`` runs them at the size they were designed for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.jobs.dbos_adapter import DbosJobs
from tests.support.postgresql import Cluster, a_cluster
from tests.support.server import Server, free_port
from tests.support.site import CAFE, PEOPLE, a_site, on_server
from webapp.cli.case_files import replay_every_case


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="fault tests at full size: many minutes")
    parser.addoption("--seed", type=int, default=20261122, help="of what is left to chance in the long forms")


class Size(Protocol):
    """How often a fault is tried in this run."""

    def __call__(self, *, short: int, long: int) -> int: ...


@pytest.fixture(scope="session")
def size(request: pytest.FixtureRequest) -> Size:
    in_full = bool(request.config.getoption("--long", default=False))
    return lambda *, short, long: long if in_full else short


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.config.getoption("--seed", default=20261122))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An installation; whatever a test does to it, every case plays again from its record afterwards."""
    yield from _installation(tmp_path)


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A PostgreSQL of the test's own that writes to the disk what it acknowledges."""
    made = a_cluster(durable=True)
    yield made
    made.stop()


@pytest.fixture
def durable_site(durable: Cluster, tmp_path: Path) -> Iterator[Site]:
    """The same on that server."""
    with on_server(durable):
        yield from _installation(tmp_path)


def _installation(folder: Path) -> Iterator[Site]:
    made = a_site(folder / "site")
    yield made
    assert replay_every_case(made) == 0
    made.database.close()


@pytest.fixture
def server(site: Site) -> Iterator[Server]:
    """A server on *site*'s installation, not started yet."""
    DbosJobs(site.database.url).prepare()
    made = Server(site.settings.var, site.database.url, free_port())
    yield made
    made.kill()


@pytest.fixture
def tokens(site: Site) -> dict[str, str]:
    made = {}
    for login in PEOPLE:
        with site.acting(Actor(CAFE, SYSTEM)) as context:
            made[login] = create_token(context, login=login, name="faults")
    return made
