"""What many cases together show starts its case once, with the cases it stands on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.site import Site
from engine.queries.alerts import KeptAlert, alert_of_case, cases_of, latest_alerts, watches
from engine.queries.cases import Case, case_by_number
from engine.tables import cases, history_events, triggers
from engine.worker import handlers, tick
from tests.support.cafe import a_complaint, do, with_rules
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site, actor_of

GATHERS = """
[triggers.same_kind]
title = { zh-Hans = "同类投诉集中", zh-Hant = "同類投訴集中", en = "Many of one kind" }
where = "case.title != null"
by = "kind"
at_least = 3
within = "P30D"
"""
RISES = """
[triggers.rising]
title = { zh-Hans = "连续三个月上升", zh-Hant = "連續三個月上升", en = "Three rises" }
by = "kind"
rises = 3
"""


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def go_on(site: Site) -> None:
    """Whatever the worker has to do now."""
    while tick(site) + site.jobs.do(handlers(site)):
        continue


def alerts(site: Site) -> tuple[KeptAlert, ...]:
    with site.database.reading(CAFE) as connection:
        return latest_alerts(connection, site.deployments, CAFE)


def started(site: Site, alert: KeptAlert) -> Case:
    with site.database.reading(CAFE) as connection:
        return case_by_number(connection, site.deployments, CAFE, alert.started)


def test_the_third_complaint_of_a_kind_starts_a_case_with_all_three(site: Site, clock: StandingClock) -> None:
    with_rules(site, GATHERS)
    numbers = [a_complaint(site).number for _ in range(2)]
    clock.move(minutes=10)
    go_on(site)
    assert alerts(site) == ()

    numbers.append(a_complaint(site).number)
    clock.move(minutes=10)
    go_on(site)

    (alert,) = alerts(site)
    assert (alert.words["zh-Hans"], alert.words["en"]) == ("口味", "Taste")
    assert alert.numbers == tuple(numbers)
    case = started(site, alert)
    assert case.title == "同类投诉集中 · 口味"
    assert case.data["alert_cases"] == numbers
    assert case.data["alert_value"] == "taste"
    with site.database.reading(CAFE) as connection:
        assert alert_of_case(connection, site.deployments, CAFE, case.id) == alert
        assert [
            each.number for each in cases_of(connection, site.deployments, actor_of(site, "fang.lan"), alert.numbers)
        ] == numbers
        t = history_events.c
        actions = connection.execute(sa.select(t.action, t.actor).where(t.stream == case.id)).all()
    assert tuple(actions[0]) == ("start_by_trigger", "trigger")


def test_what_was_noticed_is_not_noticed_again(site: Site, clock: StandingClock) -> None:
    with_rules(site, GATHERS)
    for _ in range(3):
        a_complaint(site)
    go_on(site)
    for days in range(5):
        clock.move(days=1)
        if days == 3:
            a_complaint(site)
        go_on(site)
    assert len(alerts(site)) == 1

    for _ in range(2):
        a_complaint(site)
    clock.move(days=1)
    go_on(site)

    assert len(alerts(site)) == 2
    assert len(alerts(site)[0].numbers) == 3
    assert not set(alerts(site)[0].numbers) & set(alerts(site)[1].numbers)


def test_complaints_further_apart_than_the_time_do_not_gather(site: Site, clock: StandingClock) -> None:
    with_rules(site, GATHERS)
    for _ in range(3):
        a_complaint(site)
        clock.move(days=16)
        go_on(site)

    assert alerts(site) == ()


def test_a_job_done_twice_starts_one_case(site: Site, clock: StandingClock) -> None:
    with_rules(site, GATHERS)
    for _ in range(3):
        a_complaint(site)
    tick(site)
    (job,) = site.jobs.unfinished(None)  # type: ignore[arg-type]
    for _ in range(2):
        handlers(site)[job.kind](job.argument)

    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar() == 4
    assert len(alerts(site)) == 1


def test_three_months_of_rises_are_noticed_when_the_month_has_ended(site: Site, clock: StandingClock) -> None:
    with_rules(site, RISES)
    for month, count in ((3, 1), (4, 2), (5, 3), (6, 4)):
        clock.at = datetime(2026, month, 10, 1, tzinfo=UTC)
        for _ in range(count):
            a_complaint(site, summary=f"month {month}")
        go_on(site)
    clock.at = datetime(2026, 6, 30, 15, 59, tzinfo=UTC)
    go_on(site)
    assert alerts(site) == ()

    clock.at = datetime(2026, 6, 30, 22, tzinfo=UTC)  # 1 July, six in the morning
    go_on(site)
    clock.move(days=5)
    go_on(site)

    (alert,) = alerts(site)
    assert alert.counts == (("2026-03", 1), ("2026-04", 2), ("2026-05", 3), ("2026-06", 4))
    assert len(alert.numbers) == 10
    assert started(site, alert).data["alert_counts"][-1] == "2026-06: 4"


def test_two_rises_and_a_month_like_the_one_before_are_not_three_rises(site: Site, clock: StandingClock) -> None:
    with_rules(site, RISES)
    for month, count in ((3, 5), (4, 6), (5, 7), (6, 7)):
        clock.at = datetime(2026, month, 10, 1, tzinfo=UTC)
        for _ in range(count):
            a_complaint(site, summary=f"month {month}")
        go_on(site)

    clock.at = datetime(2026, 6, 30, 22, tzinfo=UTC)  # 1 July, six in the morning
    go_on(site)

    assert alerts(site) == ()


def test_a_case_that_cannot_be_started_is_seen_and_tried_again(site: Site, clock: StandingClock) -> None:
    with_rules(site, GATHERS)
    for _ in range(3):
        a_complaint(site)
    with site.database.transaction(CAFE) as connection:  # as if its diagram failed
        connection.execute(sa.update(triggers).values(trouble="ProcedureFailed: x"))
    with site.database.reading(CAFE) as connection:
        assert watches(connection, site.deployments, CAFE)[0].trouble == "ProcedureFailed: x"

    go_on(site)

    with site.database.reading(CAFE) as connection:
        (watch,) = watches(connection, site.deployments, CAFE)
    assert (watch.trouble, watch.raised) == ("", 1)


def test_without_new_cases_a_trigger_looks_once_a_day(site: Site, clock: StandingClock) -> None:
    with_rules(site, GATHERS)
    go_on(site)
    clock.move(hours=1)
    assert tick(site) == 0
    a_complaint(site)
    clock.move(minutes=4)
    assert tick(site) == 1
    clock.move(minutes=4)
    assert tick(site) == 0
    a_complaint(site)
    assert tick(site) == 0  # it looked a moment ago
    clock.move(minutes=2)
    assert tick(site) == 1
    clock.at = datetime(2026, 3, 2, 22, tzinfo=UTC)
    assert tick(site) == 1
    assert clock.at + timedelta(days=1) == _next(site)


def _next(site: Site) -> datetime | None:
    with site.database.reading(CAFE) as connection:
        return connection.execute(sa.select(triggers.c.next_at)).scalar()


def test_one_case_is_done_like_any_other(site: Site, clock: StandingClock) -> None:
    with_rules(site, GATHERS)
    for _ in range(3):
        a_complaint(site)
    go_on(site)

    case = started(site, alerts(site)[0])
    do(site, case.id, "assess", founded="no")
