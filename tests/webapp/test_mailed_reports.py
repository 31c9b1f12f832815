"""Reports by mail: the same figures as the page, sent once, and a mail that was not sent is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from engine.commands.site import Site
from engine.tables import history_events, mailings
from tests.support.cafe import a_complaint, a_round
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site
from tests.support.smtp import MailServer, mail_server
from tests.web.application import an_app
from tests.web.browser import staff
from webapp.mailed_reports import mail_reports

REPORT = "/reports/complaint/-"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock, server: MailServer) -> Site:
    """Three complaints of March, one of them closed; then it is April."""
    site = a_site(tmp_path, clock=clock)
    site = replace(site, settings=replace(site.settings, mail_url=server.url, base_url="https://sw.example"))
    numbers = [a_complaint(site).case_id for _ in range(3)]
    a_round(site, numbers[0], satisfied="yes")
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def subscribe(app: Flask, login: str = "fang.lan", *, every: str = "month", address: str = "fang@example.org") -> None:
    reader = staff(app, login)
    reader.submit(f"{REPORT}/mailing", page=reader.open(REPORT), address=address, every=every)


def test_the_past_month_arrives_with_the_figures_of_the_page_and_the_file(
    site: Site, app: Flask, clock: StandingClock, server: MailServer
) -> None:
    subscribe(app)
    assert mail_reports(site, app) == 0
    clock.at = datetime(2026, 4, 1, 0, 1, tzinfo=UTC)  # Wednesday, a minute past eight
    assert mail_reports(site, app) == 1
    assert mail_reports(site, app) == 0

    (letter,) = server.letters
    assert letter["To"] == "fang@example.org"
    page = staff(app, "fang.lan").open(f"{REPORT}?period=2026-03")
    assert "Cases received 3 " in page.words
    body = letter.get_body(("html",))
    assert body is not None
    html = body.get_content()
    assert "https://sw.example/reports/complaint/-?period=2026-03" in html
    assert ">3</a>" in html
    (file,) = letter.iter_attachments()
    sheet = load_workbook(BytesIO(file.get_content())).active
    assert sheet is not None
    assert sheet.max_row == 3 + 3  # title, about, heads, and the three cases
    with site.database.reading(CAFE) as connection:
        t = history_events.c
        said = connection.execute(sa.select(t.body).where(t.action == "mail_report")).scalars().all()
    assert len(said) == 1
    assert "2026-03" in str(said[0])


def test_a_mail_that_was_not_sent_is_seen_and_tried_again(
    site: Site, app: Flask, clock: StandingClock, server: MailServer
) -> None:
    subscribe(app)
    server.refusing = 1
    clock.at = datetime(2026, 4, 1, 0, 1, tzinfo=UTC)

    assert mail_reports(site, app) == 0
    assert "451" in staff(app, ADMINISTRATOR).open("/reports").words
    clock.move(seconds=11)
    assert mail_reports(site, app) == 1
    assert "not sent" not in staff(app, "fang.lan").open("/reports").words


def test_each_sees_and_ends_their_own(site: Site, app: Flask, clock: StandingClock, server: MailServer) -> None:
    subscribe(app)
    assert "fang@example.org" not in staff(app, "gu.qiang").open("/reports").words
    reader = staff(app, "fang.lan")
    page = reader.open("/reports")
    assert "fang@example.org" in page.words
    with site.database.reading(CAFE) as connection:
        mailing = connection.execute(sa.select(mailings.c.id)).scalar_one()
    other = staff(app, "gu.qiang")
    assert other.send(f"/reports/mailings/{mailing}/end", {"csrf_token": other.csrf()}).status == 404
    reader.submit(f"/reports/mailings/{mailing}/end", page=page)

    clock.move(days=40)
    assert mail_reports(site, app) == 0
    assert server.letters == []


def test_what_is_no_address_is_refused(app: Flask) -> None:
    reader = staff(app, "fang.lan")
    reader.submit(f"{REPORT}/mailing", page=reader.open(REPORT), address="x@y\nBcc: all", every="month")

    assert "By mail" not in reader.open("/reports").words


def test_every_week_it_is_the_running_period(site: Site, app: Flask, clock: StandingClock, server: MailServer) -> None:
    subscribe(app, every="week")
    clock.at = datetime(2026, 3, 9, 0, 1, tzinfo=UTC)

    assert mail_reports(site, app) == 1
    assert "March 2026" in server.letters[0]["Subject"] or "2026年3月" in server.letters[0]["Subject"]
