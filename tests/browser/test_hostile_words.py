"""A company in which every word is an attack: labels, names, answers, reasons, files. All its pages, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page

from engine.commands.attachments import receive, store
from engine.commands.choice_lists import set_list
from engine.commands.clocks import pause_clock
from engine.commands.deployments import deploy
from engine.commands.notices import add_note
from engine.commands.people import Profile, change_person, create_token
from engine.commands.site import Site
from engine.commands.support import ask_support
from engine.complaints import SYSTEM, Actor
from engine.forms import Option
from engine.queries.board import SIGNALS
from tests.browser.walking import Walk, serving
from tests.commands.test_choice_lists import cafe_files
from tests.support.cafe import a_complaint, do, task_id
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import staff
from webapp.access import declared_access

#: Ends whatever it stands in, and then tries each way to run or to load something.
ATTACK = (
    "=1+1\"'></textarea></title><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>"
    '<a href="javascript:alert(4)">{{7*7}}${7*7}{%x%}<base href=//evil.example><iframe srcdoc="<script>alert(5)</script>">'
)
#: What of it would stand in the page, had it been read as HTML.
ALIVE = "img[src='x'], [onerror], [onload], a[href^='javascript:'], base, iframe[srcdoc], script:not([src]):not([type='application/json'])"
_LABEL = re.compile(r'\b(zh-Hans|zh-Hant|en)(: |\s*= )("[^"]*"|[^,}"]+?)(?=\s*[,}])')
_SHORT = "<img src=x onerror=alert(2)>\"'{{7*7}}"


def attacked(name: str, content: bytes) -> bytes:
    """A file of the package in which every word for people is an attack."""
    text = content.decode()
    if name.endswith(".bpmn"):
        return re.sub(r'(<bpmn:[^>]*) name="[^"]*"', rf'\1 name="{escape(_SHORT)}"', text).encode()
    if name.startswith(("texts/", "scenarios/")):
        return content
    return _LABEL.sub(lambda found: f"{found[1]}{found[2]}{json.dumps(_SHORT)}", text).encode()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = a_site(tmp_path_factory.mktemp("site"))
    files = {name: attacked(name, content) for name, content in cafe_files(site).items()}
    files["forms/intake.yaml"] = files["forms/intake.yaml"].replace(b"max_length: 100", b"max_length: 1000")
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, files)
        ask_support(context, who=ATTACK[:100], reason=ATTACK)
        create_token(context, login="fang.lan", name=ATTACK[:60])
    return site


@pytest.fixture(scope="module")
def places(site: Site) -> dict[str, Any]:
    """What stands for something in the addresses of pages; on the way everything that can be written is."""
    label = {"zh-Hans": ATTACK, "en": ATTACK}
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        options = [Option(value=f"{value}{_SHORT}", label=label) for value in ("a", "b")]
        set_list(context, "kinds", options, reason=ATTACK, effective_at=None)
        for login in ("fang.lan", "gu.qiang", ADMINISTRATOR):
            person = actor_of(site, login)
            assert person.person_id
            change_person(
                context, person.person_id, name=label, groups=["front", "kitchen"],
                administrator=person.administrator, owner=True, profile=Profile("x@example.org", ATTACK, ATTACK),
            )  # fmt: skip
    with site.acting(actor_of(site, "fang.lan")) as context:
        photo = store(
            context, receive(site.storage, CAFE, name=f"{_SHORT}.pdf", content=b"%PDF-1.4\n%" + ATTACK.encode())
        )
    written = {"summary": ATTACK, "customer_name": ATTACK[:200], "customer_mail": ATTACK[:200]}
    files = {"a": [photo.id], "b": []}
    cases = [a_complaint(site, kind=f"{each}{_SHORT}", photos=photos, **written) for each, photos in files.items()]
    for case in cases:
        do(site, case.case_id, "assess", remark=ATTACK)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        add_note(context, cases[0].case_id, ATTACK)
        pause_clock(context, cases[0].case_id, "fixing", reason=ATTACK)
    return {
        "company": CAFE, "procedure": "complaint", "number": cases[0].number, "code": cases[0].tracking_code,
        "attachment_id": photo.id, "task_id": task_id(site, cases[0].case_id, "fix"), "deadline": "fixing",
        "file": "complaint.bpmn", "report_id": "register", "version": 2, "name": "kinds", "year": 2026, "person_id": 1,
    }  # fmt: skip


@pytest.fixture(scope="module")
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture(scope="module")
def walk(browser: Browser, site: Site, places: dict[str, Any]) -> Iterator[Walk]:
    with serving(site) as url:
        yield Walk(browser, site, url)


def addresses(app: Flask, places: dict[str, Any]) -> list[str]:
    """Every page there is for people, as far as it can be opened with what is there."""
    reader, found = staff(app, ADMINISTRATOR).client, []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" not in (rule.methods or ()) or declared_access(app.view_functions[rule.endpoint]) == "token":
            continue
        plausible = {name: 1 if f"<int:{name}>" in rule.rule else "x" for name in rule.arguments}
        plausible |= {name: places[name] for name in plausible if name in places}
        if rule.endpoint == "board.signal":
            plausible["name"] = SIGNALS[0]
        if "verb" in plausible:
            plausible["verb"] = "delegation" if rule.endpoint.startswith("verbs.") else "pause"
        path = rule.build(plausible)[1]
        with reader.get(path) as answer:
            if answer.status_code == 200 and answer.mimetype == "text/html":
                found.append(path)
    return found


def test_nothing_that_anybody_wrote_comes_alive_on_any_page(
    walk: Walk, app: Flask, places: dict[str, Any], site: Site
) -> None:
    paths = addresses(app, places)
    page, dialogs, alive, shown = walk.page(ADMINISTRATOR), list[str](), list[str](), 0
    page.set_default_timeout(60_000)
    page.on("dialog", lambda dialog: answered(dialog, dialogs))

    for path in [*paths, f"/cases?text={ATTACK}", f"/session/new?next={ATTACK}", f"/nowhere/{ATTACK[:40]}"]:
        page.goto(f"{walk.url}{path}", wait_until="load")
        alive += [f"{path}: {found}" for found in came_alive(page)]
        shown += "alert(2)" in page.inner_text("body")

    assert dialogs == []
    assert alive == []
    assert walk.complaints == [], "the policy had to refuse something, or a script failed over it"
    assert len(paths) > 60
    assert shown > 40, "too few pages show what was written"


def answered(dialog: Dialog, dialogs: list[str]) -> None:
    """An editor may ask whether to leave it; whatever else asks was written by somebody."""
    if dialog.type == "beforeunload":
        dialog.accept()
        return
    dialogs.append(dialog.message)
    dialog.dismiss()


def came_alive(page: Page) -> list[str]:
    return list(page.evaluate("s => Array.from(document.querySelectorAll(s), e => e.outerHTML.slice(0, 120))", ALIVE))
