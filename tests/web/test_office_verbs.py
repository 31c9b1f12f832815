"""The verbs of an office on their pages: found on the task, done with a reason, seen by whoever is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from tests.support.cafe import a_complaint, do, open_steps, task_id, with_rules
from tests.support.clock import StandingClock
from tests.support.site import a_site
from tests.web.application import an_app
from tests.web.browser import staff
from webapp.form_pages import REFRESH

ASSESSED = {"f_founded": "yes", "f_remark": "seen"}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_the_menu_of_a_task_leads_to_a_hand_over_that_is_declined(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang, gu = staff(app, "fang.lan"), staff(app, "gu.qiang")
    path = f"/tasks/{task}/verbs/hand-over"
    assert path in fang.open(f"/tasks/{task}").text
    fang.open(path)
    assert fang.submit(path, f_to="person:gu.qiang", f_reason="").status == 422

    page = fang.submit(path, f_to="person:gu.qiang", f_reason="about the machine")
    assert page.path == "/"
    assert "Handed over" in gu.open("/").words
    gu.open("/errands/1")
    assert gu.submit("/errands/1", f_decision="decline", f_reason="").status == 422
    page = gu.submit("/errands/1", f_decision="decline", f_reason="it is the cups")

    assert "coffee too cold" not in page.words
    page = fang.open(f"/cases/{case.number}")
    assert "Hand-over declined: Check" in page.words
    assert "it is the cups" in page.words


def test_a_delegate_fills_the_form_in_and_its_owner_submits_it(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang, gu = staff(app, "fang.lan"), staff(app, "gu.qiang")
    path = f"/tasks/{task}/verbs/delegation"
    fang.open(path)
    fang.submit(path, f_to="person:gu.qiang", f_reason="you were there")

    page = gu.open(f"/tasks/{task}")
    assert "You were asked to fill this in. It goes back to fang.lan, who submits it." in page.words
    page = gu.submit("/errands/1/answers", **{"f_remark": "half of it", REFRESH: "1"})
    assert (page.status, "half of it" in page.text, page.path) == (200, True, "/errands/1/answers")
    gu.submit("/errands/1/answers", page=page, **ASSESSED)

    page = fang.open(f"/tasks/{task}")
    assert 'value="yes" checked' in page.text or "seen" in page.text
    fang.submit(f"/tasks/{task}/completion", **ASSESSED)
    assert open_steps(site, case.case_id) == ["fix", "reply"]


def test_who_signs_sees_what_and_the_case_goes_on(site: Site, app: Flask) -> None:
    with_rules(site, '[steps.assess.signatures]\ngroups = ["kitchen"]\n')
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang, gu = staff(app, "fang.lan"), staff(app, "gu.qiang")
    fang.open(f"/tasks/{task}")
    page = fang.submit(f"/tasks/{task}/completion", **ASSESSED)
    assert "The case goes on as soon as they are signed." in page.words

    page = gu.open("/errands/1")
    assert "seen" in page.words
    page = gu.submit("/errands/1", f_decision="agree", f_opinion="right")

    assert open_steps(site, case.case_id) == ["fix", "reply"]
    assert "Signed: Check" in gu.open(f"/cases/{case.number}").words


def test_what_is_to_be_signed_is_shown_to_who_signs_it_and_no_draft_to_anybody(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang, gu, wei = (staff(app, login) for login in ("fang.lan", "gu.qiang", "wei.min"))
    fang.open(f"/tasks/{task}")
    fang.submit(f"/tasks/{task}/draft", f_founded="yes", f_remark="not sure yet")
    path = f"/tasks/{task}/verbs/signature"
    fang.open(path)
    fang.submit(path, f_to="person:gu.qiang", f_when="before", f_reason="agree?")

    assert "not sure yet" not in wei.open(f"/tasks/{task}").text
    assert "not sure yet" not in gu.open("/errands/1").text
    page = wei.open("/errands/1")
    assert (page.status, "agree?" in page.words) == (403, False)
    gu.open("/errands/1")
    gu.submit("/errands/1", f_decision="agree", f_opinion="")
    fang.open(path)
    fang.submit(path, f_to="person:gu.qiang", f_when="after", f_reason="look")
    fang.open(f"/tasks/{task}")
    fang.submit(f"/tasks/{task}/completion", **ASSESSED)

    assert "seen" in gu.open("/errands/2").words
    assert wei.open("/errands/2").status == 403
    assert "What is to be signed" not in wei.open("/errands/2/withdrawal").words


def test_a_task_goes_back_with_the_reason_and_the_earlier_answers(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    do(site, case.case_id, "assess")
    fix = task_id(site, case.case_id, "fix")
    gu, fang = staff(app, "gu.qiang"), staff(app, "fang.lan")
    path = f"/tasks/{fix}/verbs/return"
    gu.open(path)

    gu.submit(path, f_step="assess", f_reason="which machine?")

    again = task_id(site, case.case_id, "assess")
    page = fang.open(f"/tasks/{again}")
    assert "gu.qiang → fang.lan" in page.words
    assert "which machine?" in page.words
    assert "seen" in page.text
    assert "Returned from: Fix" in fang.open(f"/cases/{case.number}").words


def test_what_changed_since_a_return_is_marked_beside_both_steps(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    do(site, case.case_id, "assess")
    gu, fang = staff(app, "gu.qiang"), staff(app, "fang.lan")
    path = f"/tasks/{task_id(site, case.case_id, 'fix')}/verbs/return"
    gu.open(path)
    gu.submit(path, f_step="assess", f_reason="which machine?")
    again = task_id(site, case.case_id, "assess")
    page = fang.open(f"/tasks/{again}")
    assert "Nothing has been changed yet." in page.words

    saved = fang.submit(f"/tasks/{again}/draft", f_founded="yes", f_remark="the left one", _draft="1")
    assert (saved.status, "1 answer changed" in saved.text, "the left one" in saved.text) == (200, True, True)
    fang.open(f"/tasks/{again}")
    fang.submit(f"/tasks/{again}/completion", f_founded="yes", f_remark="the left one")

    page = gu.open(f"/tasks/{task_id(site, case.case_id, 'fix')}")
    assert "Changed since it was returned: Check" in page.words
    assert "before: seen now: the left one" in page.words
    assert "Changed since the version before" in gu.open(f"/cases/{case.number}").words
    assert "Earlier version" not in page.words


def test_urging_twice_is_answered_with_when_it_is_possible_again(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    gu = staff(app, "gu.qiang")
    path = f"/tasks/{task}/verbs/urging"
    assert path in gu.open(f"/tasks/{task}").text
    gu.open(path)
    gu.submit(path, f_reason="the customer is here")
    gu.open(path)

    page = gu.submit(path, f_reason="and still is")

    assert page.status == 422
    assert "4 working hours later" in page.words
    assert "the customer is here" in staff(app, "fang.lan").open("/").words


def test_a_verb_that_means_nothing_or_is_not_allowed_is_refused_with_words(site: Site, app: Flask) -> None:
    with_rules(site, "[work]\nverbs = []\n")
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang = staff(app, "fang.lan")

    assert "More actions" not in fang.open(f"/tasks/{task}").words
    assert fang.open(f"/tasks/{task}/verbs/explode").status == 404
    path = f"/tasks/{task}/verbs/urging"
    fang.open(path)
    page = fang.submit(path, f_reason="x")
    assert (page.status, "The procedure does not allow this at this step." in page.words) == (403, True)


def test_the_case_says_who_answers_for_it_and_who_is_asked_to(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    fang, gu = staff(app, "fang.lan"), staff(app, "gu.qiang")
    path = f"/cases/{case.number}/hand-over"
    assert "Who answers for it fang.lan not handed over so far" in fang.open(f"/cases/{case.number}").words
    assert path not in gu.open(f"/cases/{case.number}").text
    fang.open(path)
    fang.submit(path, f_to="person:gu.qiang", f_reason="moves to another shop")

    gu.open("/errands/1")
    gu.submit("/errands/1", f_decision="accept")

    assert "Who answers for it gu.qiang 1 hand-over so far" in fang.open(f"/cases/{case.number}").words


def test_a_note_stands_in_the_history_with_its_writer(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    gu = staff(app, "gu.qiang")
    gu.open(f"/cases/{case.number}")

    page = gu.submit(f"/cases/{case.number}/notes", note="called twice, nobody there")

    assert "called twice, nobody there" in page.words


def test_ones_own_submission_is_taken_back_from_the_case(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    fang = staff(app, "fang.lan")
    fang.open(f"/tasks/{task}")
    fang.submit(f"/tasks/{task}/completion", **ASSESSED)
    path = f"/tasks/{task}/verbs/take-back"
    assert path in fang.open(f"/cases/{case.number}").text
    assert path not in staff(app, "wei.min").open(f"/cases/{case.number}").text
    fang.open(path)

    fang.submit(path, f_reason="wrong customer")

    assert open_steps(site, case.case_id) == ["assess"]
    assert path not in fang.open(f"/cases/{case.number}").text


def test_whom_the_case_is_about_neither_reads_nor_finds_it(site: Site, app: Flask) -> None:
    with_rules(site, '[work]\nrespondent = ["summary"]\n')
    case = a_complaint(site, summary="wei.min")
    task = task_id(site, case.case_id, "assess")
    wei = staff(app, "wei.min")

    assert case.number not in wei.open("/?tab=groups").text
    assert case.number not in wei.open("/cases").text
    for path in (
        f"/cases/{case.number}",
        f"/tasks/{task}",
        f"/tasks/{task}/verbs/urging",
        f"/cases/{case.number}/replay",
    ):
        page = wei.open(path)
        assert (page.status, "The case is about you" in page.words) == (403, True), path
    assert staff(app, "fang.lan").open(f"/cases/{case.number}").status == 200


def test_two_people_in_one_case_are_warned(site: Site, app: Flask, clock: StandingClock) -> None:
    case = a_complaint(site)
    task = task_id(site, case.case_id, "assess")
    assert "last ten minutes" not in staff(app, "fang.lan").open(f"/tasks/{task}").words

    assert "fang.lan looked at this case in the last ten minutes." in staff(app, "wei.min").open(f"/tasks/{task}").words

    clock.move(minutes=11)
    assert "last ten minutes" not in staff(app, "wei.min").open(f"/tasks/{task}").words
