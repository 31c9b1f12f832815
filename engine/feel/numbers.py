"""FEEL's numbers: 34 significant digits, as IEEE 754 decimal128."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Final

#: Overflow, division by zero and undefined results raise ArithmeticError; the callers make null of it.
CONTEXT: Final = Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.Overflow, decimal.DivisionByZero, decimal.InvalidOperation],
)
#: Digits of an integer of the data that are looked at; beyond, converting costs more than a condition may.
_MAX_BITS: Final = 20_500
#: Integers below need no rounding.
EXACT: Final = 10**34


def number_from_text(text: str) -> Decimal | None:
    """The number that *text* writes in FEEL's or JSON's way, None if it is too large."""
    return calculated(CONTEXT.create_decimal, text)


def number_from_json(value: float) -> Decimal | None:
    """A JSON number; None for what is no number (NaN, infinities) or too large."""
    if value.__class__ is int and -EXACT < value < EXACT:
        return Decimal(value)
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return None
    number = calculated(CONTEXT.create_decimal, value if isinstance(value, int) else repr(value))
    return number if number is not None and number.is_finite() else None


def calculated(operation: Callable[..., Decimal], *operands: object) -> Decimal | None:
    """The result of *operation*, None where arithmetic has none (division by zero, overflow)."""
    try:
        return operation(*operands)
    except (ArithmeticError, ValueError):
        return None


def text_of_number(number: Decimal) -> str:
    """``1.50`` as ``1.50``, ``1E+3`` as ``1000``; exponents only where the number would have over 40 digits."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    if abs(number.adjusted()) > 40 or abs(exponent) > 40:  # noqa: PLR2004 - the bound the docstring names
        return str(number)
    return f"{number:f}"
