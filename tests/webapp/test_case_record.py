"""The record of a case on paper, and its verdicts: everything there is to tell, in the reader's language."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import html

from engine.commands.attachments import receive, store
from engine.commands.cases import record_reading, start
from engine.commands.interventions import intervene
from engine.commands.site import Site
from engine.interpreter import Skip, TaskKey
from engine.queries.cases import case_by_id
from engine.worker import handlers, tick
from tests.support.cafe import COMPLAINT, do
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site, actor_of
from webapp.apart import reading_in
from webapp.case_record import papers_of, record_page, told, verdicts_of
from webapp.course import Course, course_on, drawn


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, int]:
    """Two rounds, in the first the kitchen was late; somebody looked, and skipped a step."""
    clock = StandingClock()
    site = a_site(tmp_path_factory.mktemp("site"), clock=clock)
    with site.acting(actor_of(site, "fang.lan")) as context:
        photo = store(
            context, receive(site.storage, context.actor.company_id, name="cup.pdf", content=b"%PDF-1.4\n%cold")
        )
        case_id = start(context, "complaint", {**COMPLAINT, "photos": [photo.id]}).case_id
    do(site, case_id, "assess")
    clock.move(days=2)
    tick(site)
    for element in ("fix", "reply", "confirm"):
        do(site, case_id, element)
    with site.acting(actor_of(site, "wei.min")) as context:
        record_reading(context, case_id, page="case")
    do(site, case_id, "assess")
    with site.acting(actor_of(site, "an.qi")) as context:
        intervene(context, case_id, Skip(TaskKey("fix#2"), reason="nothing left to mend"))
    do(site, case_id, "reply")
    do(site, case_id, "confirm", satisfied="yes")
    site.jobs.do(handlers(site))
    return site, case_id


def read(site: Site, case_id: int):  # type: ignore[no-untyped-def]
    with site.database.reading(CAFE) as connection:
        case = case_by_id(connection, site.deployments, CAFE, case_id)
        return told(connection, site.deployments, actor_of(site, "an.qi"), case, now=site.clock())


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.fromstring(page).text_content())


def test_the_record_tells_facts_verdicts_course_limits_letters_files_and_who_looked(walked: tuple[Site, int]) -> None:
    said = text_of(record_page(read(*walked), by="an.qi", language="en"))

    for words in (
        "Audit record of case HC-2026-00001",
        "coffee too cold",
        "not met 1",
        "Skipped by hand: Fix",
        "nothing left to mend",
        "Too late: Fix within 8 working hours",
        "machine warmed",
        "counted",
        "cup.pdf",
        "Who looked at the case",
        "wei.min",
        "python3 check.py",
    ):
        assert words in said, words


@pytest.mark.parametrize(
    ("language", "heading"), [("zh-Hans", "案件 HC-2026-00001 审计档案"), ("zh-Hant", "案件 HC-2026-00001 審計檔案")]
)
def test_a_chinese_reader_gets_no_english_heading(walked: tuple[Site, int], language: str, heading: str) -> None:
    tree = html.fromstring(record_page(read(*walked), by="an.qi", language=language))
    headings = [each.text_content() for each in tree.xpath("//h1|//h2|//h3|//th")]

    assert headings[0] == heading
    assert [each for each in headings if re.search("[a-z]{3}", each)] == []


def test_the_course_counts_loops_and_marks_what_was_done_by_hand(walked: tuple[Site, int]) -> None:
    tale = read(*walked)
    course = course_on(tale.events)
    ((file, xml),) = tale.case.deployment.package.diagrams.items()

    picture = str(drawn(xml, file, course, {"fix": "Fix & mend"}))

    assert (course.visits["assess"], course.visits["end_rejected"], course.by_hand) == (2, 0, {"fix"})
    assert "2×" in picture
    assert "Fix &amp; mend" in picture
    assert picture.count("✋") == 1


def test_a_diagram_without_a_picture_is_not_drawn(walked: tuple[Site, int]) -> None:
    bare = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'

    assert drawn(bare, "bare.bpmn", Course(), {}) == ""


def test_verdicts_name_their_events(walked: tuple[Site, int]) -> None:
    said = json.loads(verdicts_of(read(*walked)))

    assert [(each["clause"], each["verdict"], each["reason"]) for each in said["clauses"]] == [
        ("1", "met", ""),
        ("2", "not_met", "skipped"),
        ("3", "met", ""),
    ]
    assert [each["action"] for each in said["interventions"]] == ["skip_step"]
    assert 0 < said["interventions"][0]["event"] < said["through"]


def test_it_is_a_pdf_of_its_own(walked: tuple[Site, int]) -> None:
    papers = papers_of(read(*walked), by="an.qi", language="en")

    assert set(papers) == {"record.pdf", "verdicts.json"}
    assert papers["record.pdf"].startswith(b"%PDF-")


def test_a_complaint_written_down_late_says_when_it_happened(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case_id = a_complaint_of(site)
    tale = read(site, case_id)
    object.__setattr__(tale.case, "received_at", tale.case.started_at - timedelta(days=1))

    with reading_in("en"):
        said = text_of(record_page(tale, by="an.qi", language="en"))

    assert "happened 2026-03-01 09:00" in said


def a_complaint_of(site: Site) -> int:
    with site.acting(actor_of(site, "fang.lan")) as context:
        return start(context, "complaint", COMPLAINT).case_id
