"""What a package calls confidential is kept from everybody else, at every door; who may read it reads it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from engine.commands.attachments import receive, store
from engine.commands.cases import start
from engine.commands.errands import Addressee
from engine.commands.notices import copy_to
from engine.commands.people import change_person, create_token
from engine.commands.site import Site
from engine.complaints import Actor
from engine.worker import read_words
from tests.support.cafe import COMPLAINT, a_complaint, do, task_id, with_rules
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import company_events
from tests.web.test_everything_is_an_event import ENDS_THE_SESSION, routes
from webapp.access import declared_access

RULES = """
[confidential.identity]
fields = ["customer_name", "customer_mail"]
groups = ["front"]
[confidential.check]
fields = ["remark", "photos"]
groups = ["front"]
show = "hidden"
[confidential.reply]
fields = "answer"
groups = "front"
when = 'kind = "service"'
"""
NAME, MAIL, REMARK, INSIDE = "欧阳秘秘", "geheim@example.org", "what nobody else may read", "words in the photo"
SECRETS = (NAME, MAIL, REMARK, INSIDE)
NEWEST = "HC-2026-00001"


@dataclass
class World:
    site: Site
    app: Flask
    number: str
    case_id: int
    file: str

    def token(self, login: str) -> dict[str, str]:
        with self.site.acting(Actor.system(CAFE)) as context:
            return {"Authorization": f"Bearer {create_token(context, login=login, name='tests')}"}

    def api(self, login: str, path: str) -> Any:
        return self.app.test_client().get(f"/api/v1{path}", headers=self.token(login)).get_json()


@pytest.fixture(scope="module")
def world(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    site = a_site(tmp_path_factory.mktemp("site"))
    with_rules(site, RULES)
    with site.acting(actor_of(site, "fang.lan")) as context:
        photo = store(
            context,
            receive(site.storage, context.actor.company_id, name="a.pdf", content=f"%PDF-1.4\n%{INSIDE}".encode()),
        )
        said = {"summary": "cold coffee", "customer_name": NAME, "customer_mail": MAIL, "photos": [photo.id]}
        started = start(context, "complaint", {**COMPLAINT, **said})
    do(site, started.case_id, "assess", remark=REMARK)
    do(site, started.case_id, "reply", answer=f"{NAME}说得对，已致歉")
    read_words(site)
    return World(site, an_app(site), started.number, started.case_id, photo.id)


@pytest.mark.parametrize("login", ["gu.qiang", ADMINISTRATOR])
def test_no_route_shows_what_is_confidential_to_somebody_else(world: World, login: str) -> None:
    browser, token = staff(world.app, login), world.token(login)
    places = {
        "number": world.number, "company": CAFE, "procedure": "complaint", "report_id": "register", "year": 2026,
        "task_id": task_id(world.site, world.case_id, "fix"), "attachment_id": world.file, "deadline": "fixing",
        "verb": "delegation", "version": 2, "name": "again", "file": "complaint.bpmn",
    }  # fmt: skip
    said, shown = [], 0
    for endpoint, method, rule in routes(world.app):
        if method != "GET" or endpoint in ENDS_THE_SESSION:
            continue
        path = rule.build({name: places.get(name, "1") for name in rule.arguments})[1]
        path += "?group=kitchen" if endpoint == "board.tasks" else "?period=2026-Q1" if "report" in endpoint else ""
        by_token = declared_access(world.app.view_functions[endpoint]) == "token"
        client = world.app.test_client() if by_token else browser.client
        response = client.get(path, headers=token if by_token else {})
        content = response.get_data()
        response.close()
        shown += response.status_code == 200 and world.number.encode() in content
        said += [f"{path}: {secret}" for secret in SECRETS if secret.encode() in content]

    assert said == []
    assert shown >= 8


def test_who_may_read_it_reads_it_everywhere(world: World) -> None:
    browser = staff(world.app, "fang.lan")

    page = browser.open(f"/cases/{world.number}").words

    assert all(secret in page for secret in SECRETS[:3])
    assert browser.client.get(f"/attachments/{world.file}").status_code == 200
    assert world.api("fang.lan", f"/cases/{world.number}")["data"]["customer_mail"] == MAIL
    assert NAME in browser.open("/cases").words


def test_others_see_it_covered_and_what_is_hidden_not_at_all(world: World) -> None:
    browser = staff(world.app, "gu.qiang")

    page = browser.open(f"/cases/{world.number}").words

    assert "欧＊＊＊" in page
    assert "g***@example.org" in page
    assert "欧＊＊＊说得对，已致歉" in page, "a text that repeats a covered name keeps its other words"
    assert "a.pdf" not in page
    data = world.api("gu.qiang", f"/cases/{world.number}")["data"]
    assert (data["customer_name"], data["customer_mail"]) == ("欧＊＊＊", "g***@example.org")
    assert "remark" not in data
    assert browser.client.get(f"/attachments/{world.file}").status_code == 403


def test_nobody_finds_a_case_by_words_that_are_kept_from_them(world: World) -> None:
    asking = "cases?text="
    for words in (NAME, MAIL, REMARK):
        assert world.number in staff(world.app, "fang.lan").open(f"/{asking}{words}").words, words
        assert world.number not in staff(world.app, "gu.qiang").open(f"/{asking}{words}").words, words
        assert world.api("gu.qiang", f"/{asking}{words}")["items"] == []
        assert world.number not in staff(world.app, "gu.qiang").open(f"/?tab=groups&text={words}").words
    assert world.number in staff(world.app, "gu.qiang").open(f"/{asking}cold coffee").words


def test_registers_and_their_files_cover_cells_and_count_what_is_true(world: World) -> None:
    browser = staff(world.app, "gu.qiang")

    page = browser.open("/reports/complaint/register?period=2026-Q1").words
    book = load_workbook(io.BytesIO(browser.client.get("/reports/complaint/register/export.xlsx?period=2026-Q1").data))

    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "欧＊＊＊" in page
    assert "欧＊＊＊" in cells
    assert NAME not in cells


def test_the_history_for_programs_leaves_out_what_is_hashed(world: World) -> None:
    mine = world.api("gu.qiang", f"/cases/{world.number}/history")["items"]
    full = world.api("fang.lan", f"/cases/{world.number}/history")["items"]

    assert [event["hash"] for event in mine] == [event["hash"] for event in full][: len(mine)]
    assert mine[0]["content"]["request"]["data"]["customer_name"] == "欧＊＊＊"
    assert mine[0]["body"] == ""
    assert full[0]["body"] != ""


def test_an_audit_package_is_only_for_who_may_read_all_of_it(world: World) -> None:
    refused = staff(world.app, ADMINISTRATOR).client.get(f"/cases/{world.number}/audit-package")
    last = company_events(world.site)[-1]
    me = actor_of(world.site, ADMINISTRATOR)
    assert me.person_id is not None
    with world.site.acting(me) as context:
        change_person(context, me.person_id, name={"en": "an.qi"}, groups=["front"], administrator=True, owner=False)
    given = staff(world.app, ADMINISTRATOR).client.get(f"/cases/{world.number}/audit-package")
    with world.site.acting(me) as context:
        change_person(context, me.person_id, name={"en": "an.qi"}, groups=[], administrator=True, owner=False)

    assert refused.status_code == 403
    assert (last.action, last.content["reason"]) == ("refused", "confidential")
    assert given.status_code == 200


def test_a_step_a_condition_and_the_state_of_the_case_decide_too(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    with_rules(
        site,
        """
