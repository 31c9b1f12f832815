"""The tree of RFC 6962, against the RFC's own words and the roots of certificate transparency."""

from __future__ import annotations

import hashlib
import random

import pytest

from engine.history.tree import (
    EMPTY_ROOT,
    consistency_path,
    grown,
    inclusion_path,
    is_consistent,
    leaf,
    node,
    root,
    root_by_inclusion,
)


class Kept:
    """Tiles as a database keeps them."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0

    def read(self, level: int, number: int) -> bytes:
        return self.tiles.get((level, number), b"")

    def append(self, leaves: list[bytes]) -> None:
        self.tiles |= grown(self.read, self.size, leaves)
        self.size += len(leaves)


def some_leaves(count: int) -> list[bytes]:
    return [leaf(hashlib.sha256(str(n).encode()).hexdigest()) for n in range(count)]


def a_tree(count: int) -> Kept:
    kept = Kept()
    kept.append(some_leaves(count))
    return kept


def by_the_rfc(leaves: list[bytes]) -> bytes:
    """Section 2.1 word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_the_rfc(leaves[:k]) + by_the_rfc(leaves[k:])).digest()


def test_a_leaf_and_a_node_are_told_apart_by_their_first_byte() -> None:
    assert leaf("00" * 32) == hashlib.sha256(b"\x00" + bytes(32)).digest()
    assert node(bytes(32), bytes(32)) == hashlib.sha256(b"\x01" + bytes(64)).digest()


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root(Kept().read, 0) == EMPTY_ROOT


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 8, 255, 256, 257, 511, 512, 513, 1000])
def test_the_root_is_the_one_of_the_rfc(count: int) -> None:
    assert root(a_tree(count).read, count) == by_the_rfc(some_leaves(count))


def test_it_grows_to_the_same_tiles_in_whatever_steps() -> None:
    leaves, chance, kept = some_leaves(70_000), random.Random(7), Kept()

    while kept.size < len(leaves):
        kept.append(leaves[kept.size : kept.size + chance.choice([1, 2, 100, 256, 5000])])

    whole = Kept()
    whole.append(leaves)
    assert kept.tiles == whole.tiles
    assert {level for level, _ in kept.tiles} == {0, 1, 2}


def test_every_older_root_can_be_had_from_the_tiles_of_today() -> None:
    leaves, kept = some_leaves(600), a_tree(600)

    for size in range(1, 601, 13):
        assert root(kept.read, size) == by_the_rfc(leaves[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 33, 256, 300])
def test_every_leaf_is_proven_and_no_other(size: int) -> None:
    leaves, kept = some_leaves(size), a_tree(size)
    top = root(kept.read, size)

    for index in range(size):
        path = inclusion_path(kept.read, index, size)
        assert root_by_inclusion(leaves[index], index, size, path) == top
        assert root_by_inclusion(leaves[index - 1], index, size, path) != top or size == 1
        assert root_by_inclusion(leaves[index], index, size, (*path, top)) is None
        assert not path or root_by_inclusion(leaves[index], index, size, path[:-1]) != top


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 9, 64, 257])
def test_every_older_tree_is_proven_to_be_the_beginning(size: int) -> None:
    kept = a_tree(size)
    top = root(kept.read, size)

    for old in range(1, size + 1):
        path = consistency_path(kept.read, old, size)
        assert is_consistent(root(kept.read, old), old, top, size, path)
        assert not is_consistent(bytes(32), old, top, size, path)
        assert not is_consistent(root(kept.read, old), old, bytes(32), size, path)
        assert not is_consistent(root(kept.read, old), old, top, size, (*path, top))
        assert not path or not is_consistent(root(kept.read, old), old, top, size, path[:-1])


def test_a_fork_has_no_proof() -> None:
    ours, theirs = some_leaves(40), Kept()
    theirs.append([*ours[:20], ours[21], ours[20], *ours[22:]])
    old = by_the_rfc(ours[:21])

    path = consistency_path(theirs.read, 21, 40)

    assert not is_consistent(old, 21, root(theirs.read, 40), 40, path)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_path(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="below"):
        inclusion_path(a_tree(3).read, index, size)


def test_tiles_that_are_missing_are_noticed() -> None:
    kept = a_tree(300)
    kept.tiles[0, 0] = kept.tiles[0, 0][:-32]

    with pytest.raises(ValueError, match="shorter"):
        inclusion_path(kept.read, 3, 300)
