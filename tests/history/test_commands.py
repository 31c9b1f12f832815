"""``shouwen checkpoint`` and ``shouwen verify``, as an administrator and an auditor type them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.site import Site
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
