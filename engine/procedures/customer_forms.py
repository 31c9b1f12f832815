"""What a customer is asked of a user task's form behind the link, and what the case says in their place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.feel import FeelError, compile_expression, to_json
from engine.forms import AnyField, ChoiceField, Condition, Form
from engine.procedures.package import FillRule


def customers_form(form: Form, rule: FillRule) -> Form:
    """*form* without what *rule* says for the customer or hides; conditions on that are for the server to decide."""
    left_out = {*rule.says, *rule.hide}
    asked = [_offering(field, rule) for field in form.fields if field.id not in left_out]
    fields = tuple(
        field if field.show_if is None else field.model_copy(update={"show_if": _decided(field.show_if, left_out)})
        for field in asked
    )
    return form.model_copy(update={"fields": fields})


def said_for_customer(rule: FillRule, given: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The answers that the case gives itself, field -> raw answer; one that cannot be worked out is null."""
    return {name: _value(text, given, now) for name, text in rule.says.items()}


def chosen_unoffered(rule: FillRule, raw: Mapping[str, Any]) -> list[str]:
    """The fields for which *raw* has a choice that customers are not offered."""
    return [name for name, kept in rule.not_offered.items() if any(each in kept for each in _several(raw.get(name)))]


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _offering(field: AnyField, rule: FillRule) -> AnyField:
    """*field* without the choices that customers are not offered."""
    kept = rule.not_offered.get(field.id, ())
    if not kept or not isinstance(field, ChoiceField) or not isinstance(field.options, tuple):
        return field
    return field.model_copy(update={"options": tuple(each for each in field.options if each.value not in kept)})


def _value(text: str, given: Mapping[str, Any], now: datetime) -> Any:
    try:
        return to_json(compile_expression(text).evaluate(given, now=now))
    except FeelError:
        return None


def _decided(condition: Condition, left_out: set[str]) -> Condition:
    """*condition* with every comparison of a field in *left_out* made on the case's data instead."""
    parts = {
        name: tuple(_decided(part, left_out) for part in found)
        for name, found in (("all", condition.all), ("any", condition.any))
        if found is not None
    }
    if parts:
        return condition.model_copy(update=parts)
    if condition.field in left_out:
        return condition.model_copy(update={"field": f"given.{condition.field}"})
    return condition
