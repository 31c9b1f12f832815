"""Cells of decision tables (DMN 1.5, 10.3.2.8 and table 55)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.feel import FeelError, compile_unary_tests

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("-", None, True),
        ("", 5, True),
        ("5", 5, True),
        ("5", "5", False),
        ('"a", "b"', "b", True),
        ('"a", "b"', "c", False),
        ('not("a", "b")', "c", True),
        ('not("a", "b")', "a", False),
        ("not(< 10)", 12, True),
        ("not(null)", None, False),
        ("null", None, True),
        ("null", 1, False),
        (">= 18", 18, True),
        ("< 18", None, False),
        ("< 18", "5", False),
        ("[1..5]", 5, True),
        ("[1..5)", 5, False),
        ("]1..5]", 1, False),
        ("< 1, > 10, [3..4]", 3, True),
        ("limit", 7, True),
        ("< limit", 6, True),
        ("[1..limit]", 7, True),
        ("allowed", "x", True),
        ("allowed", "z", False),
        ("? > 3 and ? < limit", 5, True),
        ("? > 3 and ? < limit", 8, False),
        ('contains(?, "急")', "加急", True),
        ('not(contains(?, "急"))', "平", True),
        ("limit > 5", "anything", True),
        ("limit > 9", "anything", False),
        ("true", True, True),
        ("true", None, False),
        ("true", "true", False),
        ("true, 5", None, False),
        ("not(true)", None, True),
        ("false", True, False),
        ("-5", -5, True),
        ('date("2026-03-02")', None, False),
        ("= 5", 5, True),
        ("!= 5", 6, True),
        ("count(?) > 1", [1, 2], True),
        ("some x in ? satisfies x > 1", [1, 2], True),
    ],
)
def test_match(source, value, expected):
    context = {"limit": 7, "allowed": ["x", "y"]}

    assert compile_unary_tests(source).matches(value, context, now=NOW) is expected


def test_the_names_of_a_cell_leave_out_the_input():
    assert compile_unary_tests("? > low, high").names == {"low", "high"}


def test_a_broken_cell_says_where():
    with pytest.raises(FeelError) as caught:
        compile_unary_tests("[1..")

    assert (caught.value.line, caught.value.column) == (1, 5)
