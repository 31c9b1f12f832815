"""Every route, walked by every role: a read that is allowed and a call that is denied leave exactly one event each.

A new route fails here until `READS` says what reading it leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.commands.attachments import receive, store
from engine.commands.audits import Sample, keep_sample, raise_finding
from engine.commands.cases import start
from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import Actor
from engine.queries.board import SIGNALS
from engine.worker import checkpoint
from tests.support.auditors import an_auditor
from tests.support.cafe import COMPLAINT, do, task_id
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import company_events, events_of
from webapp.access import declared_access
from webapp.papers import WHOLE

AUDITOR = "shen.ji"
ROLES = ("fang.lan", "gu.qiang", ADMINISTRATOR, AUDITOR)
CASE = "read_case"  #: one case was shown: an event of that case
SEARCH = "search"  #: cases were listed: an event of the company with what was asked and what was found
EXPORT = "export_case"  #: its audit package was taken
NOTHING = ""  #: shows nothing about a customer, or only to the customer, or what the page around it has recorded
#: What reading a route leaves behind. Say CASE where one case is shown, SEARCH where cases are found, and NOTHING with
#: the reason where no customer is in it; then call `record_reading` or `record_search` in the view.
READS = {
    "absences.index": NOTHING,  # colleagues, no customers
    "account.second_factor_begin": NOTHING,  # one's own account
    "account.show": NOTHING,
    "api.history": CASE,
    "api.list_tasks": NOTHING,  # work of one's own groups: titles, no answers
    "api.openapi": NOTHING,
    "api.procedures": NOTHING,
    "api.show_case": CASE,
    "api.show_task": CASE,
    "api_cases.list_cases": SEARCH,
    "api_letters.list_letters": CASE,
    "api_time_limits.list_clocks": CASE,
    "api_time_limits.list_extensions": NOTHING,  # dates and reasons, no customers
    "api_time_limits.list_reminders": NOTHING,
    "api_time_limits.try_calendar": NOTHING,
    "api_verbs.list_errands": NOTHING,  # what colleagues and customers asked of one
    "api_verbs.list_data_errands": NOTHING,  # what customers ask about their data, as erasures.index
    "arrivals.index": SEARCH,
    "attachments.show": CASE,
    "alerts.index": NOTHING,  # numbers and figures; opening one is a search
    "alerts.show": SEARCH,
    "audits.finding": CASE,
    "audits.finding_new": CASE,
    "audits.index": NOTHING,  # samples and findings: the auditors' own words
    "audits.package": EXPORT,  # of each case, while they are sent; here there is one
    "audits.report": "audit_report",
    "audits.sample": "audit_report",
    "board.duty_list": NOTHING,  # schedules
    "board.show": SEARCH,
    "board.signal": SEARCH,
    "board.work": SEARCH,
    "board.tasks": SEARCH,
    "books.drawing": NOTHING,
    "books.show": NOTHING,
    "calendars.new": NOTHING,
    "calendars.show": NOTHING,
    "calendars.version": NOTHING,
    "cases.diagram": NOTHING,  # the drawing, without the case
    "cases.index": SEARCH,
    "cases.show": CASE,
    "choice_lists.index": NOTHING,  # what forms offer
    "choice_lists.show": NOTHING,
    "choice_lists.table": NOTHING,
    "conditions.show": NOTHING,
    "conformance.package": EXPORT,
    "conformance.record": EXPORT,
    "conformance.show": CASE,
    "corrective.effect": SEARCH,
    "decisions.show": NOTHING,
    "differences.drawing": NOTHING,
    "differences.show": NOTHING,
    "drafts.choices": NOTHING,
    "drafts.file": NOTHING,
    "gallery.look": NOTHING,
    "gallery.picture": NOTHING,  # procedures of a demonstration
    "gallery.show": NOTHING,
    "health.letter": CASE,
    "health.show": NOTHING,  # numbers of cases and what failed
    "hooks.index": NOTHING,  # addresses of programs, numbers of cases
    "hooks.show": NOTHING,
    "erasures.certificate": NOTHING,  # numbers of cases and of events, nothing of what they said
    "erasures.hold_new": NOTHING,  # the number of a case
    "erasures.index": NOTHING,  # numbers of cases
    "erasures.new": NOTHING,  # nothing before somebody looks for a person, which is recorded as a search
    "erasures.show": NOTHING,  # numbers of cases
    "event_logs.file": "export_events",
    "event_logs.index": NOTHING,  # how many cases
    "inbox.copied": NOTHING,  # as api.list_tasks
    "inbox.show": NOTHING,  # as api.list_tasks
    "interventions.new": CASE,
    "letters.index": NOTHING,  # where a code is typed
    "letters.show": CASE,  # by whoever has the letter
    "migrations.show": NOTHING,  # numbers and dates of cases, no customers
    "modeller.show": NOTHING,
    "modelling.dates": NOTHING,
    "own_data.copy": "tell_person",  # by the customer
    "own_data.data": "tell_person",
    "own_data.show": CASE,
    "papers.letter": CASE,
    "papers.show": CASE,
    "people.index": NOTHING,  # colleagues, no customers
    "people.list_new": NOTHING,
    "people.new": NOTHING,
    "people.show": NOTHING,
    "privacy.index": NOTHING,  # what companies keep, no customers
    "privacy.show": NOTHING,
    "probes.healthz": NOTHING,
    "probes.metrics": NOTHING,
    "probes.readyz": NOTHING,
    "public.find": NOTHING,  # sends the customer on
    "public.new": NOTHING,
    "public.procedures": NOTHING,
    "public.receipt": NOTHING,  # the code itself, once
    "publications.new": NOTHING,
    "publications.show": NOTHING,
    "registration.choose": NOTHING,
    "registration.new": NOTHING,
    "posters.show": NOTHING,
    "relations.new": CASE,
    "replay.show": CASE,
    "replay.steps": NOTHING,  # loaded by replay.show, which has recorded it
    "reports.export": "export_report",
    "reports.index": NOTHING,
    "reports.printed": "print_report",
    "reports.show": SEARCH,
    "review.paper": "print_report",
    "review.show": NOTHING,  # figures
    "sandbox.show": NOTHING,
    "session.code": NOTHING,
    "session.new": NOTHING,
    "settings.numbers": NOTHING,  # patterns and the next number
    "settings.show": NOTHING,
    "support.show": NOTHING,  # who of the platform asked to be let in
    "settings_log.show": NOTHING,  # what colleagues set, no customers
    "setup.show": NOTHING,  # before anybody is there
    "single_sign_on.back": NOTHING,  # sign-in
    "single_sign_on.begin": NOTHING,
    "single_sign_on.show": NOTHING,
    "tasks.show": CASE,
    "time_limits.decide": CASE,
    "time_limits.new": CASE,
    "comments.show": NOTHING,  # what owners say to each other
    "form_builder.show": NOTHING,
    "texts.clauses": NOTHING,
    "texts.show": NOTHING,
    "trials.new": NOTHING,  # what is tried is no case
    "trials.scenarios": NOTHING,
    "filings.index": NOTHING,  # procedures and why; what was said is on the next page
    "filings.show": SEARCH,
    "public.held": NOTHING,  # to its sender, who wrote it
    "surveys.index": NOTHING,  # numbers; opening a round is a search
    "surveys.show": SEARCH,
    "tracking.form": CASE,  # by the customer
    "tracking.new": NOTHING,  # an empty form; what it is about is on the page before
    "tracking.show": CASE,  # by the customer
    "told.data": "tell_person",
    "told.show": "tell_person",
    "verbs.hand_over_case": CASE,
    "verbs.new": CASE,
    "verbs.show": CASE,
    "verbs.withdraw": CASE,
    "verbs.withdraw_letter": CASE,
    "staff_loads.show": NOTHING,  # living is recorded as a search
    "what_ifs.show": NOTHING,  # playing is recorded as a search
    "workshop.index": NOTHING,
    "workshop.show": NOTHING,
}


@dataclass
class World:
    """A company with a case, and everybody signed in, on pages and with a token."""

    site: Site
    app: Flask
    case_id: int
    places: dict[str, Any]
    clients: dict[str, FlaskClient]
    tokens: dict[str, str]
    csrf: dict[str, str]
    looked: set[str]  #: pages that a customer had open: the first look of a day is an event

    def events(self) -> list[tuple[str, str]]:
        """Who did what, in the case and in the company."""
        found = [*events_of(self.site, self.case_id), *company_events(self.site)]
        return [(event.actor, event.action) for event in found]


@pytest.fixture(scope="module")
def world(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    site = a_site(tmp_path_factory.mktemp("site"))
    with site.acting(actor_of(site, "fang.lan")) as context:
        photo = store(
            context, receive(site.storage, context.actor.company_id, name="cup.pdf", content=b"%PDF-1.4\n%cold")
        )
        started = start(context, "complaint", {**COMPLAINT, "photos": [photo.id]})
    do(site, started.case_id, "assess")
    an_auditor(site, AUDITOR)
    with site.acting(actor_of(site, AUDITOR)) as context:
        drawn = Sample("one", "1", 1, (), (), context.now, context.now, ((started.number, ()),), (started.number,))
        sample_id = keep_sample(context, drawn)
        finding_id = raise_finding(
            context, started.case_id, text="x", clause="", event=1, severity="minor", owner="fang.lan",
            due_on="2026-12-31",
        )  # fmt: skip
    with site.acting(Actor.system(CAFE)) as context:
        tokens = {login: create_token(context, login=login, name="tests") for login in ROLES}
    checkpoint(site, CAFE)  # the first one records its key
    app = an_app(site)
    browsers = {login: staff(app, login) for login in ROLES}
    places = {
        "attachment_id": photo.id, "code": started.tracking_code, "company": CAFE, "deadline": "fixing",
        "digest": "0" * 64, "extension_id": 1, "file": "complaint.bpmn", "finding_id": finding_id, "sample_id": sample_id, "record": WHOLE, "key": "x", "version": 1,
        "number": started.number, "person_id": 1, "report_id": "register", "procedure": "complaint", "publication_id": 1, "reminder_id": 1,
        "task_id": task_id(site, started.case_id, "fix"), "verb": "pause", "year": 2026,
    }  # fmt: skip
    QUERIES["audits.finding_new"] = f"?case={started.number}"
    return World(
        site,
        app,
        started.case_id,
        places,
        {login: browser.client for login, browser in browsers.items()},
        tokens,
        {
            login: browser.open("/").tree.xpath("//input[@name='csrf_token']/@value")[0]
            for login, browser in browsers.items()
        },
        set(),
    )


def routes(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """Endpoint, method and rule, without static files."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
        if rule.endpoint != "static":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, rule


