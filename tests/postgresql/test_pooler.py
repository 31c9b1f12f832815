"""Behind PgBouncer in transaction mode, where each transaction may meet another server process."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.site import Site
from engine.database import Database, DatabaseAway
from engine.errors import UnsuitableDatabase
from engine.jobs import Job, job_engine
from engine.postgresql import description
from engine.tables import cases
from tests.support.cafe import a_complaint, a_round
from tests.support.postgresql import ROLE, cluster
from tests.support.server import free_port
from tests.support.site import CAFE, a_site
from tests.web.records import assert_history_verifies

pytestmark = pytest.mark.skipif(not shutil.which("pgbouncer"), reason="PgBouncer is not installed: apt-get install it")


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[Site]:
    """The café behind a pooler with two connections for everybody."""
    site = a_site(tmp_path)
    with pooler(site) as database:
        _wait_for(database)
        yield replace(site, database=database)


@contextmanager
def pooler(site: Site, *, mode: str = "transaction") -> Iterator[Database]:
    """PgBouncer before the database of *site*; it may take a moment to answer."""
    folder, port, name = cluster().folder, free_port(), site.database.engine.url.database
    (folder / "users").write_text(f'"{ROLE}" ""\n')
    (folder / "pooler.ini").write_text(
        f"[databases]\n{name} = host={folder}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_type = trust\nauth_file = {folder / 'users'}\npool_mode = {mode}\n"
        "default_pool_size = 2\n"
    )
    command = ["pgbouncer", folder / "pooler.ini"]
    with subprocess.Popen(
        command, user=cluster().user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        database = Database(f"postgresql+psycopg://{ROLE}@127.0.0.1:{port}/{name}")
        yield database
        database.close()
        process.terminate()


def _wait_for(database: Database) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            with database.reading(CAFE):
                return
        except DatabaseAway:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_eight_people_work_over_two_connections(pooled: Site) -> None:
    before = assert_history_verifies(pooled)
    seen_of_others: list[int] = []

    def work(_person: int) -> None:
        for _ in range(5):
            a_round(pooled, a_complaint(pooled).case_id)
            with pooled.database.reading("hill-cafe") as connection:
                seen_of_others.extend(connection.execute(sa.select(cases.c.id)).scalars())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert seen_of_others == []
    assert assert_history_verifies(pooled) == before + 8 * 5 * 5


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("engine", ["dbos", "pgqueuer"])
def test_jobs_are_put_and_done(pooled: Site, engine: str) -> None:
    jobs, done = job_engine(engine, pooled.database.url), threading.Event()
    jobs.prepare()
    with pooled.database.transaction(CAFE) as connection:
        jobs.put(connection, Job("note", "note:1"))

    jobs.start({"note": lambda _: done.set()}, executor="tests", failed=lambda *_: None)

    try:
        assert done.wait(60)
    finally:
        jobs.stop()


def test_a_pooler_that_tears_transactions_apart_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(UnsuitableDatabase, match="set pool_mode = transaction")
    with pooler(a_site(tmp_path), mode="statement") as database, refused:
        _wait_for(database)


def test_doctor_says_what_stands_between(pooled: Site) -> None:
    with pooled.database.reading(CAFE) as connection:
        assert re.fullmatch(r"PostgreSQL [0-9.]+ .*, reached through a connection pooler", description(connection))


def test_directly_what_is_asked_often_is_prepared(tmp_path: Path) -> None:
    with a_site(tmp_path).database.reading(CAFE) as connection:
        assert connection.connection.driver_connection.prepare_threshold == 5


def test_nothing_is_prepared_where_the_next_statement_meets_another_process(pooled: Site) -> None:
    with pooled.database.reading(CAFE) as connection:
        assert connection.connection.driver_connection.prepare_threshold is None
