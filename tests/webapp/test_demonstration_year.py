"""The demonstration's year: real cases by real commands, every history whole, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from engine.commands.site import Site
from engine.history import Head, Stream, read_events, replay_case, values_of, verify_events
from engine.procedures import find_packages
from engine.settings import read_settings
from engine.tables import alerts, cases
from tests.support.site import an_empty_site
from webapp.demonstration_year import live_through_the_year

ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-11-20T10:00+08:00")


def a_year(tmp_path: Path, company: str = "retail-complaints-and-returns", share: float = 0.2) -> tuple[Site, int]:
    """A fifth of the retailer's cases: the rest is of the same kind."""
    site = an_empty_site(tmp_path)
    given = {
        "SHOUWEN_VAR": str(tmp_path),
        "SHOUWEN_PROCESSES": str(ROOT / "processes"),
        "SHOUWEN_FORMS": str(ROOT / "forms"),
        "SHOUWEN_DATABASE_URL": site.database.url,
    }
    site = replace(site, settings=read_settings(given))
    refs = [ref for ref in find_packages(ROOT / "processes") if ref.company == company]
    return site, live_through_the_year(site, refs, now=NOW, share=share)


def test_the_year_is_made_of_cases_whose_histories_hold(tmp_path: Path) -> None:
    site, lived = a_year(tmp_path)

    with site.database.reading_every_company() as connection:
        rows = connection.execute(sa.select(cases)).all()
        assert len(rows) == lived >= 12
        assert min(row.started_at for row in rows) < datetime.fromisoformat("2026-01-01T00:00+08:00")
        assert max(row.started_at for row in rows) < NOW
        assert sum(row.status == "completed" for row in rows) > len(rows) / 2
        for row in rows:
            stream = Stream(row.company_id, row.id, row.number)
            events = read_events(connection, stream)
            head = Head(row.history_seq, row.history_hash)
            assert verify_events(stream, events, head=head, values=values_of(connection, stream)) is None
        deployment = site.deployments.load(connection, rows[0].deployment_id)
        calendars = site.deployments.all_calendars(connection, rows[0].company_id)
        events = read_events(connection, Stream(rows[0].company_id, rows[0].id, rows[0].number))
        assert replay_case([deployment.definition], calendars, events) is None


def test_a_company_that_has_cases_lives_through_nothing(tmp_path: Path) -> None:
    site, _ = a_year(tmp_path)
    refs = [ref for ref in find_packages(ROOT / "processes") if ref.company == "retail-complaints-and-returns"]

    assert live_through_the_year(site, refs, now=NOW, share=0.2) == 0


def test_customers_are_asked_and_answer_by_link_and_by_telephone(tmp_path: Path) -> None:
    site, _ = a_year(tmp_path, "food-manufacturer-haccp", share=1)

    with site.database.reading("food-manufacturer-haccp") as connection:
        rows = connection.execute(sa.select(cases.c.procedure, cases.c.status, cases.c.data)).all()
    (survey,) = [row for row in rows if row.procedure == "satisfaction_survey"]
    sheets = [row for row in rows if row.procedure == "questionnaire"]
    assert survey.status == "completed"
    assert len(sheets) == survey.data["round"]["asked"] >= 5
    assert {"link", "phone"} <= {row.data.get("answered_by") for row in sheets}


def test_an_alert_leads_to_a_corrective_action_whose_effect_is_checked(tmp_path: Path) -> None:
    site, _ = a_year(tmp_path, "dlyh-restaurant-chain", share=1)

    with site.database.reading("dlyh-restaurant-chain") as connection:
        found = connection.execute(sa.select(alerts).order_by(alerts.c.id)).all()
        of_alert = cases.c.id == next(row.case_id for row in found if row.case_id)
        action = connection.execute(sa.select(cases.c.status, cases.c.data).where(of_alert)).one()
    assert [bool(row.reason) for row in found if row.decided_at][:2] == [False, True]
    assert [row.decided_at for row in found].count(None) >= 1
    assert action.status == "completed"
    assert action.data["trend_correction_effective"] is True
