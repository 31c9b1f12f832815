"""What is wrong with an expression, in the reader's language: where, what was expected, what to write instead."""

from __future__ import annotations

import re
from typing import Any

from engine.feel import FeelError
from webapp.shell import current_translator


def feel_view(error: FeelError) -> dict[str, Any]:
    """The error for an editor: reason, line, column, message, way_out, suggestion (FEEL to put in its place)."""
    message, way_out = feel_parts(
        error.reason, expected=error.expected, found=error.found, suggestion=error.suggestion, fallback=error.message
    )
    return {
        "reason": error.reason,
        "line": error.line,
        "column": error.column,
        "message": _placed(message, error.line, error.column),
        "way_out": way_out,
        "suggestion": error.suggestion,
    }


def feel_sentence(error: FeelError) -> str:
    """The error in one sentence."""
    view = feel_view(error)
    return " ".join(part for part in (view["message"], view["way_out"]) if part)


def feel_parts(reason: str, *, expected: str, found: str, suggestion: str, fallback: str) -> tuple[str, str]:
    """What is wrong, and the way out."""
    gettext = current_translator().gettext
    way_out = gettext("Write: %(feel)s") % {"feel": suggestion} if suggestion else ""
    said = {"expected": _expected(expected), "found": found}
    match reason:
        case "foreign":
            sentence = gettext("“%(found)s” belongs to another language, not to FEEL.")
        case "limit":
            sentence = gettext("The expression asks for too much: %(expected)s.")
        case "unknown-function":
            sentence = gettext("There is no function “%(found)s”.")
        case "arguments":
            sentence = gettext("The function is called as %(expected)s, not with %(found)s.")
        case "syntax" if expected and found:
            sentence = gettext("Here %(expected)s is expected, not “%(found)s”.")
        case "syntax" if expected:
            sentence = gettext("Here %(expected)s is expected, but the expression ends.")
        case _:
            return fallback, way_out
    return sentence % said, way_out


def _placed(message: str, line: int, column: int) -> str:
    if not line:
        return message
    gettext = current_translator().gettext
    sentence = gettext("Line %(line)s, column %(column)s: %(message)s")
    return sentence % {"line": line, "column": column, "message": message}


def _expected(expected: str) -> str:
    """What the parser expects, in words; symbols and words of FEEL stay as they are."""
    gettext = current_translator().gettext
    if limit := re.fullmatch(r"at most (\d+) (.+)", expected):
        return gettext("at most %(number)s %(things)s") % {
            "number": limit[1],
            "things": _things().get(limit[2], limit[2]),
        }
    if quoted := re.fullmatch(r"'(.+)'", expected):
        return f"“{quoted[1]}”"
    return {
        "a value": gettext("a value"),
        "a name": gettext("a name"),
        "a type": gettext("a type"),
        "a function": gettext("a function"),
        '"': gettext("a closing quote"),
        "an operator or the end": gettext("an operator or the end"),
        "the end of the range, one of ] ) [": gettext("the end of the range, one of ] ) ["),
        'a date, time or duration in quotes, such as "2026-03-02"': gettext("a date, time or duration in quotes"),
        "a FEEL body: functions of other languages are not run": gettext("a body in FEEL"),
        '"and" between two comparisons, such as 1 < x and x < 5': gettext("“and” between two comparisons"),
        "a name and a colon, as the arguments before have": gettext("a name and a colon"),
    }.get(expected, expected)


def _things() -> dict[str, str]:
    gettext = current_translator().gettext
    return {
        "characters of source": gettext("characters of source"),
        "characters of text": gettext("characters of text"),
        "functions calling each other": gettext("functions calling each other"),
        "levels of an expression": gettext("levels of an expression"),
        "levels of data": gettext("levels of data"),
        "levels of nesting": gettext("levels of nesting"),
        "steps of evaluation": gettext("steps of evaluation"),
        "values in a result": gettext("values in a result"),
    }
