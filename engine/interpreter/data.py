"""A case's data while it runs: immutable values, each with its writing, nothing shared that somebody could change.

Every token of a case carries one mapping. Nobody changes a mapping or a value inside it in place: an edit makes a new
mapping that shares the untouched values. So branches cannot see each other's edits, and a value is stored once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import orjson

from engine.interpreter.errors import DataRefused

_MISSING: Final = object()
_KEY: Final = re.compile(r"[^\W\d_]\w*\Z")


def own_copy(data: Mapping[str, Any]) -> dict[str, Any]:
    """*data* as JSON values that nobody else holds. Raises DataRefused."""
    if not isinstance(data, Mapping):
        raise DataRefused(f"{type(data).__name__} instead of a mapping")
    for key in data:
        if not isinstance(key, str) or not _KEY.match(key):
            raise DataRefused(f"the key {key!r}")
    try:
        copied: dict[str, Any] = orjson.loads(orjson.dumps(dict(data)))
    except (TypeError, ValueError) as error:
        raise DataRefused(str(error)) from error
    return copied


def is_key(name: str) -> bool:
    """Whether *name* may be a key of a case's data."""
    return bool(_KEY.match(name))


class Values(dict[str, Any]):
    """A case's data as one branch knows it. By convention read-only; a ``dict`` because FEEL is quick with it.

    *written* numbers the writing that gave each key its value; writings count up within the case.
    """

    __slots__ = ("written",)

    def __init__(self, values: Mapping[str, Any] | None = None, written: Mapping[str, int] | None = None) -> None:
        super().__init__(values or {})
        self.written = dict(written or {})

    def rewritten(self, values: Mapping[str, Any], number: int) -> Values:
        """*values* in place of these; those that differ are of writing *number*."""
        known, written = dict(values), dict.fromkeys(values, number)
        for key, value in values.items():
            if same(self.get(key, _MISSING), value):
                known[key], written[key] = self[key], self.written[key]
        return Values(known, written)

    def with_those_of(self, before: Values, keys: Collection[str]) -> Values:
        """These values, but under *keys* what *before* has there."""
        if not any(key in self or key in before for key in keys):
            return self
        kept = {key: value for key, value in self.items() if key not in keys}
        written = {key: self.written[key] for key in kept}
        for key in keys:
            if key in before:
                kept[key], written[key] = before[key], before.written[key]
        return Values(kept, written)


#: What a branch knows that knows nothing.
NOTHING: Final = Values()


def merge(branches: Iterable[Values]) -> Values:
    """What all *branches*, one at least, know together: of each key the value that was written last.

    A branch that left a key alone never undoes another branch's work on it. That is what SpiffWorkflow's joins do:
    they copy each branch whole over the others, stale values included.
    """
    first, *others = branches
    merged = first
    for branch in others:
        if branch is not first and branch.written != merged.written:
            later = [key for key, number in branch.written.items() if number > merged.written.get(key, -1)]
            merged = Values(
                merged | {key: branch[key] for key in later},
                merged.written | {key: branch.written[key] for key in later},
            )
    return merged


def same(left: Any, right: Any) -> bool:
    """Equality as JSON sees it: ``1`` and ``true`` differ, also deep inside."""
    if left is right:
        return True
    if left is _MISSING or right is _MISSING or type(left) is not type(right) or left != right:
        return False
    if isinstance(left, dict | list):
        return orjson.dumps(left, option=orjson.OPT_SORT_KEYS) == orjson.dumps(right, option=orjson.OPT_SORT_KEYS)
    return True
