"""An auditor's account: reads and exports everything for a time, changes nothing, and everything read is written down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from engine.commands.auditors import appoint_auditor
from engine.commands.cases import start
from engine.commands.errands import Addressee
from engine.commands.hand_overs import hand_over
from engine.commands.people import StillHasWork, create_token
from engine.commands.site import Site
from engine.commands.user_tasks import claim
from engine.complaints import Actor
from engine.errors import AnswersInvalid, NotPermitted
from tests.support.auditors import an_auditor
from tests.support.cafe import COMPLAINT, a_complaint, do, task_id
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import company_events, events_of


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_an_administrator_appoints_on_the_page_of_the_person_and_ends_it_there(site: Site, app: Flask) -> None:
    person_id = actor_of(site, "wei.min").person_id
    administrator = staff(app, ADMINISTRATOR)

    administrator.open(f"/people/{person_id}")
    page = administrator.submit(f"/people/{person_id}/audit", last="2026-04-30", mandate="ordered by the board")

    assert "Audits until 2026-05-01 00:00" in page.words
    wei = actor_of(site, "wei.min")
    assert (wei.auditor, wei.groups, wei.administrator) == (True, frozenset(), False)
    page = administrator.submit(f"/people/{person_id}/audit/end")
    assert "Audits until" not in page.words
    assert not actor_of(site, "wei.min").auditor
    done = [event.action for event in company_events(site) if event.actor == ADMINISTRATOR]
    assert done[-3:] == ["change_person", "appoint_auditor", "dismiss_auditor"]


def test_a_day_in_the_past_or_no_mandate_is_said_on_the_page(site: Site, app: Flask) -> None:
    person_id = actor_of(site, "wei.min").person_id
    administrator = staff(app, ADMINISTRATOR)
    administrator.open(f"/people/{person_id}")

    for given in ({"last": "2020-01-01", "mandate": "x"}, {"last": "2026-04-30", "mandate": " "}, {"last": "soon"}):
        page = administrator.submit(f"/people/{person_id}/audit", **given)
        assert (page.status, actor_of(site, "wei.min").auditor) == (422, False)


def test_only_administrators_appoint_and_nobody_who_has_work(site: Site) -> None:
    case = a_complaint(site)
    until = site.clock() + timedelta(days=1)
    fang = actor_of(site, "fang.lan")
    with site.acting(fang) as context:
        claim(context, task_id(site, case.case_id, "assess"))

    with pytest.raises(NotPermitted), site.acting(fang) as context:
        appoint_auditor(context, fang.person_id or 0, ends_at=until, mandate="mine")
    with pytest.raises(StillHasWork), site.acting(actor_of(site, ADMINISTRATOR)) as context:
        appoint_auditor(context, fang.person_id or 0, ends_at=until, mandate="board")


def test_an_auditor_is_told_so_reads_exports_and_every_reading_is_written_down(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    an_auditor(site)
    auditor = staff(app, "shen.ji")

    page = auditor.open(f"/cases/{case.number}")
    package = auditor.client.get(f"/cases/{case.number}/audit-package")

    assert "What you read is written into the history." in page.words
    assert package.data[:2] == b"PK"
    left = [event.action for event in events_of(site, case.case_id) if event.actor == "shen.ji"]
    assert left == ["read_case", "export_case"]


def test_what_an_auditor_tries_to_change_is_refused_before_it_begins(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    an_auditor(site)
    auditor = staff(app, "shen.ji")
    auditor.open(f"/cases/{case.number}")

    page = auditor.send(f"/tasks/{task_id(site, case.case_id, 'assess')}/claim", {"csrf_token": auditor.csrf()})

    assert page.status == 403
    assert "nothing can be changed" in page.words
    refused = [event.content for event in company_events(site) if event.action == "refused"]
    assert refused == [{"action": "claim", "reason": "auditor"}]


def test_no_command_lets_an_auditor_act_even_without_a_page_before_it(site: Site) -> None:
    case = a_complaint(site)
    an_auditor(site)
    auditor = actor_of(site, "shen.ji")

    for attempt in (
        lambda context: claim(context, task_id(site, case.case_id, "assess")),
        lambda context: start(context, "complaint", COMPLAINT),
    ):
        with pytest.raises(NotPermitted), site.acting(auditor) as context:
            attempt(context)


def test_nothing_is_handed_to_an_auditor(site: Site) -> None:
    case = a_complaint(site)
    an_auditor(site)
    task = task_id(site, case.case_id, "assess")

    with pytest.raises(AnswersInvalid), site.acting(actor_of(site, "fang.lan")) as context:
        hand_over(context, task, Addressee(login="shen.ji"), reason="look at it")


def test_the_account_opens_nothing_when_its_time_is_over(site: Site, app: Flask, clock: StandingClock) -> None:
    an_auditor(site, days=2)
    with site.acting(Actor.system(CAFE)) as context:
        token = create_token(context, login="shen.ji", name="sampling")
    auditor = staff(app, "shen.ji")
    bearer = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/cases", headers=bearer).status_code == 200

    clock.move(days=2)

    assert app.test_client().get("/api/v1/cases", headers=bearer).status_code == 401
    late = Browser(app)
    late.sign_in("shen.ji")
    assert late.page.path == "/session/new"
    assert "The time of this audit account is over" in late.page.words
    assert auditor.open("/cases").path == "/session/new"


def test_a_program_of_an_auditor_reads_and_changes_nothing(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    do(site, case.case_id, "assess")
    an_auditor(site)
    with site.acting(Actor.system(CAFE)) as context:
        token = create_token(context, login="shen.ji", name="sampling")
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token}", "Idempotency-Key": "1"}

    read = client.get(f"/api/v1/cases/{case.number}", headers=bearer)
    denied = client.post(f"/api/v1/tasks/{task_id(site, case.case_id, 'fix')}/claim", headers=bearer, json={})

    assert (read.status_code, denied.status_code) == (200, 403)
    assert "auditor" in denied.json["detail"]
