"""A survey of the food manufacturer from the draw to the return rate: by link and on the telephone, once each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands import cases, user_tasks
from engine.commands.customer_forms import fill_in
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.commands.steps import SERVICE_JOB
from engine.complaints import SYSTEM, Actor
from engine.errors import AlreadyDone
from engine.history.check import draw
from engine.procedures import PackageRef, collect_files
from engine.queries.cases import Case, case_by_id, case_by_number
from engine.queries.surveys import KeptRound, asks_of, latest_rounds
from engine.tables import survey_rounds
from engine.worker import handlers, tick
from tests.support.clock import StandingClock
from tests.support.site import actor_of, an_empty_site
from tests.web.records import assert_history_verifies

COMPANY = "food-manufacturer-haccp"
ROOT = Path(__file__).parents[2]
SALES = "mei.shufen"
REQUEST = {
    "customer_name": "春和副食批发部",
    "customer_phone": "029-8451002",
    "customer_mail": "",
    "service_subject": "冷链",
}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(datetime(2026, 3, 2, 1, tzinfo=UTC))


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    site = an_empty_site(tmp_path, clock=clock)
    for procedure in ("complaint", "questionnaire", "satisfaction_survey"):
        with site.acting(Actor(COMPANY, SYSTEM)) as context:
            deploy(context, collect_files(ROOT / "processes", ROOT / "forms", PackageRef(COMPANY, procedure)))
    with site.acting(Actor(COMPANY, SYSTEM)) as context:
        add_person(context, login=SALES, name={"zh-Hans": "梅淑芬", "en": "Mei"}, groups=("sales",))
    return site


def go_on(site: Site) -> None:
    while tick(site) + site.jobs.do(handlers(site)):
        continue


def a_complaint_of(site: Site, customer: str) -> str:
    raw = {
        "receiving_department": "sales", "channel": "phone", "customer_name": customer, "customer_phone": "029-8451002",
        "product_name": "豆干", "complaint_subject": "袋子漏气", "complaint_content": "一箱里有两袋漏气",
    }  # fmt: skip
    with site.acting(actor_of(site, SALES, COMPANY)) as context:
        return cases.start(context, "complaint", raw).number


def a_round(site: Site) -> int:
    """A round whose jobs are all done twice."""
    with site.acting(actor_of(site, SALES, COMPANY)) as context:
        started = cases.start(context, "satisfaction_survey", {"survey_subject": "年度调查"})
    for job in [each for each in site.jobs.unfinished(None) if each.kind == SERVICE_JOB]:  # type: ignore[arg-type]
        handlers(site)[job.kind](job.argument)
    go_on(site)
    return started.case_id


def the(site: Site, case_id: int) -> Case:
    with site.database.reading(COMPANY) as connection:
        return case_by_id(connection, site.deployments, COMPANY, case_id)


def rounds(site: Site) -> tuple[KeptRound, ...]:
    with site.database.reading(COMPANY) as connection:
        return latest_rounds(connection, site.deployments, COMPANY)


def questionnaires(site: Site) -> list[Case]:
    with site.database.reading(COMPANY) as connection:
        asks = asks_of(connection, site.deployments, COMPANY, [each.id for each in rounds(site)])
    with site.database.reading(COMPANY) as connection:
        return [case_by_number(connection, site.deployments, COMPANY, ask.number) for ask in asks]


def do(site: Site, case_id: int, element: str, **raw: object) -> None:
    task = next(t.id for t in the(site, case_id).tasks if t.element == element and t.status == "open")
    with site.acting(actor_of(site, SALES, COMPANY)) as context:
        user_tasks.complete(context, task, raw)


def test_a_round_from_the_draw_to_the_return_rate(site: Site, clock: StandingClock) -> None:
    names = ("春和副食批发部", "和顺超市", "万家粮油")
    numbers = [a_complaint_of(site, name) for name in names]
    again = a_complaint_of(site, names[0])  # the same customer once more: asked once
    clock.move(hours=1)
    round_case = a_round(site)

    (drawn,) = rounds(site)
    assert (drawn.population, drawn.results.asked, drawn.results.open) == (3, 3, 3)
    with site.database.reading(COMPANY) as connection:
        row = connection.execute(sa.select(survey_rounds)).one()
    assert draw(row.population, row.seed, row.size) == list(drawn.drawn)  # anybody can draw it again
    one, two, three = questionnaires(site)
    assert {each.data["customer_name"] for each in (one, two, three)} == set(names)
    assert {each.data["survey_case"] for each in (one, two, three)} == {*numbers[1:], again}
    assert [letter.letter for letter in one.letters] == ["invitation"]
    assert "/forms/ask" in one.letters[0].body

    a_round(site)
    assert [each.results.asked for each in rounds(site)] == [0, 3]  # who was asked is left in peace for thirty days

    # One answers behind the link, one on the telephone, and the third does not.
    with site.acting(Actor.customer(COMPANY)) as context:
        answers = {"overall": "very_satisfied", "product_satisfaction": "satisfied", "service_satisfaction": "fair"}
        fill_in(context, one.id, "ask", answers)
    do(site, two.id, "ask", answered_by="phone", **(answers | {"overall": "dissatisfied"}))
    do(site, two.id, "look_into", cause_found="迟到", done_about_it="改班次")
    do(
        site,
        round_case,
        "send_sheets",
        survey_way=["phone"],
        surveyed_kinds=["direct"],
        paper_sent=0,
        sent_on="2026-03-02",
    )
    clock.move(days=40)
    go_on(site)
    with pytest.raises(AlreadyDone), site.acting(Actor.customer(COMPANY)) as context:
        fill_in(context, three.id, "ask", answers)
    do(site, round_case, "record_sheets", paper_returned=0, sheets=[])
    go_on(site)

    data = the(site, round_case).data
    assert (data["sheets_sent"], data["sheets_returned"], data["rate_met"]) == (3, 2, False)
    assert data["results"]["by_link"] == 1
    assert sorted(each["overall"] for each in data["results"]["answers"]) == ["dissatisfied", "very_satisfied"]
    assert (the(site, one.id).outcome, the(site, two.id).outcome) == ("answered", "looked_into")
    assert the(site, three.id).outcome == "not_returned"
    assert [letter.letter for letter in the(site, three.id).letters] == ["invitation", "reminder"]
    assert_history_verifies(site)
    a_round(site)
    assert [each.results.asked for each in rounds(site)] == [3, 0, 3]
