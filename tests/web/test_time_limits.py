"""Clocks, reminders, requests for more time and the calendar over their pages, without script."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from engine.errors import PackageRefused
from engine.worker import tick
from tests.support.cafe import a_complaint, changed_procedure, do, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import Page, staff

NOTICE = """国务院办公厅关于2027年部分节假日安排的通知
一、元旦：1月1日（周五）至5日（周二）放假调休，共5天。
"""


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(datetime.fromisoformat("2026-12-30T09:00:00+08:00"))


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def being_fixed(site: Site) -> tuple[int, str]:
    started = a_complaint(site)
    do(site, started.case_id, "assess")
    return started.case_id, started.number


GIVEN = """
[deadlines.visit]
title = { zh-Hans = "上门", zh-Hant = "上門", en = "Visit on the day" }
unit = "field"
field = "visit_on"
runs_from = "case"
runs_until = ["reply"]
paused_by = ["front"]
"""
VISIT = (
    "  - { id: visit_on, type: date, label: { zh-Hans: 上门日期, zh-Hant: 上門日期, en: Visit on } }\n  - id: kind\n"
)


def test_a_time_limit_that_ends_on_a_given_date_can_be_stopped_and_not_be_extended(site: Site, app: Flask) -> None:
    changed_procedure(site, ("  - id: kind\n", VISIT), ("[outcomes]", f"{GIVEN}[outcomes]"))
    number = a_complaint(site, visit_on="2027-01-08").number
    front = staff(app, "fang.lan")
    path = f"/cases/{number}/time-limits/visit"

    assert front.open(f"{path}/pause").status == 200
    assert front.submit(f"{path}/pause", f_reason="nobody is at home").path == f"/cases/{number}"
    assert front.open(f"{path}/resume").status == 200
    assert front.open(f"{path}/extend").status == 404


def test_a_given_date_with_more_time_is_refused_when_it_is_published(site: Site) -> None:
    more = GIVEN + "extension = { most = 5 }\n"

    with pytest.raises(PackageRefused) as caught:
        changed_procedure(site, ("  - id: kind\n", VISIT), ("[outcomes]", f"{more}[outcomes]"))

    assert "another date instead of a given one" in caught.value.findings[0].message


def test_the_kitchen_stops_the_clock_and_the_page_shows_gross_and_net(
    site: Site, app: Flask, clock: StandingClock
) -> None:
    case_id, number = being_fixed(site)
    kitchen = staff(app, "gu.qiang")
    path = f"/cases/{number}/time-limits/fixing/pause"
    assert path in kitchen.open(f"/cases/{number}").text
    clock.move(hours=2)

    kitchen = staff(app, "gu.qiang")  # two hours without a click sign people out
    kitchen.open(path)
    page = kitchen.submit(path, f_reason="")
    assert page.status == 422
    page = kitchen.submit(path, f_reason="machine is with the maker")
    assert page.path == f"/cases/{number}"
    assert next(each for each in the_case(site, case_id).clocks if each.deadline == "fixing").status == "paused"

    clock.move(hours=6)
    kitchen = staff(app, "gu.qiang")
    resume = f"/cases/{number}/time-limits/fixing/resume"
    kitchen.open(resume)
    page = kitchen.submit(resume, f_reason="it is back")

    assert "Since the start: 8 h · paused: 6 h · net: 2 h" in page.words
    assert "gu.qiang · machine is with the maker" in page.words
    assert "Time limit stopped: Fix within 8 working hours" in page.words


def test_who_may_not_stop_it_sees_no_button_and_is_refused(site: Site, app: Flask) -> None:
    _, number = being_fixed(site)
    front = staff(app, "fang.lan")
    path = f"/cases/{number}/time-limits/fixing/pause"

    assert path not in front.open(f"/cases/{number}").text
    front.open(path)
    assert front.submit(path, f_reason="because").status == 403


@pytest.mark.parametrize("path", ["fixing/explode", "lunch/pause"])
def test_an_address_that_means_nothing_is_not_found(site: Site, app: Flask, path: str) -> None:
    _, number = being_fixed(site)

    assert staff(app, "gu.qiang").open(f"/cases/{number}/time-limits/{path}").status == 404


def test_more_time_is_asked_for_and_granted_from_the_inbox(site: Site, app: Flask) -> None:
    _, number = being_fixed(site)
    kitchen, front = staff(app, "gu.qiang"), staff(app, "fang.lan")
    path = f"/cases/{number}/time-limits/fixing/extend"
    kitchen.open(path)
    page = kitchen.submit(path, f_amount="20", f_reason="spare part")
    assert "12 or less" in page.words
    kitchen.submit(path, f_amount="4", f_reason="spare part")

    page = front.open("/")
    assert "More time asked for" in page.words
    assert "+ 4 working hours" in page.words
    front.open("/extensions/1")
    page = front.submit("/extensions/1", f_decision="granted", f_answer="the customer agrees")

    assert page.path == "/"
    assert "More time asked for" not in page.words
    page = front.open(f"/cases/{number}")
    assert "spare part — the customer agrees" in page.words
    assert "more time granted · fang.lan · spare part · the customer agrees" in page.words
    assert front.open("/extensions/1").path == f"/cases/{number}"


def test_whoever_asked_is_told_that_somebody_else_decides(site: Site, app: Flask) -> None:
    _, number = being_fixed(site)
    both = staff(app, "wei.min")
    path = f"/cases/{number}/time-limits/fixing/extend"
    both.open(path)
    both.submit(path, f_amount="4", f_reason="spare part")

    assert "somebody else decides" in both.open("/extensions/1").words
    assert staff(app, "gu.qiang").open("/extensions/2").status == 404


def test_a_reminder_lies_in_the_inbox_until_it_is_accepted(site: Site, app: Flask, clock: StandingClock) -> None:
    _, number = being_fixed(site)
    clock.move(hours=5)
    tick(site)
    kitchen = staff(app, "gu.qiang")
    page = kitchen.open("/")
    assert "50% of the time used" in page.words

    page = kitchen.submit("/reminders/1/acceptance")

    assert f"Accepted: {number}" in page.text
    assert "50% of the time used" not in page.words
    assert kitchen.client.post("/reminders/99/acceptance", data=page.hidden("/session/end")).status_code == 404


def test_the_calendar_shows_the_year_and_what_a_time_limit_would_give(app: Flask) -> None:
    page = staff(app, "fang.lan").open("/calendar?year=2026")
    assert "Notice is in force" in page.words
    assert "248 working days" in page.words
    assert "Load a notice" not in page.words

    page = staff(app, "fang.lan").open("/calendar?amount=7&unit=working_days&at=2026-02-10T10:00")

    dates = [" ".join(row.text_content().split()) for row in page.tree.xpath("//section[@id='trial']//tbody/tr")]
    assert len(dates) == 10
    assert dates[0].startswith("Feb 10, 2026 10:00 Feb 26, 2026 18:00")


@pytest.mark.parametrize(
    "query", ["amount=0", "amount=soon", "amount=1.5&unit=days", "amount=9e9", "at=never", "year=9999"]
)
def test_what_makes_no_time_limit_is_said_and_nothing_breaks(app: Flask, query: str) -> None:
    page = staff(app, "fang.lan").open(f"/calendar?{query}")

    assert page.status == 200
    assert ("This makes no time limit" in page.words) is ("amount" in query)


def test_an_administrator_loads_a_notice_having_seen_what_it_does(site: Site, app: Flask) -> None:
    case_id, number = being_fixed(site)
    chief = staff(app, ADMINISTRATOR)
    chief.open("/calendar/notice")
    page = chief.submit("/calendar/notice", text=NOTICE.replace("共5天", "共6天"))
    assert page.status == 422
    assert "Line 2: 共6天 — The dates make 5 days." in page.words

    page = chief.submit("/calendar/notice", text=NOTICE)
    assert "What the notice for 2027 does" in page.words
    assert "The text does not name: Chinese New Year (Spring Festival), Tomb-Sweeping Day, Labor Day" in page.words
    assert cells(page) == [number, "Reply within 2 working days", "Jan 4, 2027 18:00", "Jan 6, 2027 18:00"]

    form = page.tree.xpath("//form[.//button[@name='load']]")[0]
    carried = {one.get("name"): one.get("value") for one in form.xpath(".//input[@type='hidden']")}
    sent = chief.client.post("/calendar/notice", data=carried | {"load": "yes", "dates": "recount", "note": "No. 7"})
    assert sent.status_code == 303
    page = chief.open(sent.location)
    assert "Counting again: 0 of 1 cases" in page.words
    assert "No. 7" in page.words
    tick(site)
    page = chief.open(sent.location)

    assert "Counting again" not in page.words
    assert cells(page)[2:] == ["Jan 4, 2027 18:00", "Jan 6, 2027 18:00"]
    reply = next(each for each in the_case(site, case_id).clocks if each.deadline == "reply")
    assert reply.due_at == datetime.fromisoformat("2027-01-06T18:00:00+08:00")


def cells(page: Page) -> list[str]:
    return [" ".join(cell.text_content().split()) for cell in page.tree.xpath("//main//tbody/tr/td")]


def test_a_file_in_the_encoding_of_an_old_office_is_read(app: Flask) -> None:
    from io import BytesIO

    chief = staff(app, ADMINISTRATOR)
    token = chief.open("/calendar/notice").hidden("/calendar/notice")
    sent = {**token, "text": "", "file": (BytesIO(NOTICE.encode("gb18030")), "notice.txt")}

    answer = chief.client.post("/calendar/notice", data=sent, headers={"Accept-Language": "en"})

    assert "What the notice for 2027 does" in answer.text


def test_nobody_else_loads_or_removes_a_notice(app: Flask) -> None:
    front = staff(app, "fang.lan")
    token = front.open("/").hidden("/session/end")

    assert front.open("/calendar/notice").status == 403
    assert front.client.post("/calendar/notice", data={**token, "text": NOTICE, "load": "yes"}).status_code == 403
    assert front.client.post("/calendar/notice/2027/removal", data=token).status_code == 403
    assert front.open("/calendar/versions/nothing").status == 404
