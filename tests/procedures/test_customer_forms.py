"""What customers are asked of a step's form, in the regulations that come along and in general."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.forms import Form, validate
from engine.procedures import collect_files, find_packages
from engine.procedures.customer_forms import chosen_unoffered, customers_form, said_for_customer
from engine.procedures.package import FillRule, Package
from engine.procedures.reader import read_files

ROOT = Path(__file__).parents[2]
NOW = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
WORDS = {"zh-Hans": "词", "en": "word"}


def a_form(*fields: dict[str, Any]) -> Form:
    return Form.model_validate(
        {"id": "f", "title": WORDS, "fields": tuple({"label": WORDS, **each} for each in fields)}
    )


@cache
def with_fills() -> tuple[tuple[str, Package, str, Form], ...]:
    """Every step of the regulations that a customer may fill in: where, its package, element and form."""
    return tuple(_found())


def _found() -> Iterator[tuple[str, Package, str, Form]]:
    for ref in find_packages(ROOT / "processes"):
        if "fills" not in (ROOT / "processes" / ref.company / ref.procedure / "procedure.toml").read_text("utf-8"):
            continue
        reading = read_files(collect_files(ROOT / "processes", ROOT / "forms", ref))
        for element in reading.package.customer.fills:
            form = reading.diagram.elements[element].properties["form"]
            yield f"{ref.company}/{ref.procedure}/{element}", reading.package, element, reading.package.forms[form]


def test_twenty_steps_of_the_regulations_are_filled_in_behind_the_link() -> None:
    assert len(with_fills()) == 20


@pytest.mark.parametrize("place", range(20))
def test_what_a_regulation_says_for_the_customer_is_right_and_nothing_is_asked_in_vain(place: int) -> None:
    where, package, element, form = with_fills()[place]
    rule = package.customer.fills[element]

    asked = customers_form(form, rule)
    said = said_for_customer(rule, {}, now=NOW)
    answers = validate(form, said, given={}, today=NOW.date(), lists={})

    assert {error.field for error in answers.errors} & said.keys() == set(), where
    assert {error.field for error in answers.errors} <= {field.id for field in asked.fields}, where
    assert [field.id for field in asked.fields if field.type not in {"show", "section"}], where


def test_a_condition_on_what_is_said_is_decided_by_it() -> None:
    asked_if = {"all": ({"field": "way", "is": "link"}, {"field": "happy", "is": False})}
    form = a_form(
        {"id": "way", "type": "text"},
        {"id": "happy", "type": "yesno"},
        {"id": "why", "type": "text", "show_if": asked_if},
    )

    asked = customers_form(form, FillRule(says={"way": '"link"'}))

    condition = asked.fields[1].show_if
    assert condition is not None
    assert condition.for_browser({"way": "link"}) == '{"all":[{"all":[]},{"field":"happy","is":false}]}'
    assert condition.for_browser({"way": "phone"}) == '{"all":[{"any":[]},{"field":"happy","is":false}]}'


def test_choices_for_colleagues_alone_are_neither_offered_nor_taken() -> None:
    options = tuple({"value": value, "label": WORDS} for value in ("good", "bad", "not_reached"))
    form = a_form({"id": "how", "type": "choice", "options": options})
    rule = FillRule(not_offered={"how": ("not_reached",)})

    (field,) = customers_form(form, rule).fields

    assert [each.value for each in field.options] == ["good", "bad"]  # type: ignore[union-attr]
    assert chosen_unoffered(rule, {"how": "not_reached"}) == ["how"]
    assert chosen_unoffered(rule, {"how": "good"}) == []


def test_what_cannot_be_worked_out_is_not_said() -> None:
    assert said_for_customer(FillRule(says={"on": "string(today())", "bad": "1 +"}), {}, now=NOW) == {
        "on": "2026-03-02",
        "bad": None,
    }
