"""Files of a draft as text, with the engine's findings and what people will see; clauses; open cases going over."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from engine.deployments import files_to_edit
from tests.support.cafe import a_complaint, changed_procedure, do, the_case
from tests.support.site import ADMINISTRATOR, CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, Page, staff

INTAKE = "/workshop/complaint/texts/forms/intake.yaml"
MIGRATION = "/workshop/complaint/migration"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture
def owner(site: Site) -> Browser:
    app: Flask = an_app(site)
    return staff(app, ADMINISTRATOR)


def draft_files(site: Site) -> dict[str, bytes]:
    with site.database.reading(CAFE) as connection:
        return dict(files_to_edit(connection, site.deployments, CAFE, "complaint").files)


def post(owner: Browser, path: str, page: Page, **values: str) -> Page:
    return owner.send(path, {"csrf_token": page.value("csrf_token"), **values})


def test_a_form_is_shown_as_people_will_see_it_before_it_is_saved(site: Site, owner: Browser) -> None:
    page = owner.open(INTAKE)
    before = draft_files(site)["forms/intake.yaml"]

    looked = post(
        owner, INTAKE, page, revision="0", content=page.value("content").replace("textarea", "text"), do="look"
    )

    assert looked.tree.xpath("//input[@name='f-summary']")
    assert draft_files(site)["forms/intake.yaml"] == before


def test_what_is_wrong_in_a_text_is_said_beside_it(owner: Browser) -> None:
    page = owner.open(INTAKE)

    looked = post(owner, INTAKE, page, revision="0", content="title: [", do="look")

    assert "1 error" in looked.words


def test_a_text_is_saved_over_the_revision_that_was_read_only(site: Site, owner: Browser) -> None:
    page = owner.open(INTAKE)
    text = page.value("content") + "\n# seen\n"

    assert post(owner, INTAKE, page, revision="0", content=text).status == 200
    late = post(owner, INTAKE, page, revision="0", content="# an old tab")

    assert late.status == 412
    assert late.value("content").strip() == "# an old tab"
    assert draft_files(site)["forms/intake.yaml"].decode() == text


def test_a_new_form_begins_with_one_field_and_can_be_taken_out_again(site: Site, owner: Browser) -> None:
    begun = owner.send(
        "/workshop/complaint/forms", {"csrf_token": owner.open(INTAKE).value("csrf_token"), "name": "Call back"}
    )
    assert begun.path == "/workshop/complaint/forms/call_back"
    begun = owner.open("/workshop/complaint/texts/forms/call_back.yaml")

    saved = post(owner, begun.path, begun, revision=begun.value("revision"), content=begun.value("content"))
    assert "forms/call_back.yaml" in draft_files(site)

    post(owner, begun.path, saved, revision=saved.value("revision"), do="remove")
    assert "forms/call_back.yaml" not in draft_files(site)


@pytest.mark.parametrize("file", ["company.toml", "complaint.bpmn", "notes.txt", "forms/../company.toml"])
def test_only_texts_of_the_procedure_are_edited_as_text(owner: Browser, file: str) -> None:
    assert owner.open(f"/workshop/complaint/texts/{file}").status == 404


def test_letters_are_filled_in_with_what_the_scenarios_know(owner: Browser) -> None:
    words = owner.open("/workshop/complaint/texts/texts/en.toml").words

    assert "Filled in with what the cases of the scenarios know." in words
    assert "咖啡太凉" in words


def test_a_clause_shows_what_carries_it_out(owner: Browser) -> None:
    page = owner.open("/workshop/complaint/clauses?clause=HC-2")

    (diagram,) = page.tree.xpath("//*[@data-diagram]")
    assert diagram.get("data-active") == "fix reply"
    assert "3 linked" in page.words


def test_open_cases_go_over_by_group_with_a_reason(site: Site, owner: Browser) -> None:
    cases = [a_complaint(site).case_id for _ in range(3)]
    do(site, cases[0], "assess")
    changed_procedure(site, ("amount = 2\nunit", "amount = 1\nunit"))

    page = owner.open(MIGRATION)
    assert "3 go over" in page.words
    refused = post(owner, MIGRATION, page, version="1", reason=" ")
    assert refused.status == 422
    done = post(owner, MIGRATION, page, version="1", reason="the regulation has changed")

    assert "All open cases run on this version." in done.words
    assert {the_case(site, case_id).deployment.version for case_id in cases} == {2}


def test_who_is_no_administrator_sees_the_forecast_and_cannot_carry_it_out(site: Site, owner: Browser) -> None:
    assert owner.open(MIGRATION).status == 200
    assert staff(an_app(site), "fang.lan").open(MIGRATION).status == 403
