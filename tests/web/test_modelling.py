"""What the modeller asks of the server: its page, dates of a deadline, and files of other programs."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from engine.commands.site import Site
from tests.procedures.test_foreign import PLAIN
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff

BASE = "/workshop/complaint"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    site: Site = a_site(tmp_path)
    return an_app(site)


@pytest.fixture
def owner(app: Flask) -> Browser:
    browser = staff(app, ADMINISTRATOR)
    browser.open(BASE)
    return browser


def bring_in(browser: Browser, content: bytes, name: str = "their.bpmn") -> TestResponse:
    return browser.client.post(
        f"{BASE}/diagrams/complaint.bpmn/foreign",
        data={"file": (BytesIO(content), name)},
        headers={"X-CSRF-Token": browser.csrf(), "Accept-Language": "en"},
    )


def test_the_page_says_what_the_modeller_needs(owner: Browser) -> None:
    page = owner.open(f"{BASE}/diagrams/complaint.bpmn")

    settings = json.loads(page.tree.get_element_by_id("modeller-settings").text)
    assert page.status == 200
    assert settings["own"] == "zh-Hans"
    assert settings["languages"] == ["zh-Hans", "en"]
    assert settings["files"] == "/workshop/complaint/files/"
    assert "assess" in settings["taken"]
    assert settings["names"]["groups"]["kitchen"] == {"en": "Kitchen", "zh-Hans": "后厨", "zh-Hant": "後廚"}


@pytest.mark.parametrize("file", ["procedure.toml", "none.bpmn", "../complaint.bpmn"])
def test_only_diagrams_of_the_procedure_are_opened(owner: Browser, file: str) -> None:
    assert owner.client.get(f"{BASE}/diagrams/{file}").status_code == 404


def test_only_owners_reach_the_modeller(app: Flask) -> None:
    clerk = staff(app, "fang.lan")

    answers = [
        clerk.client.get(f"{BASE}/{path}").status_code for path in ("diagrams/complaint.bpmn", "dates?deadline=reply")
    ]

    assert answers == [403, 403]


def test_a_deadline_gives_ten_real_dates(owner: Browser) -> None:
    rows = owner.client.get(f"{BASE}/dates?deadline=reply", headers={"Accept-Language": "en"}).json["rows"]

    assert len(rows) == 10
    assert rows[0] == {"start": "Mar 2, 2026 09:00", "due": "Mar 4, 2026 18:00", "provisional": False}


def test_a_deadline_that_does_not_exist_says_so(owner: Browser) -> None:
    answer = owner.client.get(f"{BASE}/dates?deadline=none", headers={"Accept-Language": "en"}).json

    assert answer == {"rows": None, "reason": "This deadline does not exist."}


def test_a_foreign_file_comes_back_drawn_with_what_must_change(owner: Browser) -> None:
    answer = bring_in(owner, PLAIN)

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["drawn"] is True
    assert 'camunda:assignee="demo"' in answer.json["xml"]
    assert {("user-task-form", "work"), ("labels", "work")} <= {
        (finding["rule"], finding["element"]) for finding in answer.json["findings"]
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is no XML that can be read."),
        (b"<html/>", "The file is XML, but no BPMN 2.0."),
        (b"<!DOCTYPE x><x/>", "The file has a DOCTYPE, which could read other files. Remove it."),
        (b"\xff\xfe<", "The file is not written in UTF-8. Save it again as UTF-8."),
        (b"<a>" * 200, "The file is nested too deeply."),
    ],
)
def test_what_cannot_be_brought_in_says_why(owner: Browser, content: bytes, reason: str) -> None:
    answer = bring_in(owner, content)

    assert (answer.status_code, answer.json) == (422, {"reason": reason})


def save(owner: Browser, path: str, old: str, new: str) -> None:
    """Change a file of the draft."""
    kept = owner.client.get(f"{BASE}/files/{path}")
    content = kept.text.replace(old, new, 1)
    assert content != kept.text
    headers = {"X-CSRF-Token": owner.csrf(), "If-Match": kept.headers["ETag"]}
    assert owner.client.put(f"{BASE}/files/{path}", data=content.encode(), headers=headers).status_code == 200


def test_a_draft_like_the_version_in_service_has_no_differences(owner: Browser) -> None:
    page = owner.open(f"{BASE}/differences")

    assert page.status == 200
    assert page.tree.xpath("//*[@data-diagram]") == []


def test_differences_are_sentences_and_marks_on_the_diagram(owner: Browser) -> None:
    save(owner, "procedure.toml", "amount = 2", "amount = 3")
    save(
        owner,
        "complaint.bpmn",
        'name="form" value="assess"/><spiffworkflow:property name="due" value="reply"',
        'name="form" value="assess"/><spiffworkflow:property name="due" value="fixing"',
    )

    page = owner.open(f"{BASE}/differences")

    [diagram] = page.tree.xpath("//*[@data-diagram]")
    assert diagram.get("data-active") == "assess"
    assert owner.client.get(diagram.get("data-xml-url")).status_code == 200
    assert "Reply within 2 working days → Fix within 8 working hours" in page.words
    assert "2 → 3" in page.words


def test_a_draft_whose_diagram_cannot_be_read_is_compared_all_the_same(owner: Browser) -> None:
    save(owner, "complaint.bpmn", "<?xml", "<!DOCTYPE x><?xml")

    assert owner.open(f"{BASE}/differences").status == 200


@pytest.mark.parametrize(
    "path", ["differences?before=7", "versions/7/diagrams/complaint.bpmn", "versions/1/diagrams/x.bpmn"]
)
def test_versions_that_do_not_exist_are_not_found(owner: Browser, path: str) -> None:
    assert owner.client.get(f"{BASE}/{path}").status_code == 404
