"""Registers and statistics over their pages: numbers that open their cases, files without formulas, rights, history."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from lxml import etree

from engine.commands.site import Site
from engine.worker import handlers
from tests.support.cafe import a_complaint, a_round
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import assert_history_verifies, company_events

REGISTER = "/reports/complaint/register"
MARCH = f"{REGISTER}?period=2026-03"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    """March 2026: three were asked whether they are satisfied, two are; one is still open."""
    site = a_site(tmp_path, clock=clock)
    for kind, satisfied in (("taste", "yes"), ("taste", "yes"), ("service", "no")):
        started = a_complaint(site, kind=kind, summary=f"{kind} of {clock().day}")
        a_round(site, started.case_id, satisfied=satisfied)
        site.jobs.do(handlers(site))
        clock.move(days=1)
    a_complaint(site, kind="service", summary="=1+1", customer_name='=HYPERLINK("http://evil")')
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_a_share_is_shown_with_its_whole_and_with_what_is_left_out(app: Flask) -> None:
    page = staff(app, "fang.lan").open(MARCH)

    assert "Satisfied 66.7%target: 80%missed2 of 3 cases · the other 11 not counted: nothing known yet" in page.words


def test_every_number_opens_its_cases(app: Flask) -> None:
    front = staff(app, "fang.lan")

    counted = front.open(f"{MARCH}&figure=satisfied&part=counted")
    assert "HC-2026-00001" in counted.words
    assert "HC-2026-00002" in counted.words
    assert "HC-2026-00003" not in counted.words
    rest = front.open(f"{MARCH}&figure=satisfied&part=rest")
    assert "HC-2026-00003" in rest.words
    assert "HC-2026-00001" not in rest.words
    row = front.open(f"{MARCH}&row=taste")
    assert "Kind: Taste" in row.words
    assert "HC-2026-00002" in row.words
    assert "HC-2026-00003" not in row.words


def test_filters_and_other_periods(app: Flask) -> None:
    front = staff(app, "fang.lan")

    assert "HC-2026-00004" in front.open(f"{MARCH}&status=open").words
    assert "HC-2026-00001" not in front.open(f"{MARCH}&status=open").words
    assert "No cases in this period" in front.open(f"{REGISTER}?period=2026-02").words
    assert "HC-2026-00001" in front.open(f"{REGISTER}?period=2026-Q1").words
    assert front.open(f"{REGISTER}?period=nonsense&known=tomorrow&before=x.y&status=odd&part=odd").status == 200


def test_the_register_as_it_was_known_on_a_day(site: Site, app: Flask) -> None:
    """On the evening of March 3 the first two were done; what the third customer said on the 4th was not known."""
    page = staff(app, "fang.lan").open(f"{MARCH}&known=2026-03-03")

    assert "as known on 2026-03-03" in page.words
    assert "2 of 2 cases" in page.words
    assert "HC-2026-00003" not in page.words


def test_a_case_looks_as_it_did_before_it_went_on(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    started = a_complaint(site)
    clock.move(days=2)
    a_round(site, started.case_id, satisfied="yes")
    clock.move(days=1)
    front = staff(an_app(site), "fang.lan")

    assert "1 not counted: nothing known yet" in front.open(f"{MARCH}&known=2026-03-03").words
    assert "1 of 1 cases" in front.open(MARCH).words


def test_the_file_has_the_columns_and_no_formula(site: Site, app: Flask) -> None:
    front = staff(app, "fang.lan")
    answer = front.client.get(
        "/reports/complaint/register/export.xlsx?period=2026-03", headers={"Accept-Language": "en"}
    )

    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    texts = [cell.xpath("string()") for cell in sheet.iter("{*}c")]
    assert not list(sheet.iter("{*}f"))
    assert not list(sheet.iter("{*}hyperlink"))
    assert {"Number", "Received", "Name", "Kind", "HC-2026-00003", '=HYPERLINK("http://evil")', "=1+1"} <= set(texts)
    event = company_events(site)[-1]
    assert (event.action, event.subject) == ("export_report", "complaint/register")
    assert event.content == {"period": "2026-03", "rows": 4}
    assert_history_verifies(site)


def test_paper_carries_company_form_and_lines_and_is_recorded(site: Site, app: Flask) -> None:
    page = staff(app, "fang.lan").open("/reports/complaint/register/print?period=2026-03")

    assert re.search(r"Register of complaints HC-01 · Customer complaint · March 2026", page.words)
    assert page.words.index("HC-2026-00001") < page.words.index("HC-2026-00004")
    assert company_events(site)[-1].action == "print_report"


def test_a_report_of_the_kitchen_is_for_the_kitchen(site: Site, app: Flask) -> None:
    front, kitchen, administrator = (staff(app, who) for who in ("fang.lan", "gu.qiang", ADMINISTRATOR))

    assert "What the kitchen mended" not in front.open("/reports").words
    for path in ("", "/print", "/export.xlsx"):
        assert front.open(f"/reports/complaint/kitchen{path}").status == 403
    refused = company_events(site)[-1]
    assert (refused.action, refused.content["reason"]) == ("refused", "not-in-group")
    assert "What the kitchen mended" in kitchen.open("/reports").words
    assert kitchen.open("/reports/complaint/kitchen?period=2026-03").status == 200
    assert administrator.open("/reports/complaint/kitchen?period=2026-03").status == 200


@pytest.mark.parametrize("path", ["complaint/nothing", "nothing/register", "complaint/register/nothing"])
def test_what_is_not_there_is_not_found(app: Flask, path: str) -> None:
    assert staff(app, "fang.lan").open(f"/reports/{path}").status == 404


def test_every_procedure_has_an_overview_with_charts(site: Site, app: Flask, clock: StandingClock) -> None:
    page = staff(app, "fang.lan").open("/reports/complaint/-?period=2026-03")

    assert "Cases received 4" in page.words
    assert "Cases closed 2" in page.words
    assert "Kind: Pareto" in page.words
    links = page.tree.xpath("//*[local-name()='svg']//*[local-name()='a']/@href")
    assert any("row=taste" in link for link in links)
    assert not page.tree.xpath("//*[@style]")


def test_a_chart_ends_with_the_month_that_runs_and_names_its_lines_whole(app: Flask) -> None:
    page = staff(app, "fang.lan").open("/reports/complaint/-?period=2026")

    (chart,) = page.tree.xpath("//div[@class='card chart'][.//h2='Over time']")
    periods = chart.xpath(".//tbody/tr/td[1]/text()")
    assert (len(periods), periods[0], periods[-1]) == (12, "April 2025", "March 2026")
    ends = chart.xpath(".//*[local-name()='text'][contains(@class,'endl')]/text()")
    assert sorted(ends) == ["Cases closed", "Cases received", "Open and overdue"]


def test_a_chart_as_known_on_a_day_ends_with_its_month(app: Flask, clock: StandingClock) -> None:
    clock.move(days=40)
    page = staff(app, "fang.lan").open("/reports/complaint/-?period=2026&known=2026-03-20")

    (chart,) = page.tree.xpath("//div[@class='card chart'][.//h2='Over time']")
    assert chart.xpath(".//tbody/tr/td[1]/text()")[-1] == "March 2026"


def test_more_than_a_page_is_turned_over_without_loss(site: Site, app: Flask) -> None:
    for number in range(60):
        a_complaint(site, summary=f"one more {number}")
    front = staff(app, "fang.lan")
    first = front.open(MARCH)
    onward = first.tree.xpath("//a[@rel='next']/@href")[0]
    second = front.open(onward.partition("#")[0])

    seen = [set(re.findall(r"HC-2026-\d{5}", page.words)) for page in (first, second)]
    assert (len(seen[0]), len(seen[1])) == (50, 14)
    assert not seen[0] & seen[1]
