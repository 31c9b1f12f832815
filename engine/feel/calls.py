"""What is wrong with the calls of an expression that can be read: unknown functions, arguments nobody takes.

FEEL itself answers null there (DMN 1.5, 10.3.2.13.2), in silence and for ever: authors have to hear of it before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from engine.feel.builtins import Builtin, builtins
from engine.feel.builtins.signature import Signature
from engine.feel.errors import FeelError
from engine.feel.nodes import Call, Name
from engine.feel.tokens import place

#: Habits of Python, JavaScript, Excel and JUEL -> FEEL. Those that are nearly FEEL's own word are found without.
_HABITS: Final = {
    "len": "count", "length": "string length", "strlen": "string length", "size": "count", "isempty": "count",
    "str": "string", "tostring": "string", "text": "string", "int": "floor", "float": "number", "tonumber": "number",
    "parseint": "number", "upper": "upper case", "touppercase": "upper case", "lower": "lower case",
    "tolowercase": "lower case", "includes": "list contains", "indexof": "index of", "join": "string join",
    "concat": "concatenate", "substr": "substring", "mid": "substring", "average": "mean", "avg": "mean",
    "round": "round half up", "ceil": "ceiling", "pow": "exp", "mod": "modulo", "weekday": "day of week",
    "timedelta": "duration", "datetime": "date and time", "now": "now", "isnull": "is defined",
    "coalesce": "get or else", "ifnull": "get or else", "sorted": "sort", "unique": "distinct values",
    "regex": "matches", "match": "matches", "keys": "get entries", "nullif": "get or else",
}  # fmt: skip
_SEPARATORS: Final = re.compile(r"[^0-9a-z]")


def unknown_function(source: str, function: Name, known: Iterable[str]) -> FeelError:
    """The mistake of calling *function*, which is neither built in nor one of the *known* names."""
    line, column = place(source, function.start)
    return FeelError(
        f"expected a function, found {function.name!r}, which nothing defines",
        line=line,
        column=column,
        expected="a function",
        found=function.name,
        suggestion=_nearest(function.name, known),
        reason="unknown-function",
    )


def arguments_nobody_takes(source: str, function: Name, call: Call) -> FeelError:
    """The mistake of giving a built-in arguments with which it always answers null."""
    line, column = place(source, function.start)
    builtin = builtins()[function.name]
    expected = " or ".join(_written(builtin, signature) for signature in builtin.signatures)
    count = len(call.positional)
    given = ", ".join(name for name, _ in call.named) or f"{count} argument{'' if count == 1 else 's'}"
    return FeelError(
        f"expected {expected}, found {given}",
        line=line,
        column=column,
        expected=expected,
        found=given,
        reason="arguments",
    )


def _nearest(name: str, known: Iterable[str]) -> str:
    folded = _folded(name)
    if habit := _HABITS.get(folded):
        return habit
    candidates = _HABITS | {_folded(word): word for word in (*builtins(), *known)}
    near = get_close_matches(folded, candidates, n=1, cutoff=0.7) if len(folded) <= _LONGEST_COMPARED else []
    return candidates[near[0]] if near else ""


#: Comparing is quadratic; no function has so long a name.
_LONGEST_COMPARED: Final = 40


def _folded(name: str) -> str:
    return _SEPARATORS.sub("", name.lower()) or name


def _written(builtin: Builtin, signature: Signature) -> str:
    if signature.variadic:
        return f"{builtin.name}(…)"
    parameters = (f"{one.name}{'?' if one.optional else ''}" for one in signature.parameters)
    return f"{builtin.name}({', '.join(parameters)})"
