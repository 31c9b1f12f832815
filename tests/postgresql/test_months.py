"""The history lies in months: opened ahead, and nothing is refused where one is missing."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.site import Site
from engine.history import open_months
from engine.migrations import upgrade
from engine.tables import history_events
from tests.support.cafe import a_complaint, a_round, do
from tests.support.clock import StandingClock
from tests.support.old import as_of
from tests.support.site import CAFE, a_site, an_empty_site
from tests.web.records import assert_history_verifies

LAST_OF_APRIL = datetime(2026, 4, 30, 23, 59, 59, 999000, tzinfo=UTC)


def open_at(site: Site, at: datetime) -> int:
    with site.database.migrating() as connection:
        return open_months(connection, at)


def events_by_part(site: Site) -> dict[str, int]:
    """Where the events lie of cases, and of nothing else."""
    with site.database.reading_every_company() as connection:
        rows = connection.exec_driver_sql("SELECT tableoid::regclass::text FROM history_events WHERE stream > 0")
        return dict(Counter(rows.scalars()))


def test_this_month_and_three_more_are_open_after_an_upgrade(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)

    with site.database.reading_every_company() as connection:
        parts = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
        ).scalars()
        assert len(list(parts)) == 5


def test_months_are_opened_once(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)

    assert open_at(site, LAST_OF_APRIL) == 4
    assert open_at(site, LAST_OF_APRIL) == 0
    assert open_at(site, datetime(2026, 5, 1, tzinfo=UTC)) == 1


def test_a_case_goes_on_over_the_end_of_a_month(tmp_path: Path) -> None:
    clock = StandingClock(LAST_OF_APRIL)
    site = a_site(tmp_path, clock=clock)
    open_at(site, clock())

    case = a_complaint(site)
    clock.move(milliseconds=1)
    do(site, case.case_id, "assess", founded="no")

    assert events_by_part(site) == {"history.events_2026_04": 1, "history.events_2026_05": 1}
    assert assert_history_verifies(site) > 2


def test_events_of_a_month_that_nobody_opened_are_kept_with_the_rest(tmp_path: Path) -> None:
    clock = StandingClock(LAST_OF_APRIL)
    site = a_site(tmp_path, clock=clock)
    open_at(site, clock())
    clock.move(days=365)
    a_round(site, a_complaint(site).case_id)

    opened = open_at(site, clock())
    clock.move(milliseconds=1)
    a_complaint(site)

    assert opened == 3, "not the month whose events are there already"
    assert events_by_part(site) == {"history.events_rest": 5, "history.events_2027_05": 1}
    assert assert_history_verifies(site) > 6


def test_months_open_while_cases_are_worked_on(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    failed: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            while not done.is_set():
                a_complaint(site)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    opened = [open_at(site, datetime(2026 + n, 3, 1, tzinfo=UTC)) for n in range(4, 8)]
    done.set()
    for thread in threads:
        thread.join()

    assert failed == []
    assert opened == [4, 4, 4, 4]
    assert assert_history_verifies(site) > 4


def test_rows_from_before_lie_in_their_months(tmp_path: Path) -> None:
    clock = StandingClock(LAST_OF_APRIL)
    new = a_site(tmp_path / "new", clock=clock)
    case = a_complaint(new)
    clock.move(milliseconds=1)
    a_round(new, case.case_id)
    old = as_of("0003", new, tmp_path / "old")

    upgrade(old.database)

    assert events_by_part(old) == {"history.events_2026_04": 1, "history.events_2026_05": 4}
    assert assert_history_verifies(old) == assert_history_verifies(new)
    do(old, case.case_id, "assess")
    assert events_by_part(old) == {"history.events_2026_04": 1, "history.events_2026_05": 5}


@pytest.mark.parametrize("table", ["history_events", "history.events_rest", "history.events_2026_04"])
def test_no_part_of_the_history_can_be_emptied(tmp_path: Path, table: str) -> None:
    site = a_site(tmp_path)
    open_at(site, LAST_OF_APRIL)
    a_complaint(site)

    with pytest.raises(sa.exc.IntegrityError, match="append-only"), site.database.migrating() as connection:
        connection.exec_driver_sql(f"TRUNCATE {table}")

    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(history_events)).scalar_one() > 1
