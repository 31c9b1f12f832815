"""The tree takes in what has happened, signs it, and proves it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.site import Site, signing_seed
from engine.errors import UnsafeFile
from engine.history import Stream, read_events
from engine.history.checkpoint import origin_of, public_key, read_note, unchecked
from engine.history.growing import HistoryForked, consistency_with, proofs_of
from engine.history.tree import is_consistent, leaf, root_by_inclusion
from engine.tables import history_runs, history_tiles
from engine.worker import checkpoint, notes_folder
from tests.history.walked import a_walked_case
from tests.support.cafe import a_complaint, a_round, do
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site
from tests.web.records import company_events


def key_of(site: Site) -> str:
    return public_key(signing_seed(site.settings.keys), origin_of(CAFE))


def taken_in(site: Site) -> dict[int, int]:
    """Stream -> events of it that are in the tree."""
    t = history_runs.c
    with site.database.reading(CAFE) as connection:
        rows = connection.execute(sa.select(t.stream, sa.func.sum(t.count)).group_by(t.stream)).all()
        return {row[0]: row[1] for row in rows}


def test_a_checkpoint_covers_every_event_and_proves_each(tmp_path: Path) -> None:
    case = a_walked_case(a_site(tmp_path))

    signed = read_note(checkpoint(case.site, CAFE), key_of(case.site))

    assert signed.origin == "shouwen/harbour-cafe"
    assert signed.size == len(case.events) + len(company_events(case.site))
    with case.site.database.reading(CAFE) as connection:
        for stream in (case.stream, Stream(CAFE, 0, "")):
            events = read_events(connection, stream)
            proofs = list(proofs_of(connection, stream, signed.size))
            assert [proof.seq for proof in proofs] == [event.seq for event in events]
            for event, proof in zip(events, proofs, strict=True):
                top = root_by_inclusion(leaf(event.hash), proof.position, signed.size, proof.path)
                assert top == signed.root


def test_the_key_is_an_event_before_it_signs(tmp_path: Path) -> None:
    site = a_site(tmp_path)

    checkpoint(site, CAFE)
    checkpoint(site, CAFE)

    used = [event for event in company_events(site) if event.action == "use_key"]
    assert [event.content["key"] for event in used] == [key_of(site)]
    assert used[0].content["key"].startswith("shouwen/harbour-cafe+")


def test_where_nothing_happened_the_same_note_is_given_again(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    first = checkpoint(site, CAFE)
    clock.move(hours=1)

    assert checkpoint(site, CAFE) == first


def test_later_events_are_taken_in_and_the_old_tree_is_the_beginning(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    case = a_complaint(site)
    old = read_note(checkpoint(site, CAFE), key_of(site))
    clock.move(days=40)
    a_round(site, case.case_id)
    a_complaint(site)

    new = read_note(checkpoint(site, CAFE, everything=False), key_of(site))

    assert new.size == old.size + 5
    with site.database.reading(CAFE) as connection:
        path = consistency_with(connection, CAFE, old, new)
    assert is_consistent(old.root, old.size, new.root, new.size, path)


def test_a_clock_that_was_put_back_hides_nothing_for_ever(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    checkpoint(site, CAFE)
    clock.move(days=-2)
    case = a_complaint(site)
    clock.move(days=4)

    checkpoint(site, CAFE, everything=False)
    assert case.case_id not in taken_in(site)

    checkpoint(site, CAFE, everything=True)

    assert taken_in(site)[case.case_id] == 1


def test_many_events_are_taken_in_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.history.growing.BATCH", 3)
    case = a_walked_case(a_site(tmp_path))

    checkpoint(case.site, CAFE)

    assert taken_in(case.site)[case.case_id] == 6


def test_a_database_that_was_set_back_is_not_signed_again(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case = a_complaint(site)
    checkpoint(site, CAFE)
    old = site.database
    with old.migrating() as connection:  # as the copy of yesterday has it
        runs = connection.execute(sa.select(history_runs)).all()
        tiles = connection.execute(sa.select(history_tiles)).all()
    do(site, case.case_id, "assess")
    newer = unchecked(checkpoint(site, CAFE)).size
    with old.migrating() as connection:
        connection.execute(sa.delete(history_runs))
        connection.execute(sa.insert(history_runs), [row._asdict() for row in runs])
        connection.execute(sa.delete(history_tiles))
        connection.execute(sa.insert(history_tiles), [row._asdict() for row in tiles])
        connection.execute(sa.text("DELETE FROM history_checkpoints WHERE size = :size"), {"size": newer})
        connection.execute(sa.text("UPDATE history_trees SET size = :size"), {"size": newer - 1})
        connection.execute(sa.text("UPDATE cases SET history_seq = 1"))

    with pytest.raises(HistoryForked, match="found"):
        checkpoint(site, CAFE)


def test_notes_are_kept_beside_the_database_one_a_day(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    a_complaint(site)
    checkpoint(site, CAFE)
    a_complaint(site)
    second = checkpoint(site, CAFE)
    clock.move(days=1)
    a_complaint(site)
    third = checkpoint(site, CAFE)

    kept = {path.name: path.read_text("utf-8") for path in notes_folder(site, CAFE).iterdir()}

    assert kept == {"2026-03-02.txt": second, "2026-03-03.txt": third}


def test_a_new_key_is_an_event_too_and_signs_from_then_on(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    checkpoint(site, CAFE)
    old_key = key_of(site)
    (tmp_path / "history.key").unlink()

    note = checkpoint(site, CAFE)

    assert key_of(site) != old_key
    assert read_note(note, key_of(site)).size == len(company_events(site))
    assert [event.action for event in company_events(site)].count("use_key") == 2
    with pytest.raises(UnsafeFile, match="another key"):
        read_note(note, old_key)


def test_the_private_key_is_for_its_owner_only(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    checkpoint(site, CAFE)

    assert (tmp_path / "history.key").stat().st_mode & 0o077 == 0
