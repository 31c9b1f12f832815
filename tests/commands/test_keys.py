"""The keys of an installation, which several processes may ask for at their first start."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.commands import site
from engine.commands.site import signing_seed


def test_of_two_that_make_a_key_at_once_both_get_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both_found_none = threading.Barrier(2)
    true_exists = Path.exists

    def exists(path: Path) -> bool:
        found = true_exists(path)
        both_found_none.wait(10)
        return found

    monkeypatch.setattr(site.Path, "exists", exists)
    seeds: list[bytes] = []
    asking = [threading.Thread(target=lambda: seeds.append(signing_seed(tmp_path))) for _ in range(2)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    monkeypatch.undo()

    assert seeds == [signing_seed(tmp_path)] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["history.key"]
