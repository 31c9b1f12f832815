"""Every call of the public surface: status, shape, refusal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from engine.commands.cases import Started
from engine.commands.site import Site
from engine.worker import handlers
from tests.support.jobs import RememberedJobs
from tests.web.api.program import GOOD, START, Program
from tests.web.neighbour import add_neighbour
from tests.web.records import assert_history_verifies, company_events, events_of

Programs = Callable[[str], Program]
TASK = {"id", "case", "procedure", "element", "name", "group", "assignee", "created_at", "due_at", "form"}


@pytest.fixture(scope="module")
def neighbour(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Started:
    return add_neighbour(site, tmp_path_factory.mktemp("neighbour"))


def test_a_complaint_goes_from_intake_to_archive(site: Site, front: Program, program: Programs) -> None:
    assert front.get("/procedures").json == {
        "items": [
            {
                "company": "harbour-cafe",
                "id": "complaint",
                "title": {"zh-Hans": "顾客投诉", "zh-Hant": "顧客投訴", "en": "Customer complaint"},
                "version": 1,
            }
        ]
    }
    started = front.post(START, {"data": GOOD})
    assert started.status_code == 201
    number = started.json["number"]
    assert started.json["links"] == {
        "self": f"/api/v1/cases/{number}",
        "history": f"/api/v1/cases/{number}/history",
    }

    assess = front.task_of(number, "assess")
    shown = front.get(f"/tasks/{assess}")
    assert shown.status_code == 200
    assert [field["id"] for field in shown.json["form_definition"]["fields"]] == ["founded", "remark"]
    assert shown.json["data"]["summary"] == "cold coffee"
    listed = next(task for task in front.get(f"/tasks?case={number}").json["items"] if task["id"] == assess)
    assert listed == front.get(f"/cases/{number}").json["tasks"][0] == {name: shown.json[name] for name in TASK}
    assert front.post(f"/tasks/{assess}/claim").json["assignee"] == "fang.lan"
    assert front.post(f"/tasks/{assess}/release").json["assignee"] is None
    done = front.post(f"/tasks/{assess}/complete", {"data": {"founded": "yes", "remark": "ok"}})
    assert done.status_code == 200
    assert (done.json["case"], done.json["status"]) == (number, "open")
    assert [(task["key"], task["group"]) for task in done.json["tasks"]] == [("reply#1", "front"), ("fix#1", "kitchen")]

    reply, fix = (task["id"] for task in done.json["tasks"])
    assert front.post(f"/tasks/{reply}/complete", {"data": {"answer": "sorry"}}).json["tasks"] == []
    confirm = program("gu.qiang").post(f"/tasks/{fix}/complete", {"data": {"done": "fixed"}}).json["tasks"][0]["id"]
    front.post(f"/tasks/{confirm}/complete", {"data": {"satisfied": "yes"}})
    assert isinstance(site.jobs, RememberedJobs)
    site.jobs.do(handlers(site))

    case = front.get(f"/cases/{number}").json
    assert (case["status"], case["outcome"], case["tasks"]) == ("completed", "closed", [])
    assert case["data"]["answer"] == "sorry"
    assert {(clock["deadline"], clock["status"]) for clock in case["clocks"]} == {("reply", "met"), ("fixing", "met")}


def test_the_history_is_given_in_order_and_chained(front: Program) -> None:
    number = front.start()["number"]

    items = front.get(f"/cases/{number}/history").json["items"]
    assert [item["action"] for item in items] == ["start_case", "read_case"]
    assert items[1]["previous"] == items[0]["hash"]
    later = front.get(f"/cases/{number}/history", after="1").json["items"]
    assert [item["seq"] for item in later] == [2, 3]
    assert later[0] == items[1]


def test_each_reading_leaves_one_event(site: Site, front: Program) -> None:
    started = front.start()
    task = front.get("/tasks", case=started["number"]).json["items"][0]["id"]

    front.get(f"/tasks/{task}")
    front.get(f"/cases/{started['number']}")
    front.get(f"/cases/{started['number']}/history")

    assert [(event.actor, event.action, event.subject) for event in events_of(site, started["id"])[1:]] == [
        ("fang.lan", "read_case", f"task {task}"),
        ("fang.lan", "read_case", "api"),
        ("fang.lan", "read_case", "history"),
    ]


class TestTheListOfTasks:
    def test_a_task_has_what_is_promised(self, front: Program) -> None:
        number = front.start()["number"]

        item = front.get("/tasks", case=number).json["items"][0]

        assert set(item) == TASK
        assert item["created_at"] == "2026-03-02T01:00:00Z"
        assert item["due_at"] == "2026-03-04T10:00:00Z"

    def test_group_assignee_and_case_narrow_it(self, front: Program, program: Programs) -> None:
        both = program("wei.min")
        number = front.start()["number"]
        done = both.post(f"/tasks/{front.task_of(number, 'assess')}/complete", _assessed()).json["tasks"]
        reply, fix = (task["id"] for task in done)
        both.post(f"/tasks/{fix}/claim")

        def listed(**query: str) -> list[int]:
            return [task["id"] for task in both.get("/tasks", case=number, **query).json["items"]]

        assert listed() == [fix, reply]  # due on Tuesday and on Wednesday
        assert listed(group="kitchen") == [fix]
        assert listed(assignee="wei.min") == [fix]
        assert listed(assignee="nobody") == []
        assert listed(group="front", assignee="wei.min") == []

    def test_tasks_of_other_groups_are_not_listed(self, front: Program, program: Programs) -> None:
        number = front.start()["number"]

        assert program("gu.qiang").get("/tasks", case=number).json == {"items": [], "next": None}

    def test_a_cursor_leads_through_all_without_repeating(self, front: Program) -> None:
        for _ in range(5):
            front.start()
        whole = [task["id"] for task in front.get("/tasks", limit="200").json["items"]]

        seen, cursor = [], ""
        while True:
            page = front.get("/tasks", limit="2", cursor=cursor).json
            assert len(page["items"]) <= 2
            seen += [task["id"] for task in page["items"]]
            if not (cursor := page["next"]):
                break

        assert seen == whole
        assert len(whole) >= 5

    @pytest.mark.parametrize("limit", ["0", "-1", "²", "٣", "9" * 5000, "x", ""])
    def test_an_odd_limit_is_the_nearest_sensible_one(self, front: Program, limit: str) -> None:
        front.start()

        response = front.get("/tasks", limit=limit)

        assert response.status_code == 200
        assert 1 <= len(response.json["items"]) <= 50

    @pytest.mark.parametrize("cursor", ["9" * 5000 + ".1", "0.9223372036854775808", "-1.-1", "\0", "x" * 10_000, "١.١"])
    def test_a_cursor_nobody_gave_out_begins_at_the_start(self, front: Program, cursor: str) -> None:
        assert front.get("/tasks", cursor=cursor).status_code == 200


class TestRefusals:
    def test_without_a_token_everything_is_refused(self, app: Flask) -> None:
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Basic x"},
            {"Authorization": "Bearer"},
        ):
            response = app.test_client().get("/api/v1/tasks", headers=headers)

            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"].lower() == "bearer"
            assert _problem(response) == "unauthorized"

    def test_a_signed_in_browser_is_no_program(self, app: Flask) -> None:
        from tests.web.browser import staff

        assert staff(app, "fang.lan").client.get("/api/v1/tasks").status_code == 401

    def test_a_person_of_another_group_may_not_act(self, site: Site, front: Program, program: Programs) -> None:
        number = front.start()["number"]
        task = front.task_of(number, "assess")
        kitchen = program("gu.qiang")

        refused = [
            kitchen.post(f"/tasks/{task}/claim"),
            kitchen.post(f"/tasks/{task}/release"),
            kitchen.post(f"/tasks/{task}/complete", _assessed()),
            kitchen.post(START, {"data": GOOD}),
        ]

        assert [(response.status_code, _problem(response)) for response in refused] == [(403, "not-permitted")] * 4
        assert [event.content["action"] for event in company_events(site)[-4:]] == [
            "claim",
            "release",
            "complete",
            "start_case",
        ]

    def test_what_is_done_already_says_who_and_when_and_leaves_one_event(self, site: Site, front: Program) -> None:
        started = front.start()
        task = front.task_of(started["number"], "assess")
        front.post(f"/tasks/{task}/complete", _assessed())
        events, refused = len(events_of(site, started["id"])), len(company_events(site))

        response = front.post(f"/tasks/{task}/complete", _assessed())

        assert response.status_code == 409
        assert _problem(response) == "already-done"
        assert (response.json["by"], response.json["at"]) == ("fang.lan", "2026-03-02T01:00:00+00:00")
        assert len(events_of(site, started["id"])) == events
        last = company_events(site)[refused:]
        assert [(event.action, event.subject, dict(event.content)) for event in last] == [
            ("refused", f"/api/v1/tasks/{task}/complete", {"action": "complete", "reason": "already-done"})
        ]

    def test_claiming_what_a_colleague_has_is_a_conflict(self, front: Program, program: Programs) -> None:
        task = front.task_of(front.start()["number"], "assess")
        front.post(f"/tasks/{task}/claim")

        response = program("wei.min").post(f"/tasks/{task}/claim")

        assert (response.status_code, response.json["by"]) == (409, "fang.lan")
        assert response.json["detail"] == "expected task to be open, found it in the hands of fang.lan"

    def test_wrong_answers_name_every_wrong_field(self, front: Program) -> None:
        response = front.post(START, {"data": {"summary": "x" * 101, "kind": "smell", "nonsense": 1}})

        assert response.status_code == 422
        assert _problem(response) == "answers-invalid"
        assert response.json["errors"] == [
            {"field": "summary", "rule": "max_length", "params": {"n": 100}},
            {"field": "kind", "rule": "option", "params": {}},
            {"field": "nonsense", "rule": "unknown_field", "params": {}},
        ]

    def test_what_belongs_to_others_looks_like_what_does_not_exist(self, front: Program, neighbour: Started) -> None:
        foreign, nobody = neighbour.opened[0].id, 987654
        for call in ("/tasks/{}", "/tasks/{}/claim", "/tasks/{}/release", "/tasks/{}/complete"):
            send = front.get if call == "/tasks/{}" else lambda path: front.post(path, _assessed())
            found, missing = send(call.format(foreign)), send(call.format(nobody))

            assert (found.status_code, missing.status_code) == (404, 404)
            assert found.text.replace(str(foreign), "") == missing.text.replace(str(nobody), "")
        for path in ("/procedures/hill-cafe/complaint/cases", "/procedures/nowhere/complaint/cases"):
            assert front.post(path, {"data": GOOD}).status_code == 404
        assert front.post("/messages/x", {"company": "hill-cafe"}).status_code == 404
        assert "secret of the neighbour" not in front.get(f"/cases/{neighbour.number}").text

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/nothing", 404, "not-found"),
            ("/tasks/0", 404, "not-found"),
            ("/tasks/-1", 404, "not-found"),
            ("/tasks/9223372036854775808", 404, "not-found"),
            ("/cases/%00", 404, "not-found"),
            ("/cases/nothing/history", 404, "not-found"),
            ("/messages/x", 405, "method-not-allowed"),
        ],
    )
    def test_what_is_not_there_is_a_problem_document(self, front: Program, path: str, status: int, code: str) -> None:
        response = front.get(path)

        assert (response.status_code, _problem(response)) == (status, code)

    def test_a_message_nobody_waits_for_is_not_found(self, front: Program) -> None:
        response = front.post("/messages/supplement", {"company": "harbour-cafe", "correlation": {"case": "x"}})

        assert (response.status_code, _problem(response)) == (404, "not-found")


class TestIdempotency:
    def test_the_same_start_gives_the_same_case(self, front: Program) -> None:
        first = front.post(START, {"data": {**GOOD, "summary": "once"}}, key="start-1")
        second = front.post(START, {"data": {**GOOD, "summary": "once"}}, key="start-1")

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json == second.json

    def test_the_same_completion_gives_the_same_answer(self, site: Site, front: Program) -> None:
        started = front.start()
        task = front.task_of(started["number"], "assess")
        first = front.post(f"/tasks/{task}/complete", _assessed(), key="k")
        events = len(events_of(site, started["id"]))

        second = front.post(f"/tasks/{task}/complete", _assessed(), key="k")

        assert first.json == second.json
        assert len(events_of(site, started["id"])) == events

    def test_a_key_with_other_content_is_refused_and_nothing_is_lost(self, front: Program) -> None:
        front.post(START, {"data": {**GOOD, "summary": "one"}}, key="start-2")

        response = front.post(START, {"data": {**GOOD, "summary": "two"}}, key="start-2")

        assert (response.status_code, _problem(response)) == (422, "idempotency-key-reused")

    def test_a_key_belongs_to_one_person(self, front: Program, program: Programs) -> None:
        first = front.post(START, {"data": GOOD}, key="shared")
        second = program("wei.min").post(START, {"data": GOOD}, key="shared")

        assert first.json["number"] != second.json["number"]

    def test_a_refused_request_does_not_use_up_its_key(self, front: Program) -> None:
        wrong = front.post(START, {"data": {}}, key="start-3")
        right = front.post(START, {"data": GOOD}, key="start-3")

        assert (wrong.status_code, right.status_code) == (422, 201)

    def test_a_key_that_is_too_long_is_refused_not_cut(self, front: Program) -> None:
        assert front.post(START, {"data": GOOD}, key="k" * 65).status_code == 400


def test_everything_above_left_a_history_that_verifies(site: Site) -> None:
    assert assert_history_verifies(site) > 50


def _assessed() -> dict[str, dict[str, str]]:
    return {"data": {"founded": "yes", "remark": "ok"}}


def _problem(response) -> str:
    """The code of a problem document that is one."""
    assert response.mimetype == "application/problem+json"
    assert response.json["status"] == response.status_code
    assert {"type", "title", "detail", "code"} <= set(response.json)
    return response.json["code"]
