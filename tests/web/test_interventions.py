"""An administrator intervenes over the page; nobody else may."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from tests.support.cafe import a_complaint, changed_procedure, do, open_steps, the_case
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import events_of


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture
def chief(app: Flask) -> Browser:
    return staff(app, ADMINISTRATOR)


def form_of(site: Site) -> tuple[int, str, str]:
    started = a_complaint(site)
    return started.case_id, started.number, f"/cases/{started.number}/intervention"


def test_an_administrator_takes_a_case_back_with_a_reason(site: Site, chief: Browser) -> None:
    case_id, number, path = form_of(site)
    do(site, case_id, "assess")
    assert path in chief.open(f"/cases/{number}").text

    page = chief.open(path)
    assert "Take it to another step, back or forward" in page.words
    page = chief.submit(path, f_verb="move", f_place="reply#1", f_to="assess", f_alone="true", f_reason="she says more")

    assert page.path == f"/cases/{number}"
    assert "Done, and written down with your reason." in page.words
    assert "Taken elsewhere: Reply" in page.words
    assert "she says more" in page.words
    assert open_steps(site, case_id) == ["assess"]


def test_a_named_flow_into_a_join_is_offered_once_by_what_it_comes_from(site: Site, chief: Browser) -> None:
    changed_procedure(site, ('id="fixed" sourceRef', 'id="fixed" name="已整改" sourceRef'))
    case_id, _, path = form_of(site)
    do(site, case_id, "assess")

    page = chief.open(path)

    offered = page.tree.xpath("//select[@name='f-to']/option[@value='fixed']")
    assert [" ".join(each.text_content().split()) for each in offered] == ["Join behind “Fix”"]


def test_a_case_is_suspended_and_resumed_and_says_so(site: Site, chief: Browser) -> None:
    case_id, _, path = form_of(site)
    chief.open(path)
    page = chief.submit(path, f_verb="suspend", f_stop_clocks="true", f_reason="the police ask us to wait")
    assert "suspended" in page.words
    assert the_case(site, case_id).status == "suspended"

    page = chief.open(path)
    assert "Resume the case" in page.words
    assert "Suspend the whole case" not in page.words
    chief.submit(path, f_verb="resume", f_reason="they are done")

    assert the_case(site, case_id).status == "open"
    assert [event.action for event in events_of(site, case_id)][-2:] == ["resume_case", "read_case"]


def test_a_task_of_a_suspended_case_keeps_what_was_typed(site: Site, app: Flask, chief: Browser) -> None:
    case_id, _, path = form_of(site)
    chief.open(path)
    chief.submit(path, f_verb="suspend", f_reason="wait")
    front = staff(app, "fang.lan")
    front.open("/tasks/1")

    page = front.submit("/tasks/1/completion", f_founded="yes", f_remark="seen it")

    assert page.status == 409
    assert "suspended" in page.words
    assert page.value("f-remark") == "seen it"
    assert open_steps(site, case_id) == ["assess"]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"f_verb": "skip", "f_place": "assess#1", "f_reason": ""}, "Please fill in this field."),
        ({"f_verb": "cancel", "f_place": "assess#1", "f_reason": "no"}, "Nothing else goes on in this part."),
        ({"f_verb": "move", "f_place": "assess#1", "f_to": "nowhere", "f_reason": "no"}, "no longer available"),
        ({"f_verb": "resume", "f_reason": "no"}, "no longer available"),
        ({"f_verb": "move", "f_place": "assess#1", "f_to": "fixed", "f_reason": "no"}, "The procedure cannot go on like that"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_at_its_field(
    site: Site, chief: Browser, answers: dict[str, str], says: str
) -> None:
    case_id, _, path = form_of(site)
    chief.open(path)

    page = chief.submit(path, **answers)

    assert page.status == 422
    assert says in page.words
    assert open_steps(site, case_id) == ["assess"]


def test_the_form_says_which_limits_differ_and_keeps_them_if_wanted(site: Site, chief: Browser) -> None:
    case_id, number, path = form_of(site)
    assert "Running time limits keep what they began by" not in chief.open(path).words
    changed_procedure(site, ("amount = 2\nunit", "amount = 5\nunit"), ("Reply within 2", "Reply within 5"))

    page = chief.open(path)
    assert "Limits that differ: 2 · Reply within 2 working days → Reply within 5 working days" in page.words
    page = chief.submit(path, f_verb="migrate", f_version="2", f_keep_limits="true", f_reason="promised already")

    assert page.path == f"/cases/{number}"
    assert "Stays with the limit of the version before: Reply within 5 working days" in page.words
    assert "By the limit of an earlier version, kept when the case went over: promised already" in page.words
    assert the_case(site, case_id).deployment.version == 2


def test_nobody_else_may(site: Site, app: Flask) -> None:
    _, number, path = form_of(site)
    front = staff(app, "fang.lan")

    assert path not in front.open(f"/cases/{number}").text
    assert front.open(path).status == 403


def test_a_case_that_has_ended_offers_nothing(site: Site, chief: Browser) -> None:
    case_id, number, path = form_of(site)
    do(site, case_id, "assess", founded="no")

    assert path not in chief.open(f"/cases/{number}").text
    assert "This case has ended." in chief.open(path).words
