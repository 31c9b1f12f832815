"""The pages on which administrators keep choice lists and number cases."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook

from engine.commands.deployments import deploy
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from tests.commands.test_choice_lists import cafe_files
from tests.support.cafe import a_complaint
from tests.support.site import ADMINISTRATOR, CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import staff

PLACE = "/settings/lists/kinds"
#: The table as it is typed: a heading and an option under it are new, service is taken out.
TYPED = {
    "place-1": "2", "value-1": "taste", "zh-Hans-1": "口味", "zh-Hant-1": "口味", "en-1": "Taste", "under-1": "food",
    "place-2": "", "value-2": "service", "zh-Hans-2": "服务", "en-2": "Service",
    "place-3": "1", "value-3": "food", "zh-Hans-3": "食品",
    "place-4": "3", "zh-Hans-4": "异物", "en-4": "Foreign body!", "under-4": "food",
}  # fmt: skip


@pytest.fixture
def site(database_kind: str, tmp_path: Path) -> Site:
    site = a_site(tmp_path)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, cafe_files(site))
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_a_list_is_shown_first_kept_then_and_comes_out_and_in_as_a_table(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    assert "kinds" in browser.open("/settings/lists").words

    browser.open(PLACE)
    looked = browser.submit(PLACE, **TYPED, look="yes")

    assert "No longer chosenService" in looked.words
    assert [looked.value(f"zh-Hans-{line}") for line in (1, 2, 3)] == ["食品", "口味", "异物"]
    assert looked.value("value-3") == "foreign_body"
    refused = browser.submit(PLACE, **TYPED, keep="yes", reason=" ")
    assert refused.status == 422
    kept = browser.submit(PLACE, **TYPED, keep="yes", reason="按新制度")
    assert "按新制度" in kept.words
    assert "in force" in kept.words

    form = staff(app, "fang.lan").open(f"/register/{CAFE}/complaint")
    assert form.tree.xpath("//input[@name='f-kind']/@value") == ["taste", "foreign_body"]
    assert "食品 › Foreign body!" in form.text

    sheet = browser.client.get(f"{PLACE}/table").data
    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(sheet)).active.iter_rows(min_row=3)]
    assert rows[0] == ["value", "under", "zh-Hans", "zh-Hant", "en"]
    assert rows[3] == ["foreign_body", "food", "异物", "", "Foreign body!"]
    browser.open(PLACE)
    again = browser.submit(f"{PLACE}/table", table=(io.BytesIO(sheet), "kinds.xlsx"))
    assert "the same, perhaps in another order" in again.words
    browser.open(PLACE)
    assert browser.submit(f"{PLACE}/table", table=(io.BytesIO(b"a,b\n1,2"), "x.csv")).status == 422


def test_what_makes_no_tree_is_said_and_what_was_typed_stays(app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    browser.open(PLACE)

    page = browser.submit(PLACE, **{**TYPED, "under-3": "taste"}, keep="yes", reason="x")

    assert page.status == 422
    assert "no option under itself" in page.words
    assert "异物" in page.text


def test_numbers_are_previewed_first_and_set_then(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    browser.open("/settings/numbers")

    wanted = {"pattern-complaint": "TS-{department}-{seq:03}", "code-front": "FD"}
    looked = browser.submit("/settings/numbers", **wanted, look="yes")
    assert "TS-FD-001" in looked.words
    assert a_complaint(site).number.startswith("HC-")
    browser.submit("/settings/numbers", **wanted, keep="yes")

    assert a_complaint(site).number == "TS-FD-001"
    wrong = browser.submit("/settings/numbers", **{"pattern-complaint": "TS"}, keep="yes")
    assert wrong.status == 422
    assert "says {seq} exactly once" in wrong.words


def test_only_administrators_see_them(app: Flask) -> None:
    browser = staff(app, "fang.lan")
    assert {403} == {
        browser.open(path).status
        for path in ("/settings", "/settings/lists", PLACE, f"{PLACE}/table", "/settings/numbers")
    }
