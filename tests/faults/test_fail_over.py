"""The primary's machine dies under load, a synchronous standby takes over: nothing acknowledged is lost."""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.database import Database
from engine.jobs.dbos_adapter import DbosJobs
from tests.faults.conftest import Size
from tests.faults.test_crashes import Load, _check_acknowledged, _check_records, _wait_for_jobs
from tests.support.nursery import Nursery
from tests.support.postgresql import ROLE, Cluster, a_cluster
from tests.support.server import Server, free_port
from tests.support.site import CAFE, a_site, on_server

_log = logging.getLogger(__name__)
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.mark.parametrize("hung", [True, False], ids=["its machine is restarted", "it comes to and has more"])
def test_nothing_acknowledged_is_lost_when_the_primary_dies_while_a_standby_hangs(
    tmp_path: Path, size: Size, *, hung: bool
) -> None:
    for number in range(size(short=1, long=10)):
        _one_fail_over(tmp_path / str(number), random.Random(number), hung=hung)


def _one_fail_over(folder: Path, chance: random.Random, *, hung: bool) -> None:
    primary = a_cluster(durable=True)
    standbys = {name: primary.standby(name) for name in ("a", "b")}
    nursery = Nursery()
    try:
        with on_server(primary):
            site = a_site(folder)
            DbosJobs(site.database.url).prepare()
            _commit_on(primary, "ANY 1 (a, b)")
            _die_and_go_on(site, primary, standbys, nursery, chance, hung=hung)
    finally:
        nursery.close()
        for server in (primary, *standbys.values()):
            server.stop()


def _die_and_go_on(
    site: Site, primary: Cluster, standbys: dict[str, Cluster], nursery: Nursery, chance: random.Random, *, hung: bool
) -> None:
    everywhere = "&".join(f"host={server.folder}" for server in (primary, *standbys.values()))
    url = (
        f"postgresql+psycopg://{ROLE}@/{site.database.engine.url.database}?{everywhere}&target_session_attrs=read-write"
    )
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        token = create_token(context, login="wei.min", name="faults")
    site.database.close()
    server = Server(site.settings.var, url, free_port())
    nursery.start("serve", "--with-worker", environment=server.settings())
    load = Load(server, token)
    load.start()
    try:
        load.work_on(tasks=10, seconds=120)
        slow, other = chance.sample(sorted(standbys), 2)
        receiver = standbys[slow].ask("SELECT pid FROM pg_stat_wal_receiver")
        if hung:
            os.kill(receiver, signal.SIGSTOP)
            load.work_on(tasks=chance.randrange(5, 20))
        else:
            _send_to_one_alone(primary, slow, other, receiver)
        primary.crash()
        died = time.monotonic()
        if hung:
            standbys[slow].crash()
            standbys[slow].start()
        else:
            os.kill(receiver, signal.SIGCONT)
        ahead, behind = _by_what_they_have(standbys)
        assert ahead == (other if hung else slow)
        _take_over(standbys[ahead], standbys[behind], name=behind)
        load.work_on(tasks=1)
        _log.info("work went on after %.1f s", time.monotonic() - died)
        load.work_on(tasks=20)
    finally:
        load.stop()
    after = replace(site, database=Database(url))
    _wait_for_jobs(after)

    assert load.heard.unexpected == [], "who comes meanwhile is told 503"
    _check_acknowledged(after, load.heard)
    _check_records(after)
    verdict = server.run("verify")
    assert (verdict.returncode, verdict.stderr) == (0, ""), verdict.stderr
    after.database.close()


def _commit_on(server: Cluster, standbys: str) -> None:
    server.administrate(f"ALTER SYSTEM SET synchronous_standby_names = '{standbys}'", "SELECT pg_reload_conf()")


def _send_to_one_alone(primary: Cluster, slow: str, other: str, receiver: int) -> None:
    """What is written last waits unread at *slow*, and is not sent to *other* at all."""
    of_other = f"FROM pg_stat_replication WHERE application_name = '{other}'"
    os.kill(primary.ask(f"SELECT pid {of_other}"), signal.SIGSTOP)
    os.kill(receiver, signal.SIGSTOP)
    more = f"SELECT sent_lsn > (SELECT sent_lsn {of_other}) FROM pg_stat_replication WHERE application_name = '{slow}'"
    end = time.monotonic() + 60
    while not primary.ask(more):
        assert time.monotonic() < end, "nothing was written"
        time.sleep(0.02)


def _by_what_they_have(standbys: dict[str, Cluster]) -> list[str]:
    """Whoever has most first, once all have taken in what was sent. What was acknowledged is on one, not on each."""
    end = time.monotonic() + 60
    while any(
        standby.ask("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'")
        for standby in standbys.values()
    ):
        assert time.monotonic() < end, "a standby has not noticed the death"
        time.sleep(0.05)
    has = "SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'"
    return sorted(standbys, key=lambda name: standbys[name].ask(has), reverse=True)


def _take_over(ahead: Cluster, behind: Cluster, *, name: str) -> None:
    """As docs/operations.md says."""
    leader = f"host={ahead.folder} user=postgres application_name={name}"
    ahead.ask("SELECT pg_promote()")
    _commit_on(ahead, f"ANY 1 ({name})")
    behind.administrate(f"ALTER SYSTEM SET primary_conninfo = '{leader}'", "SELECT pg_reload_conf()")
