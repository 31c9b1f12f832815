"""The pages say why others act instead of whoever holds a position, and who cannot give one up."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.people import add_person
from engine.complaints import SYSTEM, Actor
from tests.commands.test_positions import POSITIONS, assessed, id_of, with_positions
from tests.support.cafe import the_case
from tests.support.site import ADMINISTRATOR, CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import Page, staff


@pytest.mark.parametrize(
    ("tongue", "words"),
    [
        ("en", "Nobody is Kitchen, head; it goes to: Office"),
        ("zh-Hans", "无人担任后厨负责人，转由办公室处理"),
        ("zh-Hant", "無人擔任後廚負責人，轉由辦公室處理"),
    ],
)
def test_a_case_tells_why_others_act_instead(tmp_path: Path, tongue: str, words: str) -> None:
    site = a_site(tmp_path)
    with_positions(site, POSITIONS)
    chief = staff(an_app(site), ADMINISTRATOR)

    case_id = assessed(site)

    page = f"/cases/{the_case(site, case_id).number}"
    assert words in Page(chief.client.get(page, headers={"Accept-Language": tongue})).words


def test_the_page_of_a_person_says_who_has_to_follow_first(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    with_positions(site, POSITIONS)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        add_person(context, login="head.kitchen", name={"en": "Head"}, groups=["kitchen.head"])
    assessed(site)
    chief = staff(an_app(site), ADMINISTRATOR)

    page = f"/people/{id_of(site, 'head.kitchen')}"
    chief.open(page)
    answer = chief.send(page, {"csrf_token": chief.csrf(), "name": "x", "group": "kitchen"})

    assert answer.status == 422
    assert "Nobody else is Kitchen, head, and 1 task waits for one." in answer.words
