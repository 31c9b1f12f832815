"""What would become of open cases in another version: the forecast is what comes when they go over."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.interventions import intervene, migrate_case
from engine.commands.site import Site
from engine.errors import EngineError
from engine.interpreter import Suspend
from engine.queries.migrations import Forecast, NewDate, Verdict, forecasts
from engine.tables import clocks
from tests.commands.test_interventions import RENAMED
from tests.support.cafe import a_complaint, changed_procedure, do, open_steps
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def forecast(site: Site, version: int, *, keep_limits: bool = False, **mapping: str) -> list[Forecast]:
    with site.database.reading(CAFE) as connection:
        target = site.deployments.version(connection, CAFE, "complaint", version)
        return list(
            forecasts(
                connection,
                site.deployments,
                CAFE,
                "complaint",
                target=target,
                mapping=mapping,
                keep_limits=keep_limits,
                now=site.now(CAFE),
            )
        )


def dates(site: Site, case_id: int) -> dict[tuple[str, int], datetime | None]:
    k = clocks.c
    with site.database.reading(CAFE) as connection:
        rows = connection.execute(
            sa.select(k.deadline, k.round, k.due_at).where(k.case_id == case_id, k.stopped_at.is_(None))
        ).all()
    return {(row.deadline, row.round): row.due_at for row in rows}


def test_each_case_is_safe_needs_a_mapping_or_stays(site: Site) -> None:
    waits, stands, suspended = (a_complaint(site).case_id for _ in range(3))
    do(site, stands, "assess")
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        intervene(context, suspended, Suspend("the customer travels", stop_clocks=True))
    changed_procedure(site, *RENAMED)

    found = {each.case_id: each for each in forecast(site, 2)}

    assert found[waits].verdict is Verdict.SAFE
    assert found[stands].verdict is Verdict.NEEDS_MAPPING
    assert [problem.element for problem in found[stands].problems] == ["fix"]
    assert {each.case_id: each.verdict for each in forecast(site, 2, fix="repair")}[stands] is Verdict.SAFE


def test_a_shorter_limit_says_the_new_date_and_who_is_overdue_at_once(site: Site, clock: StandingClock) -> None:
    case_id = a_complaint(site).case_id
    do(site, case_id, "assess")
    changed_procedure(site, ("amount = 2\nunit", "amount = 1\nunit"))
    clock.move(hours=34)

    (found,) = forecast(site, 2)
    (kept,) = forecast(site, 2, keep_limits=True)

    was, becomes = (datetime.fromisoformat(f"2026-03-0{day}T18:00+08:00") for day in (4, 3))
    assert (found.verdict, found.dates) == (Verdict.SAFE, (NewDate("reply", 1, was, becomes),))
    assert found.newly_overdue == ("reply",)
    assert (kept.dates, kept.newly_overdue) == ((), ())


def test_the_forecast_equals_what_comes(site: Site, clock: StandingClock) -> None:
    draws = random.Random(20261122)
    for _ in range(8):
        case_id = a_complaint(site).case_id
        for step in draws.sample(["assess", "fix", "reply", "confirm"], draws.randrange(4)):
            if step in open_steps(site, case_id):
                do(site, case_id, step)
        clock.move(hours=draws.randrange(1, 9))
    changed_procedure(site, ("amount = 2\nunit", "amount = 1\nunit"))

    for keep_limits in (False, True):
        for said in forecast(site, 2, keep_limits=keep_limits)[:4]:
            was = dates(site, said.case_id)
            try:
                with site.acting(actor_of(site, ADMINISTRATOR)) as context:
                    migrate_case(
                        context, said.case_id, version=2, mapping={}, reason="new rules", keep_limits=keep_limits
                    )
            except EngineError:
                assert said.verdict is not Verdict.SAFE
                continue
            assert said.verdict is Verdict.SAFE
            now = dates(site, said.case_id)
            assert {(one.deadline, one.round): one.becomes for one in said.dates} == {
                key: due for key, due in now.items() if was.get(key) != due
            }
            late = {deadline for (deadline, _), due in now.items() if due is not None and due < clock()}
            late_before = {deadline for (deadline, _), due in was.items() if due is not None and due < clock()}
            assert set(said.newly_overdue) == late - late_before
