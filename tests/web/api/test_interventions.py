"""Interventions by a program that acts for an administrator."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.site import ADMINISTRATOR
from tests.web.api.program import Program

Programs = Callable[[str], Program]


def test_a_program_skips_a_step_and_sees_where_the_case_stands(front: Program, program: Programs) -> None:
    number = front.start()["number"]
    chief = program(ADMINISTRATOR)
    assert front.get(f"/cases/{number}").json["places"] == [
        {"key": "assess#1", "element": "assess", "kind": "userTask"}
    ]

    done = chief.post(
        f"/cases/{number}/interventions",
        {"operation": "move_token", "key": "assess#1", "to": "confirm", "reason": "assessed on paper"},
    )

    assert done.status_code == 200
    assert [task["element"] for task in done.json["tasks"]] == ["confirm"]


def test_refusals_have_their_codes(front: Program, program: Programs) -> None:
    number = front.start()["number"]
    chief, path = program(ADMINISTRATOR), f"/cases/{number}/interventions"

    def code(by: Program, **body: object) -> tuple[int, str]:
        answer = by.post(path, {"reason": "because", **body})
        return answer.status_code, answer.json["code"]

    assert code(front, operation="suspend") == (403, "not-permitted")
    assert code(chief, operation="explode") == (422, "answers-invalid")
    assert code(chief, operation="skip", key="nothing#1") == (409, "operation-refused")
    assert code(chief, operation="migrate", version=9) == (404, "not-found")
    assert code(chief, operation="migrate", version=9, keep_limits=True) == (404, "not-found")
    assert code(chief, operation="migrate", version=9, keep_limits="perhaps") == (422, "answers-invalid")
    assert code(chief, operation="suspend", reason=" ") == (422, "answers-invalid")
    assert chief.post(path, {"operation": "suspend", "reason": "wait"}).json["status"] == "suspended"
    task = front.task_of(number, "assess")
    refused = front.post(f"/tasks/{task}/complete", {"data": {"founded": "yes", "remark": "x"}})
    assert (refused.status_code, refused.json["code"]) == (409, "case-suspended")
