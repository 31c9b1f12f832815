"""A sandbox's clock stands, goes on, and runs ahead over a holiday, each thing happening at its own time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.commands.site import Site
from engine.commands.test_clock import ClockRefused, make_sandbox, start_clock, stop_clock
from engine.complaints import Actor
from engine.history import Stream, read_events
from engine.queries.due import _NEXT_DUE
from engine.worker import fast_forward, tick
from tests.support.cafe import a_complaint, do, the_case
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site

TRUE = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
BEFORE_SPRING_FESTIVAL = datetime.fromisoformat("2027-02-03T09:00:00+08:00")
SYSTEM = Actor.system(CAFE)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(TRUE)


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    site = a_site(tmp_path, clock=clock)
    with site.acting(SYSTEM) as context:
        make_sandbox(context)
    return site


def set_to(site: Site, at: datetime) -> None:
    """The clock stands there."""
    fast_forward(site, CAFE, to=at, settle=lambda: None, progress=lambda _at: None)


def events(site: Site, case_id: int) -> list[tuple[str, str]]:
    with site.database.reading(CAFE) as connection:
        found = read_events(connection, Stream(CAFE, case_id, the_case(site, case_id).number))
    return [(event.at.isoformat(), event.action) for event in found]


def test_it_shows_the_true_time_until_it_is_set(site: Site, clock: StandingClock) -> None:
    assert site.now(CAFE) == TRUE
    clock.move(hours=1)
    assert site.now(CAFE) == TRUE + timedelta(hours=1)


def test_it_is_ahead_and_goes_on_or_stands(site: Site, clock: StandingClock) -> None:
    set_to(site, BEFORE_SPRING_FESTIVAL)
    with site.acting(SYSTEM) as context:
        start_clock(context, site.clock())
    clock.move(hours=1)
    assert site.now(CAFE) == BEFORE_SPRING_FESTIVAL + timedelta(hours=1)

    with site.acting(SYSTEM) as context:
        stop_clock(context, site.clock())
    clock.move(days=3)
    assert site.now(CAFE) == BEFORE_SPRING_FESTIVAL + timedelta(hours=1)

    with site.acting(SYSTEM) as context:
        start_clock(context, site.clock())
    clock.move(hours=1)
    assert site.now(CAFE) == BEFORE_SPRING_FESTIVAL + timedelta(hours=2)


def test_it_never_goes_back(site: Site) -> None:
    set_to(site, BEFORE_SPRING_FESTIVAL)

    with pytest.raises(ClockRefused, match="behind"):
        set_to(site, TRUE)


def test_what_is_done_in_a_sandbox_is_done_at_its_time(site: Site) -> None:
    set_to(site, BEFORE_SPRING_FESTIVAL)

    case_id = a_complaint(site).case_id

    assert events(site, case_id) == [
        (
            BEFORE_SPRING_FESTIVAL.astimezone(datetime.fromisoformat("2026-01-01T00:00Z").tzinfo).isoformat(),
            "start_case",
        )
    ]


def test_a_company_with_cases_stays_in_true_time(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    a_complaint(site)

    with pytest.raises(ClockRefused, match="without cases"), site.acting(SYSTEM) as context:
        make_sandbox(context)
    with pytest.raises(ClockRefused, match="the true one"):
        set_to(site, BEFORE_SPRING_FESTIVAL)


def test_running_ahead_over_a_holiday_everything_happens_once_and_in_its_time(site: Site) -> None:
    set_to(site, BEFORE_SPRING_FESTIVAL)
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess")
    stops: list[datetime] = []

    done = fast_forward(
        site, CAFE, to=BEFORE_SPRING_FESTIVAL + timedelta(days=20), settle=lambda: None, progress=stops.append
    )

    woken = [at for at, action in events(site, case_id) if action == "wake_up"]
    assert len(woken) == len(set(woken)) == done
    assert woken[0] == "2027-02-03T06:00:00+00:00"  # half of eight working hours
    assert stops == sorted(stops)
    assert site.now(CAFE) == BEFORE_SPRING_FESTIVAL + timedelta(days=20)
    assert tick(site) == 0
    breached = next(clock for clock in the_case(site, case_id).clocks if clock.deadline == "reply")
    assert breached.due_at is not None
    assert breached.due_at < site.now(CAFE)


def test_the_ordinary_tick_leaves_a_clock_that_stands_alone(site: Site, clock: StandingClock) -> None:
    with site.acting(SYSTEM) as context:
        stop_clock(context, site.clock())
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess")

    clock.move(days=30)

    assert tick(site) == 0
    assert [action for _, action in events(site, case_id)] == ["start_case", "complete_task"]


def test_what_is_due_next_is_found_without_looking_at_every_case(site: Site) -> None:
    """With 25,000 cases, looking at each took longer than all the rest of a virtual year."""
    if not site.database.is_sqlite:
        pytest.skip("the plan of PostgreSQL depends on how many rows there are")
    with site.database.reading(CAFE) as connection:
        statement = str(_NEXT_DUE._statement.compile(dialect=connection.dialect))
        values = (CAFE,) * statement.count("?")
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    assert any("ix_cases_own_due (company_id=? AND next_wake_at>?)" in line for line in plan)
