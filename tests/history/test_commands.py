"""``shouwen checkpoint`` and ``shouwen verify``, as an administrator and an auditor type them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.site import Site
from engine.history import whole
from engine.history.checkpoint import unchecked
from engine.worker import notes_folder
from tests.history.walked import Walked, a_walked_case, drop_guards
from tests.support.cafe import a_complaint, do
from tests.support.site import CAFE, a_site
from tests.web.records import company_events
from webapp.cli import main


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walked:
    made = a_walked_case(a_site(tmp_path))
    monkeypatch.setenv("SHOUWEN_VAR", str(made.site.settings.var))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", made.site.database.url)
    return made


def test_what_was_signed_verifies(case: Walked, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkpoint"]) == 0
    note = capsys.readouterr().out
    assert main(["verify"]) == 0

    out = capsys.readouterr().out
    assert note.startswith("shouwen/harbour-cafe\n")
    assert out.endswith(f"{unchecked(note).size} in trees, 1 checkpoints, 0 broken\n")


def test_verifying_before_anything_was_signed_makes_no_key(case: Walked) -> None:
    assert main(["verify"]) == 0

    assert not (case.site.settings.var / "history.key").exists()


def test_a_case_that_was_rewritten_from_its_beginning_is_named(
    case: Walked, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["checkpoint"])
    with case.site.database.migrating() as connection:
        drop_guards(connection)
        connection.execute(sa.text("DELETE FROM history_events WHERE stream = :of"), {"of": case.case_id})
        connection.execute(sa.text("DELETE FROM history_values WHERE stream = :of"), {"of": case.case_id})
        connection.execute(sa.text("UPDATE cases SET history_seq = 0, history_hash = ''"))

    assert main(["verify"]) == 1

    assert f"event 1 of {case.stream.label} is gone" in capsys.readouterr().err


def a_copy(site: Site, to: Path) -> None:
    site.database.close()
    shutil.copy(str(site.database.engine.url.database), to)


def test_an_older_copy_is_found_refused_and_goes_on_when_somebody_says_why(
    case: Walked, database_kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if database_kind != "sqlite":
        pytest.skip("a copy of a file")
    main(["checkpoint"])
    path = Path(str(case.site.database.engine.url.database))
    a_copy(case.site, tmp_path / "yesterday.db")
    do(case.site, case.case_id, "reply")
    main(["checkpoint", "--to", str(tmp_path)])
    elsewhere = tmp_path / f"{CAFE}.checkpoint"
    lost = unchecked(elsewhere.read_text()).size
    case.site.database.close()
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    shutil.copy(tmp_path / "yesterday.db", path)
    capsys.readouterr()

    assert main(["verify"]) == 1
    assert "an older copy" in capsys.readouterr().err
    assert main(["checkpoint"]) == 1
    assert f"begin with the {lost} events that were signed" in capsys.readouterr().err
    assert main(["checkpoint", "--after-restore", "the disk failed"]) == 0
    assert main(["verify"]) == 0

    last = [event for event in company_events(case.site) if event.action == "restore"]
    assert [event.content for event in last] == [{"reason": "the disk failed", "signed": lost}]
    assert [path.suffix[:6] for path in notes_folder(case.site, CAFE).iterdir() if path.suffix != ".txt"] == [".lost-"]
    assert main(["verify", "--against", str(elsewhere)]) == 1, "who kept the note elsewhere still sees the difference"


def test_the_public_key_can_be_had_for_auditors(case: Walked, capsys: pytest.CaptureFixture[str]) -> None:
    a_complaint(case.site)

    assert main(["checkpoint", CAFE, "--key"]) == 0

    assert capsys.readouterr().out.startswith("shouwen/harbour-cafe+")


def test_a_company_that_is_not_there_is_named(case: Walked, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkpoint", "nobody"]) == 1

    assert "expected one of harbour-cafe, found 'nobody'" in capsys.readouterr().err


def test_a_note_of_a_company_that_is_not_here_is_no_agreement(
    case: Walked, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_complaint(case.site)
    assert main(["checkpoint", CAFE]) == 0
    note = tmp_path / "elsewhere.checkpoint"
    note.write_text(capsys.readouterr().out.replace("shouwen/harbour-cafe", "shouwen/other-cafe"), "utf-8")

    assert main(["verify", "--against", str(note)]) == 1

    assert f"expected {note} to be a checkpoint of harbour-cafe, found one of other-cafe" in capsys.readouterr().err


def test_every_case_plays_again_and_one_that_does_not_is_named(
    case: Walked, capsys: pytest.CaptureFixture[str]
) -> None:
    other = a_complaint(case.site)
    assert main(["case", "replay"]) == 0
    assert capsys.readouterr().out == "2 cases, 7 events played again, 0 cases differ\n"

    case.forge("UPDATE history_events SET body = replace(body, 'fix#1', 'fix#7') WHERE stream = :stream AND seq = 2")
    assert main(["case", "replay"]) == 1

    said = capsys.readouterr()
    assert said.err.startswith(f"harbour-cafe {case.stream.label}: event 2, fact ")
    assert said.out.endswith(" 1 cases differ\n")
    assert main(["case", "replay", other.number]) == 0


def test_processes_that_share_a_long_history_find_the_same(
    case: Walked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(whole, "_STRETCH", 1)
    monkeypatch.setattr(whole, "_WORTH_SHARING", 2)
    a_complaint(case.site)
    assert main(["checkpoint"]) == 0
    case.forge("UPDATE history_events SET actor = 'nobody' WHERE stream = :stream AND seq = 2")
    capsys.readouterr()

    said = []
    for processes in ("1", "2"):
        assert main(["verify", "--processes", processes]) == 1
        said.append(capsys.readouterr())

    assert said[0] == said[1]
    assert said[0].err == f"harbour-cafe {case.stream.label}: event 2 was changed after it was written\n"


@pytest.mark.parametrize("typed", [["verify", "--against", "nowhere.txt"], ["case", "verify", "nowhere.zip"]])
def test_a_file_that_is_not_there_is_named(case: Walked, typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 1

    said = capsys.readouterr().err
    assert said.startswith(f"shouwen {typed[0]}: nowhere.")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--size": "0"}, "expected a --size from 1 to 500, found 0"),
        ({"--seed": " "}, "expected a --seed"),
        ({"--by": "colour"}, "expected --by to name some of procedure, on_time, department, data:kind, found colour"),
        ({"--until": "2025-12-31"}, "expected --until not to be before --since 2026-01-01"),
        ({"--since": "2030-01-01", "--until": "2030-01-02"}, "expected cases received from 2030-01-01"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused_and_not_kept(
    case: Walked, changed: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = {"--size": "1", "--seed": "7", "--since": "2026-01-01", "--until": "2026-12-31", **changed}

    assert main(["audit", "draw", CAFE, *(word for pair in typed.items() for word in pair)]) == 1

    assert said in capsys.readouterr().err
    assert "draw_sample" not in {event.action for event in company_events(case.site)}


def test_a_case_shows_its_dates_in_one_form(case: Walked, capsys: pytest.CaptureFixture[str]) -> None:
    number = a_complaint(case.site).number

    assert main(["case", "show", number]) == 0

    out = capsys.readouterr().out
    dates = re.findall(r"due (\S.*)", out)
    assert "+00:00" not in out
    assert len(dates) >= 2
    assert [each for each in dates if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\dZ", each)] == []
