"""What if over its page, and the procedure book as a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.site import Site
from tests.support.cafe import a_complaint, a_round, changed_procedure, do
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff

WHAT_IF = "/workshop/complaint/what-if"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture
def owner(site: Site) -> Browser:
    return staff(an_app(site), ADMINISTRATOR)


def played(owner: Browser, **given: str) -> str:
    token = owner.open(WHAT_IF).value("csrf_token")
    days = {"from": "2026-03-01", "to": "2026-03-31"}
    return owner.send(WHAT_IF, {"csrf_token": token, **days, **given}).words


def test_the_cases_of_a_period_are_played_and_counted(site: Site, owner: Browser) -> None:
    for _ in range(3):
        a_round(site, a_complaint(site).case_id, satisfied="yes")
    a_complaint(site)

    assert "4 of 4 cases4 the same way" in played(owner)
    assert "0 of 0 cases" in played(owner, **{"from": "2025-01-01", "to": "2025-12-31"})


def test_what_was_counted_comes_along_and_what_is_no_tally_begins_anew(site: Site, owner: Browser) -> None:
    first = a_complaint(site).case_id
    a_complaint(site)
    counts = '{"same": 1, "other": 0, "stuck": 0, "late": 0}'

    assert "2 of 2 cases2 the same way" in played(owner, tally=f'{{"after": {first}, "counts": {counts}, "rows": []}}')
    for nonsense in ("x", "[]", '{"counts": 3}', '{"rows": [1]}'):
        assert played(owner, tally=nonsense)


def test_a_case_that_does_not_go_the_same_way_is_named(site: Site, owner: Browser) -> None:
    a_round(site, a_complaint(site).case_id, satisfied="yes")
    changed_procedure(site, ('founded = "yes"', 'founded = "never"'))

    words = played(owner)

    assert "1 stuck" in words or "1 another way" in words
    assert "HC-2026-00001" in words


def test_the_work_that_a_draft_would_make_stands_beside_the_work_there_is(site: Site, owner: Browser) -> None:
    for founded in ("yes", "yes", "no"):
        case = a_complaint(site).case_id
        do(site, case, "assess", founded=founded)
        if founded == "yes":
            for element in ("fix", "reply"):
                do(site, case, element)
            do(site, case, "confirm", satisfied="yes")
    rules = owner.open("/workshop/complaint/conditions?file=complaint.bpmn&part=yes")
    revision = rules.value("revision")
    said = {"file": "complaint.bpmn", "part": "yes", "text": 'founded != "maybe"', "revision": revision}
    owner.send("/workshop/complaint/conditions/saved", {"csrf_token": rules.value("csrf_token"), **said})

    page = owner.open("/workshop/complaint/load")
    days = {"from": "2026-03-01", "to": "2026-03-07"}  # one week
    shown = owner.send("/workshop/complaint/load", {"csrf_token": page.value("csrf_token"), **days}).words

    assert "3 of 3 cases" in shown
    assert "Kitchen+50%" in shown.replace(" ", "")
    assert "2.0 → 3.0 times a week" in shown
    for nonsense in ("x", "[]", '{"steps": {"a/b": [1]}}', '{"lived": 1e999}', '{"stuck": 3}'):
        assert (
            "of"
            in owner.send("/workshop/complaint/load", {"csrf_token": page.value("csrf_token"), "tally": nonsense}).words
        )


def test_the_book_and_a_diagram_are_pdfs(owner: Browser) -> None:
    for address in ("book.pdf", "book.pdf?version=1", "drawings/complaint.bpmn.pdf"):
        answer = owner.client.get(f"/workshop/complaint/{address}")
        assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-"), address
    assert owner.client.get("/workshop/complaint/drawings/other.bpmn.pdf").status_code == 404
