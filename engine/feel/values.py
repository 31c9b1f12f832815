"""What FEEL's values are and how they compare and calculate (DMN 1.5, 10.3.2.7 and 10.3.2.13).

Numbers are Decimal, texts str, contexts dict, lists list; time spans are ``timedelta`` or ``YearsMonths``.
What has no result is None: FEEL's null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from engine.feel.evaluation import Evaluation
from engine.feel.numbers import CONTEXT, calculated
from engine.feel.temporal import YearsMonths, add_months, years_months


@dataclass(frozen=True, slots=True)
class Range:
    """An interval. An end of None is no bound (``< 5`` as a value)."""

    low: Any
    high: Any
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True, eq=False)
class FeelFunction:
    """Something callable: a function an expression defines, a business knowledge model, a built-in."""

    parameters: tuple[str, ...]
    call: Callable[[Evaluation, Sequence[Any]], Any]  #: arguments in the order of *parameters*


_KINDS: Final[dict[type, str]] = {
    Decimal: "number",
    str: "string",
    bool: "boolean",
    datetime: "date and time",
    date: "date",
    time: "time",
    timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    FeelFunction: "function",
}
_ORDERED: Final = frozenset({Decimal, str, date, timedelta, YearsMonths})


def kind_of(value: Any) -> str:
    """FEEL's word for the value's type, ``"null"`` for null."""
    return "null" if value is None else _KINDS.get(type(value), "any")


def equal(evaluation: Evaluation, left: Any, right: Any) -> bool | None:
    """FEEL's ``=``: null equals only null; values of different types have no answer."""
    if left is None or right is None:
        return left is right
    kind = left.__class__
    if kind is not right.__class__:
        return None
    if kind is list or kind is dict:
        return _equal_containers(evaluation, left, right)
    if kind is datetime or kind is time:
        return bool(_instant(left, evaluation.now.tzinfo) == _instant(right, evaluation.now.tzinfo))
    return bool(left == right)


def _equal_containers(evaluation: Evaluation, left: Any, right: Any) -> bool:
    evaluation.charge(1 + len(left))
    if len(left) != len(right):
        return False
    if isinstance(left, dict):
        return all(key in right and equal(evaluation, item, right[key]) for key, item in left.items())
    return all(equal(evaluation, mine, other) for mine, other in zip(left, right, strict=True))


def compare(evaluation: Evaluation, left: Any, right: Any) -> int | None:
    """Negative, zero or positive as *left* comes before, with or after *right*; None if they have no order."""
    kind = left.__class__
    if kind is not right.__class__:
        return None
    if kind is datetime or kind is time:
        left, right = _instant(left, evaluation.now.tzinfo), _instant(right, evaluation.now.tzinfo)
    elif kind not in _ORDERED:
        return None
    return -1 if left < right else int(left > right)


def includes(evaluation: Evaluation, interval: Range, value: Any) -> bool | None:
    """True if *value* lies in *interval*; None if they have no order."""
    if interval.low is not None:
        order = compare(evaluation, value, interval.low)
        if order is None:
            return None
        if order < 0 or (order == 0 and not interval.low_closed):
            return False
    if interval.high is not None:
        order = compare(evaluation, value, interval.high)
        if order is None:
            return None
        if order > 0 or (order == 0 and not interval.high_closed):
            return False
    return True


