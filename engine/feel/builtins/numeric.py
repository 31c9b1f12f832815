"""Functions on numbers."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel.builtins.signature import Signature, takes
from engine.feel.evaluation import Evaluation
from engine.feel.numbers import CONTEXT, calculated
from engine.feel.temporal import YearsMonths

#: Digits behind the point that rounding may be asked for (DMN 1.5, table 78).
_SCALES: Final = (-6_111, 6_176)


def functions() -> Mapping[str, tuple[Signature, ...]]:
    return {
        "decimal": (takes("n: number, scale: number", _rounder(decimal.ROUND_HALF_EVEN)),),
        "floor": _rounding(decimal.ROUND_FLOOR),
        "ceiling": _rounding(decimal.ROUND_CEILING),
        "round up": _rounding(decimal.ROUND_UP),
        "round down": _rounding(decimal.ROUND_DOWN),
        "round half up": _rounding(decimal.ROUND_HALF_UP),
        "round half down": _rounding(decimal.ROUND_HALF_DOWN),
        "round half even": _rounding(decimal.ROUND_HALF_EVEN),
        "abs": (takes("n: number", lambda _, n: abs(n)), takes("n: duration", _abs_duration)),
        "modulo": (takes("dividend: number, divisor: number", _modulo),),
        "sqrt": (takes("number: number", _sqrt),),
        "log": (takes("number: number", _log),),
        "exp": (takes("number: number", _exp),),
        "odd": (takes("number: number", lambda _, n: _parity(n, 1)),),
        "even": (takes("number: number", lambda _, n: _parity(n, 0)),),
    }


def _rounding(mode: str) -> tuple[Signature, ...]:
    """Without a scale to whole numbers; a scale of null is not the same as none."""
    rounded = _rounder(mode)
    return (
        takes("n: number, scale: number", rounded),
        takes("n: number", lambda evaluation, n: rounded(evaluation, n, Decimal(0))),
    )


def _rounder(mode: str) -> Callable[[Evaluation, Decimal, Decimal], Decimal | None]:
    def rounded(evaluation: Evaluation, number: Decimal, scale: Decimal) -> Decimal | None:
        evaluation.charge(6)
        if not _SCALES[0] <= scale <= _SCALES[1]:
            return None
        unit = Decimal((0, (1,), -int(scale)))
        result = calculated(lambda: number.quantize(unit, rounding=mode, context=CONTEXT))
        # No room for so many places in 34 digits: the number has fewer and stays as it is.
        return number if result is None and scale > 0 else result

    return rounded


def _abs_duration(_: Evaluation, span: Any) -> Any:
    return YearsMonths(abs(span.months)) if isinstance(span, YearsMonths) else _abs_span(span)


def _abs_span(span: timedelta) -> timedelta | None:
    return abs(span) if span > timedelta.min else None


def _modulo(_: Evaluation, dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """The remainder with the divisor's sign: ``dividend - divisor * floor(dividend / divisor)``."""
    remainder = calculated(CONTEXT.remainder, dividend, divisor)
    if remainder and (remainder < 0) != (divisor < 0):
        return calculated(CONTEXT.add, remainder, divisor)
    return remainder


def _log(evaluation: Evaluation, number: Decimal) -> Decimal | None:
    evaluation.charge(20)
    return calculated(CONTEXT.ln, number) if number > 0 else None


def _exp(evaluation: Evaluation, number: Decimal) -> Decimal | None:
    evaluation.charge(150)
    return calculated(CONTEXT.exp, number)


def _sqrt(evaluation: Evaluation, number: Decimal) -> Decimal | None:
    evaluation.charge(10)
    return calculated(CONTEXT.sqrt, number) if number >= 0 else None


def _parity(number: Decimal, remainder: int) -> bool | None:
    rest = calculated(CONTEXT.remainder, number, Decimal(2))
    return None if rest is None else abs(rest) == remainder
