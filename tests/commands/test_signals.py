"""A signal is heard once by everybody who waits for it when it is thrown, and by nobody who comes later."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.idempotency import RequestKey
from engine.commands.retries import retry
from engine.commands.signals import fail_hearing, fail_spreading, hear, throw_signal
from engine.commands.site import Site
from engine.complaints import Actor
from engine.interpreter import DataRefused
from engine.tables import hearings
from tests.support import crossing
from tests.support.crossing import (
    ACME,
    FAULTY,
    FAULTY_FLOW,
    SIGNAL,
    a_company,
    actions_of,
    all_cases,
    assert_whole,
    begin,
    catch,
    complete,
    deploy_line,
    do_jobs,
    end,
    events_of,
    open_steps,
    start,
    task,
    the_case,
    throw,
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The company where "alarm" throws the signal and "shop" waits for it twice."""
    site = a_company(tmp_path)
    deploy_line(site, "alarm", start(), throw(SIGNAL), task("rest"), end())
    deploy_line(site, "shop", start(), catch(SIGNAL, "first"), catch(SIGNAL, "second"), task("close"), end())
    return site


def call(site: Site, *, key: str = "", **data: object) -> int:
    with site.acting(crossing.person(site)) as context:
        return throw_signal(context, "recall", data=data, idempotency_key=RequestKey(key))


def heard(site: Site) -> list[tuple[str, int | None]]:
    with site.database.reading_every_company() as connection:
        rows = connection.execute(sa.select(hearings.c.status, hearings.c.case_id).order_by(hearings.c.id))
        return [tuple(row) for row in rows]


def test_every_case_that_waits_hears_it_once_and_nobody_later(site: Site) -> None:
    shops = [begin(site, "shop") for _ in range(3)]
    alarm = begin(site, "alarm")
    late = begin(site, "shop")
    jobs = list(site.jobs.put_jobs)

    do_jobs(site)
    site.jobs.put_jobs.extend(jobs)
    do_jobs(site)

    for shop in shops:
        assert actions_of(site, shop.case_id) == ["start_case", "receive_signal"]
        assert open_steps(site, shop.case_id) == [], "it waits for the next one"
        event = events_of(site, shop.case_id)[-1]
        assert (event.actor, event.subject, event.content["sender"]) == ("system", "recall", alarm.number)
    assert actions_of(site, late.case_id) == ["start_case"]
    assert heard(site) == [("heard", shop.case_id) for shop in shops]
    assert_whole(site)


def test_the_job_of_one_hearing_repeated_changes_nothing(site: Site) -> None:
    shop = begin(site, "shop")
    call(site)
    do_jobs(site)

    for _ in range(2):
        with site.acting(Actor.system(ACME)) as context:
            assert hear(context, 1) is None

    assert actions_of(site, shop.case_id) == ["start_case", "receive_signal"]


def test_a_program_hears_how_many_hear_it(site: Site) -> None:
    shop = begin(site, "shop")
    begin(site, "shop")

    told = [call(site, key="a", batch="B7"), call(site, key="a", batch="B7")]
    do_jobs(site)

    assert told == [2, 2]
    assert the_case(site, shop.case_id).data["batch"] == "B7"
    event = events_of(site, shop.case_id)[-1]
    assert (event.actor, event.content["sender"]) == ("system", "li.min")
    assert actions_of(site, shop.case_id) == ["start_case", "receive_signal"]


def test_a_signal_nobody_waits_for_leaves_nothing_behind(site: Site) -> None:
    assert call(site) == 0

    assert heard(site) == []
    assert site.jobs.put_jobs == []