#: What a page needs besides its path.
QUERIES = {"board.tasks": "?group=kitchen"}


def call(world: World, login: str, method: str, rule: Any) -> TestResponse:
    world.places["verb"] = {"verbs": "delegation", "relations": "link"}.get(rule.endpoint.partition(".")[0], "pause")
    world.places["kind"] = "pdf" if rule.endpoint.startswith(("papers.", "erasures.")) else "separation"
    plausible = {name: 1 if f"<int:{name}>" in rule.rule else "x" for name in rule.arguments}
    if rule.endpoint == "board.signal":
        plausible["name"] = SIGNALS[0]
    path = rule.build({**plausible, **{name: world.places[name] for name in plausible if name in world.places}})[1]
    path += QUERIES.get(rule.endpoint, "")
    if declared_access(world.app.view_functions[rule.endpoint]) == "token":
        headers = {"Authorization": f"Bearer {world.tokens[login]}", "Idempotency-Key": f"{login} {path}"}
        return world.app.test_client().open(path, method=method, headers=headers, json={} if method != "GET" else None)
    data = {"csrf_token": world.csrf[login]} if method != "GET" else None
    return world.clients[login].open(path, method=method, data=data)


def test_every_read_is_listed(world: World) -> None:
    found = {endpoint for endpoint, method, _ in routes(world.app) if method == "GET"}

    missing = sorted(found - READS.keys())
    assert missing == [], f"say in READS of {__file__} what reading these leaves in the history, and why"
    assert sorted(READS.keys() - found) == [], "these are no routes any more"


