"""The workshop over its addresses: what editors read, save and ask, and the pages of an owner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from tests.publishing.test_decision_tests import TABLE
from tests.support.cafe import a_complaint
from tests.support.site import ADMINISTRATOR, CAFE, PASSWORD, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.neighbour import NEIGHBOUR, add_neighbour

FILES = "/workshop/complaint/files"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture
def owner(app: Flask) -> Browser:
    browser = staff(app, ADMINISTRATOR)
    browser.open("/workshop/complaint")
    return browser


def put(browser: Browser, path: str, content: bytes, *, expected: int | None) -> TestResponse:
    headers = {"X-CSRF-Token": browser.csrf()} | ({} if expected is None else {"If-Match": f'"{expected}"'})
    return browser.client.put(f"{FILES}/{path}", data=content, headers=headers)


def check(browser: Browser, files: Any, *, language: str = "en") -> TestResponse:
    headers = {"X-CSRF-Token": browser.csrf(), "Accept-Language": language}
    return browser.client.post("/workshop/complaint/check", json={"files": files}, headers=headers)


def test_an_editor_reads_a_file_saves_it_and_reads_what_it_saved(owner: Browser) -> None:
    first = owner.client.get(f"{FILES}/clauses.toml")
    assert (first.status_code, first.headers["ETag"]) == (200, '"0"')
    content = first.data + b"\n# seen\n"

    saved = put(owner, "clauses.toml", content, expected=0)

    assert saved.status_code == 200
    assert saved.json is not None
    assert (saved.json["revision"], saved.json["findings"]) == (1, [])
    assert saved.json["saved_at"].startswith("2026-03-02T")
    again = owner.client.get(f"{FILES}/clauses.toml")
    assert (again.data, again.headers["ETag"]) == (content, '"1"')


def test_a_file_is_taken_out_of_the_draft_over_the_revision_that_was_read(owner: Browser) -> None:
    def take_out(expected: int) -> TestResponse:
        headers = {"X-CSRF-Token": owner.csrf(), "If-Match": f'"{expected}"'}
        return owner.client.delete(f"{FILES}/forms/reply.yaml", headers=headers)

    assert put(owner, "clauses.toml", b"# new", expected=0).status_code == 200

    assert take_out(0).status_code == 412
    taken = take_out(1)

    assert (taken.status_code, taken.headers["ETag"]) == (200, '"2"')
    assert owner.client.get(f"{FILES}/forms/reply.yaml").status_code == 404


def test_a_save_says_at_once_what_is_wrong_with_the_draft(owner: Browser) -> None:
    saved = put(owner, "complaint.bpmn", b"<!DOCTYPE x><x/>", expected=0)

    assert saved.json is not None
    assert saved.json["findings"][0] == {
        "rule": "file-unsafe",
        "severity": "error",
        "file": "complaint.bpmn",
        "line": 1,
        "element": None,
        "message": "文件不能作为普通流程图读取：“complaint.bpmn”",
        "way_out": "请重新存为普通 XML，不带 DOCTYPE。",
    }


def test_a_save_over_a_colleagues_is_refused_and_says_whose(app: Flask, owner: Browser) -> None:
    put(owner, "clauses.toml", b"# one", expected=0)

    late = put(owner, "clauses.toml", b"# two", expected=0)

    assert late.status_code == 412
    assert late.json is not None
    assert (late.json["code"], late.json["revision"], late.json["by"]) == ("draft-moved", 1, ADMINISTRATOR)
    assert late.json["at"].startswith("2026-03-02T")


@pytest.mark.parametrize(
    ("path", "content", "expected", "status"),
    [
        ("clauses.toml", b"x", None, 428),  # no If-Match
        ("company.toml", b"x", 0, 403),
        ("virus.exe", b"x", 0, 404),
        ("complaint.bpmn", b"x" * 2_000_001, 0, 422),
    ],
)
def test_what_cannot_be_saved_is_refused_in_json(
    owner: Browser, path: str, content: bytes, expected: int | None, status: int
) -> None:
    refused = put(owner, path, content, expected=expected)

    assert (refused.status_code, refused.mimetype) == (status, "application/problem+json")


def test_a_save_without_our_token_is_refused(owner: Browser) -> None:
    refused = owner.client.put(f"{FILES}/clauses.toml", data=b"x", headers={"If-Match": '"0"'})

    assert refused.status_code == 400


def test_the_check_looks_at_unsaved_texts_over_the_draft(owner: Browser) -> None:
    text = owner.client.get(f"{FILES}/procedure.toml").text

    assert check(owner, {}).json == {"findings": []}
    found = check(owner, {"procedure.toml": text.replace('form = "intake"', 'form = "intakes"')}).json

    assert found is not None
    assert [(each["rule"], each["file"], each["severity"]) for each in found["findings"]] == [
        ("unused-forms", "forms/intake.yaml", "warning"),
        ("start-form", "procedure.toml", "error"),
    ]
    assert owner.client.get(f"{FILES}/procedure.toml").headers["ETag"] == '"0"'


def test_a_draft_that_calls_itself_another_procedure_is_found_out(owner: Browser) -> None:
    text = owner.client.get(f"{FILES}/procedure.toml").text

    found = check(owner, {"procedure.toml": text.replace('id = "complaint"', 'id = "returns"', 1)}).json

    assert found is not None
    assert [each["rule"] for each in found["findings"]] == ["draft-of-another"]


@pytest.mark.parametrize("files", [None, [], {"complaint.bpmn": 7}, "x"])
def test_a_check_of_nothing_readable_is_refused(owner: Browser, files: Any) -> None:
    assert check(owner, files).status_code == 400


def test_hostile_files_end_in_findings(owner: Browser) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    found = check(
        owner, {"complaint.bpmn": bomb, "x.dmn": "\0", "forms/a.yaml": "a: &a [*a]", "big.dmn": "y" * 2_100_000}
    )

    assert found.json is not None
    assert {each["severity"] for each in found.json["findings"]} == {"error"}


def test_the_choices_are_the_drafts_own_in_the_readers_language(owner: Browser) -> None:
    found = owner.client.get("/workshop/complaint/choices", headers={"Accept-Language": "zh-Hant"}).json

    assert found is not None
    assert found["groups"] == [{"id": "front", "label": "前台"}, {"id": "kitchen", "label": "後廚"}]
    assert {"id": "reply", "label": "2個工作日內答覆"} in found["deadlines"]
    assert [each["id"] for each in found["forms"]] == ["assess", "confirm", "fix", "intake", "reply"]
    assert [each["id"] for each in found["procedures"]] == ["complaint"]
    founded = next(each for each in found["fields"] if each["id"] == "founded")
    assert [option["value"] for option in founded["options"]] == ["yes", "no"]
    assert founded["type"] == "string"


def test_the_overview_shows_versions_saves_and_the_way_to_the_editors(site: Site, owner: Browser) -> None:
    a_complaint(site)
    put(owner, "clauses.toml", b"# broken", expected=0)

    page = owner.open("/workshop/complaint")

    assert page.status == 200
    assert 'href="/workshop/complaint/diagrams/complaint.bpmn"' in page.text
    assert "Version 1 in service" in page.words
    assert "1 open case" in page.words
    assert "clauses.toml" in page.words
    assert "errors" in page.words
    assert f"saved by {ADMINISTRATOR}" in owner.open("/workshop").words


def test_a_draft_is_discarded_from_its_page(owner: Browser) -> None:
    put(owner, "clauses.toml", b"# broken", expected=0)
    owner.open("/workshop/complaint")

    page = owner.submit("/workshop/complaint/draft/discarded")

    assert "The draft is gone." in page.text
    assert "No draft: the first change begins one." in page.words


def test_a_page_that_is_out_of_date_does_nothing(owner: Browser) -> None:
    put(owner, "clauses.toml", b"# one", expected=0)
    shown = owner.open("/workshop/complaint")
    put(owner, "clauses.toml", b"# two", expected=1)

    page = owner.submit("/workshop/complaint/draft/discarded", page=shown)

    assert "Somebody saved the draft meanwhile." in page.text
    assert owner.client.get(f"{FILES}/clauses.toml").data == b"# two"


def test_a_version_is_taken_back_into_the_draft(owner: Browser) -> None:
    before = owner.client.get(f"{FILES}/clauses.toml").data
    put(owner, "clauses.toml", b"# one", expected=0)
    owner.open("/workshop/complaint")

    owner.send("/workshop/complaint/draft/restored", {"csrf_token": owner.csrf(), "revision": "1", "version": "1"})

    assert owner.client.get(f"{FILES}/clauses.toml").data == before


@pytest.mark.parametrize("path", ["", "/complaint"])
def test_who_owns_no_procedures_has_no_workshop(app: Flask, path: str) -> None:
    front = staff(app, "fang.lan")

    assert "/workshop" not in front.open("/").text
    assert front.open(f"/workshop{path}").status == 403
    assert front.client.get(f"{FILES}/clauses.toml").status_code == 403
    assert front.client.get("/workshop/complaint/choices").status_code == 403


def test_a_script_of_somebody_signed_out_is_told_so(app: Flask) -> None:
    stranger = Browser(app)

    assert stranger.client.get(f"{FILES}/clauses.toml").status_code == 401


def test_procedures_of_others_are_not_found(site: Site, app: Flask, tmp_path: Path) -> None:
    add_neighbour(site, tmp_path / "next door")
    hill = site.database
    owner = staff(app, ADMINISTRATOR)

    assert owner.open("/workshop/other").status == 404
    assert owner.client.get("/workshop/other/files/clauses.toml").status_code == 404
    with hill.reading(NEIGHBOUR) as connection:
        theirs = site.deployments.current(connection, NEIGHBOUR, "complaint").package.files["company.toml"]
    mine = owner.client.get(f"{FILES}/company.toml").data
    assert mine != theirs
    assert CAFE.encode() in mine


def test_one_owner_asks_for_publication_and_another_approves(site: Site, app: Flask, owner: Browser) -> None:
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        add_person(context, login="qin.yu", name={"en": "Qin Yu"}, groups=(), password=PASSWORD, owner=True)
    text = owner.client.get(f"{FILES}/procedure.toml").data.replace(b"amount = 2", b"amount = 1", 1)
    put(owner, "procedure.toml", text, expected=0)

    page = owner.open("/workshop/complaint/publications/new")
    assert "procedure.tomlchanged" in page.words
    page = owner.submit("/workshop/complaint/publications", f_reason="", f_effective_on="")
    assert page.status == 422
    page = owner.submit("/workshop/complaint/publications", f_reason="The new rule says one day", f_effective_on="")
    asked = page.path
    assert "You asked for this yourself; another owner approves it." in page.words
    assert owner.submit(asked, f_decision="approve", f_answer="me too").status == 403

    second = staff(app, "qin.yu")
    assert "waits for approval" in second.open("/workshop").words
    second.open(asked)
    page = second.submit(asked, f_decision="approve", f_answer="Right")

    assert page.path == "/workshop/complaint"
    assert "Version 2 in service" in page.words
    assert "The new rule says one day" in page.words
    assert "approved by Qin Yu" in page.words
    assert second.open(asked).status == 200


def test_what_waits_for_a_second_owner_lies_in_their_inbox_and_in_nobody_elses(
    site: Site, app: Flask, owner: Browser
) -> None:
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        add_person(context, login="ou.er", name={"en": "Ou"}, groups=(), password=PASSWORD, owner=True)
    procedure = owner.client.get(f"{FILES}/procedure.toml").data
    put(owner, "procedure.toml", procedure + b"\n# as the new rule says\n", expected=0)
    owner.open("/workshop/complaint/publications/new")
    owner.submit("/workshop/complaint/publications", f_reason="The new rule says one day", f_effective_on="")

    second = staff(app, "ou.er")

    assert "To be published" in second.open("/").words
    assert "The new rule says one day" in second.page.words
    assert second.page.tree.xpath("//a[contains(@href, '/workshop/complaint/publications/1')]")
    assert "To be published" not in owner.open("/").words
    assert "To be published" not in staff(app, "fang.lan").open("/").words


def test_a_draft_with_errors_offers_no_publication_and_the_page_says_them_all(owner: Browser) -> None:
    text = owner.client.get(f"{FILES}/procedure.toml").data.replace(b'form = "intake"', b'form = "intakes"', 1)
    put(owner, "procedure.toml", text, expected=0)

    assert "What has errors cannot be published." in owner.open("/workshop/complaint").words
    owner.open("/workshop/complaint/publications/new")
    page = owner.submit("/workshop/complaint/publications", f_reason="try", f_effective_on="")

    assert page.status == 422
    assert "It cannot be put into service" in " ".join(page.errors())
    assert "did you mean" in page.words


def with_table(browser: Browser) -> None:
    put(browser, "severity.dmn", TABLE, expected=0)


def tried(browser: Browser, **said: Any) -> Any:
    question = {"text": TABLE.decode(), "decision": "severity", **said}
    headers = {"X-CSRF-Token": browser.csrf(), "Accept-Language": "en"}
    return browser.client.post("/workshop/complaint/decisions/severity.dmn/trial", json=question, headers=headers)


def test_an_unsaved_table_says_which_rules_hit(owner: Browser) -> None:
    answer = tried(owner, given={"kind": "safety", "amount": "12"}).json

    assert answer["outcome"] == {
        "error": "",
        "outputs": {"level": "major", "days": 1},
        "rules": [1],
        "rule_ids": ["r1"],
        "given": {"kind": "safety", "amount": 12},
    }


def test_a_table_says_what_it_asks_for_with_the_words_of_the_forms(owner: Browser) -> None:
    (table,) = tried(owner).json["decisions"]

    kind, amount = table["inputs"]
    assert (kind["label"], kind["type"]) == ("Kind", "string")
    assert {"value": "taste", "label": "Taste"} in kind["options"]
    assert amount == {"name": "amount", "label": "Amount", "type": "number", "options": []}
    assert table["outputs"] == [{"name": "level", "type": "string"}, {"name": "days", "type": "number"}]


def test_what_was_tried_is_kept_as_a_row_and_fails_when_the_table_changes(owner: Browser) -> None:
    row = {"decision": "severity", "name": "", "given": {"kind": "safety"}, "expect": {"level": "major"}, "rules": [1]}

    kept = tried(owner, rows=[row]).json
    assert [each["passed"] for each in kept["rows"]] == [True]
    with_table(owner)
    put(owner, "severity.tests.toml", kept["toml"].encode(), expected=1)

    again = tried(owner, text=TABLE.decode().replace("major", "grave")).json
    assert [(each["passed"], each["error"]) for each in again["rows"]] == [
        (False, "Expected level = major, found level = grave.")
    ]
    found = check(owner, {"severity.dmn": TABLE.decode().replace("major", "grave")}).json
    assert found is not None
    assert "test-row-fails" in {each["rule"] for each in found["findings"]}


def test_the_day_of_a_row_stays_when_another_row_is_kept(owner: Browser) -> None:
    dated = b'[[row]]\ndecision = "severity"\ngiven = {}\nexpect = {}\nat = 2026-10-01T08:00:00+08:00\n'
    put(owner, "severity.tests.toml", dated, expected=0)

    shown = tried(owner).json["rows"]
    kept = tried(owner, rows=[*shown, {"decision": "severity", "given": {}, "expect": {}}]).json

    assert [each["at"] for each in kept["rows"]] == ["2026-10-01T08:00:00+08:00", None]


@pytest.mark.parametrize("broken", ["[[row", '[[row]]\ndecision = "severity"\ncolour = "red"\n'])
def test_rows_that_cannot_be_read_are_never_written_anew(owner: Browser, broken: str) -> None:
    put(owner, "severity.tests.toml", broken.encode(), expected=0)

    kept = tried(owner, rows=[{"decision": "severity", "given": {}, "expect": {}}]).json

    assert (kept["unreadable"], kept["rows"], kept["toml"]) == (True, [], broken)


@pytest.mark.parametrize("text", ["", "\0", "<x/>", "<!DOCTYPE x><x/>"])
def test_a_table_nobody_can_read_is_tried_without_harm(owner: Browser, text: str) -> None:
    answer = tried(owner, text=text)

    assert answer.status_code == 200
    assert (answer.json["decisions"], answer.json["outcome"]) == ([], None)


@pytest.mark.parametrize("said", [{"text": 7}, {"given": {"kind": 7}}, {"given": []}])
def test_a_trial_of_something_else_is_refused(owner: Browser, said: Any) -> None:
    assert tried(owner, **said).status_code == 400


def test_the_page_of_tables_may_draw_with_style_attributes_and_run_nothing_strange(owner: Browser) -> None:
    with_table(owner)

    page = owner.open("/workshop/complaint/decisions/severity.dmn")

    assert page.status == 200
    policy = page.response.headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy
    assert owner.open("/workshop/complaint/decisions/complaint.bpmn").status == 404


def conditions(browser: Browser, language: str = "en", **said: Any) -> Any:
    headers = {"X-CSRF-Token": browser.csrf(), "Accept-Language": language}
    return browser.client.post("/workshop/complaint/conditions", json=said, headers=headers)


def test_a_condition_is_turned_into_a_structure_and_back(owner: Browser) -> None:
    structure = {"field": "founded", "operator": "is", "value": "yes"}

    assert conditions(owner, text='founded = "yes"').json == {
        "text": 'founded = "yes"',
        "structure": structure,
        "only_text": False,
        "error": None,
    }
    assert conditions(owner, structure=structure).json["text"] == 'founded = "yes"'
    assert conditions(owner, text="count(x) > 0").json["only_text"] is True
    assert conditions(owner, structure={"field": "a b"}).json["error"] is not None
    assert conditions(owner, neither=1).status_code == 400


@pytest.mark.parametrize(
    ("language", "message", "way_out"),
    [
        ("zh-Hans", "第1行第3列：“==”是其他语言的写法，不是 FEEL。", "请写：a = 1"),
        ("zh-Hant", "第1行第3欄：「==」是其他語言的寫法，不是 FEEL。", "請寫：a = 1"),
        ("en", "Line 1, column 3: “==” belongs to another language, not to FEEL.", "Write: a = 1"),
    ],
)
def test_what_is_no_feel_is_said_in_the_readers_language(
    owner: Browser, language: str, message: str, way_out: str
) -> None:
    error = conditions(owner, language, text="a == 1").json["error"]

    assert (error["message"], error["way_out"], error["suggestion"]) == (message, way_out, "a = 1")
    assert (error["line"], error["column"], error["reason"]) == (1, 3, "foreign")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "第1行第5列：此处应为一个值，但表达式到此结束。"),
        ("contians(a)", "没有名为“contians”的函数。"),
        ("(a = 1", "第1行第7列：此处应为“)”，但表达式到此结束。"),
    ],
)
def test_every_kind_of_mistake_has_chinese_words(owner: Browser, text: str, message: str) -> None:
    error = conditions(owner, "zh-Hans", text=text).json["error"]

    assert error["message"].endswith(message)


def test_findings_about_tables_and_expressions_are_said_in_chinese(owner: Browser) -> None:
    overlapping = TABLE.decode().replace('not("safety")', '"safety"').replace("<text>1</text>", "<text>1 +</text>")
    found = check(owner, {"severity.dmn": overlapping}, language="zh-Hant").json

    assert found is not None
    said = {each["rule"]: each["message"] for each in found["findings"]}
    assert said["unreadable-expression"].startswith("運算式「1 +」：")
    found = check(owner, {"severity.dmn": TABLE.decode().replace('not("safety")', '"safety"')}, language="zh-Hans").json
    assert found is not None
    said = {each["rule"]: each["message"] for each in found["findings"]}
    assert said["overlapping-rules"] == "规则1和规则2可能同时命中，而此表只允许命中一条。"


def test_the_condition_of_a_way_is_changed_on_its_page(owner: Browser) -> None:
    path = "/workshop/complaint/conditions"
    page = owner.open(path)
    way = page.tree.xpath("//a[contains(@href, 'file=complaint.bpmn')]/@href")[0]
    owner.open(way)

    wrong = owner.submit(f"{path}/saved", text='founded == "no"')
    assert wrong.status == 422
    assert 'Write: founded = "no"' in wrong.words
    page = owner.submit(f"{path}/saved", text='founded = "no"')

    assert page.path == path
    assert b'founded = "no"' in owner.client.get(f"{FILES}/complaint.bpmn").data


def test_a_field_is_shown_on_a_condition_that_forms_can_say(owner: Browser) -> None:
    path = "/workshop/complaint/conditions"
    owner.open(f"{path}?file=forms/assess.yaml&part=remark")

    refused = owner.submit(f"{path}/saved", text='founded != "yes"')
    assert refused.status == 422
    assert "Forms compare with" in refused.words
    owner.submit(f"{path}/saved", text='founded in ("yes", "no")')

    content = owner.client.get(f"{FILES}/forms/assess.yaml").text
    assert 'show_if: { field: founded, in: ["yes", "no"] }' in content
    assert check(owner, {}).json == {"findings": []}
