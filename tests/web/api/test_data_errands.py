"""What customers ask about their data, answered by programs: the same rules as on the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.commands.data_requests import Correction, DataWish, ask_for_data
from engine.commands.site import Site
from engine.complaints import Actor
from tests.support.cafe import do
from tests.support.site import ADMINISTRATOR, CAFE
from tests.web.api.program import Program

Programs = Callable[[str], Program]
CHECKED = "Called back under the number on file."


@pytest.fixture(scope="module")
def chief(program: Programs) -> Program:
    return program(ADMINISTRATOR)


def asked(site: Site, front: Program, wish: DataWish, *, closed: bool = True) -> tuple[str, str]:
    """Number of a new case about which the customer asks *wish*, and where it is answered."""
    number = front.start()["number"]
    case_id = front.get(f"/cases/{number}").json["id"]
    if closed:
        do(site, case_id, "assess", founded="no")
    correction = Correction("The name", "Ouyang") if wish is DataWish.CORRECTION else None
    with site.acting(Actor.customer(CAFE)) as context:
        ask_for_data(context, case_id, wish, said="please", correction=correction)
    return number, f"/errands/{waiting(front, number)}"


def waiting(front: Program, number: str) -> int:
    return int(front.get(f"/cases/{number}/history").json["items"][-2]["content"]["errand"])


def of(found: Any, number: str) -> list[dict[str, Any]]:
    return [each for each in found.json["items"] if each["case"] == number]


def test_it_is_listed_for_who_answers_it_and_for_nobody_else(site: Site, front: Program, chief: Program) -> None:
    number, _ = asked(site, front, DataWish.CORRECTION)

    for path in ("/errands", "/data-errands"):
        (errand,) = of(chief.get(path), number)
        assert (errand["kind"], errand["reason"]) == ("data_correction", "The name → Ouyang\nplease")
        assert errand["due_at"]
    assert of(front.get("/errands"), number) == []
    assert front.get("/data-errands").status_code == 403


@pytest.mark.parametrize(
    ("wish", "said", "status"),
    [
        (DataWish.COPY, {"decision": "link", "checked": CHECKED}, "done"),
        (DataWish.COPY, {"decision": "elsewhere", "checked": CHECKED}, "done"),
        (DataWish.CORRECTION, {"decision": "correct", "checked": CHECKED, "corrected": "The name."}, "done"),
        (DataWish.ERASURE, {"decision": "begin", "checked": CHECKED}, "done"),
        (DataWish.ERASURE, {"decision": "refuse", "reason": "A court wants it."}, "refused"),
    ],
)
def test_it_is_answered_once(
    site: Site, front: Program, chief: Program, wish: DataWish, said: dict[str, str], status: str
) -> None:
    _, path = asked(site, front, wish)

    assert front.post(path, said).status_code == 403
    assert chief.post(path, {"decision": said["decision"]}).status_code == 422  # without what has to be said
    done = chief.post(path, said)

    assert (done.status_code, done.json["status"]) == (200, status)
    assert chief.post(path, said).status_code == 409


def test_an_erasure_that_has_to_wait_is_agreed_to_for_later(site: Site, front: Program, chief: Program) -> None:
    number, path = asked(site, front, DataWish.ERASURE, closed=False)

    assert chief.post(path, {"decision": "begin", "checked": CHECKED}).json["code"] == "erasure-refused"
    done = chief.post(path, {"decision": "later", "checked": CHECKED, "reason": "Your complaint is open."})

    assert done.json["status"] == "postponed"
    assert [each["status"] for each in of(chief.get("/data-errands"), number)] == ["postponed"]
    assert of(chief.get("/errands"), number) == []


@pytest.mark.parametrize("decision", ["accept", "decline", "sign", "fill_in", "note", "withdraw", "link", "begin"])
def test_what_does_not_fit_what_was_asked_is_refused(site: Site, front: Program, chief: Program, decision: str) -> None:
    number, path = asked(site, front, DataWish.CORRECTION)

    refused = chief.post(path, {"decision": decision, "checked": CHECKED, "reason": "x", "data": {}})

    assert refused.status_code in {403, 404}, refused.text
    assert [each["status"] for each in of(chief.get("/data-errands"), number)] == ["open"]
