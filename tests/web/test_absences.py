"""The page of absences, and what a substitute sees on a task."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from engine.commands.site import Site
from tests.support.cafe import a_complaint, do, task_id
from tests.support.clock import StandingClock
from tests.support.site import a_site
from tests.web.application import an_app
from tests.web.browser import staff


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path, clock=StandingClock())


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_a_substitute_is_arranged_acts_and_is_listed(site: Site, app: Flask) -> None:
    case = a_complaint(site)
    do(site, case.case_id, "assess")
    fix = task_id(site, case.case_id, "fix")
    gu, fang = staff(app, "gu.qiang"), staff(app, "fang.lan")
    gu.open("/absences")
    period = {"f_begins_at": "2026-03-02T08:00", "f_ends_at": "2026-03-04T18:00"}
    assert gu.submit("/absences", f_substitute="fang.lan", f_reason="").status == 422
    page = gu.submit("/absences", f_substitute="fang.lan", f_reason="training", **period)
    assert "away now" in page.words

    page = fang.open(f"/tasks/{fix}")
    assert "You act on behalf of gu.qiang." in page.words
    fang.submit(f"/tasks/{fix}/completion", f_done="warmed")

    page = gu.open("/absences")
    assert "Fix · fang.lan" in page.words
    assert "fang.lan on behalf of gu.qiang" in gu.open(f"/cases/{case.number}").words
    gu.open("/absences")
    gu.submit("/absences/1/end")
    assert "away now" not in gu.open("/absences").words