def test_a_case_that_waits_no_longer_misses_it(site: Site) -> None:
    watching = '<bpmn:boundaryEvent id="stop" name="stop" attachedToRef="work" cancelActivity="false">'
    more = (
        f"{watching}{SIGNAL}</bpmn:boundaryEvent>{end(id='stopped')}"
        '<bpmn:sequenceFlow id="f1" sourceRef="stop" targetRef="stopped"/>'
    )
    deploy_line(site, "worker", start(), task("work"), task("more"), end(), more=more)
    worker = begin(site, "worker")
    call(site)
    complete(site, worker.case_id, "work")

    do_jobs(site)

    assert heard(site) == [("missed", worker.case_id)]
    assert actions_of(site, worker.case_id) == ["start_case", "complete_task"]


def test_every_procedure_that_begins_by_it_opens_one_case(site: Site) -> None:
    for procedure in ("audit", "inform"):
        deploy_line(site, procedure, start(SIGNAL), task("look"), end())
    alarm = begin(site, "alarm")
    jobs = list(site.jobs.put_jobs)

    do_jobs(site)
    site.jobs.put_jobs.extend(jobs)
    do_jobs(site)

    opened = all_cases(site)[1:]
    assert [the_case(site, case_id).procedure for case_id in opened] == ["audit", "inform"]
    for case_id in opened:
        first = events_of(site, case_id)[0]
        assert (first.action, first.content["sender"]) == ("start_by_signal", alarm.number)
        assert open_steps(site, case_id) == ["look"]
    assert heard(site) == [("heard", case_id) for case_id in opened]
    assert_whole(site)


class TestFaults:
    def test_a_case_whose_step_fails_keeps_its_state_and_the_others_hear_it(self, site: Site) -> None:
        deploy_line(site, "broken", start(), catch(SIGNAL), FAULTY, end(), more=FAULTY_FLOW)
        broken, shop = begin(site, "broken"), begin(site, "shop")
        call(site)

        do_jobs(site)

        (incident,) = the_case(site, broken.case_id).incidents
        assert incident.code == "not-a-condition"
        assert actions_of(site, broken.case_id) == ["start_case", "open_incident"]
        assert actions_of(site, shop.case_id) == ["start_case", "receive_signal"]
        assert heard(site) == [("waiting", broken.case_id), ("heard", shop.case_id)]

    def test_closing_the_incident_tries_again(self, site: Site) -> None:
        shop = begin(site, "shop")
        call(site)
        site.jobs.put_jobs.clear()
        for _ in range(2):
            with site.acting(Actor.system(ACME)) as context:
                fail_spreading(context, 1, "OSError: gone")
        assert [found.code for found in the_case(site, shop.case_id).incidents] == ["signal-not-heard"]

        with site.acting(Actor.system(ACME)) as context:
            retry(context, shop.case_id)
        do_jobs(site)

        assert heard(site) == [("heard", shop.case_id)]

    def test_a_start_that_fails_is_an_incident_of_who_threw_it(self, site: Site) -> None:
        deploy_line(site, "audit", start(SIGNAL), FAULTY, end(), more=FAULTY_FLOW)
        alarm = begin(site, "alarm")

        do_jobs(site)
        deploy_line(site, "audit", start(SIGNAL), task("look"), end())
        with site.acting(Actor.system(ACME)) as context:
            retry(context, alarm.case_id)
        do_jobs(site)

        assert actions_of(site, alarm.case_id) == ["start_case", "open_incident", "retry"]
        assert [the_case(site, case_id).procedure for case_id in all_cases(site)] == ["alarm", "audit"]

    def test_a_start_that_fails_for_a_program_stands_in_the_company_history(self, site: Site) -> None:
        deploy_line(site, "audit", start(SIGNAL), FAULTY, end(), more=FAULTY_FLOW)

        assert call(site) == 1
        do_jobs(site)

        assert actions_of(site, 0)[-1] == "skip_signal"
        assert heard(site) == [("failed", None)]
        with site.acting(Actor.system(ACME)) as context:
            fail_hearing(context, 1, "again")
        assert actions_of(site, 0).count("skip_signal") == 1


def test_data_that_no_case_could_have_is_refused(site: Site) -> None:
    with pytest.raises(DataRefused):
        call(site, _secret=1)
