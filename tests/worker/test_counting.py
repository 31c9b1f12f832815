"""What procedures may count: earlier cases of the same kind, and the company's figures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from engine.queries.due import case_statistics, count_cases
from engine.worker import handlers
from tests.procedures.packages import DIAGRAM, bpmn, changed, files
from tests.publishing.test_running import COUNTING, END
from tests.support.cafe import a_complaint, a_round, do
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site, an_empty_site
from tests.worker import acme

COUNTED = bpmn(
    changed(
        changed(DIAGRAM, 'sourceRef="start" targetRef="check"', 'sourceRef="start" targetRef="count"'),
        END,
        COUNTING + '<bpmn:sequenceFlow id="f_count" sourceRef="count" targetRef="check"/>' + END,
    )
)


def counted(site, **answers: str) -> int:
    case = acme.start(site, **answers)
    site.jobs.do(handlers(site))
    return int(acme.the_case(site, case.case_id).data["before"]["count"])


def test_a_case_counts_the_earlier_ones_with_the_same_answer(tmp_path: Path) -> None:
    clock = StandingClock()
    site = an_empty_site(tmp_path, clock=clock)
    acme.deploy_acme(site, complaint=COUNTED, clauses=files()["clauses.toml"].decode() + '[ours]\ncount = "c"\n')

    assert counted(site, customer_name="Wang") == 0
    assert counted(site, customer_name="Wang") == 1
    assert counted(site, customer_name="Li") == 0
    assert counted(site, customer_name="Wang") == 2
    clock.move(days=31)
    assert counted(site, customer_name="Wang") == 0


def test_a_case_that_started_later_is_not_counted(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    first, second = a_complaint(site), a_complaint(site)

    with site.database.reading_every_company() as connection:
        counts = [
            count_cases(
                connection,
                CAFE,
                "complaint",
                field="kind",
                value="taste",
                since=site.clock() - timedelta(days=1),
                before=case.case_id,
            )
            for case in (first, second)
        ]

    assert counts == [0, 1]


def test_statistics_count_received_closed_open_and_overdue_cases(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    closed = a_complaint(site)
    a_round(site, closed.case_id, satisfied="yes")
    site.jobs.do(handlers(site))
    a_complaint(site)
    clock.move(days=8)
    newest = a_complaint(site)
    rejected = a_complaint(site)
    do(site, rejected.case_id, "assess", founded="no")

    with site.database.reading_every_company() as connection:
        now = clock()
        week = case_statistics(
            connection, CAFE, since=now - timedelta(days=7), now=now, procedure="complaint", without=0
        )
        without = case_statistics(
            connection, CAFE, since=now - timedelta(days=30), now=now, procedure="", without=newest.case_id
        )

    assert week == {"received": 2, "closed": 1, "open": 2, "overdue": 1}
    assert without == {"received": 3, "closed": 2, "open": 1, "overdue": 1}
