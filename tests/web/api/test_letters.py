"""The letters of a case, read and withdrawn by programs."""

from __future__ import annotations

from collections.abc import Callable

from engine.commands.services import WrittenLetter, keep_letter
from engine.commands.site import Site
from engine.complaints import Actor
from tests.support.site import CAFE
from tests.web.api.program import Program

Programs = Callable[[str], Program]


def test_a_letter_is_listed_and_withdrawn_once(site: Site, front: Program, program: Programs) -> None:
    case = front.start()
    case_id = front.get(f"/cases/{case['number']}").json["id"]
    letter = WrittenLetter("thanks", "customer", "", "en", "Thanks", "Sorry.")
    with site.acting(Actor.system(CAFE)) as context:
        keep_letter(context, case_id, "thanks", letter)
    path = f"/cases/{case['number']}/letters"

    (listed,) = front.get(path).json["items"]
    assert (listed["place"], listed["subject"], listed["to"], listed["withdrawn_at"]) == (1, "Thanks", "customer", None)

    assert program("gu.qiang").post(f"{path}/1/withdrawal", {"reason": "x"}).status_code == 403
    assert front.post(f"{path}/1/withdrawal", {"reason": " "}).status_code == 422
    assert front.post(f"{path}/2/withdrawal", {"reason": "x"}).status_code == 404
    done = front.post(f"{path}/1/withdrawal", {"reason": "wrong person"})
    assert (done.status_code, done.json["body"], done.json["withdrawn_at"] is None) == (200, "Sorry.", False)
    assert front.post(f"{path}/1/withdrawal", {"reason": "wrong person"}).status_code == 409
