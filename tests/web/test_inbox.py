"""The list a working day begins with: its tabs, its columns, and what is done with several tasks at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from tests.support.cafe import a_complaint, task_id
from tests.support.clock import StandingClock
from tests.support.site import a_site
from tests.web.application import an_app
from tests.web.browser import staff


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_what_somebody_started_stays_in_sight_whoever_has_it(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang, wei = staff(app, "fang.lan"), staff(app, "wei.min")
    wei.open(f"/tasks/{task}")
    wei.submit(f"/tasks/{task}/claim")

    page = fang.open("/?tab=started")

    assert "coffee too cold" in page.words
    assert "wei.min" in page.words
    assert "Taste" in page.words, "the procedure's own column"
    assert "coffee too cold" not in wei.open("/?tab=started").words


def test_several_tasks_are_claimed_and_each_result_is_said(site: Site, app: Flask) -> None:
    first, second = (task_id(site, a_complaint(site).case_id, "assess") for _ in range(2))
    fang, wei = staff(app, "fang.lan"), staff(app, "wei.min")
    wei.open(f"/tasks/{second}")
    wei.submit(f"/tasks/{second}/claim")
    page = fang.open("/?tab=groups")

    page = fang.submit("/bulk?tab=groups", task=[str(first), str(second)], verb="claim")

    assert "1 of 2 done" in page.words
    assert "Somebody was faster." in page.words


def test_several_tasks_are_handed_over_only_with_a_reason_and_somebody(site: Site, app: Flask) -> None:
    task = task_id(site, a_complaint(site).case_id, "assess")
    fang = staff(app, "fang.lan")
    fang.open("/?tab=groups")
    page = fang.submit("/bulk?tab=groups", task=[str(task)], verb="hand-over", to="person:wei.min", reason="")
    assert "0 of 1 done" in page.words

    fang.open("/?tab=groups")
    page = fang.submit("/bulk?tab=groups", task=[str(task)], verb="hand-over", to="person:wei.min", reason="leave")

    assert "1 of 1 done" in page.words
    assert "Handed over" in staff(app, "wei.min").open("/").words
    fang.open("/?tab=groups")


def test_one_task_that_is_refused_stops_none_of_the_others(site: Site, app: Flask) -> None:
    task = task_id(site, a_complaint(site).case_id, "assess")
    fang = staff(app, "fang.lan")
    fang.open("/?tab=groups")

    page = fang.submit("/bulk?tab=groups", task=["4711", str(task)], verb="claim")

    assert (page.status, "1 of 2 done" in page.words, "#4711" in page.words) == (200, True, True)


def test_a_copy_is_read_by_opening_it(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang, gu = staff(app, "fang.lan"), staff(app, "gu.qiang")
    path = f"/tasks/{task}/verbs/copy"
    fang.open(path)
    fang.submit(path, f_to=["person:gu.qiang"], f_reason="for information")
    assert "not read yet" in gu.open("/copies").words

    assert gu.open("/errands/1").path == f"/cases/{case.number}"

    assert "not read yet" not in gu.open("/copies").words
    assert "Copy read" in fang.open(f"/cases/{case.number}").words


def test_what_is_overdue_is_marked(site: Site, app: Flask, clock: StandingClock) -> None:
    a_complaint(site)
    clock.move(days=4)

    assert 'class="late"' in staff(app, "fang.lan").open("/?tab=groups").text


def test_the_red_lane_holds_what_is_late_or_nearly_and_nothing_else(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    a_complaint(site, summary="milk gone sour")
    assert "Red lane" not in staff(app, "fang.lan").open("/").words
    clock.move(days=4)
    a_complaint(site, summary="no spoon")

    page = staff(app, "fang.lan").open("/")
    lane = page.text.partition('id="lane-title"')[2].partition("</section>")[0]

    assert ("milk gone sour" in lane, "no spoon" in lane) == (True, False)
    assert "Red lane" not in staff(app, "gu.qiang").open("/").words


def test_a_filter_is_kept_shared_and_removed(site: Site, app: Flask) -> None:
    a_complaint(site, summary="milk gone sour")
    fang, wei = staff(app, "fang.lan"), staff(app, "wei.min")
    assert "Keep this filter" not in fang.open("/?tab=groups").words
    fang.open("/?tab=groups&step=assess")

    page = fang.submit("/filters", name="to check", group="front")

    assert (page.path, "The filter is kept." in page.text, "to check 1" in page.words) == ("/", True, True)
    assert "to check 1" in wei.open("/").words
    wei.open("/?tab=groups&step=assess")
    assert "/filters/1/removal" not in wei.page.text
    assert "Please fill in this field." in fang.submit("/filters", name=" ", page=page).text
    fang.open("/?tab=groups&step=assess")
    assert "to check 1" not in fang.submit("/filters/1/removal").words
