"""On SQLite one writes at a time: who waits is served in order, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import sqlite
from engine.database import Database, DatabaseAway
from engine.sqlite import Turns, sqlite_module


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'rows.db'}")
    with made.transaction("cafe") as connection:
        connection.exec_driver_sql("CREATE TABLE rows (n INTEGER)")
    yield made
    made.close()


def test_who_came_first_is_served_first() -> None:
    turns, served = Turns(), list[int]()

    def want(number: int) -> None:
        with turns.one():
            served.append(number)

    threads = []
    with turns.one():
        for number in range(5):
            threads.append(threading.Thread(target=want, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) < number + 2:
                time.sleep(0.001)
        assert served == []
    for thread in threads:
        thread.join()

    assert served == [0, 1, 2, 3, 4]


def test_an_error_in_ones_turn_lets_the_next_one_in() -> None:
    turns = Turns()

    with pytest.raises(ValueError, match="mine"), turns.one():
        raise ValueError("mine")

    with turns.one():
        assert len(turns._waiting) == 1


def test_a_lock_that_another_program_keeps_is_waited_for_only_so_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    other = sqlite_module().connect(database.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseAway, match="expected the database to answer"), database.transaction("cafe"):
        pass

    other.execute("COMMIT")
    other.close()
    with database.transaction("cafe") as connection:
        assert connection.exec_driver_sql("INSERT INTO rows VALUES (1)").rowcount == 1


def test_readers_wait_as_long_as_before(database: Database) -> None:
    with database.transaction("cafe") as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 30_000
