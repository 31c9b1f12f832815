"""A complaint from intake to archive, over the pages, as staff do it."""

from __future__ import annotations

from flask import Flask

from engine.commands.site import Site
from engine.worker import handlers, read_words
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.web.browser import Browser, staff
from tests.web.records import assert_history_verifies, events_of

REGISTER = "/register/harbour-cafe/complaint"


def test_a_complaint_goes_from_intake_to_archive_over_the_pages(site: Site, app: Flask) -> None:
    front, kitchen = staff(app, "fang.lan"), staff(app, "gu.qiang")
    assert isinstance(site.clock, StandingClock)
    assert isinstance(site.jobs, RememberedJobs)

    front.open("/register")
    assert REGISTER in front.page.text
    front.open(REGISTER)
    page = front.submit(REGISTER, f_summary="cold coffee", f_customer_name="Chen", f_kind="taste")
    assert page.path == "/tasks/1"
    assert "Registered: HC-2026-00001" in page.words
    assert "Listen to the end, then write." in page.words

    page = front.submit("/tasks/1/claim")
    assert "Assigned to fang.lan" in page.words
    page = front.submit("/tasks/1/draft", f_remark="half a sen")
    assert page.value("f-remark") == "half a sen"
    site.clock.move(minutes=50)
    page = front.submit("/tasks/1/completion", f_founded="yes", f_remark="seen it")
    assert page.path == "/tasks/2"
    assert "Done: Check. Next: Reply, Fix" in page.words

    page = front.submit("/tasks/2/completion", f_answer="a new cup")
    assert page.path == "/cases/HC-2026-00001"
    kitchen.open("/?tab=groups")
    assert "cold coffee" in kitchen.page.words
    assert "Switch the machine off first." in kitchen.open("/tasks/3").words
    page = kitchen.submit("/tasks/3/completion", f_done="machine warmed")
    assert page.path == "/cases/HC-2026-00001"

    front.open("/tasks/4")
    page = front.submit("/tasks/4/completion", f_satisfied="yes")
    assert page.path == "/cases/HC-2026-00001"
    assert site.jobs.do(handlers(site)) == 1

    page = front.open("/cases/HC-2026-00001")
    assert "This case is closed: Closed" in page.words
    assert "感谢您的意见 HC-2026-00001" in page.words
    assert "machine warmed" in page.words
    assert "HC-2026-00001" in front.open("/cases?status=closed").words
    assert "HC-2026-00001" not in front.open("/cases?status=open").words
    assert front.open("/cases/HC-2026-00001/replay").status == 200
    assert [event.action for event in events_of(site, 1) if event.action != "read_case"] == [
        "start_case",
        "claim_task",
        "complete_task",
        "complete_task",
        "complete_task",
        "complete_task",
        "complete_service",
    ]
    assert_history_verifies(site)


def test_a_time_limit_that_the_case_ended_without_is_not_called_too_late(app: Flask) -> None:
    front, task = _a_task(app)

    page = front.submit(f"{task}/completion", f_founded="no", f_remark="not ours")

    assert "This case is closed: Not founded" in page.words
    assert "no longer needed" in page.words
    assert "Too late" not in page.words


def test_wrong_answers_show_every_wrong_field_at_once_and_keep_what_was_typed(app: Flask) -> None:
    front = staff(app, "fang.lan")
    front.open(REGISTER)

    page = front.submit(REGISTER, f_summary="x" * 101, f_customer_name="Chen & Sons", f_customer_mail="c@example.org")

    assert page.status == 422
    assert page.errors() == [
        "What happened Please write at most 100 characters.",
        "Kind Please make a choice.",
    ]
    assert page.value("f-summary") == "x" * 101
    assert page.value("f-customer_name") == "Chen & Sons"


def test_wrong_answers_to_a_task_are_shown_with_it_and_nothing_moves(site: Site, app: Flask) -> None:
    front, task = _a_task(app)

    page = front.submit(f"{task}/completion", f_founded="perhaps", f_remark="  ")

    assert page.status == 422
    assert page.errors() == [
        "Founded This option is no longer available. Please choose another.",
        "Remark Please fill in this field.",
    ]
    page = front.submit(f"{task}/completion", f_founded="no", f_remark="nothing to see")
    assert page.path.startswith("/cases/")


def test_a_double_click_registers_one_case(site: Site, app: Flask) -> None:
    front = staff(app, "fang.lan")
    page = front.open(REGISTER)

    first = front.submit(REGISTER, page=page, f_summary="twice", f_kind="taste")
    second = front.submit(REGISTER, page=page, f_summary="twice", f_kind="taste")

    assert first.path == second.path
    read_words(site)
    assert front.open("/cases?text=twice").text.count("/cases/HC-2026-") == 1


def test_the_same_page_with_other_answers_is_another_complaint(app: Flask) -> None:
    """Somebody goes back in the browser, writes about something else and sends it: it must not get lost."""
    front = staff(app, "fang.lan")
    page = front.open(REGISTER)

    first = front.submit(REGISTER, page=page, f_summary="cold soup", f_kind="taste")
    second = front.submit(REGISTER, page=page, f_summary="rude waiter", f_kind="service")

    assert first.path != second.path
    assert "rude waiter" in second.words


def test_a_double_click_completes_a_task_once(site: Site, app: Flask) -> None:
    front, task = _a_task(app)
    page = front.page

    first = front.submit(f"{task}/completion", page=page, f_founded="yes", f_remark="ok")
    second = front.submit(f"{task}/completion", page=page, f_founded="yes", f_remark="ok")

    assert first.path == second.path
    assert second.status == 200


def test_a_task_that_is_done_leads_to_its_case(app: Flask) -> None:
    front, task = _a_task(app)
    front.submit(f"{task}/completion", f_founded="no", f_remark="ok")

    page = front.open(task)

    assert page.path.startswith("/cases/HC-2026-")


def test_pages_of_a_language_and_a_theme_stay_so(app: Flask) -> None:
    reader = Browser(app)
    page = reader.open("/public")
    assert page.tree.get("lang") == "en"

    page = reader.submit("/preferences/language", language="zh-Hant")
    assert (page.path, page.tree.get("lang")) == ("/public", "zh-Hant")
    assert "顧客投訴" in page.words
    page = reader.submit("/preferences/theme", theme="dark")
    assert page.tree.get("data-theme") == "dark"
    page = reader.submit("/preferences/theme", theme="purple")
    assert page.tree.get("data-theme") == "dark"
    page = reader.submit("/preferences/language", language="../../etc/passwd")
    assert page.tree.get("lang") == "zh-Hant"


def test_the_language_follows_the_person_to_another_browser(app: Flask) -> None:
    first = staff(app, "wei.min")
    first.submit("/preferences/language", language="zh-Hant")

    second = staff(app, "wei.min")

    assert second.open("/").tree.get("lang") == "zh-Hant"


def _a_task(app: Flask) -> tuple[Browser, str]:
    front = staff(app, "fang.lan")
    front.open(REGISTER)
    page = front.submit(REGISTER, f_summary="cold tea", f_kind="taste")
    return front, page.path
