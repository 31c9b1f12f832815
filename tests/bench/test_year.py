"""The virtual year of `shouwen bench year`, small: everything it looks for is really looked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import sqlalchemy as sa

from bench import year
from engine.tables import cases


def test_a_year_of_cases_passes_with_nothing_twice_nothing_forgotten_and_every_chain_whole() -> None:
    figures = {figure.figure: figure.value for figure in year.run(200)}

    assert figures["cases begun"] == 200
    assert figures["cases ended"] > 150
    assert figures["time limits missed"] > 20
    assert figures["time limits over Spring Festival"] > 3
    assert figures["woken by time"] > 50
    assert figures["cases played again, none different"] == 4


def test_what_was_never_woken_or_changed_by_hand_is_found(tmp_path: Path) -> None:
    small = year._Year(year._a_sandbox(tmp_path), 2, show=False)
    small.pass_by()
    with small.site.database.transaction(year._COMPANY) as connection:
        past = small.site.now(year._COMPANY) - timedelta(days=1)
        connection.execute(sa.update(cases).where(cases.c.id == 1).values(next_wake_at=past, status="open"))
        connection.execute(sa.update(cases).where(cases.c.id == 2).values(history_hash="0" * 64))

    wrong = year._look(small.site).wrong

    assert [problem.partition(":")[0] for problem in wrong] == ["RT-2025-00001", "RT-2025-00002"]
    assert "not woken" in wrong[0]


def test_the_same_thing_twice_and_what_was_noticed_late_are_found() -> None:
    breach = ["clock_breached", "", "", {"clock": "reply", "round": 1, "due": "2026-03-02T18:00:00+08:00"}]
    at = datetime.fromisoformat("2026-03-02T19:00:00+08:00")
    events = [SimpleNamespace(action="wake_up", at=at, content={"facts": [breach]})] * 2
    found = year._Findings()

    year._look_at_events(found, "RT-1", events)

    assert found.wrong == [
        "RT-1: reply was noticed 1:00:00 after its time",
        "RT-1: reply was noticed 1:00:00 after its time",
        "RT-1: 2 times clock_breached reply 1 None 2026-03-02T18:00:00+08:00",
    ]
