"""The Merkle tree over a company's events, after RFC 6962, section 2.1. Pure.

A leaf is the hash of an event, which covers its company, case and number. The hashes of the tree are kept in *tiles*:
tile ``(level, number)`` holds up to 256 hashes side by side, each the top of a whole subtree of ``256 ** level``
leaves. Everything else of the tree is computed from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

#: Hashes in a full tile, as a power of two.
_TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << _TILE_HEIGHT
#: Bytes of one hash.
SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
#: Hashes that have begun with what tells leaves from nodes. A copy takes half the time of a new one.
_LEAF: Final = hashlib.sha256(b"\x00")
_NODE: Final = hashlib.sha256(b"\x01")

#: The content of the tile with that level and number: hashes joined; b"" where there is none yet.
ReadTile = Callable[[int, int], bytes]


def leaf(event_hash: str) -> bytes:
    """The leaf of the event with that hash (hex)."""
    hashed = _LEAF.copy()
    hashed.update(bytes.fromhex(event_hash))
    return hashed.digest()


def node(left: bytes, right: bytes) -> bytes:
    hashed = _NODE.copy()
    hashed.update(left + right)
    return hashed.digest()


def grown(read: ReadTile, size: int, leaves: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
    """The tiles that change when *leaves* follow the first *size* ones: ``(level, number)`` -> content."""
    changed: dict[tuple[int, int], bytes] = {}
    level = 0
    while leaves:
        full: list[bytes] = []
        for number, content in _filled(read, level, size, leaves):
            changed[level, number] = content
            if len(content) == TILE_WIDTH * SIZE:
                full.append(_top(_split(content)))
        level, size, leaves = level + 1, size >> _TILE_HEIGHT, full
    return changed


def root(read: ReadTile, size: int) -> bytes:
    """The hash over the first *size* leaves."""
    return _over(read, 0, size) if size else EMPTY_ROOT


def inclusion_path(read: ReadTile, index: int, size: int) -> tuple[bytes, ...]:
    """The hashes that lead from the leaf at *index*, 0 the first, to the root over *size* leaves."""
    if not 0 <= index < size:
        raise ValueError(f"expected a leaf below {size}, found {index}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split_point(end - start)
        if index < middle:
            path.append(_over(read, middle, end))
            end = middle
        else:
            path.append(_over(read, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_path(read: ReadTile, old: int, size: int) -> tuple[bytes, ...]:
    """The hashes that show the tree of *size* leaves to begin with the one of *old* leaves."""
    if not 0 < old <= size:
        raise ValueError(f"expected an older tree of 1 to {size} leaves, found {old}")
    path: list[bytes] = []
    start, end = 0, size
    while old != end:
        middle = start + _split_point(end - start)
        if old <= middle:
            path.append(_over(read, middle, end))
            end = middle
        else:
            path.append(_over(read, start, middle))
            start = middle
    if start:
        path.append(_over(read, start, end))
    return tuple(reversed(path))


def root_by_inclusion(found: bytes, index: int, size: int, path: Iterable[bytes]) -> bytes | None:
    """The root that *path* leads to from the leaf *found*; None when it has another length than the tree asks for."""
    last = size - 1
    if not 0 <= index <= last:
        return None
    for sibling in path:
        if not last:
            return None
        if index & 1 or index == last:
            found = node(sibling, found)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            found = node(found, sibling)
        index, last = index >> 1, last >> 1
    return None if last else found


def is_consistent(old_root: bytes, old: int, new_root: bytes, size: int, path: Sequence[bytes]) -> bool:
    """Whether *path* shows the tree of *size* leaves to begin with the one of *old* leaves (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not path and old_root == new_root
    hashes = [old_root, *path] if not old & (old - 1) else [*path]
    if not hashes:
        return False
    index, last = old - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    was = now = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            return False
        if index & 1 or index == last:
            was, now = node(sibling, was), node(sibling, now)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            now = node(now, sibling)
        index, last = index >> 1, last >> 1
    return not last and was == old_root and now == new_root


def _filled(read: ReadTile, level: int, size: int, hashes: Sequence[bytes]) -> Iterable[tuple[int, bytes]]:
    """The tiles of *level* from the one that the first *size* hashes end in, with *hashes* put behind."""
    number, taken = divmod(size, TILE_WIDTH)
    content = read(level, number) if taken else b""
    if len(content) < taken * SIZE:
        raise ValueError(f"expected tile {level}/{number} to hold {taken} hashes, found {len(content) // SIZE}")
    content = content[: taken * SIZE]
    at = 0
    while at < len(hashes):
        room = TILE_WIDTH - len(content) // SIZE
        yield number, content + b"".join(hashes[at : at + room])
        number, content, at = number + 1, b"", at + room


def _over(read: ReadTile, start: int, end: int) -> bytes:
    """The hash over the leaves from *start* up to *end*: a range that the splitting of RFC 6962 comes to."""
    size = end - start
    if not size & (size - 1):
        height = size.bit_length() - 1
        return _subtree(read, height, start >> height)
    middle = start + _split_point(size)
    return node(_over(read, start, middle), _over(read, middle, end))


def _subtree(read: ReadTile, height: int, index: int) -> bytes:
    """The top of the *index*-th whole subtree of ``2 ** height`` leaves."""
    level, above = divmod(height, _TILE_HEIGHT)
    first = index << above
    number, offset = divmod(first, TILE_WIDTH)
    content = read(level, number)[offset * SIZE : (offset + (1 << above)) * SIZE]
    if len(content) != SIZE << above:
        raise ValueError(f"expected tile {level}/{number} to reach {offset + (1 << above)} hashes, found a shorter one")
    return _top(_split(content))


def _split(content: bytes) -> list[bytes]:
    return [content[at : at + SIZE] for at in range(0, len(content), SIZE)]


def _top(hashes: list[bytes]) -> bytes:
    """Pairs hashed together until one is left; *hashes* are a power of two of them."""
    while len(hashes) > 1:
        hashes = [node(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _split_point(size: int) -> int:
    """The largest power of two below *size*."""
    return 1 << (size - 1).bit_length() - 1
