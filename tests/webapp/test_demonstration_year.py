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
from engine.tables import cases
from tests.support.site import an_empty_site
from webapp.demonstration_year import live_through_the_year

ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-11-20T10:00+08:00")


def a_year(tmp_path: Path) -> tuple[Site, int]:
    """A twelfth of the retailer's cases: the rest is of the same kind."""
    site = an_empty_site(tmp_path)
    given = {
        "SHOUWEN_VAR": str(tmp_path),
        "SHOUWEN_PROCESSES": str(ROOT / "processes"),
        "SHOUWEN_FORMS": str(ROOT / "forms"),
        "SHOUWEN_DATABASE_URL": site.database.url,
    }
    site = replace(site, settings=read_settings(given))
    refs = [ref for ref in find_packages(ROOT / "processes") if ref.company == "retail-complaints-and-returns"]
    return site, live_through_the_year(site, refs, now=NOW, share=0.2)


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
