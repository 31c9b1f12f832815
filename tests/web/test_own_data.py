"""What customers ask about their own data behind the link, who answers it by when, and what they read then."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from engine.commands import errands as commands
from engine.commands.context import Context
from engine.commands.data_requests import Correction, DataWish, ask_for_data
from engine.commands.erasures import Obstacle, confirm_erasure, obstacles, refuse_erasure
from engine.commands.holds import hold_case
from engine.commands.looks import record_look
from engine.commands.relations import link
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import AnswersInvalid
from engine.queries import errands as queries
from engine.queries.erasures import all_erasures
from engine.worker import handlers
from engine.worker.keeping import ask_for_postponed_erasures
from tests.support.cafe import a_complaint, changed_procedure, do, the_case, with_rules
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, SECOND, a_site, actor_of, add_second_administrator
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import assert_history_verifies, events_of

NAME = "Ouyang Shihan"
CHECKED = "Called back under the number on file."


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path, clock=StandingClock())
    add_second_administrator(made)
    return made


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def a_case(site: Site, *, closed: bool = True) -> tuple[int, str]:
    """The id and the tracking page of a complaint."""
    started = a_complaint(site, customer_name=NAME, customer_mail="")
    if closed:
        do(site, started.case_id, "assess", founded="no")
        site.jobs.do(handlers(site))
    return started.case_id, f"/public/track/{started.tracking_code}"


def ask(app: Flask, track: str, wish: str, said: str = "") -> Browser:
    customer = Browser(app)
    customer.open(f"{track}/data")
    customer.submit(f"{track}/data", f_wish=wish, f_said=said)
    return customer


def the_errand(browser: Browser) -> str:
    """Where what a customer asked is answered, from the inbox."""
    found = browser.open("/").tree.xpath("//a[starts-with(@href, '/errands/')]/@href")
    return str(found[0])


def answer(app: Flask, login: str, **said: str) -> Browser:
    browser = staff(app, login)
    errand = the_errand(browser)
    browser.open(errand)
    assert browser.submit(errand, **said).status == 200
    return browser


def test_a_request_for_a_copy_is_in_the_administrators_inbox_with_its_date(site: Site, app: Flask) -> None:
    case_id, track = a_case(site)

    page = ask(app, track, "copy", "please by post").page

    assert "Your request has arrived." in page.text
    assert "It is answered by Wednesday, April 1, 2026 at the latest." in page.words
    inbox = staff(app, ADMINISTRATOR).open("/").words
    assert "The customer wants a copy of their data" in inbox
    assert "please by post" in inbox
    assert "The customer wants a copy" not in staff(app, "fang.lan").open("/").words
    (asked,) = (event for event in events_of(site, case_id) if event.action == "ask_data")
    assert (asked.actor, "please by post" in asked.body) == ("customer", False)
    listed = staff(app, ADMINISTRATOR).open("/personal-data").words
    assert "Asked by customers The customer wants a copy of their data" in " ".join(listed.split())


def test_nothing_is_handed_out_before_somebody_checked_who_asks(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    customer = ask(app, track, "copy")
    assert customer.open(f"{track}/data/copy").status == 404
    assert NAME not in customer.open(f"{track}/data").text

    chief = staff(app, ADMINISTRATOR)
    errand = the_errand(chief)
    page = chief.open(errand)
    assert "Check that it is the person concerned" in page.words
    assert page.tree.xpath("//a[@href='/personal-data/report/HC-2026-00001']")
    assert chief.submit(errand, f_decision="link").errors() == [
        "How it was checked that it is the person Please fill in this field."
    ]
    chief.submit(errand, f_decision="link", f_checked=CHECKED)

    assert "It can be read here until Monday, March 16, 2026." in customer.open(f"{track}/data").words
    copy = customer.open(f"{track}/data/copy")
    assert f"Name{NAME}" in copy.words.replace(" ", " ")
    assert "fang" not in copy.text.lower()
    assert "Harbour Café" in copy.words
    assert f"How it was checked who asks{CHECKED}" in copy.words
    (case,) = json.loads(customer.client.get(f"{track}/data/copy.json").data)["cases"]
    assert {each["value"] for each in case["values"]} >= {NAME}
    assert {each["by"] for each in case["values"]} == {CAFE}


def test_a_copy_is_behind_the_link_for_fourteen_days_and_each_day_it_is_read_is_history(site: Site, app: Flask) -> None:
    case_id, track = a_case(site)
    customer = ask(app, track, "copy")
    answer(app, ADMINISTRATOR, f_decision="link", f_checked=CHECKED)
    customer.open(f"{track}/data/copy")
    last = events_of(site, case_id)[-1]
    assert (last.actor, last.action) == ("customer", "tell_person")
    customer.client.get(f"{track}/data/copy.json")
    assert events_of(site, case_id)[-1].seq == last.seq
    answered = next(event for event in events_of(site, case_id) if event.action == "answer_data")
    assert (answered.actor, CHECKED in answered.body) == (ADMINISTRATOR, False)

    assert isinstance(site.clock, StandingClock)
    site.clock.move(days=1)
    customer.open(f"{track}/data/copy")
    assert (events_of(site, case_id)[-1].action, events_of(site, case_id)[-1].seq) == ("tell_person", last.seq + 1)
    site.clock.move(days=14)

    assert customer.open(f"{track}/data/copy").status == 404
    assert customer.open(f"{track}/data/copy.json").status == 404


def test_a_copy_that_was_handed_over_is_not_behind_the_link(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    customer = ask(app, track, "copy")

    answer(app, ADMINISTRATOR, f_decision="elsewhere", f_checked=CHECKED)

    assert "Handed to you on Monday, March 2, 2026." in customer.open(f"{track}/data").words
    assert customer.open(f"{track}/data/copy").status == 404


def ask_correction(app: Flask, track: str, **said: str) -> Browser:
    customer = Browser(app)
    customer.open(f"{track}/data")
    customer.submit(f"{track}/data", f_wish="correction", **said)
    return customer


def test_what_is_wrong_is_put_right_by_who_answers_such_and_the_customer_reads_what(site: Site, app: Flask) -> None:
    case_id, track = a_case(site)

    customer = ask_correction(
        app, track, f_wrong="The name: Ouyang Shihan", f_right="Ouyang Shihang", f_said="by phone"
    )

    assert "Correction of your data being checked" in customer.page.words
    assert "It is answered by Wednesday, April 1, 2026 at the latest." in customer.page.words
    asked = next(event for event in events_of(site, case_id) if event.action == "ask_data")
    assert "Shihang" not in asked.body
    assert "The customer wants their data corrected" not in staff(app, "fang.lan").open("/").words
    chief = staff(app, ADMINISTRATOR)
    assert "The name: Ouyang Shihan → Ouyang Shihang" in chief.open("/").words
    errand = the_errand(chief)
    page = chief.open(errand)
    assert "before anything is handed out, corrected or erased" in page.words
    assert "Put it right where it is asked for" in page.words
    assert chief.submit(errand, f_decision="correct").errors() == [
        "How it was checked that it is the person Please fill in this field.",
        "What was corrected or completed Please fill in this field.",
    ]
    chief.submit(errand, f_decision="correct", f_checked=CHECKED, f_corrected="The name is Ouyang Shihang now.")

    page = customer.open(f"{track}/data")
    assert "Corrected on Monday, March 2, 2026." in page.words
    assert "The name is Ouyang Shihang now." in page.words
    assert CHECKED not in page.text
    answered = next(event for event in events_of(site, case_id) if event.action == "answer_data")
    assert (answered.content["decision"], "Shihang" in answered.body, CHECKED in answered.body) == (
        "correct",
        False,
        False,
    )
    assert "Correction of your data corrected" in customer.open(track).words
    told = chief.open("/personal-data/report/HC-2026-00001").words
    assert "What is wrong or missingThe name: Ouyang Shihan" in told
    assert_history_verifies(site)


def test_a_correction_is_refused_with_a_reason_that_the_customer_reads(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    customer = ask_correction(app, track, f_wrong="That I was rude", f_right="I was not")

    answer(app, ADMINISTRATOR, f_decision="refuse", f_reason="It is what the waiter saw; yours stands beside it.")

    page = customer.open(f"{track}/data")
    assert "Refused on Monday, March 2, 2026." in page.words
    assert "yours stands beside it" in page.words
    assert "Articles 50 and 65" in page.words


def test_a_correction_is_not_asked_without_what_is_wrong_and_what_is_right(site: Site, app: Flask) -> None:
    case_id, track = a_case(site)

    customer = ask_correction(app, track, f_said="just do it")

    assert customer.page.status == 422
    assert customer.page.errors() == [
        "What is wrong or missing Please fill in this field.",
        "What is right Please fill in this field.",
    ]
    with site.acting(Actor.customer(CAFE)) as context, pytest.raises(AnswersInvalid):
        ask_for_data(context, case_id, DataWish.CORRECTION, said="", correction=Correction("wrong", " "))


def test_who_has_asked_everything_already_is_not_asked_anything(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    customer = ask_correction(app, track, f_wrong="The name", f_right="Ouyang")
    for wish in ("copy", "erasure"):
        customer.open(f"{track}/data")
        customer.submit(f"{track}/data", f_wish=wish)

    assert customer.open(f"{track}/data").tree.xpath("//input[@name='f-wish']") == []
    page = customer.send(f"{track}/data", {"f-wish": "none", "key": "1", "csrf_token": customer.csrf()})
    assert (page.status, "You have asked this already." in page.text) == (200, True)


def test_what_stands_in_the_way_is_asked_once_and_in_no_transaction_that_others_wait_for(
    site: Site, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, track = a_case(site, closed=False)
    ask(app, track, "erasure")
    chief = staff(app, ADMINISTRATOR)
    errand, asked = the_errand(chief), []

    def counted(context: Context, case_ids: Collection[int]) -> tuple[Obstacle, ...]:
        with site.acting(Actor.system(CAFE)) as other:  # the file of SQLite takes one writer at a time
            record_look(other, next(iter(case_ids)), page="meanwhile")
        asked.append(case_ids)
        return obstacles(context, case_ids)

    monkeypatch.setattr("webapp.pages.verbs.obstacles", counted)

    assert "HC-2026-00001 is not closed yet" in chief.open(errand).words
    assert len(asked) == 1


def test_the_same_is_not_asked_twice_before_it_is_answered(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    first, late = Browser(app), Browser(app)
    late.open(f"{track}/data")
    form = first.open(f"{track}/data")
    first.submit(f"{track}/data", page=form, f_wish="copy")
    first.submit(f"{track}/data", page=form, f_wish="copy")  # the same press once more

    page = late.submit(f"{track}/data", f_wish="copy", f_said="again")

    assert page.status == 422
    assert first.open(f"{track}/data").words.count("being checked") == 1
    assert not first.page.tree.xpath("//input[@value='copy']")
    assert first.page.tree.xpath("//input[@value='erasure']")


def test_an_erasure_is_begun_by_one_confirmed_by_another_and_the_link_says_so(site: Site, app: Flask) -> None:
    case_id, track = a_case(site)
    customer = ask(app, track, "erasure")

    answer(app, ADMINISTRATOR, f_decision="begin", f_checked=CHECKED)
    assert "A second person has to confirm it" in customer.open(f"{track}/data").words
    assert "A second person has to confirm it" in customer.open(track).words
    with site.acting(actor_of(site, SECOND)) as context:
        confirm_erasure(context, 1, answer="checked")

    page = customer.open(track)
    assert page.status == 410
    assert "Harbour Café erased on Monday, March 2, 2026 what was personal in the complaint HC-2026-00001" in page.words
    assert NAME not in page.text
    assert customer.open(f"{track}/data").status == 404
    assert customer.open(f"/public/find?code={track.rpartition('/')[2]}").status == 410
    assert the_case(site, case_id).customer == ""
    assert assert_history_verifies(site) > 5


def test_an_erasure_that_the_second_one_refuses_is_told(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    customer = ask(app, track, "erasure")
    answer(app, ADMINISTRATOR, f_decision="begin", f_checked=CHECKED)

    with site.acting(actor_of(site, SECOND)) as context:
        refuse_erasure(context, 1, answer="an inside remark")

    page = customer.open(f"{track}/data")
    assert "it was not carried out" in page.words
    assert "an inside remark" not in page.words
    assert page.tree.xpath("//input[@value='erasure']")


def test_a_refusal_says_why_and_where_to_turn(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    customer = ask(app, track, "erasure")

    answer(app, ADMINISTRATOR, f_decision="refuse", f_reason="We could not reach you to check who asks.")

    page = customer.open(f"{track}/data")
    assert "Refused on Monday, March 2, 2026." in page.words
    assert "We could not reach you to check who asks." in page.words
    assert "Articles 50 and 65" in page.words


def test_what_has_to_be_kept_is_named_and_erased_when_its_time_is_over(site: Site, app: Flask) -> None:
    with_rules(site, "[retention]\nyears = 1")
    case_id, track = a_case(site)
    customer = ask(app, track, "erasure")
    with site.acting(actor_of(site, SECOND)) as context:
        hold_case(context, case_id, reason="in court")
    chief = staff(app, ADMINISTRATOR)
    errand = the_errand(chief)
    page = chief.open(errand)
    assert "HC-2026-00001 is under a legal hold: in court" in page.words
    assert not page.tree.xpath("//input[@value='begin']")
    chief.submit(errand, f_decision="later", f_checked=CHECKED, f_reason="It has to be kept for a year.")

    told = customer.open(f"{track}/data").words
    assert "Your data are erased once they need not be kept any more." in told
    assert "It has to be kept for a year." in told
    assert "in court" not in told
    assert "agreed, for later" in chief.open("/personal-data").words
    assert ask_for_postponed_erasures(site, CAFE) == 0
    chief.open("/personal-data")
    chief.submit("/personal-data/holds/1/release", answer="decided")
    assert isinstance(site.clock, StandingClock)
    site.clock.move(days=364)
    assert ask_for_postponed_erasures(site, CAFE) == 0
    site.clock.move(days=2)
    assert ask_for_postponed_erasures(site, CAFE) == 1
    assert ask_for_postponed_erasures(site, CAFE) == 0
    with site.database.reading(CAFE) as connection:
        (asked,) = all_erasures(connection, CAFE)
    assert (asked.status, asked.asked_by, asked.numbers) == ("asked", "schedule", ("HC-2026-00001",))
    assert "A second person has to confirm it" in customer.open(f"{track}/data").words


def test_an_open_case_is_erased_once_it_is_closed(site: Site, app: Flask) -> None:
    case_id, track = a_case(site, closed=False)
    ask(app, track, "erasure")
    answer(app, ADMINISTRATOR, f_decision="later", f_checked=CHECKED, f_reason="After the end.")
    assert ask_for_postponed_erasures(site, CAFE) == 0

    do(site, case_id, "assess", founded="no")

    assert ask_for_postponed_erasures(site, CAFE) == 1


def test_the_group_that_the_company_names_answers_and_nobody_else(site: Site, app: Flask) -> None:
    changed_procedure(site, ("[calendar]", '[privacy]\ngroup = "kitchen"\nanswer_days = 5\n\n[calendar]'))
    _, track = a_case(site)
    page = ask(app, track, "copy").page
    assert "It is answered by Saturday, March 7, 2026 at the latest." in page.words

    gu, fang = staff(app, "gu.qiang"), staff(app, "fang.lan")
    errand = the_errand(gu)
    assert fang.open(errand).status == 403
    assert fang.open("/personal-data/report/HC-2026-00001").status == 403
    assert gu.open("/personal-data/report/HC-2026-00001").status == 200
    gu.open(errand)
    gu.submit(errand, f_decision="link", f_checked=CHECKED)

    assert Browser(app).open(f"{track}/data/copy").status == 200


def test_a_late_answer_is_admitted_on_both_sides(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    customer = ask(app, track, "copy")
    assert isinstance(site.clock, StandingClock)
    site.clock.move(days=31)

    assert "It should have been answered by Wednesday, April 1, 2026." in customer.open(f"{track}/data").words
    assert "Overdue" in staff(app, ADMINISTRATOR).open("/personal-data").words


def test_an_erasure_settles_what_else_was_asked(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    ask(app, track, "copy")
    ask(app, track, "erasure")
    chief = staff(app, ADMINISTRATOR)
    erasing = next(
        str(link)
        for link in chief.open("/").tree.xpath("//a[starts-with(@href, '/errands/')]/@href")
        if "wants their data erased" in chief.open(link).words
    )
    chief.open(erasing)
    chief.submit(erasing, f_decision="begin", f_checked=CHECKED)
    with site.acting(actor_of(site, SECOND)) as context:
        confirm_erasure(context, 1, answer="checked")

    assert "The customer wants" not in chief.open("/").words
    assert "Asked by customers" not in chief.open("/personal-data").words


def test_the_notice_is_made_from_what_is_asked_and_kept(site: Site, app: Flask) -> None:
    words = Browser(app).open(f"/public/privacy/{CAFE}").words
    assert "About you: Name, E-mail" in words
    assert "No time is laid down for keeping it." in words
    assert "answers within 30 days" in words
    assert "turn to Harbour Café and name the number" in words

    with_rules(site, "[retention]\nyears = 3\nthen_erase = true")
    said = '[privacy]\nanswer_days = 10\ncontact = { zh-Hans = "信箱", en = "Box 7" }\nnotice = { zh-Hans = "说明", en = "Our word." }'
    changed_procedure(site, ("[calendar]", f"{said}\n\n[calendar]"))

    words = Browser(app).open(f"/public/privacy/{CAFE}").words
    assert "Kept for 3 years after the matter is closed; then its erasure is proposed by itself." in words
    assert all(each in words for each in ("answers within 10 days", "Box 7", "Our word."))


def test_every_public_page_leads_to_the_notice_of_its_company(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    own, all_ = f"/public/privacy/{CAFE}", "/public/privacy"
    led = {
        path: Browser(app).open(path).tree.xpath("//footer//a/@href")
        for path in ("/public", f"/public/{CAFE}/complaint", track, f"{track}/data", own, "/public/letters")
    }

    assert led == {
        "/public": [all_], f"/public/{CAFE}/complaint": [own], track: [own], f"{track}/data": [own], own: [own],
        "/public/letters": [all_],
    }  # fmt: skip
    before_sending = (
        Browser(app).open(f"/public/{CAFE}/complaint").tree.xpath("//form//a[text()='Privacy notice']/@href")
    )
    assert before_sending == [own]
    assert "Harbour Café" in Browser(app).open(all_).words
    assert Browser(app).open("/public/privacy/nobody").status == 404


def test_what_is_asked_about_data_is_called_the_same_on_both_sides() -> None:
    assert frozenset(map(str, commands.DATA_KINDS)) == queries.DATA_KINDS


def test_nobody_floods_an_inbox_with_such_requests(site: Site, app: Flask) -> None:
    _, track = a_case(site)
    statuses = []
    for _ in range(11):
        for wish in ("copy", "erasure"):
            customer = Browser(app)
            customer.open(f"{track}/data")
            statuses.append(customer.submit(f"{track}/data", f_wish=wish).status)
            if customer.page.status == 200 and "being checked" in customer.page.words:
                answer(app, ADMINISTRATOR, f_decision="refuse", f_reason="no")
        site.clock.at += timedelta(minutes=1)  # type: ignore[attr-defined]

    assert statuses == [200] * 20 + [422] * 2


def test_whoever_answers_sees_what_else_may_be_about_the_same_person(site: Site, app: Flask) -> None:
    _, track = a_case(site, closed=False)
    other = a_complaint(site)
    with site.acting(actor_of(site, "fang.lan")) as context:
        link(context, 1, other.number, reason="the same table")
    ask(app, track, "copy")
    chief = staff(app, ADMINISTRATOR)

    page = chief.open(the_errand(chief))

    assert f"Others that may be about the same person: {other.number}" in page.words
    (report,) = page.tree.xpath("//a[starts-with(@href, '/personal-data/report/')]/@href")
    assert other.number in chief.open(report).words
