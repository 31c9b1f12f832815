"""Somebody is away and a colleague does their work: for a time, on their behalf, and with no more rights."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.commands import user_tasks
from engine.commands.absences import arrange_absence, end_absence
from engine.commands.site import Site
from engine.complaints.inbox import View
from engine.errors import AlreadyDone, AnswersInvalid, NotPermitted
from engine.queries.absences import done_on_behalf_of
from engine.queries.inbox import inbox
from tests.support.cafe import ANSWERS, a_complaint, do, task_id, with_rules
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.records import assert_history_verifies


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def away(
    site: Site, clock: StandingClock, *, by: str = "gu.qiang", begins: float = 0, ends: float = 48, **named: Any
) -> int:
    given = {"login": "gu.qiang", "substitute": "fang.lan", "reason": "leave", **named}
    with site.acting(actor_of(site, by)) as context:
        begins_at, ends_at = clock() + timedelta(hours=begins), clock() + timedelta(hours=ends)
        return arrange_absence(context, begins_at=begins_at, ends_at=ends_at, **given)


def to_fix(site: Site) -> int:
    case = a_complaint(site)
    do(site, case.case_id, "assess")
    return task_id(site, case.case_id, "fix")


def seen_by(site: Site, clock: StandingClock, login: str, view: View) -> list[str]:
    with site.database.reading(CAFE) as connection:
        page = inbox(connection, site.deployments, actor_of(site, login), view=view, now=clock())
        return [row.element for row in page.rows]


def test_a_substitute_has_the_tasks_for_the_time_of_the_absence_and_not_longer(
    site: Site, clock: StandingClock
) -> None:
    fix = to_fix(site)
    with site.acting(actor_of(site, "gu.qiang")) as context:
        user_tasks.claim(context, fix)
    away(site, clock, begins=1, ends=5)
    assert seen_by(site, clock, "fang.lan", View.MINE) == []

    clock.move(hours=2)
    assert seen_by(site, clock, "fang.lan", View.MINE) == ["fix"]
    clock.move(hours=3)

    assert seen_by(site, clock, "fang.lan", View.MINE) == []
    with pytest.raises(NotPermitted), site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.complete(context, fix, ANSWERS["fix"])


def test_what_a_substitute_does_says_on_whose_behalf_and_is_listed_on_return(site: Site, clock: StandingClock) -> None:
    fix = to_fix(site)
    away(site, clock)

    with site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.complete(context, fix, ANSWERS["fix"])

    with site.database.reading(CAFE) as connection:
        (deed,) = done_on_behalf_of(connection, site.deployments, actor_of(site, "gu.qiang"))
    assert (deed.actor, deed.action, deed.step["en"], deed.title) == (
        "fang.lan",
        "complete_task",
        "Fix",
        "coffee too cold",
    )
    assert_history_verifies(site)


def test_what_is_about_somebody_is_not_told_to_them_on_return(site: Site, clock: StandingClock) -> None:
    with_rules(site, '[work]\nrespondent = ["done"]\n')
    fix = to_fix(site)
    away(site, clock)

    with site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.complete(context, fix, {"done": "gu.qiang"})

    with site.database.reading(CAFE) as connection:
        assert done_on_behalf_of(connection, site.deployments, actor_of(site, "gu.qiang")) == ()


def test_nobody_stands_in_for_whom_a_substitute_stands_in_for(site: Site, clock: StandingClock) -> None:
    away(site, clock, substitute="wei.min")
    away(site, clock, by="wei.min", login="wei.min", substitute="fang.lan")

    assert [absent.login for absent in actor_of(site, "fang.lan").stands_in_for] == ["wei.min"]


def test_who_is_back_earlier_ends_it(site: Site, clock: StandingClock) -> None:
    absence = away(site, clock)
    with pytest.raises(NotPermitted), site.acting(actor_of(site, "wei.min")) as context:
        end_absence(context, absence)

    with site.acting(actor_of(site, "gu.qiang")) as context:
        end_absence(context, absence)

    assert actor_of(site, "fang.lan").stands_in_for == ()
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "gu.qiang")) as context:
        end_absence(context, absence)


@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        ({"substitute": "gu.qiang"}, ("substitute", "option")),
        ({"substitute": "nobody"}, ("substitute", "option")),
        ({"ends": -1}, ("ends_at", "in_the_future")),
        ({"begins": 5, "ends": 4}, ("ends_at", "after_its_begin")),
        ({"ends": 24 * 500}, ("ends_at", "too_long")),
        ({"reason": " "}, ("reason", "required")),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    site: Site, clock: StandingClock, named: dict[str, Any], wrong: tuple[str, str]
) -> None:
    with pytest.raises(AnswersInvalid) as refused:
        away(site, clock, **named)

    assert [(error.field, error.rule) for error in refused.value.errors] == [wrong]


def test_two_at_once_are_refused_and_others_absences_are_arranged_by_administrators(
    site: Site, clock: StandingClock
) -> None:
    with pytest.raises(NotPermitted):
        away(site, clock, by="wei.min")
    away(site, clock, by=ADMINISTRATOR)

    with pytest.raises(AnswersInvalid) as refused:
        away(site, clock, substitute="wei.min")

    assert refused.value.errors[0].rule == "absent_already"
