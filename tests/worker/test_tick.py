"""The heartbeat does what is due, once, and reads nothing else."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from engine.calendars import read_notice
from engine.commands.calendars import load_notice
from engine.commands.retries import retry
from engine.commands.site import Site
from engine.complaints import Actor
from engine.tables import cases, history_events, incidents, schedules
from engine.worker import tick, ticker
from tests.procedures.packages import DIAGRAM, PROCEDURE, bpmn, changed, files
from tests.support.cafe import a_complaint, do, the_case
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site, an_empty_site
from tests.support.statements import driver_statements
from tests.worker import acme

SCHEDULE = '\n[schedules.weekly]\nevery = "week"\non = 1\nat = "09:00"\ntitle = { zh-Hans = "每周", en = "Weekly" }\n'
FAULTY_TIMER = """
  <bpmn:boundaryEvent id="reminder" name="提醒" attachedToRef="repair" cancelActivity="false">
    <bpmn:timerEventDefinition id="t"><bpmn:timeDuration>P2D</bpmn:timeDuration></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:exclusiveGateway id="odd" name="？" default="f_odd_end"/>
  <bpmn:endEvent id="odd_end" name="完"/>
  <bpmn:endEvent id="odd_other" name="另"/>
  <bpmn:sequenceFlow id="f_odd" sourceRef="reminder" targetRef="odd"/>
  <bpmn:sequenceFlow id="f_odd_end" sourceRef="odd" targetRef="odd_end"/>
  <bpmn:sequenceFlow id="f_odd_other" name="另" sourceRef="odd" targetRef="odd_other">
    <bpmn:conditionExpression>customer_name</bpmn:conditionExpression></bpmn:sequenceFlow>
