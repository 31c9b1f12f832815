"""Patterns are the subset that browsers and Python read alike, at bounded cost."""

from __future__ import annotations

import pytest

from engine.forms.patterns import matches, pattern_problem


@pytest.mark.parametrize(
    "pattern",
    [
        r"1[3-9]\d{9}",
        r"[A-Z]{2}[0-9]{6}",
        r"[^@]+@[^@]+\.[a-z]{2,10}",
        r"(\d{15}|\d{17}[\dX])",
        r"(?:[A-Z]{2}-)?\d+",
        r"([A-Z]\d){1,5}",
        "^[\u4e00-\u9fff]{2,10}$",
        r"[A-Z\-]+",
    ],
)
def test_ordinary_patterns_are_accepted(pattern):
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+", "repeats a group that itself varies"),
        (r"(a|ab)*", "repeats a group that itself varies"),
        (r"(\d{1,5}){10}", "repeats a group that itself varies"),
        (r".*a.*b.*c.*d", "could take very long"),
        (r"(?=a)", "uses (?…)"),
        (r"(?i)a", "uses (?…)"),
        (r"\s", r"uses '\s'"),
        (r"\1", r"uses '\1'"),
        (r"a\-b", r"uses '\-'"),
        (r"[a-]", "put a backslash before it"),
        (r"[a&&b]", "put a backslash before it"),
        (r"[]a]", "never closed or holds nothing"),
        (r"[z-a]", "is not a regular expression"),
        (r"a{2,1}", "repeats more than"),
        (r"a{1000}", "repeats more than"),
        (r"a**", "two signs of repetition"),
        (r"a+?", "two signs of repetition"),
        (r"*a", "needs a backslash"),
        (r"a}", "needs a backslash"),
        (r"(a", "never closed"),
        (r"a)", "closes nothing"),
        ("a\\", "uses '\\'"),
        ("(" * 50 + ")" * 50, "nests groups deeper"),
    ],
)
def test_patterns_that_differ_or_may_hang_are_refused_with_a_reason(pattern, why):
    assert why in (pattern_problem(pattern) or "")


def test_a_pattern_covers_the_whole_text():
    assert matches("[0-9]{2}", "12")
    assert not matches("[0-9]{2}", "123")
    assert not matches("a|b", "ab")
