"""Functions on texts. Positions count characters from 1, from the end when negative."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.feel.builtins.signature import Signature, takes
from engine.feel.evaluation import Evaluation
from engine.feel.regex import Pattern, PatternError, compile_pattern


def functions() -> Mapping[str, tuple[Signature, ...]]:
    return {
        "substring": (takes("string: text, start position: number, length: number?", _substring),),
        "string length": (takes("string: text", lambda _, text: Decimal(len(text))),),
        "upper case": (takes("string: text", _upper),),
        "lower case": (takes("string: text", _lower),),
        "substring before": (takes("string: text, match: text", _before),),
        "substring after": (takes("string: text, match: text", _after),),
        "contains": (takes("string: text, match: text", _contains),),
        "starts with": (takes("string: text, match: text", _starts),),
        "ends with": (takes("string: text, match: text", _ends),),
        "matches": (takes("input: text, pattern: text, flags: text?", _matches),),
        "replace": (takes("input: text, pattern: text, replacement: text, flags: text?", _replace),),
        "split": (takes("string: text, delimiter: text", _split),),
        "string join": (takes("list: list, delimiter: text?, prefix: text?, suffix: text?", _join),),
        "trim": (takes("string: text", _trim),),
    }


def _contains(evaluation: Evaluation, text: str, match: str) -> bool:
    evaluation.charge_reading(len(text))
    return match in text


def _starts(evaluation: Evaluation, text: str, match: str) -> bool:
    evaluation.charge_reading(len(match))
    return text.startswith(match)


def _ends(evaluation: Evaluation, text: str, match: str) -> bool:
    evaluation.charge_reading(len(match))
    return text.endswith(match)


def _trim(evaluation: Evaluation, text: str) -> str:
    evaluation.charge_text(len(text))
    return text.strip()


def _substring(evaluation: Evaluation, text: str, start: Decimal, length: Decimal | None) -> str | None:
    if start == 0 or (length is not None and length < 1) or abs(start) > len(text):
        return None
    evaluation.charge_text(len(text))
    begin = int(start) - 1 if start > 0 else len(text) + int(start)
    return text[begin:] if length is None else text[begin : begin + (int(length) if length < len(text) else len(text))]


def _upper(evaluation: Evaluation, text: str) -> str:
    evaluation.charge_text(len(text))
    return text.upper()


def _lower(evaluation: Evaluation, text: str) -> str:
    evaluation.charge_text(len(text))
    return text.lower()


def _before(evaluation: Evaluation, text: str, match: str) -> str:
    evaluation.charge_text(len(text))
    head, found, _tail = text.partition(match) if match else ("", "", "")
    return head if found else ""


def _after(evaluation: Evaluation, text: str, match: str) -> str:
    evaluation.charge_text(len(text))
    if not match:
        return text
    _head, found, tail = text.partition(match)
    return tail if found else ""


def _matches(evaluation: Evaluation, text: str, pattern: str, flags: str | None) -> bool | None:
    try:
        return _pattern(evaluation, pattern, flags).search(text, 0, evaluation.charge) is not None
    except PatternError:
        return None


def _pattern(evaluation: Evaluation, pattern: str, flags: str | None) -> Pattern:
    """The compiled pattern, paid as if nobody had compiled it before. Raises PatternError."""
    evaluation.charge(10 + len(pattern))
    try:
        compiled = compile_pattern(pattern, flags or "")
    except PatternError as error:
        evaluation.charge(4 * error.size)
        raise
    evaluation.charge(4 * compiled.size)
    return compiled


def _replace(evaluation: Evaluation, text: str, pattern: str, replacement: str, flags: str | None) -> str | None:
    try:
        return _pattern(evaluation, pattern, flags).replace(
            text, replacement, evaluation.charge, evaluation.charge_text
        )
    except PatternError:
        return None


def _split(evaluation: Evaluation, text: str, delimiter: str) -> list[str] | None:
    try:
        evaluation.charge_text(len(text))
        parts = _pattern(evaluation, delimiter, None).split(text, evaluation.charge)
    except PatternError:
        return None
    evaluation.charge(2 * len(parts))
    return parts


def _join(
    evaluation: Evaluation, items: list[Any], delimiter: str | None, prefix: str | None, suffix: str | None
) -> str | None:
    if not all(item is None or isinstance(item, str) for item in items):
        return None
    texts = [item for item in items if item is not None]
    between = delimiter or ""
    evaluation.charge_text(sum(map(len, texts)) + len(between) * len(texts))
    evaluation.charge(len(texts))
    joined = f"{prefix or ''}{between.join(texts)}{suffix or ''}"
    evaluation.charge_text(len(joined))
    return joined