@pytest.mark.parametrize("login", ROLES)
def test_a_read_leaves_exactly_its_event_and_a_denied_one_a_refusal(world: World, login: str) -> None:
    wrong = []
    shown = set()
    for endpoint, method, rule in routes(world.app):
        if method != "GET" or endpoint not in READS:
            continue
        before = world.events()
        response = call(world, login, "GET", rule)
        status, left = response.status_code, _since(world, before)
        response.close()
        who = "customer" if endpoint.startswith(("public.", "tracking.", "own_data.")) else login
        if status == 403:
            expected = [(login, "refused")]
        elif status == 200:
            shown.add(endpoint)
            expected = [(who, READS[endpoint])] if READS[endpoint] and endpoint not in world.looked else []
            world.looked |= {endpoint} if who == "customer" else set()
        else:
            expected = []
        if left != expected or status >= 500:
            wrong.append(f"{endpoint}: {status}, expected {expected}, found {left}")

    assert not wrong, "\n".join(wrong)
    assert {name for name, event in READS.items() if event} - shown <= MAY_BE_DENIED


#: Reads of cases that not every role of this test gets to see.
MAY_BE_DENIED = {
    "letters.show",  # none was written here; tests/web/test_letters.py
    "own_data.copy",  # none was handed out here; tests/web/test_own_data.py
    "own_data.data",
    "papers.letter",
    "verbs.withdraw_letter",  # none was written here; tests/web/test_letters.py
    "alerts.show",  # nothing was noticed here
    "audits.finding",
    "audits.finding_new",
    "audits.package",
    "audits.report",
    "audits.sample",
    "arrivals.index",
    "health.letter",  # nobody here has one
    "filings.show",  # nothing was held here
    "surveys.show",  # nobody was asked here
    "tracking.form",  # no form waits for the customer here; tests/web/test_customer_forms.py
    "event_logs.file",
    "told.data",
    "told.show",
    "verbs.hand_over_case",
    "conformance.package",
    "conformance.record",
    "verbs.show",
    "verbs.withdraw",
    "interventions.new",
    "time_limits.new",
    "time_limits.decide",
    "tasks.show",
    "api.show_task",
}


@pytest.mark.parametrize("login", ROLES)
def test_a_denied_change_leaves_exactly_a_refusal(world: World, login: str) -> None:
    wrong = []
    denied = 0
    for endpoint, method, rule in routes(world.app):
        if method == "GET" or endpoint in ENDS_THE_SESSION:
            continue
        before = world.events()
        response = call(world, login, method, rule)
        status, left = response.status_code, _since(world, before)
        response.close()
        denied += status == 403
        if status >= 500:
            wrong.append(f"{endpoint}: {status}")
        if status == 403 and left != [(login, "refused")]:
            wrong.append(f"{endpoint}: denied, expected one refusal, found {left}")
        if status >= 400 and status != 403 and any(action not in {"refused", "sign_in_failed"} for _, action in left):
            wrong.append(f"{endpoint}: {status}, expected nothing to have been done, found {left}")

    assert not wrong, "\n".join(wrong)
    assert denied > 3, "nobody was denied anything: the test calls nothing"


ENDS_THE_SESSION = {"session.end", "session.create", "account.sign_out_elsewhere", "sandbox.visit"}


def _since(world: World, before: list[tuple[str, str]]) -> list[tuple[str, str]]:
    left = world.events()
    for event in before:
        left.remove(event)
    return left
