"""Two administrators erase what is personal, on the pages; the person concerned is told what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from engine.worker import handlers
from tests.support.cafe import a_complaint, do, the_case, with_rules
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, SECOND, a_site, add_second_administrator
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import events_of


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path, clock=StandingClock())
    add_second_administrator(made)
    return made


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def a_closed_case(site: Site) -> tuple[int, str]:
    started = a_complaint(site, customer_name="Ouyang Shihan", customer_mail="")
    do(site, started.case_id, "assess", founded="no")
    site.jobs.do(handlers(site))
    return started.case_id, started.number


def test_a_person_is_found_asked_for_confirmed_by_another_and_gone(site: Site, app: Flask) -> None:
    case_id, number = a_closed_case(site)
    chief = staff(app, ADMINISTRATOR)

    page = chief.open("/personal-data/erasures/new?text=Ouyang")
    assert all(words in page.words for words in (number, "Ouyang Shihan", "2 values · 0 letters · 0 files"))
    page = chief.submit("/personal-data/erasures", case=number, reason="asked by letter")
    assert page.path == "/personal-data/erasures/1"
    assert "You asked for this yourself; another administrator confirms it." in page.words
    refused = chief.submit("/personal-data/erasures/1", decision="confirm", answer="so be it")
    assert refused.status == 403

    second = staff(app, SECOND)
    second.open("/personal-data/erasures/1")
    page = second.submit("/personal-data/erasures/1", decision="confirm", answer="identity checked")
    assert "are being cleaned" in page.words
    site.jobs.do(handlers(site))
    page = second.open("/personal-data/erasures/1")
    assert "were cleaned on" in page.words
    assert "Ouyang" not in second.open(f"/cases/{number}").text
    assert "Personal data erased" in second.page.words
    assert the_case(site, case_id).customer == ""
    for path in ("replay", "conformance"):
        assert second.open(f"/cases/{number}/{path}").status == 200


def test_the_certificate_is_a_document_and_data(site: Site, app: Flask) -> None:
    _, number = a_closed_case(site)
    chief, second = staff(app, ADMINISTRATOR), staff(app, SECOND)
    chief.open(f"/personal-data/erasures/new?case={number}")
    chief.submit("/personal-data/erasures", case=number, reason="asked by letter")
    assert chief.open("/personal-data/erasures/1/certificate.pdf").status == 404
    second.open("/personal-data/erasures/1")
    second.submit("/personal-data/erasures/1", decision="confirm", answer="identity checked")

    document = second.client.get("/personal-data/erasures/1/certificate.pdf")
    assert (document.mimetype, document.data[:5]) == ("application/pdf", b"%PDF-")
    data = json.loads(second.client.get("/personal-data/erasures/1/certificate.json").data)
    assert [each["number"] for each in data["cases"]] == [number]


def test_what_must_be_kept_is_refused_with_the_day(site: Site, app: Flask) -> None:
    with_rules(site, "[retention]\nyears = 2")
    _, number = a_closed_case(site)
    chief = staff(app, ADMINISTRATOR)
    page = chief.open(f"/personal-data/erasures/new?case={number}")
    assert "to be kept until Thursday, March 2, 2028" in page.words
    page = chief.submit("/personal-data/erasures", case=number, reason="asked")
    assert page.status == 422
    assert f"{number} has to be kept by its regulation; it can be erased from Thursday, March 2, 2028." in page.words

    assert isinstance(site.clock, StandingClock)
    site.clock.move(days=740)
    chief = staff(app, ADMINISTRATOR)
    assert f"{number}Customer complaint" in chief.open("/personal-data").words


def test_a_hold_is_set_shown_and_lifted(site: Site, app: Flask) -> None:
    case_id, number = a_closed_case(site)
    chief = staff(app, ADMINISTRATOR)
    chief.open(f"/personal-data/holds/new/{number}")
    page = chief.submit(f"/personal-data/holds/{number}", reason="in court")
    assert "Legal hold · in court" in page.words
    page = chief.open(f"/personal-data/erasures/new?case={number}")
    page = chief.submit("/personal-data/erasures", case=number, reason="asked")
    assert f"{number} is under a legal hold: in court" in page.words

    chief.open("/personal-data")
    page = chief.submit("/personal-data/holds/1/release", answer="decided")
    assert "No case is held." in page.words
    assert [event.action for event in events_of(site, case_id) if "hold" in event.subject] == [
        "hold_case",
        "release_case",
    ]


def test_the_person_concerned_reads_what_is_kept_and_who_looked(site: Site, app: Flask) -> None:
    case_id, number = a_closed_case(site)
    chief = staff(app, ADMINISTRATOR)
    chief.open(f"/cases/{number}")

    page = chief.open(f"/personal-data/report/{number}")
    assert "NameOuyang Shihanfang.lan" in page.words
    assert f"{ADMINISTRATOR} · Looked at" in page.words
    assert "What happenedcoffee too cold" in page.words
    data = json.loads(chief.client.get(f"/personal-data/report/{number}/data.json").data)
    (case,) = data["cases"]
    assert [(each["field"], each["value"], each["by"]) for each in case["values"]][:1] == [
        ("customer_name", "Ouyang Shihan", "fang.lan")
    ]
    assert [event.action for event in events_of(site, case_id)][-3:] == ["read_case", "tell_person", "tell_person"]


def test_only_administrators_get_near_it(site: Site, app: Flask) -> None:
    _, number = a_closed_case(site)
    front = staff(app, "fang.lan")
    for path in ("", "/erasures/new", "/erasures/1", f"/holds/new/{number}", f"/report/{number}"):
        assert front.open(f"/personal-data{path}").status == 403
    assert "/personal-data" not in front.open(f"/cases/{number}").text
