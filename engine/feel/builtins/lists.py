"""Functions on lists. Positions count from 1, from the end when negative."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from engine.feel.builtins.signature import Signature, takes, takes_any_number
from engine.feel.evaluation import Evaluation
from engine.feel.numbers import CONTEXT, calculated
from engine.feel.values import FeelFunction, add, compare, equal


def functions() -> Mapping[str, tuple[Signature, ...]]:
    return {
        "list contains": (takes("list: list, element: any", _contains),),
        "count": _list_or_items(lambda _, items: Decimal(len(items))),
        "min": _list_or_items(_min),
        "max": _list_or_items(_max),
        "sum": _list_or_items(_sum),
        "product": _list_or_items(_product),
        "mean": _list_or_items(_mean),
        "median": _list_or_items(_median),
        "stddev": _list_or_items(_stddev),
        "mode": _list_or_items(_mode),
        "all": _list_or_items(_all),
        "and": _list_or_items(_all),
        "any": _list_or_items(_any),
        "or": _list_or_items(_any),
        "sublist": (takes("list: list, start position: number, length: number?", _sublist),),
        "append": (
            takes_any_number(_append),
            takes("list: list, item: any", lambda evaluation, items, item: _append(evaluation, [items, item])),
        ),
        "concatenate": (takes_any_number(_concatenate),),
        "union": (takes_any_number(_union),),
        "insert before": (takes("list: list, position: number, newItem: any", _insert_before),),
        "remove": (takes("list: list, position: number", _remove),),
        "list replace": (
            takes("list: list, position: number, newItem: any", _replace_at),
            takes("list: list, match: function, newItem: any", _replace_matching),
        ),
        "reverse": (takes("list: list", _reverse),),
        "index of": (takes("list: list, match: any", _index_of),),
        "distinct values": (takes("list: list", _distinct),),
        "flatten": (takes("list: list", _flatten),),
        "sort": (takes("list: list, precedes: function?", _sort),),
        "partition": (takes("list: list, size: number", _partition),),
    }


def _list_or_items(function: Callable[[Evaluation, list[Any]], Any]) -> tuple[Signature, ...]:
    """``min([1, 2])`` and ``min(1, 2)`` are the same; ``min(null)`` has no list."""
    paid = _paid(function)
    return (
        takes("list: list", paid),
        takes_any_number(lambda evaluation, items: paid(evaluation, items) if len(items) > 1 else None),
    )


def _paid(function: Callable[[Evaluation, list[Any]], Any]) -> Callable[[Evaluation, list[Any]], Any]:
    def call(evaluation: Evaluation, items: list[Any]) -> Any:
        evaluation.charge(1 + len(items))
        return function(evaluation, items)

    return call


def _position(items: list[Any], position: Decimal) -> int | None:
    """The Python index of a FEEL position, None outside of the list."""
    if position != position.to_integral_value() or not 0 < abs(position) <= len(items):
        return None
    return int(position) - 1 if position > 0 else len(items) + int(position)


def _contains(evaluation: Evaluation, items: list[Any], element: Any) -> bool:
    evaluation.charge(len(items))
    return any(equal(evaluation, item, element) is True for item in items)


def _extreme(evaluation: Evaluation, items: list[Any], sign: int) -> Any:
    if not items:
        return None
    best = items[0]
    for item in items:
        order = compare(evaluation, item, best)
        if order is None:
            return None
        if order * sign > 0:
            best = item
    return best


def _min(evaluation: Evaluation, items: list[Any]) -> Any:
    return _extreme(evaluation, items, -1)


def _max(evaluation: Evaluation, items: list[Any]) -> Any:
    return _extreme(evaluation, items, 1)


def _are_numbers(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Decimal) for item in items)


def _sum(evaluation: Evaluation, items: list[Any]) -> Any:
    """Numbers, or durations of one type."""
    if not items or isinstance(items[0], str) or not (_are_numbers(items) or not isinstance(items[0], Decimal)):
        return None
    return functools.reduce(lambda total, item: None if total is None else add(evaluation, total, item), items)


def _product(_: Evaluation, items: list[Any]) -> Decimal | None:
    if not _are_numbers(items):
        return None
    total: Decimal | None = Decimal(1)
    for item in items:
        total = total if total is None else calculated(CONTEXT.multiply, total, item)
    return total


def _mean(evaluation: Evaluation, items: list[Any]) -> Decimal | timedelta | None:
    total = _sum(evaluation, items)
    return calculated(CONTEXT.divide, total, Decimal(len(items))) if isinstance(total, Decimal) else None


def _median(_: Evaluation, items: list[Decimal]) -> Decimal | None:
    if not _are_numbers(items):
        return None
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return calculated(lambda: CONTEXT.divide(CONTEXT.add(ordered[middle - 1], ordered[middle]), Decimal(2)))


def _stddev(evaluation: Evaluation, items: list[Any]) -> Decimal | None:
    """Of a sample: divided by one less than the number of items."""
    evaluation.charge(2 * len(items))
    mean = _mean(evaluation, items)
    if not isinstance(mean, Decimal) or len(items) < 2:  # noqa: PLR2004 - one item has no deviation
        return None

    def deviation() -> Decimal:
        squares = Decimal(0)
        for item in items:
            distance = CONTEXT.subtract(item, mean)
            squares = CONTEXT.add(squares, CONTEXT.multiply(distance, distance))
        return CONTEXT.sqrt(CONTEXT.divide(squares, Decimal(len(items) - 1)))

    return calculated(deviation)


def _mode(_: Evaluation, items: list[Any]) -> list[Decimal] | None:
    if not items:
        return []
    if not _are_numbers(items):
        return None
    counts: dict[Decimal, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    most = max(counts.values())
    return sorted(number for number, count in counts.items() if count == most)


def _all(_: Evaluation, items: list[Any]) -> bool | None:
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


def _any(_: Evaluation, items: list[Any]) -> bool | None:
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


def _sublist(evaluation: Evaluation, items: list[Any], start: Decimal, length: Decimal | None) -> list[Any] | None:
    begin = _position(items, start)
    if begin is None or (length is not None and not 0 <= length <= len(items) - begin):
        return None
    part = items[begin:] if length is None else items[begin : begin + int(length)]
    evaluation.charge(2 * len(part))
    return part


def _append(evaluation: Evaluation, arguments: list[Any]) -> list[Any] | None:
    if not arguments or arguments[0] is None:
        return None
    items = arguments[0] if isinstance(arguments[0], list) else [arguments[0]]
    evaluation.charge(2 * len(items))
    return [*items, *arguments[1:]]


def _concatenate(evaluation: Evaluation, arguments: list[Any]) -> list[Any] | None:
    joined: list[Any] = []
    for items in arguments:
        if items is None:
            return None
        part = items if isinstance(items, list) else [items]
        evaluation.charge(2 * len(part))
        joined += part
    return joined


def _union(evaluation: Evaluation, arguments: list[Any]) -> list[Any] | None:
    joined = _concatenate(evaluation, arguments)
    return None if joined is None else _distinct(evaluation, joined)


def _insert_before(evaluation: Evaluation, items: list[Any], position: Decimal, item: Any) -> list[Any] | None:
    index = _position(items, position)
    if index is None:
        return None
    evaluation.charge(2 * len(items))
    return [*items[:index], item, *items[index:]]


def _remove(evaluation: Evaluation, items: list[Any], position: Decimal) -> list[Any] | None:
    index = _position(items, position)
    if index is None:
        return None
    evaluation.charge(2 * len(items))
    return [*items[:index], *items[index + 1 :]]


def _replace_at(evaluation: Evaluation, items: list[Any], position: Decimal, item: Any) -> list[Any] | None:
    index = _position(items, position)
    if index is None:
        return None
    evaluation.charge(2 * len(items))
    return [*items[:index], item, *items[index + 1 :]]


def _replace_matching(evaluation: Evaluation, items: list[Any], match: FeelFunction, item: Any) -> list[Any] | None:
    if len(match.parameters) != 2:  # noqa: PLR2004 - the item and the new item
        return None
    evaluation.charge(2 * len(items))
    answers = [match.call(evaluation, (old, item)) for old in items]
    if not all(isinstance(answer, bool) for answer in answers):
        return None
    return [item if answer else old for old, answer in zip(items, answers, strict=True)]


def _reverse(evaluation: Evaluation, items: list[Any]) -> list[Any]:
    evaluation.charge(2 * len(items))
    return items[::-1]


def _index_of(evaluation: Evaluation, items: list[Any], match: Any) -> list[Decimal]:
    evaluation.charge(2 * len(items))
    return [Decimal(index) for index, item in enumerate(items, 1) if equal(evaluation, item, match) is True]


def _distinct(evaluation: Evaluation, items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        evaluation.charge(1 + len(kept) // 3)
        if not any(equal(evaluation, item, other) is True for other in kept):
            kept.append(item)
    return kept


def _flatten(evaluation: Evaluation, items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    waiting = [iter(items)]
    while waiting:
        evaluation.charge(2)
        item = next(waiting[-1], _END)
        if item is _END:
            waiting.pop()
        elif isinstance(item, list):
            waiting.append(iter(item))
        else:
            flat.append(item)
    return flat


_END = object()


def _sort(evaluation: Evaluation, items: list[Any], precedes: FeelFunction | None) -> list[Any] | None:
    """Stable. *precedes* says whether its first argument comes before its second."""
    evaluation.charge(2 * len(items))
    if precedes is not None and len(precedes.parameters) != 2:  # noqa: PLR2004 - the two that are compared
        return None

    def order(left: Any, right: Any) -> int:
        evaluation.charge(3)
        if precedes is None:
            found = compare(evaluation, left, right)
            if found is None:
                raise _Unordered
            return found
        if precedes.call(evaluation, (left, right)) is True:
            return -1
        return 1 if precedes.call(evaluation, (right, left)) is True else 0

    try:
        return sorted(items, key=functools.cmp_to_key(order))
    except _Unordered:
        return None


class _Unordered(Exception):
    """Two items have no order."""


def _partition(evaluation: Evaluation, items: list[Any], size: Decimal) -> list[list[Any]] | None:
    if size != size.to_integral_value() or size < 1:
        return None
    evaluation.charge(4 * len(items))
    step = int(size) if size < len(items) else max(len(items), 1)  # a number of 6,000 digits is never made whole
    return [items[begin : begin + step] for begin in range(0, len(items), step)]
