"""kill -9 at every point that a backup and its return pass: what was there is there, and the next try succeeds."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.backups import bring_in, restore, take
from engine.commands.site import Site
from engine.database import Database
from engine.tables import cases, companies
from tests.backups.test_backups import NOW, a_new_site, a_used_site, quiet
from tests.faults.conftest import Size
from tests.support.site import CAFE, an_empty_site
from tests.web.neighbour import NEIGHBOUR, add_neighbour
from tests.web.records import assert_history_verifies

Work = Callable[[Site, Callable[[str, int], None]], object]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking beside threads: the child starts none


def killed_at(site: Site, point: int, work: Work) -> bool:
    """Do *work* in a process that dies at its *point*-th report; whether it came so far."""
    site.database.close()
    child = os.fork()
    if child == 0:
        _work_and_die(site, point, work)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def _work_and_die(site: Site, point: int, work: Work) -> None:
    passed = 0

    def progress(_what: str, _done: int) -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        work(replace(site, database=Database(site.database.url)), progress)
    except BaseException:  # noqa: BLE001 -- nothing of the parent must go on here
        os._exit(1)
    os._exit(0)


def points(size: Size) -> list[int]:
    return list(range(1, 200, size(short=7, long=1)))


def companies_of(site: Site) -> set[str]:
    with site.database.reading_every_company() as connection:
        if not sa.inspect(connection).has_table("companies"):
            return set()
        return set(connection.execute(sa.select(companies.c.id)).scalars())


def test_a_killed_backup_leaves_the_one_before(tmp_path: Path, size: Size) -> None:
    site = a_used_site(tmp_path / "site")
    path = tmp_path / "backup.zip"
    take(site, path, now=NOW, progress=quiet)
    before = path.read_bytes()

    killed = [killed_at(site, n, lambda s, p: take(s, path, now=NOW, progress=p)) for n in range(1, 40, 2)]

    assert killed[:5] == [True] * 5
    assert killed[-1] is False
    take(site, path, now=NOW, progress=quiet)
    assert len(path.read_bytes()) == len(before)
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith("backup")] == ["backup.zip"]


def test_a_killed_restore_leaves_an_empty_database_and_the_old_one_as_it_was(tmp_path: Path, size: Size) -> None:
    site = a_used_site(tmp_path / "site")
    take(site, tmp_path / "backup.zip", now=NOW, progress=quiet)
    events = assert_history_verifies(site)
    target = a_new_site(tmp_path / "target")

    deaths = 0
    for point in points(size):
        if not killed_at(target, point, lambda s, p: restore(s, tmp_path / "backup.zip", progress=p)):
            break
        deaths += 1
        assert companies_of(target) == set()

    assert deaths >= 7
    assert companies_of(target) == {CAFE}
    assert assert_history_verifies(target) == assert_history_verifies(site) == events


def test_a_killed_move_leaves_the_companies_that_were_there(tmp_path: Path, size: Size) -> None:
    take(a_used_site(tmp_path / "site"), tmp_path / "cafe.zip", now=NOW, company_id=CAFE, progress=quiet)
    target = an_empty_site(tmp_path / "target")
    add_neighbour(target, tmp_path / "neighbour")

    deaths = 0
    for point in points(size):
        if not killed_at(target, point, lambda s, p: bring_in(s, tmp_path / "cafe.zip", CAFE, progress=p)):
            break
        deaths += 1
        assert companies_of(target) == {NEIGHBOUR}

    assert deaths >= 2
    assert companies_of(target) == {NEIGHBOUR, CAFE}
    with target.database.reading_every_company() as connection:
        assert len(connection.execute(sa.select(cases.c.id)).all()) == 3
    assert_history_verifies(target)
