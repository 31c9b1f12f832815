"""How points and ranges lie to each other (DMN 1.5, 10.3.4.9; Allen's interval algebra)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.feel.builtins.signature import Signature, takes
from engine.feel.errors import FeelError
from engine.feel.evaluation import Evaluation
from engine.feel.parsing import NOT_LITERAL, parsed_literal
from engine.feel.values import Range, compare, includes

_Relation = Callable[[Evaluation, Range, Range], bool | None]


def functions() -> Mapping[str, tuple[Signature, ...]]:
    return {
        "before": _two(_before),
        "after": _two(lambda evaluation, one, other: _before(evaluation, other, one)),
        "meets": _ranges(_meets),
        "met by": _ranges(lambda evaluation, one, other: _meets(evaluation, other, one)),
        "overlaps": _ranges(_overlaps),
        "overlaps before": _ranges(_overlaps_before),
        "overlaps after": _ranges(lambda evaluation, one, other: _overlaps_before(evaluation, other, one)),
        "finishes": _two(_finishes),
        "finished by": _two(lambda evaluation, one, other: _finishes(evaluation, other, one)),
        "includes": _two(_includes),
        "during": _two(lambda evaluation, one, other: _includes(evaluation, other, one)),
        "starts": _two(_starts),
        "started by": _two(lambda evaluation, one, other: _starts(evaluation, other, one)),
        "coincides": _two(_coincides),
        "range": (takes("from: text", _range),),
    }


def _ranges(relation: _Relation) -> tuple[Signature, ...]:
    return (takes("range1: range, range2: range", _ordered(relation)),)


def _two(relation: _Relation) -> tuple[Signature, ...]:
    """Points count as ranges of one value."""
    by_range = _ordered(relation)
    return (
        takes("range1: range, range2: range", by_range),
        takes("range: range, point: any", by_range),
        takes("point: any, range: range", by_range),
        takes("point1: any, point2: any", by_range),
    )


def _ordered(relation: _Relation) -> Callable[[Evaluation, Any, Any], bool | None]:
    def call(evaluation: Evaluation, one: Any, other: Any) -> bool | None:
        try:
            return relation(evaluation, _as_range(one), _as_range(other))
        except _NoOrder:
            return None

    return call


class _NoOrder(Exception):
    """Two ends have no order."""


def _as_range(value: Any) -> Range:
    if isinstance(value, Range):
        return value
    if value is None:
        raise _NoOrder
    return Range(value, value, low_closed=True, high_closed=True)


def _lows(evaluation: Evaluation, one: Range, other: Range) -> int:
    """How the lower ends lie: no bound comes first, a closed end before an open one."""
    if one.low is None or other.low is None:
        return (one.low is not None) - (other.low is not None)
    order = _order(evaluation, one.low, other.low)
    return order or int(other.low_closed) - int(one.low_closed)


def _highs(evaluation: Evaluation, one: Range, other: Range) -> int:
    if one.high is None or other.high is None:
        return (one.high is None) - (other.high is None)
    order = _order(evaluation, one.high, other.high)
    return order or int(one.high_closed) - int(other.high_closed)


def _order(evaluation: Evaluation, left: Any, right: Any) -> int:
    order = compare(evaluation, left, right)
    if order is None:
        raise _NoOrder
    return order


def _before(evaluation: Evaluation, one: Range, other: Range) -> bool:
    if one.high is None or other.low is None:
        return False
    order = _order(evaluation, one.high, other.low)
    return order < 0 or (order == 0 and not (one.high_closed and other.low_closed))


def _meets(evaluation: Evaluation, one: Range, other: Range) -> bool:
    if one.high is None or other.low is None:
        return False
    return _order(evaluation, one.high, other.low) == 0 and one.high_closed and other.low_closed


def _overlaps(evaluation: Evaluation, one: Range, other: Range) -> bool:
    return not _before(evaluation, one, other) and not _before(evaluation, other, one)


def _overlaps_before(evaluation: Evaluation, one: Range, other: Range) -> bool:
    return (
        _overlaps(evaluation, one, other)
        and _lows(evaluation, one, other) < 0
        and (_highs(evaluation, one, other) <= 0)
    )


def _finishes(evaluation: Evaluation, one: Range, other: Range) -> bool:
    return _highs(evaluation, one, other) == 0 and _lows(evaluation, one, other) >= 0


def _starts(evaluation: Evaluation, one: Range, other: Range) -> bool:
    return _lows(evaluation, one, other) == 0 and _highs(evaluation, one, other) <= 0


def _includes(evaluation: Evaluation, one: Range, other: Range) -> bool | None:
    if other.low is not None and other.low is other.high:
        return includes(evaluation, one, other.low)
    return _lows(evaluation, one, other) <= 0 <= _highs(evaluation, one, other)


def _coincides(evaluation: Evaluation, one: Range, other: Range) -> bool:
    return _lows(evaluation, one, other) == 0 == _highs(evaluation, one, other)


def _range(evaluation: Evaluation, text: str) -> Range | None:
    """``range("[1..5)")``, ``range("[1..)")``: literals only (DMN 1.5, table 73)."""
    text = text.strip()
    low_closed, high_closed = text.startswith("["), text.endswith("]")
    if not (text.startswith(("[", "(", "]")) and text.endswith(("]", ")", "["))):
        return None
    for low, high in _cuts(evaluation, text[1:-1]):
        if (low is None and (low_closed or high is None)) or (high is None and high_closed):
            return None
        if low is None or high is None:
            return Range(low, high, low_closed, high_closed)
        order = compare(evaluation, low, high)
        return Range(low, high, low_closed, high_closed) if order is not None and order <= 0 else None
    return None


def _cuts(evaluation: Evaluation, ends: str) -> Iterator[tuple[Any, Any]]:
    """Both ends for each ``..`` of *ends* with a literal, or nothing, on either side; a text may contain one too."""
    at = ends.find("..")
    while at >= 0:
        # Both ends are parsed.
        evaluation.charge(50 + 4 * len(ends))
        low, high = _end(ends[:at]), _end(ends[at + 2 :])
        if low is not NOT_LITERAL and high is not NOT_LITERAL:
            yield low, high
        at = ends.find("..", at + 1)


def _end(text: str) -> Any:
    try:
        return parsed_literal(text) if text.strip() else None
    except FeelError:
        return NOT_LITERAL
