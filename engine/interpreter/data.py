"""A case's data while it runs: immutable values, three-way merges, nothing shared that somebody could change.

Every token of a case carries one mapping. Nobody changes a mapping or a value inside it in place: an edit makes a new
mapping that shares the untouched values. So branches cannot see each other's edits, and a value is stored once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from engine.interpreter.errors import DataRefused

#: A case's data. By convention read-only; ``dict`` because the expression language is quick with it.
Values = dict[str, Any]

_MISSING: Final = object()
_KEY: Final = re.compile(r"[^\W\d_]\w*\Z")


def own_copy(data: Mapping[str, Any]) -> Values:
    """*data* as JSON values that nobody else holds. Raises DataRefused."""
    if not isinstance(data, Mapping):
        raise DataRefused(f"{type(data).__name__} instead of a mapping")
    for key in data:
        if not isinstance(key, str) or not _KEY.match(key):
            raise DataRefused(f"the key {key!r}")
    try:
        copied: Values = orjson.loads(orjson.dumps(dict(data)))
    except (TypeError, ValueError) as error:
        raise DataRefused(str(error)) from error
    return copied


def is_key(name: str) -> bool:
    """Whether *name* may be a key of a case's data."""
    return bool(_KEY.match(name))


def changes(base: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[Values, tuple[str, ...]]:
    """What *data* says differently from *base*: new values by key, and the keys it has dropped."""
    written = {}
    for key, value in data.items():
        before = base.get(key, _MISSING)
        if before is not value and not same(before, value):  # most values are shared
            written[key] = value
    return written, tuple(key for key in base if key not in data)


def merge(base: Mapping[str, Any], branches: Iterable[Mapping[str, Any]]) -> Values:
    """*base* with the changes of all *branches*; where two write the same key, the later in order wins.

    A branch that left a key alone never undoes another branch's work on it. That is what SpiffWorkflow's joins do:
    they copy each branch whole over the others, stale values included.
    """
    merged = dict(base)
    for branch in branches:
        written, dropped = changes(base, branch)
        merged.update(written)
        for key in dropped:
            merged.pop(key, None)
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
