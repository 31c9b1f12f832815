"""What customers do behind their link, and where it lands."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask

from engine.commands.customer_acts import MOST_ACTS, TooManyActs, act_as_customer
from engine.commands.looks import MOST_REFUSALS
from engine.commands.site import Site
from engine.complaints import Actor
from engine.procedures.package import CustomerAct
from tests.support.cafe import a_complaint, do, open_steps, the_case
from tests.support.clock import MONDAY, StandingClock
from tests.support.site import CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.pictures import PNG
from tests.web.records import assert_history_verifies, company_events, events_of

CUSTOMER = Actor.customer(CAFE)


def test_the_page_says_what_is_waited_for_and_how_the_date_was_counted(site: Site, app: Flask) -> None:
    started = a_complaint(site)

    page = Browser(app).open(f"/public/track/{started.tracking_code}")

    assert "Wednesday, March 4, 2026" in page.words
    assert "2 working days from Monday, March 2, 2026 on; days off and public holidays do not count." in page.words
    assert "Being checked · from: Harbour Café" in page.words
    assert "Add words or photosWithdraw the complaint" in page.words
    assert "Accept the answer" not in page.words
    assert "fang" not in page.words.lower()
    assert "Front desk" not in page.words


def test_evidence_reaches_who_answers_for_the_case_and_has_to_be_accepted(site: Site, app: Flask) -> None:
    started = a_complaint(site, summary="evidence follows")
    act = f"/public/track/{started.tracking_code}/evidence"
    customer = Browser(app)

    page = customer.open(act)
    files = [(BytesIO(PNG), "one.png"), (BytesIO(PNG + b"2"), "two.png")]
    thanks = customer.submit(act, page=page, f_said="the cup was cracked too", f_files=files)
    customer.submit(act, page=page, f_said="the cup was cracked too", f_files=[(BytesIO(PNG), "one.png"),
                                                                          (BytesIO(PNG + b"2"), "two.png")])  # fmt: skip

    assert "Received, and passed on." in thanks.text
    assert "You added something" in thanks.words
    case = the_case(site, started.case_id)
    assert sorted(file.name for file in case.files) == ["one.png", "two.png"]
    acts = [(event.actor, event.action) for event in events_of(site, started.case_id) if event.action != "read_case"]
    assert acts == [("fang.lan", "start_case"), ("customer", "add_evidence")]
    front = staff(app, "fang.lan")
    inbox = front.open("/")
    assert "From the customerevidence follows" in inbox.words
    assert "the cup was cracked too" in inbox.words
    errand = inbox.tree.xpath("//form[starts-with(@action, '/errands/')]/@action")[-1]
    assert "the cup was cracked too" not in front.submit(errand).words
    assert "The customer added something" in front.open(f"/cases/{started.number}").words


def test_what_is_no_photo_is_refused_and_the_words_stay(app: Flask, site: Site) -> None:
    act = f"/public/track/{a_complaint(site).tracking_code}/evidence"
    customer = Browser(app)
    customer.open(act)

    page = customer.submit(act, f_said="look at this", f_files=[(BytesIO(b"<html>"), "photo.png")])

    assert page.status == 422
    assert page.errors() == [
        "Photos or papers Only these kinds of file are accepted: .jpg, .jpeg, .png, .pdf, .mp4, .mp3"
    ]
    assert page.value("f-said") == "look at this"


def test_nothing_said_and_nothing_shown_is_no_evidence(app: Flask, site: Site) -> None:
    act = f"/public/track/{a_complaint(site).tracking_code}/evidence"
    customer = Browser(app)
    customer.open(act)

    assert customer.submit(act, f_said="").errors() == ["What you want to add Please fill in this field."]


def test_a_withdrawal_ends_the_case_once_somebody_agrees(app: Flask, site: Site) -> None:
    started = a_complaint(site, summary="taken back")
    track = f"/public/track/{started.tracking_code}"
    customer = Browser(app)
    customer.open(f"{track}/withdraw")

    page = customer.submit(f"{track}/withdraw", f_said="settled with the waiter")
    assert "You withdrew the complaint" in page.words
    assert "Withdraw the complaint" not in page.words
    front = staff(app, "fang.lan")
    link = front.open("/").tree.xpath("//a[contains(., 'taken back') and starts-with(@href, '/errands/')]/@href")[0]
    assert "settled with the waiter" in front.open(link).words
    front.submit(link, f_decision="accept")

    assert the_case(site, started.case_id).status == "withdrawn"
    assert "The complaint was closed on" in customer.open(track).words
    last = events_of(site, started.case_id)[-1]
    assert (last.actor, last.action) == ("fang.lan", "withdraw_case")
    assert "settled with the waiter" not in last.body


def test_a_withdrawal_that_is_declined_tells_the_customer_why(app: Flask, site: Site) -> None:
    started = a_complaint(site, summary="glass in it")
    track = f"/public/track/{started.tracking_code}"
    customer = Browser(app)
    customer.open(f"{track}/withdraw")
    customer.submit(f"{track}/withdraw", f_said="never mind")
    front = staff(app, "fang.lan")
    link = front.open("/").tree.xpath("//a[contains(., 'glass in it') and starts-with(@href, '/errands/')]/@href")[0]
    front.open(link)

    assert front.submit(link, f_decision="decline").errors() == ["Reason Please fill in this field."]
    front.submit(link, f_decision="decline", f_reason="Food safety has to be looked into.")

    assert the_case(site, started.case_id).status == "open"
    page = customer.open(track)
    assert "It goes on although you withdrew it" in page.words
    assert "Food safety has to be looked into." in page.words
    assert "Withdraw the complaint" in page.words


def test_an_answer_can_be_refused_once_it_was_given_and_only_once(app: Flask, site: Site) -> None:
    started = a_complaint(site)
    track = f"/public/track/{started.tracking_code}"
    customer = Browser(app)
    assert "This is no longer possible" in customer.open(f"{track}/refuse").text
    assert company_events(site)[-1].subject == started.number
    do(site, started.case_id, "assess")
    do(site, started.case_id, "reply")
    customer.open(f"{track}/refuse")

    page = customer.submit(f"{track}/refuse", f_said="it is still cold")

    assert "You refused the answer" in page.words
    assert "Refuse the answer" not in page.words
    assert "Accept the answer" not in page.words
    assert ("customer", "refuse_answer") in [(event.actor, event.action) for event in events_of(site, started.case_id)]


def test_a_closed_complaint_is_reopened_within_its_time_and_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    site = a_site(tmp_path_factory.mktemp("site"))
    app = an_app(site)
    started = a_complaint(site, summary="still cold")
    do(site, started.case_id, "assess", founded="no")
    track = f"/public/track/{started.tracking_code}"
    customer = Browser(app)
    assert "Reopen the complaint: possible until Tuesday, March 17, 2026" in customer.open(track).words
    form = customer.open(f"{track}/reopen")

    page = customer.submit(f"{track}/reopen", page=form, f_said="cold again")

    assert "HC-2026-00002" in page.words
    assert open_steps(site, 2) == ["assess"]
    again = the_case(site, 2)
    assert (again.title, again.reopens) == ("still cold", started.number)
    assert "It goes on as HC-2026-00002" in customer.open(track).words
    front = staff(app, "fang.lan")
    assert "From the customerstill cold" in front.open("/").words
    assert "The customer reopened an earlier case with it: HC-2026-00001" in front.open("/cases/HC-2026-00002").words
    assert "Reopen the complaint" not in customer.open(track).words
    assert assert_history_verifies(site) > 5


def test_a_complaint_is_not_reopened_after_its_time(site: Site, app: Flask) -> None:
    started = a_complaint(site)
    do(site, started.case_id, "assess", founded="no")
    assert isinstance(site.clock, StandingClock)

    site.clock.at = MONDAY + timedelta(days=16)
    page = Browser(app).open(f"/public/track/{started.tracking_code}")
    refused = Browser(app).open(f"/public/track/{started.tracking_code}/reopen")
    site.clock.at = MONDAY

    assert "Reopen the complaint" not in page.words
    assert "This is no longer possible" in refused.text


def test_nobody_fills_an_inbox_in_a_day(site: Site) -> None:
    started = a_complaint(site)

    def add() -> None:
        with site.acting(CUSTOMER) as context:
            act_as_customer(context, started.case_id, CustomerAct.EVIDENCE, said="and another thing")

    for _ in range(MOST_ACTS):
        add()
    with pytest.raises(TooManyActs):
        add()


def test_a_wrong_code_or_act_is_not_found(app: Flask, site: Site) -> None:
    code = a_complaint(site).tracking_code

    assert Browser(app).open("/public/track/nothing/evidence").status == 404
    assert Browser(app).open(f"/public/track/{code}/approve").status == 404


def test_looking_and_trying_without_end_does_not_fill_the_history(app: Flask, site: Site) -> None:
    started = a_complaint(site)
    track = f"/public/track/{started.tracking_code}"
    customer = Browser(app)

    for _ in range(MOST_REFUSALS + 5):
        assert "This is no longer possible" in customer.open(f"{track}/refuse").text  # which leads back to the page

    looks = [event.subject for event in events_of(site, started.case_id) if event.action == "read_case"]
    assert looks == ["tracking"]
    refused = [event for event in company_events(site) if (event.action, event.subject) == ("refused", started.number)]
    assert len(refused) == 20
