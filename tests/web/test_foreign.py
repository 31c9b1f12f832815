"""Somebody of another company walks every route with ids that are not theirs: no byte of a foreign company comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from engine.commands import clocks, errands
from engine.commands.attachments import receive, store
from engine.commands.cases import start
from engine.commands.erasures import ask_erasure
from engine.commands.hand_overs import hand_over
from engine.commands.holds import hold_case
from engine.commands.people import add_person, create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from tests.support.cafe import COMPLAINT, a_complaint, do, task_id
from tests.support.site import ADMINISTRATOR, CAFE, PASSWORD, a_site, actor_of
from tests.support.unfiltered import without_company_conditions
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.neighbour import NEIGHBOUR, add_neighbour
from tests.web.test_everything_is_an_event import ENDS_THE_SESSION, routes
from webapp.access import declared_access

#: Words that stand only in what belongs to the café; the last one is in its file.
SECRETS = ("zhongguancun-secret", "wang-secret-name", "secret@example.org", "reason-of-the-cafe", "secret-in-the-file")
#: Names in paths by which something of one company is named.
NAMES = frozenset(
    {
        "number",
        "task_id",
        "attachment_id",
        "extension_id",
        "reminder_id",
        "person_id",
        "errand_id",
        "publication_id",
        "letter_id",
        "hook_id",
        "delivery_id",
        "erasure_id",
        "hold_id",
    }
)


@dataclass
class Stranger:
    """Somebody who may do everything in another company."""

    app: Flask
    places: dict[str, Any]
    client: Any
    csrf: str
    token: str

    def call(self, method: str, rule: Any) -> tuple[str, int, str]:
        places = {name: self.places.get(name, "1") for name in rule.arguments}
        path = rule.build(places)[1]
        if declared_access(self.app.view_functions[rule.endpoint]) == "token":
            headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": path}
            body = {} if method != "GET" else None
            response = self.app.test_client().open(path, method=method, headers=headers, json=body)
        else:
            data = {"csrf_token": self.csrf} if method != "GET" else None
            response = self.client.open(path, method=method, data=data)
        status, text = response.status_code, response.get_data().decode(errors="replace")
        response.close()
        return f"{method} {path}", status, text


@pytest.fixture(scope="module")
def stranger(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    site = a_site(tmp_path_factory.mktemp("site"))
    case_id, places = _something_of_everything(site)
    add_neighbour(site, tmp_path_factory.mktemp("neighbour"))
    with site.acting(Actor(NEIGHBOUR, SYSTEM)) as context:
        add_person(
            context,
            login="all.powerful",
            name={"en": "Stranger"},
            groups=["front", "kitchen"],
            password=PASSWORD,
            administrator=True,
            owner=True,
        )
        token = create_token(context, login="all.powerful", name="tests")
    app = an_app(site)
    browser = staff(app, "all.powerful")
    csrf = str(browser.open("/").tree.xpath("//input[@name='csrf_token']/@value")[0])
    assert case_id
    return Stranger(app, places, browser.client, csrf, token)


def _something_of_everything(site: Site) -> tuple[int, dict[str, Any]]:
    """A case of the café with a file, tasks, a request for more time and one for a hand-over; where they are."""
    a_complaint(site)  # so that the other's number is none of the neighbour's
    with site.acting(actor_of(site, "fang.lan")) as context:
        file = store(
            context,
            receive(site.storage, context.actor.company_id, name="a.pdf", content=b"%PDF-1.4\n%secret-in-the-file"),
        )
        said = {"summary": SECRETS[0], "customer_name": SECRETS[1], "customer_mail": SECRETS[2], "photos": [file.id]}
        started = start(context, "complaint", {**COMPLAINT, **said})
    do(site, started.case_id, "assess")
    fix = task_id(site, started.case_id, "fix")
    with site.acting(actor_of(site, "gu.qiang")) as context:
        clocks.ask_for_extension(context, started.case_id, "fixing", amount="4", reason=SECRETS[3])
    with site.acting(actor_of(site, "gu.qiang")) as context:
        hand_over(context, fix, errands.Addressee(login="wei.min"), reason=SECRETS[3])
    rejected = a_complaint(site, summary=SECRETS[0])
    do(site, rejected.case_id, "assess", founded="no")
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        ask_erasure(context, [rejected.case_id], reason=SECRETS[3])
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        hold_id = hold_case(context, started.case_id, reason=SECRETS[3])
    return started.case_id, {
        "attachment_id": file.id, "company": NEIGHBOUR, "deadline": "fixing", "digest": "0" * 64, "errand_id": 1,
        "extension_id": 1, "file": "complaint.bpmn", "key": "x", "name": "x", "number": started.number,
        "person_id": actor_of(site, "fang.lan").person_id, "procedure": "complaint", "publication_id": 1,
        "reminder_id": 1, "report_id": "register", "task_id": fix, "verb": "pause", "version": 1, "year": 2026,
        "code": "x", "erasure_id": 1, "hold_id": hold_id, "kind": "json",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_no_route_gives_a_stranger_anything_of_another_company(stranger: Stranger, method: str) -> None:
    wrong = []
    for endpoint, allowed, rule in routes(stranger.app):
        if allowed != method or endpoint in ENDS_THE_SESSION:
            continue
        where, status, text = stranger.call(method, rule)
        found = [secret for secret in SECRETS if secret in text]
        if found or status >= 500:
            wrong.append(f"{where}: {status} {found}")
        elif rule.arguments & NAMES and status not in {302, 303, 400, 403, 404, 405, 409, 412, 415, 422, 428}:
            wrong.append(f"{where}: {status}, expected not to be found")
        if status in {302, 303} and rule.arguments & NAMES and SECRETS[0] in text:
            wrong.append(f"{where}: says where it would lead")

    assert not wrong, "\n".join(wrong)


def test_row_policies_alone_give_a_stranger_nothing_by_any_route(stranger: Stranger, database_kind: str) -> None:
    if database_kind != "postgresql":
        pytest.skip("SQLite has the conditions only")
    site: Site = stranger.app.extensions["site"]
    shown = []
    with without_company_conditions(site.database) as removed:
        for endpoint, method, rule in routes(stranger.app):
            if endpoint not in ENDS_THE_SESSION:
                where, _, text = stranger.call(method, rule)
                shown += [f"{where}: {secret}" for secret in SECRETS if secret in text]

    assert shown == []
    assert len(removed) > 500


def test_everything_of_the_cafe_is_as_it_was(stranger: Stranger) -> None:
    site: Site = stranger.app.extensions["site"]
    browser = staff(stranger.app, "fang.lan@" + CAFE)

    page = browser.open(f"/cases/{stranger.places['number']}")

    assert SECRETS[0] in page.text
    with site.database.reading(CAFE) as connection:
        states = connection.exec_driver_sql("SELECT status FROM errands WHERE company_id = 'harbour-cafe'").scalars()
        assert list(states) == ["open"]
        asked = connection.exec_driver_sql("SELECT status FROM extensions WHERE company_id = 'harbour-cafe'").scalars()
        assert list(asked) == ["asked"]
