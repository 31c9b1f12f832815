"""Event logs leave through a page, for administrators and owners, and the history says so."""

from __future__ import annotations

from pathlib import Path

from tests.support.cafe import a_complaint, do
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import company_events


def test_a_log_is_taken_and_that_is_history(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    do(site, a_complaint(site).case_id, "assess", founded="no")
    chief = staff(an_app(site), ADMINISTRATOR)

    assert "1 case " in chief.open("/event-logs?since=2026-01-01&until=2026-12-31").words
    found = chief.client.get("/event-logs/file?kind=xes&procedure=complaint&since=2026-01-01&until=2026-12-31")

    assert (found.mimetype, found.data.count(b"<trace>"), found.data.count(b"<event>")) == ("application/xml", 1, 4)
    assert "harbour-cafe-complaint-2026-01-01-2026-12-31.xes" in found.headers["Content-Disposition"]
    last = company_events(site)[-1]
    said = {"format": "xes", "since": "2026-01-01", "until": "2026-12-31", "cases": 1}
    assert (last.action, last.actor, last.subject, last.content) == ("export_events", ADMINISTRATOR, "complaint", said)
    assert chief.client.get("/event-logs/file?kind=exe").status_code == 404


def test_cases_of_other_days_are_not_in_it_and_not_everybody_takes_it(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    a_complaint(site)
    app = an_app(site)
    chief = staff(app, ADMINISTRATOR)

    found = chief.client.get("/event-logs/file?kind=xes&since=2025-01-01&until=2025-12-31")
    assert found.data.count(b"<trace>") == 0
    assert staff(app, "fang.lan").open("/event-logs").status == 403
