"""What pages must hold to whatever is put into them: escaping, security policy, icons, edge cases."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace as Row
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template
from jinja2 import StrictUndefined

import webapp.translate
from engine.forms import Line
from webapp import security_headers
from webapp.field_form import KINDS
from webapp.presentation import Due, DueState, Moment, Reader
from webapp.static_files import addresses
from webapp.translate import translator

WEBAPP = Path(webapp.translate.__file__).parent
TEMPLATES = sorted((WEBAPP / "templates").rglob("*.html"))
SCRIPTS = [path for folder in ("", "replay", "modeller") for path in (WEBAPP / "islands" / folder).glob("*.js")]
ENDPOINTS = {
    "inbox.show": "/inbox",
    "inbox.copied": "/copies",
    "inbox.bulk": "/bulk",
    "arrivals.index": "/arrivals",
    "filings.index": "/held",
    "surveys.index": "/surveys",
    "cases.index": "/cases",
    "cases.show": "/cases/<number>",
    "replay.show": "/cases/<number>/replay",
    "conformance.show": "/cases/<number>/conformance",
    "calendars.show": "/calendar",
    "settings.show": "/settings",
    "audits.index": "/audit",
    "audits.finding": "/audit/findings/<finding_id>",
    "alerts.show": "/alerts/<alert_id>",
    "letters.show": "/public/letters/<code>",
    "letters.index": "/public/letters",
    "privacy.index": "/public/privacy",
    "privacy.show": "/public/privacy/<company>",
    "sandbox.show": "/sandbox",
    "reports.index": "/reports",
    "board.show": "/board",
    "board.work": "/board/work",
    "inbox.save": "/filters",
    "inbox.remove": "/filters/<filter_id>/removal",
    "time_limits.accept": "/reminders/<reminder_id>/acceptance",
    "time_limits.decide": "/extensions/<extension_id>",
    "absences.index": "/absences",
    "verbs.new": "/tasks/<task_id>/verbs/<verb>",
    "verbs.note": "/cases/<number>/notes",
    "verbs.hand_over_case": "/cases/<number>/hand-over",
    "verbs.answer": "/errands/<errand_id>",
    "interventions.new": "/cases/<number>/intervention",
    "tasks.show": "/tasks/<task_id>",
    "tasks.claim": "/tasks/<task_id>/claim",
    "workshop.index": "/workshop",
    "registration.choose": "/register",
    "registration.new": "/register/<company>/<procedure>",
    "registration.known": "/register/<company>/<procedure>/known",
    "registration.caller": "/register/<company>/<procedure>/caller",
    "corrective.effect": "/cases/<number>/effect",
    "papers.show": "/cases/<number>/papers/<record>.<kind>",
    "papers.letter": "/cases/<number>/letters/<place>.<kind>",
    "verbs.withdraw_letter": "/cases/<number>/letters/<place>/withdrawal",
    "relations.new": "/cases/<number>/relations/<verb>",
    "public.procedures": "/public",
    "public.new": "/public/<company>/<procedure>",
    "public.find": "/public/find",
    "session.new": "/sign-in",
    "session.create": "/session",
    "session.end": "/sign-out",
    "single_sign_on.begin": "/sign-in/<company>/provider",
    "account.show": "/account",
    "people.index": "/people",
    "health.show": "/health",
    "event_logs.index": "/event-logs",
    "erasures.index": "/personal-data",
    "erasures.new": "/personal-data/erasures/new",
    "erasures.show": "/personal-data/erasures/<erasure_id>",
    "erasures.hold_new": "/personal-data/holds/new/<number>",
    "told.show": "/personal-data/report/<number>",
    "publications.show": "/workshop/<procedure>/publications/<publication_id>",
    "preferences.set_language": "/language",
    "preferences.set_theme": "/theme",
}
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'
NEVER = Due(DueState.NONE, "No due date", None)
LATE = Due(DueState.OVERDUE, "Overdue by 2 working hours", "2026-11-19T10:00:00+08:00")
THEN = Moment("Yesterday 18:30", "2026-11-18 18:30", "2026-11-18T18:30:00+08:00")

Render = Callable[..., str]


@pytest.fixture(params=["zh-Hans", "en"])
def render(request: pytest.FixtureRequest) -> Render:
    """Renders a template in an application that has our addresses and nothing behind them."""
    app = Flask("pages", template_folder=str(WEBAPP / "templates"), static_folder=str(WEBAPP / "static"))
    app.secret_key = "for flashes"
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["asset_address"] = addresses("v1")
    webapp.translate.install(app.jinja_env, lambda: translator(request.param))
    for endpoint, path in ENDPOINTS.items():
        app.add_url_rule(path, endpoint, lambda **_: "")

    def page(template: str, *, signed_in: bool = True, **context: Any) -> str:
        person = (
            Row(
                name="Li Min",
                initial="L",
                roles="Service",
                owner=True,
                administrator=True,
                audits_until="",
                supports=False,
            )
            if signed_in
            else None
        )
        shell = Row(
            language=request.param,
            theme=None,
            here="/",
            csrf_token="t",
            person=person,
            open_tasks=0,
            search="",
            sandbox=None,
            about_company="",
        )
        with app.test_request_context("/"):
            return render_template(template, shell=shell, **{"plain": False, "narrow": False, "nav": "", **context})

    return page


def a_task(**facts: Any) -> Row:
    row = {
        "id": 17, "title": "Kettle smokes", "case_number": "RT-1", "procedure": "Returns", "step": "Investigate", "group": "",
        "customer": "Wang", "due": NEVER, "can_claim": False, "done": None, "columns": "", "repeats": 0,
    }  # fmt: skip
    return Row(**(row | facts))


def an_inbox(*tasks: Row, tab: str = "mine", filtered: bool = False, next_page: str | None = None) -> dict[str, Any]:
    return {
        "tab": tab, "filtered": filtered, "tasks": tasks, "next": next_page,
        "counts": Row(mine=len(tasks), groups=0, overdue=0, copies=0), "people": [], "filters": Row(procedure="", step="", text="", late=False),
        "saved": [], "keep": [], "share_with": [], "lane": [], "procedures": [], "steps": [], "held": 0, "reminders": [], "errands": [], "drafts": [], "findings": [], "alerts": [], "requests": [],
    }  # fmt: skip


def a_case(**facts: Any) -> dict[str, Any]:
    case = {
        "number": "RT-1", "title": "Kettle smokes", "procedure": "Returns", "status": "open", "tone": "accent", "customer": "Wang",
        "received": THEN, "closed": None, "outcome": "", "reopens": "", "reopened_as": "",
        "company": "shop", "procedure_id": "complaint", "repeats": 0,
    }  # fmt: skip
    return {
        "case": Row(**(case | facts)), "tasks": [], "may_intervene": True, "may_split": True, "may_withdraw": True, "incident": None, "timeline": [], "clocks": [], "summary": [], "covered": True, "answers": [],
        "letters": [], "attachments": [], "answerable": Row(name="Li Min", hand_overs=2, may_hand_over=True), "take_back": None,
        "related": [], "corrective": Row(is_one=False, alerts=[], changes=[], effect=None, offered=[]), "theirs": [], "papers": [],
        "personal": Row(erased=None, erasure=None, held=["in court"], may_ask=True, closed=False),
        "diagram": Row(xml_url="/x.bpmn", names={}, done=[], active=[], late=[], words="Open now: Investigate", choices=[]),
    }  # fmt: skip


class Elements(HTMLParser):
    """Every start tag with its attributes, and whatever is nested wrongly."""

    VOID = frozenset({"input", "meta", "link", "br", "path", "use", "hr", "img"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        assert self.open[-1] == tag, f"expected </{self.open[-1]}>, found </{tag}> at {self.getpos()}"
        self.open.pop()


def test_an_inbox_without_tasks_says_what_to_do(render: Render) -> None:
    page = render("inbox.html", **an_inbox())

    assert 'href="/inbox?tab=groups"' in page
    assert "<table" not in page


def test_a_filter_without_hits_offers_to_clear_it(render: Render) -> None:
    page = render("_inbox_rows.html", **an_inbox(tab="groups", filtered=True))

    assert 'class="btn" href="/inbox?tab=groups"' in page


def test_a_task_without_title_or_due_date_still_has_a_link(render: Render) -> None:
    page = render("inbox.html", **an_inbox(a_task(title="")))

    assert '<a class="clamp" href="/tasks/17">RT-1</a>' in page
    assert '<span class="muted">No due date</span>' in page


def test_only_what_may_be_claimed_has_the_button(render: Render) -> None:
    page = render("inbox.html", **an_inbox(a_task(id=1, can_claim=True), a_task(id=2)))

    assert re.findall(r"/tasks/(\d+)/claim", page) == ["1"]


def test_the_next_page_is_a_plain_link_too(render: Render) -> None:
    page = render("inbox.html", **an_inbox(a_task(), next_page="/inbox?cursor=a&tab=mine"))

    assert 'href="/inbox?cursor=a&amp;tab=mine"' in page


def test_a_closed_case_names_its_outcome_and_offers_no_task(render: Render) -> None:
    page = render("case.html", **a_case(closed=THEN, outcome="Customer satisfied"))

    assert "Customer satisfied" in page
    assert "/tasks/" not in page


def test_an_incident_is_announced_with_its_step(render: Render) -> None:
    stopped = Row(words="No rule matches.", element="Decide", since=THEN, code="no-rule")

    page = render("case.html", **(a_case() | {"incident": stopped}))

    assert 'role="alert"' in page
    assert "Decide" in page
    assert "no-rule" in page


def test_a_lost_race_says_who_was_faster_and_when(render: Render) -> None:
    page = render(
        "error.html",
        status=409,
        by="Chen Li",
        at=THEN,
        limit_mb=None,
        reference=None,
        back="/cases/RT-1",
        back_words="Case",
        why="",
        look_url="/tasks/17",
    )

    assert "Chen Li" in page
    assert "2026-11-18 18:30" in page
    assert 'href="/cases/RT-1"' in page
    assert 'href="/tasks/17"' in page


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500, 503, 418])
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_error_page_can_be_shown(render: Render, status: int, *, signed_in: bool) -> None:
    page = render(
        "error.html", signed_in=signed_in, status=status, by=None, at=None, limit_mb=20, reference="7f3a", back="/", back_words="Back",
        look_url=None, why="",
    )  # fmt: skip

    assert Elements(page).open == []


@pytest.mark.parametrize("template", ["inbox.html", "case.html", "cases.html", "public_track.html", "sign_in.html"])
def test_markup_in_data_stays_text(render: Render, template: str) -> None:
    page = render(template, **hostile_context(template))

    assert "<script>alert" not in page
    assert "49" not in re.findall(r">(\d+)<", page)
    assert all(not name.startswith("on") for _, attributes in Elements(page).tags for name in attributes)


def hostile_context(template: str) -> dict[str, Any]:
    """Every text that people outside can write, written by an attacker."""
    case = a_case(title=HOSTILE, customer=HOSTILE, number="RT-1") | {
        "summary": [(HOSTILE, HOSTILE)],
        "timeline": [Row(tone="done", what=HOSTILE, who=HOSTILE, words=HOSTILE, at=THEN, took="")],
        "answers": [
            Row(title=HOSTILE, who=HOSTILE, at=THEN, lines=[Line("a", HOSTILE, HOSTILE, ((Line("b", "c", HOSTILE),),))], changes=[], files=[])
        ],
        "letters": [Row(place=1, subject=HOSTILE, to=HOSTILE, state="sent", tone="ok", at=THEN, body=HOSTILE, withdrawn=None)],
        "attachments": [Row(name=HOSTILE, url="/a", size="1 KB", original="")],
        "diagram": Row(xml_url="/x", names={"a": HOSTILE}, done=[], active=[], late=[], words=HOSTILE, choices=[]),
    }  # fmt: skip
    row = {
        "number": "RT-1", "title": [(HOSTILE, True)], "procedure": "P", "status": "open", "tone": "", "customer": [(HOSTILE, False)],
        "received": THEN, "due": LATE, "repeats": 1,
        "hits": [Row(where=HOSTILE, url="/a", who=HOSTILE, at=THEN, pieces=[(HOSTILE, False), (HOSTILE, True)])],
    }  # fmt: skip
    track = {
        "case": Row(number="RT-1", company_name="C", title=HOSTILE, status="open", tone="", received=THEN, closed=None),
        "promise": Row(what=HOSTILE, date=HOSTILE, state="overdue", why=HOSTILE),
        "waits": [Row(words=HOSTILE, who=HOSTILE, yours=False)], "asked": [Row(words=HOSTILE, url="/a")], "acts": [Row(url="/a", words=HOSTILE, icon="check", until=HOSTILE)],
        "done": [Row(what=HOSTILE, at=THEN, words=HOSTILE)], "goes_on": Row(number=HOSTILE, url="/a"),
        "wishes": [Row(what=HOSTILE, state=HOSTILE, tone="", said=HOSTILE)], "own_data": "/a",
        "milestones": [Row(words=HOSTILE, state="now", at=None)], "letters": [Row(subject=HOSTILE, at=THEN, body=HOSTILE, withdrawn=HOSTILE, check=Row(code=HOSTILE, entry=HOSTILE, drawing="data:,"))],
    }  # fmt: skip
    choices = Row(**{name: [(HOSTILE, HOSTILE)] for name in ("procedures", "steps", "clauses", "outcomes", "people")})
    given = dict.fromkeys(("status", "procedure", "step", "clause", "person", "outcome", "since", "until"), HOSTILE)
    lists = {"filters": Row(text=HOSTILE, **given), "choices": choices, "filtered": True, "more": 6, "next": None}
    return {
        "inbox.html": an_inbox(a_task(title=HOSTILE, customer=HOSTILE, due=LATE)),
        "case.html": case,
        "cases.html": {"cases": [Row(**row)], **lists},
        "public_track.html": track,
        "sign_in.html": {
            "name": HOSTILE,
            "next": HOSTILE,
            "problem": HOSTILE,
            "demo": [],
            "question": None,
            "services": [Row(company=HOSTILE, name=HOSTILE, of=HOSTILE)],
        },
    }[template]


def test_names_of_elements_reach_the_script_whole(render: Render) -> None:
    page = render("case.html", **hostile_context("case.html"))

    names = next(attributes["data-names"] for _, attributes in Elements(page).tags if "data-names" in attributes)
    assert names is not None
    assert "alert(1)" in names


#: Mail programs know no policy of ours and fetch no style sheets.
PAGES = [path for path in TEMPLATES if path.name != "report_mail.html"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_templates_need_no_exception_from_the_security_policy(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:|hx-on|hx-vals", source) == []
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", source, re.DOTALL):
        assert 'type="application/json"' in attributes or not body.strip(), "scripts are files"


def test_every_icon_is_in_the_sprite_and_none_is_there_for_nothing() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    offered = set((WEBAPP / "islands/icons.txt").read_text(encoding="utf-8").split())

    called = {name for call in re.findall(r"icon\(([^)]*)\)", pages) for name in re.findall(r"'([a-z0-9-]+)'", call)}
    listed = set(re.findall(r"\d{3}: \('([a-z-]+)'", pages))  # error.html
    by_tone = {"circle-check", "triangle-alert", "circle-alert", "info"}  # the macro note
    in_scripts = set(re.findall(r"'(play|pause)'|(?:icon|sign)(?:: |\()'([a-z0-9-]+)'", scripts))
    in_scripts = {name for found in in_scripts for name in found if name}
    in_palette = {kind.icon for kind in KINDS.values()}  # the builder of forms
    used = (called | listed | by_tone | in_scripts | in_palette) - {"ok", "warn", "bad"}

    assert used - offered == set()
    assert offered - used == set()


def test_every_answer_forbids_what_pages_do_not_need() -> None:
    app = Flask("empty")
    answer = security_headers.apply(app.response_class("x"))

    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer.headers


def test_https_sites_are_remembered_and_what_a_view_decided_stays() -> None:
    app = Flask("empty")
    file = app.response_class("x", headers={"Cache-Control": "public, max-age=31536000, immutable"})

    answer = security_headers.apply(file, https=True)

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_reader_knows_the_locale_of_his_language() -> None:
    assert Reader(translator("zh-Hant"), ZoneInfo("Asia/Taipei")).locale == "zh_Hant_TW"
