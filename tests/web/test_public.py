"""What customers see."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import sqlalchemy as sa
from flask import Flask

from engine.commands.site import Site
from engine.tables import metadata
from tests.support.cafe import do
from tests.support.clock import MONDAY, StandingClock
from tests.web.browser import Browser, Page, staff
from tests.web.pictures import PNG
from tests.web.records import events_of

PUBLIC = "/public/harbour-cafe/complaint"


def test_a_customer_files_a_complaint_keeps_its_link_and_follows_it(site: Site, app: Flask) -> None:
    customer = Browser(app)
    assert "Customer complaint" in customer.open("/public").words

    customer.open(PUBLIC)
    page = customer.submit(PUBLIC, f_summary="cold coffee", f_customer_name="Chen", f_kind="taste")
    assert page.path.startswith("/public/received/")
    assert "HC-2026-00001" in page.words
    assert "March 4, 2026" in page.words  # two working days after Monday
    link = page.tree.get_element_by_id("track-url").get("value")
    assert link.startswith("http://127.0.0.1:8000/public/track/")

    track = Browser(app).open(link.removeprefix("http://127.0.0.1:8000"))
    assert "cold coffee" in track.words
    assert "Being checked being worked on" in track.words
    assert "Chen" not in track.words

    do(site, 1, "assess", founded="no")
    track = Browser(app).open(track.path)
    assert "The complaint was closed on" in track.words
    assert [event.action for event in events_of(site, 1)] == ["start_case", "read_case", "complete_task"]


def test_a_code_or_a_whole_link_finds_the_complaint(app: Flask) -> None:
    customer, code = _filed(app, "find me")

    assert customer.open(f"/public/find?code={code}").path == f"/public/track/{code}"
    assert (
        customer.open(f"/public/find?code=http%3A%2F%2Fx%2Fpublic%2Ftrack%2F{code}%2F").path == f"/public/track/{code}"
    )
    wrong = customer.open(f"/public/find?code={code.swapcase()}")
    assert wrong.status == 404
    assert "No complaint belongs to this code." in wrong.words


def test_the_database_keeps_no_code_that_opens_a_complaint(site: Site, app: Flask) -> None:
    _, code = _filed(app, "a secret kept")

    with site.database.reading_every_company() as connection:
        everything = "\n".join(
            str(row) for table in metadata.tables.values() for row in connection.execute(sa.select(table))
        )

    assert "a secret kept" in everything
    assert code not in everything


def test_the_customers_double_click_gives_one_number(app: Flask) -> None:
    customer = Browser(app)
    page = customer.open(PUBLIC)

    first = customer.submit(PUBLIC, page=page, f_summary="twice", f_kind="taste")
    second = customer.submit(PUBLIC, page=page, f_summary="twice", f_kind="taste")

    assert _number(first) == _number(second)


def test_an_upload_survives_a_failed_submit(site: Site, app: Flask) -> None:
    customer = Browser(app)
    customer.open(PUBLIC)

    failed = customer.submit(PUBLIC, f_summary="", f_photos=(BytesIO(PNG), "burnt.png"))
    assert failed.status == 422
    assert "burnt.png" in failed.words
    kept = failed.value("f-photos")
    page = customer.submit(PUBLIC, f_summary="burnt", f_kind="taste", f_photos=kept)

    assert page.path.startswith("/public/received/")
    front = staff(app, "fang.lan")
    case = front.open(f"/cases/{_number(page)}")
    link = case.tree.xpath("//a[starts-with(@href, '/attachments/')]/@href")[0]
    with front.client.get(link) as response:
        assert response.data == PNG
        assert response.headers["Content-Disposition"] == "attachment; filename=burnt.png"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_an_upload_of_somebody_else_cannot_be_named(site: Site, app: Flask) -> None:
    front = staff(app, "fang.lan")
    front.open("/register/harbour-cafe/complaint")
    failed = front.submit("/register/harbour-cafe/complaint", f_summary="", f_photos=(BytesIO(PNG), "mine.png"))
    stolen = failed.value("f-photos")

    customer = Browser(app)
    customer.open(PUBLIC)
    page = customer.submit(PUBLIC, f_summary="x", f_kind="taste", f_photos=stolen)

    assert page.status == 422
    assert page.errors() == ["Photos A file is no longer stored. Please add it again."]


def test_the_tracking_page_says_when_the_promise_is_broken(site: Site, app: Flask) -> None:
    customer, code = _filed(app, "waiting")
    assert isinstance(site.clock, StandingClock)

    site.clock.at = MONDAY + timedelta(days=7)
    page = customer.open(f"/public/track/{code}")
    site.clock.at = MONDAY

    assert "The promised date has passed." in page.words


def test_a_procedure_or_company_that_does_not_exist_is_not_found(app: Flask) -> None:
    customer = Browser(app)

    assert customer.open("/public/harbour-cafe/nothing").status == 404
    assert customer.open("/public/nobody/complaint").status == 404
    assert customer.open("/public/track/nothing").status == 404
    assert customer.open("/public/received/nothing").status == 404


def _filed(app: Flask, summary: str) -> tuple[Browser, str]:
    customer = Browser(app)
    customer.open(PUBLIC)
    page = customer.submit(PUBLIC, f_summary=summary, f_kind="taste")
    return customer, page.path.rsplit("/", 1)[1]


def _number(page: Page) -> str:
    return re.search(r"HC-2026-\d{5}", page.words)[0]
