"""What the replay plays: the version each event happened on, and what happened beside the diagram."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from engine.commands.clocks import pause_clock
from engine.commands.deployments import deploy
from engine.commands.interventions import migrate_case
from engine.commands.site import Site
from engine.complaints import Actor
from engine.tables import cases
from tests.support.cafe import a_complaint, a_round, do, the_case
from tests.support.clock import MONDAY, StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.application import an_app
from tests.web.browser import staff


def a_new_version(site: Site, old: str, new: str) -> None:
    """The complaint procedure with other words in its drawing."""
    with site.database.reading(CAFE) as connection:
        files = dict(site.deployments.version(connection, CAFE, "complaint", 1).package.files)
    (drawing,) = [name for name in files if name.endswith("complaint.bpmn")]
    assert old.encode() in files[drawing]
    files[drawing] = files[drawing].replace(old.encode(), new.encode())
    with site.acting(Actor.system(CAFE)) as context:
        assert deploy(context, files).version == 2


@pytest.fixture(scope="module")
def played(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, dict[str, Any], str]:
    """A case that went round once, paused a clock, and went over to a second version before the second assessment."""
    clock = StandingClock()
    site = a_site(tmp_path_factory.mktemp("site"), clock=clock)
    started = a_complaint(site)
    do(site, started.case_id, "assess")
    with site.acting(actor_of(site, "gu.qiang")) as context:
        pause_clock(context, started.case_id, "fixing", reason="the machine is away")
    clock.move(hours=1)
    for element in ("fix", "reply", "confirm"):
        do(site, started.case_id, element)
    a_new_version(site, "前台", "接待")
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        migrate_case(context, started.case_id, version=2, mapping={}, reason="new regulation")
    do(site, started.case_id, "assess")
    app = an_app(site)
    data = staff(app, "fang.lan").client.get(f"/cases/{started.number}/replay/steps").get_json()
    return app, data, started.number


def test_each_step_is_on_the_version_it_happened_on(played: tuple[Flask, dict[str, Any], str]) -> None:
    _, data, _ = played

    changed = next(number for number, step in enumerate(data["steps"]) if step["act"] == "mark" and step["v"] == 1)
    assert {step["v"] for step in data["steps"][:changed]} == {0}
    assert {step["v"] for step in data["steps"][changed:]} == {1}
    assert data["events"][str(data["steps"][changed]["seq"])]["tone"] == "by-hand"
    assert "new regulation" in data["events"][str(data["steps"][changed]["seq"])]["notes"]


def test_every_version_is_drawn_as_it_was(played: tuple[Flask, dict[str, Any], str]) -> None:
    app, data, _ = played
    client = staff(app, "fang.lan").client

    first, second = (client.get(each["url"]).text for each in data["diagrams"])

    assert [each["v"] for each in data["diagrams"]] == [0, 1]
    assert ("前台" in first, "接待" in first) == (True, False)
    assert ("前台" in second, "接待" in second) == (False, True)


def test_what_moved_no_token_is_a_step_too(played: tuple[Flask, dict[str, Any], str]) -> None:
    _, data, _ = played

    marks = [data["events"][str(step["seq"])] for step in data["steps"] if step["act"] == "mark"]

    assert "gu.qiang: the machine is away" in marks[0]["notes"]
    assert len(marks) == 2


def test_the_form_is_there_as_it_was(played: tuple[Flask, dict[str, Any], str]) -> None:
    _, data, _ = played

    assert any(value == "Chen" for label, value in data["events"]["1"]["lines"])
    assert any(value == "seen" for label, value in data["events"]["2"]["lines"])


def test_the_time_limits_run_beside(played: tuple[Flask, dict[str, Any], str]) -> None:
    _, data, _ = played

    begun = {clock["from"] for clock in data["clocks"]}
    assert round(MONDAY.timestamp() * 1000) in begun
    assert all(clock["to"] >= clock["from"] for clock in data["clocks"])


def test_time_in_which_a_clock_stood_is_a_gap_with_its_reason(played: tuple[Flask, dict[str, Any], str]) -> None:
    _, data, _ = played

    (pause,) = [pause for clock in data["clocks"] for pause in clock["pauses"] if "machine" in pause["why"]]
    assert pause["to"] - pause["from"] == 3_600_000
    assert pause["why"].endswith("the machine is away")


def test_steps_know_how_often_they_are_done_and_the_working_time(played: tuple[Flask, dict[str, Any], str]) -> None:
    _, data, _ = played

    assert (data["stats"]["assess"]["n"], data["stats"]["fix"]["n"]) == (2, 1)
    assert (data["stats"]["fix"]["mean"], data["stats"]["fix"]["p90"]) == (3_600_000, 3_600_000)
    assert data["stats"]["assess"]["mean"] == 0


def test_a_late_entry_says_when_it_happened_and_when_it_was_written(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    started = a_complaint(site)
    case = the_case(site, started.case_id)
    assert case.received_at == MONDAY
    client = staff(an_app(site), "fang.lan").client

    on_time = client.get(f"/cases/{started.number}/replay/steps").get_json()["events"]["1"]["notes"]
    with site.database.transaction(CAFE) as connection:
        earlier = sa.update(cases).values(received_at=MONDAY - timedelta(days=3))
        connection.execute(earlier.where(cases.c.id == started.case_id))
    late = client.get(f"/cases/{started.number}/replay/steps").get_json()["events"]["1"]["notes"]

    assert not any("2026" in note for note in on_time)
    assert any("2026" in note for note in late)


def test_a_version_that_does_not_exist_is_not_found(played: tuple[Flask, dict[str, Any], str]) -> None:
    app, _, number = played

    assert staff(app, "fang.lan").client.get(f"/cases/{number}/diagram?version=9").status_code == 404


def test_a_round_that_was_made_twice_is_counted(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    started = a_complaint(site)
    a_round(site, started.case_id)
    a_round(site, started.case_id)

    data = staff(an_app(site), "fang.lan").client.get(f"/cases/{started.number}/replay/steps").get_json()

    entered = [step["key"] for step in data["steps"] if step["el"] == "assess" and step["act"] == "enter"]
    assert entered == ["assess#1", "assess#2", "assess#3"]
