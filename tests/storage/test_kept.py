"""What is kept once more is fresh again; what is fresh is not removed under the hands of who keeps it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pytest

from engine.storage import SHELVES, FileDamaged, Storage, StorageAway

LONG_AGO = 1_700_000_000


def test_a_file_of_a_folder_is_removed_when_it_was_not_kept_within_the_hour(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    digest = storage.keep("harbour-cafe", b"a cup")
    assert storage.remove_unless_fresh("harbour-cafe", digest) is False
    file = tmp_path / "harbour-cafe" / digest[:2] / digest
    os.utime(file, (LONG_AGO, LONG_AGO))
    storage.keep("harbour-cafe", b"a cup")
    assert storage.remove_unless_fresh("harbour-cafe", digest) is False
    os.utime(file, (LONG_AGO, LONG_AGO))

    assert storage.remove_unless_fresh("harbour-cafe", digest) is True

    assert list(file.parent.iterdir()) == []
    assert storage.remove_unless_fresh("harbour-cafe", digest) is True
    storage.keep("harbour-cafe", b"a cup")
    assert storage.read("harbour-cafe", digest) == b"a cup"


def test_a_file_that_is_kept_while_it_is_removed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(str(tmp_path))
    digest = storage.keep("harbour-cafe", b"a cup")
    os.utime(tmp_path / "harbour-cafe" / digest[:2] / digest, (LONG_AGO, LONG_AGO))
    rename = Path.rename

    def kept_meanwhile(self: Path, target: Path) -> Path:
        storage.keep("harbour-cafe", b"a cup")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", kept_meanwhile)

    assert storage.remove_unless_fresh("harbour-cafe", digest) is False
    assert storage.read("harbour-cafe", digest) == b"a cup"


def test_a_file_elsewhere_is_removed_when_it_was_not_kept_within_the_hour() -> None:
    storage = Storage("memory://uploads")
    digest = storage.keep("harbour-cafe", b"a cup")
    assert storage.remove_unless_fresh("harbour-cafe", digest) is False
    held = fsspec.filesystem("memory").store[f"/uploads/harbour-cafe/{digest[:2]}/{digest}"]
    held.modified = datetime.fromtimestamp(LONG_AGO, UTC)

    assert storage.remove_unless_fresh("harbour-cafe", digest) is True

    with pytest.raises(FileDamaged, match="found nothing"):
        storage.read("harbour-cafe", digest)
    assert storage.remove_unless_fresh("harbour-cafe", digest) is True


@pytest.mark.parametrize("place", ["folder", "memory://shelves"])
def test_the_contents_of_a_company_are_listed_shelf_by_shelf(tmp_path: Path, place: str) -> None:
    storage = Storage(str(tmp_path) if place == "folder" else place)
    kept = sorted(storage.keep("harbour-cafe", b"cup %d" % number) for number in range(20))
    storage.keep("another", b"cup")

    assert [each for shelf in SHELVES for each in storage.contents("harbour-cafe", shelf)] == kept
    assert storage.contents("nobody", "00") == ()


def test_a_storage_that_does_not_say_when_is_away_and_nothing_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage("memory://uploads")
    digest = storage.keep("harbour-cafe", b"another cup")

    def unknown(*_given: object) -> datetime:
        raise NotImplementedError

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "modified", unknown)

    with pytest.raises(StorageAway):
        storage.remove_unless_fresh("harbour-cafe", digest)
    assert storage.read("harbour-cafe", digest) == b"another cup"