"""


def actions(site: Site, case_id: int) -> list[str]:
    with site.database.reading_every_company() as connection:
        return list(
            connection.execute(
                sa.select(history_events.c.action)
                .where(history_events.c.stream == case_id)
                .order_by(history_events.c.seq)
            ).scalars()
        )


def test_nothing_due_costs_the_same_however_many_cases_are_open(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    a_complaint(site)
    seen = driver_statements(site.database)
    assert tick(site) == 0
    alone = len(seen)
    for _ in range(50):
        a_complaint(site)
    seen.clear()

    assert tick(site) == 0

    assert len(seen) == alone
    assert alone <= 10


def test_a_passed_deadline_stands_in_the_history_once(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    late = a_complaint(site)
    done = a_complaint(site)
    do(site, done.case_id, "assess", founded="no")
    clock.move(days=5)
    fresh = a_complaint(site)

    assert tick(site) == 1
    assert tick(site) == 0

    assert actions(site, late.case_id) == ["start_case", "wake_up"]
    assert actions(site, fresh.case_id) == ["start_case"]
    assert actions(site, done.case_id) == ["start_case", "complete_task"]
    (clock_state,) = the_case(site, late.case_id).clocks
    assert clock_state.due_at == datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    with site.database.reading_every_company() as connection:
        body = connection.execute(
            sa.select(history_events.c.body).where(
                history_events.c.stream == late.case_id, history_events.c.action == "wake_up"
            )
        ).scalar_one()
    assert "clock_breached" in body


def test_more_than_a_batch_is_done_by_repeated_ticks(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    for _ in range(105):
        a_complaint(site)
    clock.move(days=5)

    assert [tick(site), tick(site), tick(site)] == [100, 5, 0]


def test_two_workers_ticking_at_once_run_a_schedule_once(tmp_path: Path) -> None:
    clock = StandingClock()
    site = an_empty_site(tmp_path, clock=clock)
    acme.deploy_acme(site, procedure=PROCEDURE + SCHEDULE)
    clock.move(days=7, seconds=1)
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        tick(site)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with site.database.reading_every_company() as connection:
        started = connection.execute(sa.select(cases.c.title, cases.c.started_by)).all()
    assert started == [("每周 2026-03-09", "schedule")]


def test_a_schedule_of_working_days_follows_the_notice_that_is_loaded(tmp_path: Path) -> None:
    clock = StandingClock(datetime.fromisoformat("2026-12-31T10:00:00+08:00"))
    site = an_empty_site(tmp_path, clock=clock)
    daily = (
        '\n[schedules.daily]\nevery = "day"\nat = "09:00"\nroll = "skip"\ntitle = { zh-Hans = "每日", en = "Daily" }\n'
    )
    acme.deploy_acme(site, procedure=PROCEDURE + daily)

    def next_at() -> str:
        with site.database.reading_every_company() as connection:
            found = connection.execute(sa.select(schedules.c.next_at)).scalar_one()
        return found.astimezone(ZoneInfo("Asia/Shanghai")).isoformat()

    assert next_at() == "2027-01-04T09:00:00+08:00"
    with site.acting(replace(Actor.system("acme"), administrator=True)) as context:
        notice = read_notice("# year: 2027\n2027-01-01..2027-01-05 元旦")
        load_notice(context, notice, keep_dates=False, note="")

    assert next_at() == "2027-01-06T09:00:00+08:00"


def test_a_schedule_missed_for_a_month_starts_one_case(tmp_path: Path) -> None:
    clock = StandingClock()
    site = an_empty_site(tmp_path, clock=clock)
    acme.deploy_acme(site, procedure=PROCEDURE + SCHEDULE)
    clock.move(days=30)

    assert [tick(site), tick(site)] == [1, 0]


def test_a_schedule_that_cannot_start_is_skipped_and_recorded(tmp_path: Path) -> None:
    clock = StandingClock()
    site = an_empty_site(tmp_path, clock=clock)
    diagram = changed(
        DIAGRAM,
        'sourceRef="start" targetRef="check"/>',
        'sourceRef="start" targetRef="odd"/><bpmn:exclusiveGateway id="odd" name="？" default="f_check_too"/>'
        '<bpmn:sequenceFlow id="f_check_too" sourceRef="odd" targetRef="check"/>'
        '<bpmn:sequenceFlow id="f_odd" name="1" sourceRef="odd" targetRef="rejected">'
        "<bpmn:conditionExpression>summary</bpmn:conditionExpression></bpmn:sequenceFlow>",
    )
    acme.deploy_acme(site, complaint=bpmn(diagram), procedure=PROCEDURE + SCHEDULE)
    clock.move(days=7)

    done = [tick(site), tick(site)]

    assert done == [0, 0]
    assert actions(site, 0) == ["deploy_procedure", "adopt_calendar", "skip_schedule"]


def a_faulty_timer(site: Site) -> int:
    diagram = changed(DIAGRAM, "</bpmn:process>", FAULTY_TIMER + "</bpmn:process>")
    clauses = files()["clauses.toml"].decode() + '[ours]\nreminder = "a"\nodd = "b"\n'
    acme.deploy_acme(site, complaint=bpmn(diagram), clauses=clauses)
    case = acme.start(site)
    acme.complete(site, case.case_id, "check", founded="true")
    return case.case_id


def test_a_timer_that_fails_opens_one_incident_and_rests(tmp_path: Path) -> None:
    clock = StandingClock()
    site = an_empty_site(tmp_path, clock=clock)
    case_id = a_faulty_timer(site)
    clock.move(days=3)

    done = [tick(site), tick(site), tick(site)]

    assert done == [1, 0, 0]
    (incident,) = acme.the_case(site, case_id).incidents
    assert incident.code == "not-a-condition"
    assert [t.element for t in acme.the_case(site, case_id).tasks if t.status == "open"] == ["repair"]


def test_a_failed_timer_is_tried_again_when_somebody_asks(tmp_path: Path) -> None:
    clock = StandingClock()
    site = an_empty_site(tmp_path, clock=clock)
    case_id = a_faulty_timer(site)
    clock.move(days=3)
    tick(site)

    with site.acting(Actor.system(acme.ACME)) as context:
        retry(context, case_id)

    assert [tick(site), tick(site)] == [1, 0], "it fails again, once"
    with site.database.reading_every_company() as connection:
        rows = connection.execute(sa.select(incidents.c.closed_at).order_by(incidents.c.id)).scalars().all()
    assert [row is None for row in rows] == [False, True]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_ticker_stops_promptly(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    ticking = ticker(site)

    ticking.start()
    ticking.stop()

    assert not ticking._thread.is_alive()


def test_one_case_that_fails_does_not_keep_the_others_from_waking(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    broken, sound = a_complaint(site), a_complaint(site)
    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.update(cases).where(cases.c.id == broken.case_id).values(state=b"nonsense"))
    clock.move(days=5)

    done = [tick(site), tick(site)]

    assert done == [1, 0]
    assert actions(site, sound.case_id) == ["start_case", "wake_up"]
    (incident,) = the_case(site, broken.case_id).incidents
    assert incident.code == "cannot-wake"
    assert incident.message.startswith("StateRefused: ")
