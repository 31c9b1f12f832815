"""Trying a draft over its pages: everybody is played, time runs, the run is kept and says when it goes differently."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from engine.deployments import files_to_edit
from tests.support.site import ADMINISTRATOR, CAFE, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, Page, staff

TRIAL = "/workshop/complaint/trial"
SCENARIOS = "/workshop/complaint/scenarios"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture
def owner(app: Flask) -> Browser:
    return staff(app, ADMINISTRATOR)


def draft_files(site: Site) -> dict[str, bytes]:
    with site.database.reading(CAFE) as connection:
        return dict(files_to_edit(connection, site.deployments, CAFE, "complaint").files)


def post(owner: Browser, path: str, **values: str) -> Page:
    data = {"csrf_token": owner.csrf(), **values}
    return Page(owner.client.post(path, data=data, headers={"Accept-Language": "en"}, follow_redirects=True))


def begun(owner: Browser) -> Page:
    owner.open(TRIAL)
    answers = {"f-summary": "too cold", "f-customer_name": "Chen", "f-kind": "taste"}
    return post(owner, TRIAL, do="start", at="2026-09-28T09:00", **answers)


def further(owner: Browser, page: Page, do: str, **values: str) -> Page:
    return post(owner, TRIAL, so_far=page.value("so_far"), do=do, **values)


def test_somebody_plays_everybody_and_no_case_comes_of_it(site: Site, owner: Browser) -> None:
    page = begun(owner)
    assert "2026-09-28 09:00" in page.words

    page = further(owner, page, "complete", **{"f-founded": "yes", "f-remark": "seen"})
    page = further(owner, page, "complete", task="fix#1", **{"f-done": "warmed"})
    page = further(owner, page, "complete", **{"f-answer": "a new cup"})
    page = further(owner, page, "complete", **{"f-satisfied": "yes"})

    assert page.status == 200
    assert "Run ahead to" not in page.words
    with site.database.reading(CAFE) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM cases").scalar() == 0


def test_a_run_begins_by_a_mail_or_by_the_calendar(owner: Browser) -> None:
    rules = '\n[schedules.weekly]\nprocess = "complaint"\nevery = "week"\non = 1\nat = "09:00"\n'
    title = 'title = { zh-Hans = "每周", zh-Hant = "每週", en = "Every week" }\n'
    file = "/workshop/complaint/texts/procedure.toml"
    page = owner.open(file)
    post(owner, file, revision=page.value("revision"), content=page.value("content") + rules + title)

    page = owner.open(f"{TRIAL}?begins=mail:")
    assert "The calendar begins it: Every week" in page.words
    empty = post(owner, TRIAL, do="start", begins="mail:", at="2026-09-28T09:00")
    by_mail = post(
        owner, TRIAL, do="start", begins="mail:", at="2026-09-28T09:00", sender="li@example.org", subject="cold"
    )
    weekly = owner.open(f"{TRIAL}?begins=schedule:weekly")
    by_calendar = post(owner, TRIAL, do="start", begins="schedule:weekly", at=weekly.value("at"))

    assert (empty.status, "Say who writes, or what the mail says." in empty.words) == (422, True)
    assert "A mail opens a case" in by_mail.words
    assert "li@example.org" in by_mail.words
    assert "A mail opens a case" in further(owner, by_mail, "hour").words
    assert weekly.value("at") == "2026-03-09T09:00"  # the Monday after today
    assert "The calendar opens a case" in by_calendar.words
    assert "2026-03-09 09:00" in by_calendar.words


def test_the_form_of_a_step_refuses_what_it_would_refuse_there(owner: Browser) -> None:
    page = further(owner, begun(owner), "complete", **{"f-founded": "", "f-remark": "seen"})

    assert page.status == 422
    assert "To be corrected: 1" in page.words
    assert page.value("f-remark") == "seen"


def test_a_press_runs_over_the_national_holiday_to_the_next_working_day(owner: Browser) -> None:
    page = further(owner, begun(owner), "until", at="2026-09-30T17:00")
    page = further(owner, page, "day")

    assert "2026-10-08 17:00" in page.words


def test_steps_are_taken_back(owner: Browser) -> None:
    page = further(owner, begun(owner), "complete", **{"f-founded": "yes", "f-remark": "seen"})
    back = further(owner, page, "back", to="0")

    assert "fix" in page.value("so_far") or "assess" in page.value("so_far")
    assert "[[step]]" not in back.value("so_far")


def test_a_run_is_kept_as_a_scenario_that_expects_what_happened(site: Site, owner: Browser) -> None:
    page = further(owner, begun(owner), "complete", **{"f-founded": "no", "f-remark": "seen"})

    kept = post(owner, SCENARIOS, so_far=page.value("so_far"), title="Not founded")

    assert "all go as they say" in kept.words
    found = draft_files(site)["scenarios/not-founded.toml"].decode()
    assert 'title = "Not founded"' in found
    assert 'founded = "no"' in found
    assert 'outcome = "rejected"' in found


def test_a_run_without_a_name_is_not_kept(site: Site, owner: Browser) -> None:
    page = begun(owner)

    assert post(owner, SCENARIOS, so_far=page.value("so_far"), title=" ").status == 422
    assert [path for path in draft_files(site) if path.startswith("scenarios/")] == ["scenarios/closed.toml"]


def test_a_save_after_which_a_scenario_goes_differently_says_so(site: Site, owner: Browser) -> None:
    owner.open("/workshop/complaint")
    scenario = next(path for path in draft_files(site) if path.startswith("scenarios/"))
    wrong = draft_files(site)[scenario].replace(b'open = ["assess"]', b'open = ["confirm"]')
    headers = {"X-CSRF-Token": owner.csrf(), "If-Match": '"0"', "Accept-Language": "en"}

    saved = owner.client.put(f"/workshop/complaint/files/{scenario}", data=wrong, headers=headers)

    assert saved.json is not None
    (finding,) = saved.json["findings"]
    assert (finding["rule"], finding["severity"], finding["file"]) == ("scenario-fails", "warning", scenario)
    assert "expected open tasks [confirm], found [assess]" in finding["message"]
    shown = owner.open(f"{TRIAL}?scenario={scenario}")
    assert "expected open tasks [confirm], found [assess]" in shown.words


def test_the_ways_that_no_scenario_walks_are_named(owner: Browser) -> None:
    words = owner.open(SCENARIOS).words

    assert "1 scenario" in words or "1 个场景" in words
    assert "→" in words


def test_a_scenario_is_taken_out_of_the_draft(site: Site, owner: Browser) -> None:
    owner.open(SCENARIOS)
    (scenario,) = [path for path in draft_files(site) if path.startswith("scenarios/")]

    post(owner, f"{SCENARIOS}/removed", file=scenario, revision="0")

    assert scenario not in draft_files(site)


def test_a_draft_with_errors_says_what_keeps_it_from_running(owner: Browser) -> None:
    owner.open("/workshop/complaint")
    headers = {"X-CSRF-Token": owner.csrf(), "If-Match": '"0"'}
    owner.client.put("/workshop/complaint/files/complaint.bpmn", data=b"<x/>", headers=headers)

    page = owner.open(TRIAL)

    assert page.status == 422
    assert "complaint.bpmn" in page.words


def test_a_draft_runs_in_the_sandbox_and_nothing_else_changes(site: Site, owner: Browser) -> None:
    owner.open("/workshop/complaint")
    rules = draft_files(site)["procedure.toml"].replace(b"amount = 2\nunit", b"amount = 1\nunit")
    owner.client.put(
        "/workshop/complaint/files/procedure.toml",
        data=rules,
        headers={"X-CSRF-Token": owner.csrf(), "If-Match": '"0"'},
    )
    owner.open(TRIAL)

    for _ in range(2):  # the same draft once more is no new version
        page = post(owner, "/workshop/complaint/sandbox")
        assert "The draft runs in the sandbox." in page.text

    with site.database.reading(CAFE) as connection:
        assert site.deployments.current(connection, CAFE, "complaint").version == 1
    there = f"{CAFE}-sandbox"
    with site.database.reading(there) as connection:
        found = site.deployments.current(connection, there, "complaint")
        assert (found.version, found.package.deadlines["reply"].amount) == (2, "1")


def test_only_owners_try_drafts(app: Flask) -> None:
    assert staff(app, "fang.lan").open(TRIAL).status == 403
