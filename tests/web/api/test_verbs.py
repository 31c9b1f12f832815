"""What an office does with a task, done by programs."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.api.program import Program

Programs = Callable[[str], Program]


def test_a_task_is_handed_over_and_declined(front: Program, program: Programs) -> None:
    number = front.start()["number"]
    task, kitchen = front.task_of(number, "assess"), program("gu.qiang")
    done = front.post(f"/tasks/{task}/verbs", {"verb": "hand_over", "to": ["person:gu.qiang"], "reason": "yours"})
    assert (done.status_code, [each["element"] for each in done.json["tasks"]]) == (200, ["assess"])

    (errand,) = kitchen.get("/errands").json["items"]
    assert (errand["kind"], errand["case"], errand["reason"]) == ("hand_over", number, "yours")
    path = f"/errands/{errand['id']}"
    assert kitchen.post(path, {"decision": "decline"}).status_code == 422
    answered = kitchen.post(path, {"decision": "decline", "reason": "not mine"})

    assert (answered.json["status"], answered.json["answer"]) == ("refused", "not mine")
    assert kitchen.post(path, {"decision": "accept"}).status_code == 409


def test_a_delegate_fills_in_by_program(front: Program, program: Programs) -> None:
    number = front.start()["number"]
    task, kitchen = front.task_of(number, "assess"), program("gu.qiang")
    front.post(f"/tasks/{task}/verbs", {"verb": "delegate", "to": ["person:gu.qiang"], "reason": "you saw it"})
    answers = {"founded": "yes", "remark": "seen"}

    (errand,) = kitchen.get("/errands").json["items"]
    assert kitchen.post(f"/errands/{errand['id']}", {"decision": "fill_in", "data": answers}).status_code == 200

    assert front.post(f"/tasks/{task}/complete", {"data": answers}).status_code == 200


def test_refusals_have_their_codes(front: Program, program: Programs) -> None:
    number = front.start()["number"]
    task, kitchen = front.task_of(number, "assess"), program("gu.qiang")

    def code(by: Program, **body: object) -> tuple[int, str]:
        answer = by.post(f"/tasks/{task}/verbs", {"reason": "because", **body})
        return answer.status_code, answer.json["code"]

    assert code(kitchen, verb="return", step="assess") == (403, "not-permitted")
    assert code(front, verb="explode") == (422, "answers-invalid")
    assert code(front, verb="return", step="confirm") == (422, "answers-invalid")
    assert code(front, verb="delegate") == (422, "answers-invalid")
    assert code(front, verb="snooze", until="2026-03-09T09:00:00") == (422, "answers-invalid")
    assert kitchen.post(f"/tasks/{task}/verbs", {"verb": "urge", "reason": "x"}).status_code == 200
    assert code(kitchen, verb="urge") == (409, "urged-recently")
