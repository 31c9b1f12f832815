"""What an author reads when an expression is not FEEL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.feel import FeelError, compile_expression

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "suggestion"),
    [
        ('founded == "yes"', 'founded = "yes"'),
        ("a && b || !c", "a and b or not(c)"),
        ("${amount > 100}", "amount > 100"),
        ("#{a && b}", "a and b"),
        ("founded == 'yes'", 'founded = "yes"'),
        ("urgent == True", "urgent = true"),
        ("None", "null"),
        ("a is None", "a = null"),
        ("a is not None and not b", "a != null and not(b)"),
        ("a <> 1", "a != 1"),
        ("founded = “是”", 'founded = "是"'),
        ("金额 ＞ 100", "金额 > 100"),
        ("count（products） > 1", "count(products) > 1"),
    ],
)
def test_foreign_syntax_is_shown_as_the_feel_it_should_be(source, suggestion):
    with pytest.raises(FeelError) as caught:
        compile_expression(source)

    assert caught.value.suggestion == suggestion


def test_an_error_names_place_found_and_expected():
    with pytest.raises(FeelError) as caught:
        compile_expression("if a then 1\n  otherwise 2")

    assert str(caught.value) == "line 2, column 3: expected 'else', found 'otherwise'"
    assert (caught.value.line, caught.value.column) == (2, 3)
    assert (caught.value.expected, caught.value.found) == ("'else'", "otherwise")
    assert caught.value.code == "feel-error"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('"open', "line 1, column 1: expected a closing quote on this line, found none"),
        ("urgent and not late", "line 1, column 12: expected FEEL, found 'not' of another language"),
        ("1 +", "line 1, column 4: expected a value, found the end"),
        ("1 < x < 5", 'expected "and" between two comparisons'),
        ('@"31.12.2026"', "expected a date, time or duration in quotes"),
        ("customer name", "customer_name"),
        ("function(a) external {java: 1}", "functions of other languages are not run"),
        ("f(a: 1, 2)", "expected a name and a colon"),
    ],
)
def test_message(source, message):
    with pytest.raises(FeelError) as caught:
        compile_expression(source)

    assert message in str(caught.value)


def test_a_runaway_loop_ends_with_the_limit_in_words():
    with pytest.raises(FeelError) as caught:
        compile_expression("count(for i in 1..99999999 return i)").evaluate({}, now=NOW)

    assert caught.value.reason == "limit"
    assert caught.value.message == "expected at most 200000 steps of evaluation, found more"
