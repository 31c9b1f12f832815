"""What machines that watch are told, and that logs say what was done without saying anything about anybody."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.commands.notes import note
from engine.commands.site import Site
from tests.support.cafe import a_complaint, a_round
from tests.support.site import CAFE, PEOPLE, a_site, take_away
from tests.web.application import an_app
from tests.web.browser import staff
from webapp.access import open_to_all
from webapp.logs import JsonLines, Lines

TOKEN = {"Authorization": "Bearer of the watcher"}


def watched(folder: Path) -> Site:
    site = a_site(folder)
    return replace(site, settings=replace(site.settings, metrics_token="of the watcher"))


def figures(text: str) -> dict[str, float]:
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_a_process_is_alive_without_its_database_and_ready_only_with_it(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    client = an_app(site).test_client()
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]

    take_away(site)

    assert client.get("/healthz").text == "ok\n"
    away = client.get("/readyz")
    assert (away.status_code, away.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "of the watcher"}])
def test_figures_are_for_who_has_the_token(header: dict[str, str], tmp_path: Path) -> None:
    assert an_app(watched(tmp_path)).test_client().get("/metrics", headers=header).status_code == 404


def test_without_a_token_in_the_settings_nobody_reads_figures(tmp_path: Path) -> None:
    client = an_app(a_site(tmp_path)).test_client()

    for header in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}):
        assert client.get("/metrics", headers=header).status_code == 404


def test_figures_say_how_the_installation_does(tmp_path: Path) -> None:
    site = watched(tmp_path)
    a_round(site, a_complaint(site).case_id, satisfied="yes")
    a_complaint(site)
    note(site.database, "last_backup", {}, now=site.clock() - timedelta(hours=3))
    client = an_app(site).test_client()
    client.get("/healthz")

    found = figures(client.get("/metrics", headers=TOKEN).text)

    assert found["shouwen_open_cases"] == 2
    assert found["shouwen_jobs_waiting"] == 1
    assert found["shouwen_jobs_failed"] == 0
    assert found["shouwen_open_incidents"] == 0
    assert found["shouwen_due_lag_seconds"] == 0
    assert found["shouwen_backup_age_seconds"] == 3 * 3600
    assert found["shouwen_database_bytes"] > 100_000
    assert found['shouwen_request_seconds_count{endpoint="probes.healthz",method="GET",status="200"}'] == 1


def test_figures_say_how_late_timers_are(tmp_path: Path) -> None:
    site = watched(tmp_path)
    a_complaint(site)
    site.clock.move(days=60)  # type: ignore[attr-defined]

    found = figures(an_app(site).test_client().get("/metrics", headers=TOKEN).text)

    assert found["shouwen_due_cases"] == 1
    assert found["shouwen_due_lag_seconds"] > 24 * 3600


@pytest.mark.parametrize("formatter", [JsonLines(), Lines()])
def test_logs_name_nobody_and_quote_nothing(formatter: logging.Formatter, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    app = an_app(site)
    app.add_url_rule("/broken", "broken", open_to_all(_broken))
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in ("", "webapp", "webapp.requests")}
    root.addHandler(handler)
    for name in levels:
        logging.getLogger(name).setLevel(logging.INFO)
    private = {
        "f_summary": "汤里有一只苍蝇",
        "f_customer_name": "欧阳小红",
        "f_customer_mail": "ouyang@example.org",
        "f_kind": "taste",
    }
    try:
        front = staff(app, "fang.lan")
        front.open("/register/harbour-cafe/complaint")
        case_page = front.submit("/register/harbour-cafe/complaint", **private)
        front.client.get("/cases?q=欧阳小红&phone=13800001234")
        code = a_complaint(site, summary="欧阳小红的手机 13800001234").tracking_code
        app.test_client().get(f"/public/track/{code}")
        assert app.test_client().get("/broken").status_code == 500
        logging.getLogger("webapp").warning("cannot be said: %s", "欧阳小红")
    finally:
        root.removeHandler(handler)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

    assert case_page.status == 200
    log = kept.getvalue()
    assert "registration" in log
    assert "action" in log
    assert "ValueError" in log
    for word in (*private.values(), "欧阳", "13800001234", code, *PEOPLE):
        assert word == "taste" or word not in log, word


def _broken() -> str:
    raise ValueError("欧阳小红 13800001234")


def test_a_line_of_json_is_one_request_with_its_ids(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = an_app(a_site(tmp_path))
    caplog.set_level(logging.INFO, "webapp.requests")

    staff(app, "fang.lan").open("/")

    line = json.loads(JsonLines().format(caplog.records[-1]))
    assert {key: line[key] for key in ("action", "endpoint", "method", "status", "company")} == {
        "action": "request",
        "endpoint": "inbox.show",
        "method": "GET",
        "status": 200,
        "company": CAFE,
    }
    assert line["milliseconds"] > 0
    assert isinstance(line["person"], int)
