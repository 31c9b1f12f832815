"""Taking personal values out of the state of a case that has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.interpreter import codec
from engine.interpreter.definition import Definition

_NULL = [0, None]


def scrubbed(definition: Definition, state: bytes, *, names: frozenset[str], change: Callable[[Any], Any]) -> bytes:
    """*state* without the values called one of *names*, every other one as *change* leaves it.

    Raises StateRefused for a state that is no longer of *definition*.
    """
    content, rows, values = codec.unpack(definition, state)
    gone = len(values)
    rows = [{key: gone if key in names else at for key, at in row.items()} for row in rows]
    kept = {at for row in rows for at in row.values()}
    values = [[writing, change(value)] if at in kept else _NULL for at, (writing, value) in enumerate(values)]
    return codec.pack(definition, change(content), rows, [*values, _NULL])
