"""Functions on contexts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.feel.builtins.signature import Signature, takes
from engine.feel.evaluation import Evaluation


def functions() -> Mapping[str, tuple[Signature, ...]]:
    return {
        "get value": (
            takes("m: context, key: text", lambda _, context, key: context.get(key)),
            takes("context: context, key: text", lambda _, context, key: context.get(key)),
            takes("m: context, key: list", _get_at),
        ),
        "get entries": (takes("m: context", _entries), takes("context: context", _entries)),
        "context": (takes("entries: list", _context),),
        "context put": (
            takes("context: context, key: text, value: any", _put),
            takes("context: context, keys: list, value: any", _put_at),
        ),
        "context merge": (takes("contexts: list", _merge),),
    }


def _get_at(_: Evaluation, context: Any, keys: list[Any]) -> Any:
    for key in keys:
        context = context.get(key) if isinstance(context, dict) and isinstance(key, str) else None
    return context


def _entries(evaluation: Evaluation, context: dict[str, Any]) -> list[dict[str, Any]]:
    evaluation.charge(6 * len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


def _context(evaluation: Evaluation, entries: list[Any]) -> dict[str, Any] | None:
    evaluation.charge(2 * len(entries))
    made: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            return None
        if entry["key"] in made:
            return None
        made[entry["key"]] = entry["value"]
    return made


def _put(evaluation: Evaluation, context: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    evaluation.charge(2 * len(context))
    return {**context, key: value}


def _put_at(evaluation: Evaluation, context: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any] | None:
    if not keys or not isinstance(keys[0], str):
        return None
    if len(keys) == 1:
        return _put(evaluation, context, keys[0], value)
    inner = context.get(keys[0])
    if not isinstance(inner, dict):
        return None
    changed = _put_at(evaluation, inner, keys[1:], value)
    return None if changed is None else _put(evaluation, context, keys[0], changed)


def _merge(evaluation: Evaluation, contexts: list[Any]) -> dict[str, Any] | None:
    merged: dict[str, Any] = {}
    for context in contexts:
        if not isinstance(context, dict):
            return None
        evaluation.charge(2 * len(context))
        merged.update(context)
    return merged
