"""Time limits over the API: pause, more time, reminders, receipts, and what a calendar would give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.worker import tick
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site
from tests.web.api.program import Program
from tests.web.application import an_app
from tests.web.records import company_events

Programs = Callable[[str], Program]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(datetime.fromisoformat("2026-03-02T09:00:00+08:00"))


@pytest.fixture
def site(tmp_path: Any, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture
def program(site: Site, app: Flask) -> Programs:
    def acting_for(login: str) -> Program:
        with site.acting(Actor(CAFE, SYSTEM)) as context:
            return Program(app, create_token(context, login=login, name="tests"))

    return acting_for


@pytest.fixture
def front(program: Programs) -> Program:
    return program("fang.lan")


@pytest.fixture
def kitchen(program: Programs) -> Program:
    return program("gu.qiang")


def being_fixed(front: Program) -> str:
    """A case whose clock “fixing”, eight working hours, runs since nine; its number."""
    number = str(front.start()["number"])
    assess = front.task_of(number, "assess")
    front.post(f"/tasks/{assess}/complete", {"data": {"founded": "yes", "remark": "ok"}})
    return number


def fixing(by: Program, number: str) -> dict[str, Any]:
    items = by.get(f"/cases/{number}/clocks").json["items"]
    return next(item for item in items if item["deadline"] == "fixing")


def test_a_clock_stands_and_goes_on_with_both_in_its_receipt(
    front: Program, kitchen: Program, clock: StandingClock
) -> None:
    number = being_fixed(front)
    path = f"/cases/{number}/clocks/fixing"
    assert fixing(kitchen, number)["due_at"] == "2026-03-02T10:00:00Z"

    paused = kitchen.post(f"{path}/pause", {"reason": "the part is ordered"})
    clock.move(hours=2)
    gone_on = kitchen.post(f"{path}/resume", {"reason": "it has come"})

    assert (paused.status_code, paused.json["status"], paused.json["due_at"]) == (200, "paused", None)
    assert (gone_on.status_code, gone_on.json["status"]) == (200, "running")
    assert gone_on.json["due_at"] == "2026-03-03T03:00:00Z"
    stood = [line for line in gone_on.json["receipt"]["lines"] if line["kind"] == "pause"]
    assert [line["reason"] for line in stood] == ["by hand: gu.qiang: the part is ordered"]


def test_more_time_is_asked_for_once_and_granted_by_somebody_else(front: Program, kitchen: Program, site: Site) -> None:
    number = being_fixed(front)
    path, body = f"/cases/{number}/clocks/fixing/extensions", {"amount": "4", "reason": "spare part"}

    asked = kitchen.post(path, body, key="once")
    again = kitchen.post(path, body, key="once")
    other = kitchen.post(path, {**body, "amount": "5"}, key="once")
    waiting = front.get("/extensions").json["items"]
    own = kitchen.post(f"/extensions/{asked.json['id']}/grant", {"answer": "yes"})
    granted = front.post(f"/extensions/{asked.json['id']}/grant", {"answer": "the customer agrees"})
    late = front.post(f"/extensions/{asked.json['id']}/refuse", {"answer": "no"})

    assert (asked.status_code, asked.json["status"], asked.json["asked_by"]) == (201, "asked", "gu.qiang")
    assert asked.json["unit"] == "working_hours"
    assert again.json == asked.json
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")
    assert waiting == [asked.json]
    assert (own.status_code, own.json["code"]) == (403, "not-permitted")
    assert granted.json["status"] == "granted"
    assert granted.json["decided_by"] == "fang.lan"
    assert granted.json["was_due_at"] == "2026-03-02T10:00:00Z"
    assert granted.json["due_at"] == fixing(front, number)["due_at"] == "2026-03-03T06:00:00Z"
    assert (late.status_code, late.json["by"]) == (409, "fang.lan")
    assert fixing(front, number)["extensions"] == [granted.json]
    assert [event.content["reason"] for event in company_events(site) if event.action == "refused"] == [
        "own-request",
        "already-done",
    ]


def test_a_refused_request_leaves_the_date(front: Program, kitchen: Program) -> None:
    number = being_fixed(front)
    asked = kitchen.post(f"/cases/{number}/clocks/fixing/extensions", {"amount": "4", "reason": "spare part"})

    refused = front.post(f"/extensions/{asked.json['id']}/refuse", {"answer": "it is urgent"})

    assert (refused.json["status"], refused.json["answer"], refused.json["due_at"]) == ("refused", "it is urgent", None)
    assert fixing(front, number)["due_at"] == "2026-03-02T10:00:00Z"
    assert front.get("/extensions").json == {"items": []}


def test_a_reminder_waits_for_its_group_until_one_accepts_it(
    front: Program, kitchen: Program, clock: StandingClock, site: Site
) -> None:
    number = being_fixed(front)
    clock.move(hours=5)
    tick(site)

    (reminder,) = kitchen.get("/reminders").json["items"]
    others = front.get("/reminders").json["items"]
    theirs = front.post(f"/reminders/{reminder['id']}/accept")
    accepted = kitchen.post(f"/reminders/{reminder['id']}/accept")
    again = kitchen.post(f"/reminders/{reminder['id']}/accept")

    assert (reminder["case"], reminder["share"]) == (number, 0.5)
    assert others == []
    assert (theirs.status_code, theirs.json["code"]) == (403, "not-permitted")
    assert (accepted.status_code, accepted.json) == (200, {"case": number})
    assert (again.status_code, again.json["by"]) == (409, "gu.qiang")
    assert kitchen.get("/reminders").json == {"items": []}


def test_refusals_have_their_codes(front: Program, kitchen: Program) -> None:
    number = being_fixed(front)
    path = f"/cases/{number}/clocks"

    def code(by: Program, of: str, body: Any) -> tuple[int, str]:
        said = by.post(of, body)
        return said.status_code, said.json["code"]

    assert code(front, f"{path}/fixing/pause", {"reason": "x"}) == (403, "not-permitted")
    assert code(kitchen, f"{path}/fixing/pause", {"reason": " "}) == (422, "answers-invalid")
    assert code(kitchen, f"{path}/fixing/pause", {}) == (422, "answers-invalid")
    assert code(kitchen, f"{path}/fixing/resume", {"reason": "x"}) == (409, "operation-refused")
    assert code(kitchen, f"{path}/lunch/pause", {"reason": "x"}) == (404, "not-found")
    assert code(kitchen, "/cases/none/clocks/fixing/pause", {"reason": "x"}) == (404, "not-found")
    assert code(kitchen, f"{path}/fixing/extensions", {"amount": "many", "reason": "x"}) == (422, "answers-invalid")
    assert code(front, f"{path}/reply/extensions", {"amount": "1", "reason": "x"}) == (409, "operation-refused")
    assert code(front, "/extensions/99/grant", {"answer": "x"}) == (404, "not-found")
    assert code(front, "/reminders/99/accept", None) == (404, "not-found")


def test_a_trial_gives_the_next_dates_with_their_receipts(front: Program) -> None:
    found = front.get("/calendar/trial", amount="7", unit="working_days", at="2026-02-10T10:00", count="2")

    assert found.status_code == 200
    assert [item["due_at"] for item in found.json["items"]] == [
        "2026-02-26T18:00:00+08:00",
        "2026-02-27T18:00:00+08:00",
    ]
    lines = found.json["items"][0]["receipt"]["lines"]
    assert "Chinese New Year (Spring Festival)" in {(line.get("name") or {}).get("en") for line in lines}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"unit": "working_days"}, [("amount", "required")]),
        ({"amount": "x", "unit": "weeks"}, [("unit", "option"), ("amount", "number")]),
        ({"amount": "1.5", "unit": "days"}, [("amount", "number")]),
        ({"amount": "1", "unit": "days", "roll": "down"}, [("roll", "option")]),
        ({"amount": "1", "unit": "days", "at": "soon"}, [("at", "date")]),
        ({"amount": "1", "unit": "days", "count": "1000"}, [("count", "option")]),
        ({"amount": "NaN", "unit": "days"}, [("amount", "number")]),
    ],
)
def test_a_trial_of_no_time_limit_names_what_is_wrong(
    front: Program, query: dict[str, str], wrong: list[tuple[str, str]]
) -> None:
    found = front.get("/calendar/trial", **query)

    assert found.status_code == 422
    assert [(error["field"], error["rule"]) for error in found.json["errors"]] == wrong