def _instant(moment: Any, zone: tzinfo | None) -> Any:
    """A date-time or time that compares: one without a zone is meant in the zone of the evaluation's instant."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
    offset = moment.utcoffset()
    clock = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    if offset is None:
        offset = datetime.combine(date(2000, 1, 1), moment.replace(tzinfo=None), zone).utcoffset()
    return clock - (offset or timedelta(0))


# -- arithmetic ----------------------------------------------------------------------------------------------------


def add(evaluation: Evaluation, left: Any, right: Any) -> Any:
    match left, right:
        case Decimal(), Decimal():
            return calculated(CONTEXT.add, left, right)
        case str(), str():
            evaluation.charge_text(len(left) + len(right))
            return left + right
        case (YearsMonths(), YearsMonths()):
            return years_months(left.months + right.months)
        case (timedelta(), timedelta()):
            return _or_null(operator.add, left, right)
        case (YearsMonths() | timedelta(), date() | time()):
            return _moved(right, left)
        case (date() | time(), YearsMonths() | timedelta()):
            return _moved(left, right)
        case _:
            return None


def subtract(evaluation: Evaluation, left: Any, right: Any) -> Any:
    match left, right:
        case Decimal(), Decimal():
            return calculated(CONTEXT.subtract, left, right)
        case (YearsMonths(), YearsMonths()):
            return years_months(left.months - right.months)
        case (timedelta(), timedelta()):
            return _or_null(operator.sub, left, right)
        case (date() | time(), YearsMonths()):
            return _moved(left, YearsMonths(-right.months))
        case (date() | time(), timedelta()):
            return _moved(left, -right)
        case (time(), time()):
            zone = evaluation.now.tzinfo
            return _instant(left, zone) - _instant(right, zone)
        case (date(), date()):
            zone = evaluation.now.tzinfo
            return _or_null(operator.sub, _instant(_midnight(left), zone), _instant(_midnight(right), zone))
        case _:
            return None


def multiply(evaluation: Evaluation, left: Any, right: Any) -> Any:
    match left, right:
        case Decimal(), Decimal():
            return calculated(CONTEXT.multiply, left, right)
        case (YearsMonths() | timedelta(), Decimal()):
            return _scaled(evaluation, left, right, CONTEXT.multiply)
        case (Decimal(), YearsMonths() | timedelta()):
            return _scaled(evaluation, right, left, CONTEXT.multiply)
        case _:
            return None


def divide(evaluation: Evaluation, left: Any, right: Any) -> Any:
    match left, right:
        case Decimal(), Decimal():
            return calculated(CONTEXT.divide, left, right)
        case (YearsMonths() | timedelta(), Decimal()):
            return _scaled(evaluation, left, right, CONTEXT.divide)
        case (YearsMonths(), YearsMonths()) | (timedelta(), timedelta()):
            return calculated(CONTEXT.divide, _units(left), _units(right))
        case _:
            return None


def power(evaluation: Evaluation, left: Any, right: Any) -> Any:
    if not (isinstance(left, Decimal) and isinstance(right, Decimal)):
        return None
    evaluation.charge(150)
    if not right:
        return Decimal(1)
    result = calculated(CONTEXT.power, left, right)
    # A root that comes out even has 33 zeros behind the point.
    return result if result is None or right == right.to_integral_value() else _without_zeros(result)


def _without_zeros(number: Decimal) -> Decimal:
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize(CONTEXT)


def negate(value: Any) -> Any:
    match value:
        case Decimal():
            return CONTEXT.minus(value)
        case YearsMonths():
            return YearsMonths(-value.months)
        case timedelta():
            return _or_null(operator.neg, value)
        case _:
            return None


def _midnight(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def _moved(moment: date | time, span: YearsMonths | timedelta) -> date | time | None:
    try:
        if isinstance(moment, time):
            if isinstance(span, YearsMonths):
                return None
            return (datetime.combine(date(2000, 1, 1), moment) + span % timedelta(days=1)).timetz()
        if isinstance(span, YearsMonths):
            return add_months(moment, span.months)
        if isinstance(moment, datetime):
            return moment + span
        # A date moves by whole days; part of a day before midnight is the day before (DMN 1.5, table 58).
        return (datetime.combine(moment, time()) + span).date()
    except (OverflowError, ValueError):
        return None


def _units(span: YearsMonths | timedelta) -> Decimal:
    """Months, or microseconds."""
    return Decimal(span.months if isinstance(span, YearsMonths) else span // timedelta(microseconds=1))


def _scaled(
    evaluation: Evaluation, span: YearsMonths | timedelta, factor: Decimal, operation: Callable[..., Decimal]
) -> Any:
    evaluation.charge(4)
    units = calculated(operation, _units(span), factor)
    if units is None or abs(units) > Decimal("1e21"):
        return None
    if isinstance(span, YearsMonths):
        return years_months(int(units))
    return _or_null(lambda: timedelta(microseconds=int(units)))


def _or_null(operation: Callable[..., Any], *operands: Any) -> Any:
    try:
        return operation(*operands)
    except OverflowError:
        return None
