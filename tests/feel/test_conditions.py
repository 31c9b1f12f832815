"""Conditions as structures that people build, and as text: nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from engine.feel import FeelError
from engine.feel.conditions import condition_of, condition_text


def compared(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ('kind = "safety"', compared("kind", "is", "safety")),
        ("founded != true", compared("founded", "is_not", True)),
        ("amount >= 1000", compared("amount", "at_least", 1000)),
        ("amount < -2", compared("amount", "less", -2)),
        ("amount = 1.50", compared("amount", "is", {"number": "1.50"})),  # as it was written
        ("reply = null", compared("reply", "is", None)),
        ('kind in ("a", "b")', compared("kind", "in", ["a", "b"])),
        ("days in [1..5]", compared("days", "between", [1, 5])),
        ('list contains(kinds, "a")', compared("kinds", "contains", "a")),
        ('day > date("2026-01-01")', compared("day", "more", {"feel": 'date("2026-01-01")'})),
        ("urgent", {"field": "urgent", "operator": "holds"}),
        ("given.urgent = true", compared("given.urgent", "is", True)),
        ('金额 = "多"', compared("金额", "is", "多")),
        (
            '(a = 1 or b = 2) and not(c = "x")',
            {
                "all": [
                    {"any": [compared("a", "is", 1), compared("b", "is", 2)]},
                    {"not": compared("c", "is", "x")},
                ]
            },
        ),
        ("a = 1 and (b = 2 and c = 3)", {"all": [compared("a", "is", 1), {"all": [compared("b", "is", 2), compared("c", "is", 3)]}]}),
    ],
)  # fmt: skip
def test_what_can_be_chosen_comes_back_as_it_was_written(text: str, structure: dict[str, Any]) -> None:
    assert condition_of(text) == structure
    assert condition_text(structure) == text


@pytest.mark.parametrize(
    "text",
    [
        "count(list) > 0",  # calculated
        "a = b",  # two fields
        "1 < x",  # written the other way round: building it would turn it
        "x in [1..5)",  # open on one side
        "if a then b else c",
        "some x in xs satisfies x > 1",
        "today().month >= 10",
        'x = "a" + "b"',
        "x = " + "1" * 31,  # more digits than anybody chooses
        " or ".join(["a = 1"] * 51),  # no matter of choosing
    ],
)
def test_what_says_more_stays_text(text: str) -> None:
    assert condition_of(text) is None


@pytest.mark.parametrize(
    "structure",
    [
        None, [], {}, "a", {"all": []}, {"field": "a b", "operator": "is", "value": 1}, {"field": "a", "operator": "?"},
        {"field": "a", "operator": "is", "value": {"feel": "now()"}}, {"field": "a", "operator": "is", "value": [1]},
        {"field": "a", "operator": "between", "value": [1]}, {"field": "a", "operator": "in", "value": []},
        {"field": "a or true", "operator": "holds"}, {"field": "a", "operator": "is", "value": {"number": "NaN"}},
        {"field": "a", "operator": "is", "value": {"number": "1e999999999"}},
        {"field": "a", "operator": "is", "value": {"number": "1" * 31}},
        {"field": "a", "operator": "is", "value": float("inf")},
        {"all": [{"field": "a", "operator": "holds"}], "any": []},
        {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"field": "a", "operator": "holds"}}}}}}}},
    ],
)  # fmt: skip
def test_what_is_no_structure_is_refused_and_nothing_slips_through_as_code(structure: Any) -> None:
    with pytest.raises(FeelError):
        condition_text(structure)


def test_a_value_stays_a_value_whatever_stands_in_it() -> None:
    hostile = '" or true or x = "'

    text = condition_text(compared("kind", "is", hostile))

    assert condition_of(text) == compared("kind", "is", hostile)


def test_what_is_no_feel_is_said_with_its_place() -> None:
    with pytest.raises(FeelError) as refused:
        condition_of("a == 1")

    assert (refused.value.reason, refused.value.suggestion, refused.value.column) == ("foreign", "a = 1", 3)
