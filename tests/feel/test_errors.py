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
    assert caught.value.message == "expected at most 100000 steps of evaluation, found more"


@pytest.mark.parametrize(
    ("source", "suggestion"),
    [
        ('substringBefore(name, "-")', "substring before"),
        ("lenght(name) > 3", "string length"),
        ("len(products)", "count"),
        ("toUpperCase(name)", "upper case"),
        ("products[isNull(price)]", "is defined"),
        ("{double: function(n) n * 2, r: duble(3)}.r", "double"),
        ("qwertz(1)", ""),
    ],
)
def test_a_call_of_what_nothing_defines_is_a_mistake_with_the_nearest_name(source, suggestion):
    (mistake,) = compile_expression(source).mistakes

    assert (mistake.reason, mistake.suggestion) == ("unknown-function", suggestion)


def test_a_mistake_names_its_place():
    (mistake,) = compile_expression("1 +\n  lenght(name)").mistakes

    assert (
        str(mistake)
        == "line 2, column 3: expected a function, found 'lenght', which nothing defines; write string length"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('substring("a")', "expected substring(string, start position, length?), found 1 argument"),
        ("now(1)", "expected now(), found 1 argument"),
        ("sum()", "expected sum(list) or sum(…), found 0 arguments"),
        ("abs(value: 1)", "expected abs(n) or abs(n), found value"),
    ],
)
def test_arguments_nobody_takes_are_a_mistake(source, message):
    (mistake,) = compile_expression(source).mistakes

    assert (mistake.reason, mistake.message) == ("arguments", message)


@pytest.mark.parametrize(
    "source",
    [
        "{f: function(n) n, r: f(1)}.r",
        "(function(f) f(1))(abs)",
        "for f in [abs] return f(-1)",
        "count(products) > 0",
        "declared(1)",
    ],
)
def test_a_call_of_what_is_defined_is_no_mistake(source):
    assert compile_expression(source, names=frozenset({"declared"})).mistakes == ()


def test_a_mistake_still_gives_null_as_the_standard_has_it():
    assert compile_expression("lenght(1)").evaluate({}, now=NOW) is None