[confidential.name]
fields = ["customer_name"]
steps = ["fix"]
[confidential.mail]
fields = ["customer_mail"]
when = 'kind = "service"'
[confidential.kind]
fields = ["kind"]
status = "closed"
""",
    )
    numbers = {}
    with site.acting(actor_of(site, "fang.lan")) as context:
        for kind in ("taste", "service"):
            numbers[kind] = start(context, "complaint", {**COMPLAINT, "customer_name": NAME, "kind": kind})
    do(site, numbers["taste"].case_id, "assess")
    app = an_app(site)

    def seen(login: str, kind: str) -> tuple[bool, bool, bool]:
        page = staff(app, login).open(f"/cases/{numbers[kind].number}").words
        return NAME in page, "chen@example.org" in page, ("Taste" in page or "Service" in page)

    assert seen("gu.qiang", "taste") == (True, True, True), "who has the step in hand reads the name"
    assert seen("gu.qiang", "service") == (False, False, True), "there is no such step yet, and it is about service"
    assert seen("fang.lan", "taste") == (False, True, True)
    do(site, numbers["service"].case_id, "assess", founded="no")
    assert seen("gu.qiang", "service") == (False, False, False)


def test_lists_beside_the_cases_cover_words_in_titles_and_reasons_too(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    with_rules(site, RULES)
    app = an_app(site)
    case = a_complaint(site, customer_name=NAME, summary=f"{NAME}说咖啡是凉的")
    with site.acting(actor_of(site, "fang.lan")) as context:
        copy_to(context, task_id(site, case.case_id, "assess"), [Addressee("gu.qiang")], reason=f"请看{NAME}一事")
    do(site, case.case_id, "assess")
    kitchen = staff(app, "gu.qiang")

    for path in ("/copies", "/?tab=groups", "/board", "/board/signals/hurried"):
        page = kitchen.open(path)
        assert (page.status, NAME in page.text) == (200, False), path
        assert "说咖啡是凉的" in page.text or path == "/board", path
    assert NAME in staff(app, "fang.lan").open("/board/signals/hurried").text


def test_a_form_neither_shows_nor_proposes_what_is_covered(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    app = _asking_again(site)
    with site.acting(actor_of(site, "fang.lan")) as context:
        started = start(context, "complaint", {**COMPLAINT, "customer_name": NAME})
    do(site, started.case_id, "assess")
    fix = task_id(site, started.case_id, "fix")

    page = staff(app, "gu.qiang").open(f"/tasks/{fix}")

    assert "欧＊＊＊" in page.words
    assert page.value("f-done") == ""
    assert NAME not in page.text


def _asking_again(site: Site) -> Flask:
    """The step fix shows the customer's name and proposes it for what was done."""
    from engine.commands.deployments import deploy

    with site.database.reading_every_company() as connection:
        files = dict(site.deployments.current(connection, CAFE, "complaint").package.files)
    files["procedure.toml"] += b'\n[confidential.name]\nfields = ["customer_name"]\ngroups = ["front"]\n'
    shown = "  - { id: customer_name, type: show, label: { zh-Hans: 姓名, zh-Hant: 姓名, en: Name } }\n"
    form = files["forms/fix.yaml"].decode().replace("fields:\n", f"fields:\n{shown}")
    form = form.replace("id: done, type: textarea,", "id: done, type: textarea, default: { data: customer_name },")
    files["forms/fix.yaml"] = form.encode()
    with site.acting(Actor.system(CAFE)) as context:
        deploy(context, files)
    return an_app(site)
