"""What a case's page says happened last."""

from __future__ import annotations

from pathlib import Path

from engine.commands.cases import record_reading
from engine.queries.timeline import latest_events
from tests.support.cafe import a_complaint, a_round, the_case
from tests.support.site import CAFE, a_site, actor_of


def test_the_latest_events_are_the_last_things_done_not_the_last_looks(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    started = a_complaint(site)
    a_round(site, started.case_id)
    with site.acting(actor_of(site, "fang.lan")) as context:
        record_reading(context, started.case_id, page="case")

    with site.database.reading_every_company() as connection:
        events = latest_events(connection, CAFE, the_case(site, started.case_id), 2)

    assert [(event.seq, event.subject) for event in events] == [(4, "reply#1"), (5, "confirm#1")]
    assert events[1].content["request"]["data"] == {"satisfied": "no"}
