"""Which values of an input a cell lets through, as sets that can be intersected and subtracted.

The literals of a column cut its values into segments: each literal itself, and the stretch between two neighbours. Null
is one more segment, behind all others. A set of segments is the bits of an integer, a rule is one such set for each
column: a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel import Range, UnaryTests
from engine.feel.nodes import ListOf, Node
from engine.feel.parsing import NOT_LITERAL, literal_range, literal_value
from engine.feel.temporal import YearsMonths, text_of

#: One set of segments a column.
Box = tuple[int, ...]

_ORDERED: Final = (Decimal, str, date, timedelta, YearsMonths)

#: Columns looked at while boxes are subtracted from each other, before looking for a gap gives up.
_MAX_LOOKED_AT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Column:
    """The segments of one input: segment 2i+1 is ``values[i]``, 2i what lies before it."""

    values: tuple[Any, ...]
    everything: int  #: every segment but null's
    expected: int  #: what is worth a rule: the allowed values, of texts without such the mentioned ones
    masks: tuple[int | None, ...]  #: one a cell; None: cannot be decided

    def describe(self, name: str, mask: int) -> str:
        """The lowest segment of *mask* in FEEL, e.g. ``amount in (100..200)``."""
        lowest = (mask & -mask).bit_length() - 1
        index, is_value = divmod(lowest, 2)
        if is_value:
            return f"{name} = {_written(self.values[index])}"
        if not self.values:
            return f"any {name}"
        if index == 0:
            return f"{name} < {_written(self.values[0])}"
        if index == len(self.values):
            return f"{name} > {_written(self.values[-1])}"
        return f"{name} in ({_written(self.values[index - 1])}..{_written(self.values[index])})"


def column_of(cells: Sequence[UnaryTests | None], kind: str, allowed: UnaryTests | None) -> Column | None:
    """The column that *cells* make; None if its literals have no common order (texts among numbers)."""
    literals = [value for tests in (*cells, allowed) if tests is not None for value in _mentioned(tests)]
    if kind == "boolean":
        literals += [False, True]
    kinds = {type(value) for value in literals}
    if len(kinds) > 1 or (kinds and not issubclass(kinds.pop(), (*_ORDERED, bool))):
        return None
    if any(isinstance(value, datetime) for value in literals):
        # Without an instant, date-times with and without zone have no order.
        return None
    values = tuple(sorted(set(literals)))
    everything = (1 << (2 * len(values) + 1)) - 1
    points = sum(1 << (2 * index + 1) for index in range(len(values)))
    if kind == "boolean":
        everything = points
    places = {value: index for index, value in enumerate(values)}
    permitted = None if allowed is None else _mask(allowed, places, everything)
    if permitted is not None:
        permitted &= everything
    texts = bool(values) and isinstance(values[0], str)
    expected = permitted if permitted is not None else (points if texts else everything)
    masks = tuple(None if tests is None else _mask(tests, places, everything) for tests in cells)
    return Column(values, everything, expected, masks)


def rest_of(whole: Box, boxes: Iterable[Box]) -> Box | None:
    """One box of *whole* that none of *boxes* covers; None if there is none, or it takes too long to know."""
    left = [whole] if all(whole) else []
    looked_at = 0
    for box in boxes:
        looked_at += len(left) * len(whole)
        if looked_at > _MAX_LOOKED_AT:
            return None
        left = [piece for remaining in left for piece in _minus(remaining, box)]
    return left[0] if left else None


def overlap(one: Box, other: Box) -> bool:
    for mine, theirs in zip(one, other, strict=True):  # noqa: SIM110 -- all() takes thrice as long, and pairs are many
        if not mine & theirs:
            return False
    return True


def _minus(box: Box, removed: Box) -> list[Box]:
    if not overlap(box, removed):
        return [box]
    pieces = []
    for index, (mine, theirs) in enumerate(zip(box, removed, strict=True)):
        if outside := mine & ~theirs:
            inside = tuple(a & b for a, b in zip(box[:index], removed[:index], strict=True))
            pieces.append((*inside, outside, *box[index + 1 :]))
    return pieces


def literal_tests(tests: UnaryTests) -> list[Any]:
    """The value or range of each test, NOT_LITERAL for those that have to be calculated."""
    return [_literal(test) for test in _flat(tests.tree.tests)]


def _flat(tests: Iterable[Node]) -> Iterable[Node]:
    for test in tests:
        yield from _flat(test.items) if isinstance(test, ListOf) else (test,)


def _literal(test: Node) -> Any:
    interval = literal_range(test)
    return literal_value(test) if interval is None else interval


def _mentioned(tests: UnaryTests) -> Iterable[Any]:
    for value in literal_tests(tests):
        if isinstance(value, Range):
            yield from (end for end in (value.low, value.high) if end is not None)
        elif value is not NOT_LITERAL and value is not None:
            yield value


def _mask(tests: UnaryTests, places: Mapping[Any, int], everything: int) -> int | None:
    null = _null_of(places)
    found = literal_tests(tests)
    if not found:
        return everything | null
    if any(value is NOT_LITERAL for value in found):
        return None
    mask = 0
    for value in found:
        mask |= _segments(value, places)
    if not tests.tree.negated:
        return mask & (everything | null)
    # Whether null lies in a range has no answer, so neither has the negation.
    lets_null_in = None not in found and not any(isinstance(value, Range) for value in found)
    return everything & ~mask | (null if lets_null_in else 0)


def _null_of(places: Mapping[Any, int]) -> int:
    return 1 << (2 * len(places) + 1)


def _segments(value: Any, places: Mapping[Any, int]) -> int:
    if value is None:
        return _null_of(places)
    if not isinstance(value, Range):
        return 1 << (2 * places[value] + 1)
    low = 0 if value.low is None else 2 * places[value.low] + (1 if value.low_closed else 2)
    high = 2 * len(places) if value.high is None else 2 * places[value.high] + (1 if value.high_closed else 0)
    return ((1 << (high + 1)) - 1) & ~((1 << low) - 1) if low <= high else 0


def _written(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case Decimal():
            return f"{value:f}"
        case _:
            return f'@"{text_of(value)}"'
