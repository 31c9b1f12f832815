"""The call-backs of a list: each customer on it is a call of its own, and the result reaches everybody in a group."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.commands import cases, user_tasks
from engine.commands.customer_forms import fill_in
from engine.commands.deployments import deploy
from engine.commands.notices import note_errand
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.errors import NotPermitted
from engine.procedures import PackageRef, collect_files
from engine.queries.cases import Case, case_by_id, case_by_number
from engine.queries.errands import copies, unread_copies
from engine.queries.surveys import asks_of, latest_rounds
from engine.worker import handlers, tick
from tests.support.clock import StandingClock
from tests.support.site import actor_of, an_empty_site
from tests.web.records import assert_history_verifies

COMPANY = "opinion-consultation-template"
ROOT = Path(__file__).parents[2]
CALLER, READERS = "ban.zhiqiang", ("xun.yalin", "zhu.min")
LIST = [
    {"customer_name": "滕女士", "customer_phone": "13400134000", "customer_mail": "", "bought_on": "2026-02-10"},
    {"customer_name": "贺先生", "customer_phone": "13400134001", "customer_mail": "", "bought_on": "2026-02-11"},
    {"customer_name": "滕女士", "customer_phone": "13400134000", "customer_mail": "", "bought_on": "2026-02-12"},
]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = an_empty_site(tmp_path, clock=StandingClock(datetime(2026, 3, 16, 1, tzinfo=UTC)))
    for procedure in ("call_back", "customer_call"):
        with site.acting(Actor(COMPANY, SYSTEM)) as context:
            deploy(context, collect_files(ROOT / "processes", ROOT / "forms", PackageRef(COMPANY, procedure)))
    for login, group in ((CALLER, "sales"), *((login, "marketing") for login in READERS)):
        with site.acting(Actor(COMPANY, SYSTEM)) as context:
            add_person(context, login=login, name={"zh-Hans": login, "en": login}, groups=(group,))
    return site


def go_on(site: Site) -> None:
    while tick(site) + site.jobs.do(handlers(site)):
        continue


def the(site: Site, case_id: int) -> Case:
    with site.database.reading(COMPANY) as connection:
        return case_by_id(connection, site.deployments, COMPANY, case_id)


def do(site: Site, case_id: int, element: str, **raw: object) -> None:
    task = next(t.id for t in the(site, case_id).tasks if t.element == element and t.status == "open")
    with site.acting(actor_of(site, CALLER, COMPANY)) as context:
        user_tasks.complete(context, task, raw)
    go_on(site)


def a_finished_list(site: Site) -> Case:
    with site.acting(actor_of(site, CALLER, COMPANY)) as context:
        case_id = cases.start(context, "call_back", {"call_name": "三月成交客户"}).case_id
    do(site, case_id, "list_customers", customers=LIST)
    with site.database.reading(COMPANY) as connection:
        (drawn,) = latest_rounds(connection, site.deployments, COMPANY)
        asks = asks_of(connection, site.deployments, COMPANY, [drawn.id])
        calls = [case_by_number(connection, site.deployments, COMPANY, ask.number) for ask in asks]
    assert (drawn.population, drawn.listed, drawn.results.asked) == (0, 2, 2)
    assert {(ask.about, ask.listed) for ask in asks} == {(the(site, case_id).number, True)}
    assert [(call.data["customer_name"], call.data["subject"]) for call in calls] == [
        ("滕女士", "三月成交客户"),
        ("贺先生", "三月成交客户"),
    ]
    with site.acting(Actor.customer(COMPANY)) as context:
        answers = {"overall": "very_satisfied", "service_satisfaction": "satisfied", "use_state": "正常"}
        fill_in(context, calls[0].id, "ask", answers)
    do(site, case_id, "call")
    do(site, case_id, "sum_up", call_summary="使用正常。")
    return the(site, case_id)


def test_who_stands_on_the_list_is_called_and_counted_once(site: Site) -> None:
    case = a_finished_list(site)

    figures = ("called_count", "answered_count", "answer_rate", "satisfied_count", "satisfied_share")
    assert [float(case.data[name]) for name in figures] == [2, 1, 50, 1, 100]
    assert case.outcome == "called"
    assert_history_verifies(site)


def test_a_letter_to_a_group_reaches_everybody_in_it_with_a_receipt_each(site: Site) -> None:
    case = a_finished_list(site)
    one, other = (actor_of(site, login, COMPANY) for login in READERS)
    with site.database.reading(COMPANY) as connection:
        (copy,) = copies(connection, site.deployments, one)
        assert [unread_copies(connection, actor) for actor in (one, other)] == [1, 1]
        assert unread_copies(connection, actor_of(site, CALLER, COMPANY)) == 0
    assert (copy.number, copy.reason, copy.asked_by) == (case.number, f"成交客户回访结果（{case.number}）", {})
    assert [(letter.recipient, letter.told, letter.read_by) for letter in case.letters] == [("marketing", 2, 0)]

    with pytest.raises(NotPermitted), site.acting(other) as context:
        note_errand(context, copy.id)
    with site.acting(one) as context:
        note_errand(context, copy.id)

    assert [(letter.told, letter.read_by) for letter in the(site, case.id).letters] == [(2, 1)]
    with site.database.reading(COMPANY) as connection:
        assert [unread_copies(connection, actor) for actor in (one, other)] == [0, 1]
    assert_history_verifies(site)
