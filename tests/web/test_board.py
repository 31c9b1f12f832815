"""The morning board: numbers, hand-over, load, signals that accuse nobody, duties that come round."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from engine.commands.clocks import pause_clock, resume_clock
from engine.commands.deployments import deploy
from engine.commands.site import Site
from engine.commands.user_tasks import claim
from engine.complaints import SYSTEM, Actor
from engine.history import Stream, read_events
from engine.procedures import PackageRef, collect_files
from engine.tables import clocks
from engine.worker import handlers, tick
from tests.support.cafe import a_complaint, a_round, changed_procedure, do, task_id, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
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


def test_what_is_overdue_stands_with_its_holder_and_a_way_to_hand_it_over(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    started = a_complaint(site)
    do(site, started.case_id, "assess")
    clock.move(days=3)
    tick(site)
    page = staff(app, ADMINISTRATOR).open("/board")

    assert "Open cases1" in page.words
    assert "Cases overdue11 without what pauses and more time gave back" in page.words
    fixing = task_id(site, started.case_id, "fix")
    assert f"/tasks/{fixing}/verbs/hand-over" in page.text
    assert "Reminders not accepted" in page.words


def test_a_stopped_clock_is_late_by_the_wall_and_not_by_its_own_time(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    started = a_complaint(site)
    do(site, started.case_id, "assess")
    do(site, started.case_id, "reply")
    with site.acting(actor_of(site, "gu.qiang")) as context:
        pause_clock(context, started.case_id, "fixing", reason="machine is away")
    clock.move(days=5)
    tick(site)

    words = staff(app, "fang.lan").open("/board").words
    assert "Cases overdue01 without what pauses and more time gave back" in words


def test_more_time_keeps_a_case_from_being_late_but_not_by_the_wall(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    started = a_complaint(site)
    do(site, started.case_id, "assess")
    do(site, started.case_id, "reply")
    with site.acting(actor_of(site, "gu.qiang")) as context:
        pause_clock(context, started.case_id, "fixing", reason="machine is away")
    clock.move(days=5)
    with site.acting(actor_of(site, "gu.qiang")) as context:
        resume_clock(context, started.case_id, "fixing", reason="it is back")
    tick(site)

    words = staff(app, "fang.lan").open("/board").words
    assert "Cases overdue01 without what pauses and more time gave back" in words


def test_of_very_many_the_board_says_that_there_are_more(
    site: Site, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        a_complaint(site)
    front = staff(app, "fang.lan")

    assert "Open cases3" in front.open("/board").words
    monkeypatch.setattr("engine.queries.board.COUNTED", 2)
    assert "Open cases2+" in front.open("/board").words
    assert "Open cases2+" in front.open("/board?of=front").words


def test_the_load_opens_the_tasks_of_a_group(site: Site, app: Flask) -> None:
    a_complaint(site)
    front = staff(app, "fang.lan")
    page = front.open("/board")
    link = next(
        each for each in page.tree.xpath("//*[local-name()='svg']//*[local-name()='a']/@href") if "group" in each
    )

    assert "coffee too cold" in front.open(link).words
    assert front.open("/board/tasks").status == 404
    assert front.open("/board/tasks?group=a&login=b").status == 404


def test_a_customer_who_complains_again_is_a_signal_without_a_name(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    first = a_complaint(site)
    clock.move(hours=1)
    a_round(site, first.case_id, satisfied="yes")
    site.jobs.do(handlers(site))
    clock.move(days=10)
    a_complaint(site)
    front = staff(app, "fang.lan")

    assert "complained again within thirty days1 cases" in front.open("/board").words
    page = front.open("/board/signals/again")
    assert first.number in page.words
    assert "fang.lan" not in page.words
    assert front.open("/board/signals/nonsense").status == 404


SAYS_SO = "satisfied = 'if satisfied = null then null else satisfied = \"yes\"'"


@pytest.mark.parametrize(("after", "count"), [(31, "0"), (29, "1")])
def test_whoever_was_unhappy_when_called_back_stands_on_the_board_for_thirty_days(
    site: Site, app: Flask, clock: StandingClock, after: int, count: str
) -> None:
    changed_procedure(site, ("[case]", f"[case]\n{SAYS_SO}"))
    first = a_complaint(site)
    a_round(site, first.case_id, satisfied="no")
    clock.move(days=after)
    front = staff(app, "fang.lan")

    assert f"Unhappy customers{count}" in front.open("/board").words
    assert (first.number in front.open("/board/signals/unhappy").words) is (count == "1")


def test_who_is_satisfied_in_the_end_is_not_unhappy_any_more(site: Site, app: Flask) -> None:
    changed_procedure(site, ("[case]", f"[case]\n{SAYS_SO}"))
    first = a_complaint(site)
    a_round(site, first.case_id, satisfied="no")
    front = staff(app, "fang.lan")
    before = front.open("/board").words
    a_round(site, first.case_id, satisfied="yes")

    assert "Unhappy customers1" in before
    assert "Unhappy customers0" in front.open("/board").words


@pytest.mark.parametrize(("after", "cases"), [(31, "0"), (29, "1 cases")])
def test_thirty_days_are_thirty_days(site: Site, app: Flask, clock: StandingClock, after: int, cases: str) -> None:
    first = a_complaint(site)
    a_round(site, first.case_id, satisfied="yes")
    site.jobs.do(handlers(site))
    clock.move(days=after)
    a_complaint(site)

    assert f"within thirty days{cases}" in staff(app, "fang.lan").open("/board").words


@pytest.mark.parametrize(("minutes", "cases"), [(61, "0"), (59, "1 cases")])
def test_a_limit_met_in_its_last_hour_is_worth_a_look(
    site: Site, app: Flask, clock: StandingClock, minutes: int, cases: str
) -> None:
    started = a_complaint(site)
    do(site, started.case_id, "assess")
    with site.database.reading(CAFE) as connection:
        due = connection.execute(sa.select(clocks.c.due_at).where(clocks.c.deadline == "reply")).scalar_one()
    clock.at = due - timedelta(minutes=minutes)
    do(site, started.case_id, "reply")

    assert f"A time limit was met in its last hour{cases}" in staff(app, "fang.lan").open("/board").words


def test_a_company_without_duties_says_so(app: Flask) -> None:
    assert "This company has no duties that come round." in staff(app, "fang.lan").open("/duties").words


BOARD = """
[board]
company = ["front"]
"""


def with_board(site: Site, rules: str) -> None:
    """The company once more, with *rules* behind its company.toml."""
    files = dict(collect_files(site.settings.processes, site.settings.forms, PackageRef(CAFE, "complaint")))
    files["company.toml"] += rules.encode()
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, files)


def of_the_task(site: Site, case_id: int, element: str) -> tuple[str, str]:
    """Who has it, and the events of the case since it was opened."""
    task = next(t for t in the_case(site, case_id).tasks if t.element == element and t.status == "open")
    return task.assignee, task.group


def test_who_sees_the_whole_company_moves_the_work_of_others_with_a_reason(site: Site, app: Flask) -> None:
    with_board(site, BOARD)
    started = a_complaint(site)
    do(site, started.case_id, "assess")
    fixing = task_id(site, started.case_id, "fix")
    with site.acting(actor_of(site, "gu.qiang")) as context:
        claim(context, fixing)
    front, kitchen = staff(app, "fang.lan"), staff(app, "gu.qiang")

    page = front.open("/board/work")
    assert "1 open, 0 overdue, 1 due within 7 days" in page.words
    assert f'name="task" value="{fixing}"' in page.text
    page = front.submit("/bulk", task=str(fixing), to="person:wei.min", reason="")
    assert "0 of 1 done" in page.words
    page = front.submit("/bulk", page=front.open("/board/work"), task=str(fixing), to="person:wei.min", reason="ill")
    assert "1 of 1 done" in page.words

    assert of_the_task(site, started.case_id, "fix") == ("wei.min", "kitchen")
    with site.database.reading(CAFE) as connection:
        latest = read_events(connection, Stream(CAFE, started.case_id, started.number))[-1]
    assert (latest.actor, latest.action, latest.content["reason"]) == ("fang.lan", "hand_over", "ill")
    assert (latest.content["to"], latest.content["was"]) == ("wei.min", "gu.qiang")
    assert "ill" in kitchen.open("/copies").words, "whoever had it is told why"


def test_others_see_their_own_groups_and_move_nobody_elses_work(site: Site, app: Flask) -> None:
    with_board(site, BOARD)
    started = a_complaint(site)
    assessing = task_id(site, started.case_id, "assess")
    a_case = a_complaint(site, summary="tea without tea")
    do(site, a_case.case_id, "assess")
    kitchen = staff(app, "gu.qiang")

    page = kitchen.open("/board")
    assert "What is open with Kitchen now." in page.words
    assert "Open cases1" in page.words, "the one that waits for the kitchen"
    page = kitchen.open("/board/work")
    assert "tea without tea" in page.words
    assert "coffee too cold" not in page.words
    assert kitchen.open("/board?of=front").status == 404
    page = kitchen.send(
        "/bulk", {**page.hidden("/bulk"), "task": str(assessing), "to": "person:wei.min", "reason": "x"}
    )
    assert "0 of 1 done" in page.words
    assert of_the_task(site, started.case_id, "assess") == ("", "front")


def test_without_a_word_in_the_company_everybody_sees_all_and_administrators_move_it(site: Site, app: Flask) -> None:
    started = a_complaint(site)
    assessing = task_id(site, started.case_id, "assess")
    kitchen = staff(app, "gu.qiang").open("/board/work")
    assert "coffee too cold" in kitchen.words
    assert 'name="task"' not in kitchen.text

    boss = staff(app, ADMINISTRATOR)
    boss.open("/board/work")
    boss.submit("/bulk", task=str(assessing), to="person:gu.qiang", reason="front is closed")
    assert of_the_task(site, started.case_id, "assess") == ("gu.qiang", "front")
