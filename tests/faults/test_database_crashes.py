"""kill -9 of server processes of PostgreSQL under load. It ends all its connections and recovers from its log."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress

import psycopg
import pytest

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.jobs.dbos_adapter import DbosJobs
from tests.faults.conftest import Size
from tests.faults.test_crashes import Load, _check_acknowledged, _check_records, _wait_for_jobs
from tests.support.postgresql import Cluster
from tests.support.server import Server, free_port
from tests.support.site import CAFE

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def site(durable_site: Site) -> Site:
    return durable_site


def test_nothing_acknowledged_is_lost_when_the_database_is_killed(durable: Cluster, site: Site, size: Size) -> None:
    kills = size(short=5, long=200)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        token = create_token(context, login="wei.min", name="faults")
    DbosJobs(site.database.url).prepare()
    server = Server(site.settings.var, site.database.url, free_port())
    load = Load(server, token)
    chance = random.Random(20260302)
    server.start()
    load.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(1, 2.5))
            with psycopg.connect(host=str(durable.folder), user="postgres", dbname="postgres") as witness:
                os.kill(_some_process(durable, site, chance), signal.SIGKILL)
                _wait_for_end(witness)
            _wait_for(durable)
        time.sleep(1)
    finally:
        load.stop()
    _wait_for_jobs(site)
    server.kill()

    assert load.heard.unexpected == [], "while the database is away everybody is told 503"
    assert len(load.heard.completed) > 5 * kills
    _check_acknowledged(site, load.heard)
    _check_records(site)
    verdict = server.run("verify")
    assert (verdict.returncode, verdict.stderr) == (0, ""), verdict.stderr


def _some_process(durable: Cluster, site: Site, chance: random.Random) -> int:
    """One that works for the installation; after a crash it may take a moment until somebody comes again."""
    name, end = str(site.database.engine.url.database), time.monotonic() + 60
    while True:
        # The server may notice a kill, and recover, a moment after it answered once more.
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(host=str(durable.folder), user="postgres", dbname="postgres") as connection,
        ):
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s ORDER BY pid", (name,)
            ).fetchall()
            if rows:
                return int(chance.choice(rows)[0])
        assert time.monotonic() < end, "nobody comes back to the database"
        time.sleep(0.05)


def _wait_for_end(witness: psycopg.Connection) -> None:
    """Until the server ends everybody's connections. Before that it still answers, as if nothing had happened."""
    end = time.monotonic() + 60
    with suppress(psycopg.OperationalError):
        while True:
            witness.execute("SELECT 1")
            assert time.monotonic() < end, "the server has not noticed"
            time.sleep(0.01)


def _wait_for(durable: Cluster) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            return durable.administrate("SELECT 1")
        except psycopg.OperationalError:
            assert time.monotonic() < end, "the server does not come back"
            time.sleep(0.05)
