"""Messages and signals of programs: taken at once, kept, refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from tests.support.crossing import (
    ACME,
    SIGNAL,
    a_company,
    actions_of,
    begin,
    catch,
    deploy_line,
    deploy_order,
    do_jobs,
    end,
    events_of,
    kept,
    open_steps,
    start,
    task,
)
from tests.web.api.program import Program
from tests.web.application import an_app

PAID = {"company": ACME, "correlation": {"order": 7}, "data": {"amount": 12}}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_company(tmp_path)


@pytest.fixture
def program(site: Site) -> Program:
    with site.acting(Actor(ACME, SYSTEM)) as context:
        token = create_token(context, login="li.min", name="tests")
    return Program(an_app(site), token)


def test_a_message_somebody_waits_for_is_taken_at_once(site: Site, program: Program) -> None:
    order = begin(site, "order", order_number="7")

    response = program.post("/messages/paid", PAID)

    assert (response.status_code, response.json) == (200, {"case": order.number, "status": "open"})
    assert open_steps(site, order.case_id) == ["pack"]
    event = events_of(site, order.case_id)[-1]
    assert (event.actor, event.action, event.content["sender"]) == ("li.min", "receive_message", "li.min")


def test_a_message_nobody_waits_for_yet_is_kept_and_delivered_later(site: Site, program: Program) -> None:
    response = program.post("/messages/paid", PAID)

    assert response.status_code == 202
    assert response.json == {"status": "waiting", "expires_at": "2026-04-01T01:00:00Z"}
    order = begin(site, "order", order_number="7")
    do_jobs(site)
    assert open_steps(site, order.case_id) == ["pack"]
    event = events_of(site, order.case_id)[-1]
    assert (event.actor, event.content["sender"]) == ("system", "li.min")


def test_a_message_nobody_knows_names_those_that_somebody_does(program: Program) -> None:
    response = program.post("/messages/payed", PAID)

    assert (response.status_code, response.mimetype) == (404, "application/problem+json")
    assert response.json["code"] == "not-found"
    assert response.json["detail"] == ("expected message 'payed' to be one that a procedure can take, found only: paid")


def test_a_message_that_is_not_kept_is_refused_when_nobody_waits(site: Site, program: Program) -> None:
    deploy_order(site, toml='[messages.paid]\nkeep = "PT0S"\n')

    assert program.post("/messages/paid", PAID).status_code == 404


def test_too_many_values_are_a_problem_of_their_own(program: Program) -> None:
    response = program.post("/messages/paid", {**PAID, "correlation": {f"v{n}": n for n in range(7)}})

    assert (response.status_code, response.json["code"]) == (422, "correlation-too-wide")


def test_a_resent_message_gets_the_same_answer(site: Site, program: Program) -> None:
    answers = [program.post("/messages/paid", PAID, key="k") for _ in range(2)]
    other = program.post("/messages/paid", {**PAID, "data": {}}, key="k")

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json == answers[1].json
    assert other.json["code"] == "idempotency-key-reused"
    assert kept(site) == [("waiting", None)]


def test_a_signal_answers_with_how_many_hear_it(site: Site, program: Program) -> None:
    deploy_line(site, "shop", start(), catch(SIGNAL), task("close"), end())
    shops = [begin(site, "shop") for _ in range(3)]

    answers = [program.post("/signals/recall", {"company": ACME, "data": {}}, key="k") for _ in range(2)]
    do_jobs(site)

    assert [(answer.status_code, answer.json) for answer in answers] == [(202, {"cases": 3})] * 2
    for shop in shops:
        assert actions_of(site, shop.case_id) == ["start_case", "receive_signal"]


def test_a_signal_of_another_company_is_not_found(program: Program) -> None:
    assert program.post("/signals/recall", {"company": "hill-cafe"}).status_code == 404
