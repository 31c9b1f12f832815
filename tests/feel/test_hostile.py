"""No expression, however hostile, may do more than raise FeelError or give a bounded value."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import FeelError, compile_expression, compile_unary_tests, to_json
from engine.feel.builtins import builtins

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BIG = 100_000

HOSTILE = [
    # numbers
    "9**9**9",
    "9**9**9**9**9",
    "(9**999)**999",
    "10**6144 * 10",
    "1e999999999",
    "-1e999999999999999999",
    "0.1**99999999",
    "1.0000000001**99999999999999999999",
    "exp(99999999999)",
    "log(0)",
    "sqrt(-1)",
    "1/0",
    "modulo(1e6000, 3)",
    "modulo(1, 0)",
    "decimal(1, 999999999)",
    "decimal(1/3, -999999999)",
    "floor(1e6144, 6000)",
    "9" * 9_000,
    "string(1e6144)",
    "huge * huge",
    # depth
    "(" * 9_000,
    "(" * 4_000 + "1" + ")" * 4_000,
    "[" * 4_000 + "]" * 4_000,
    "{a:" * 3_000,
    "-" * 9_000 + "1",
    "not(" * 2_000 + "true" + ")" * 2_000,
    "if " * 3_000,
    "1" + "+1" * 4_000,
    "x" + ".x" * 4_000,
    "x" + "[1]" * 3_000,
    "true" + " and true" * 1_000,
    "function(f) " * 800 + "1",
    "1 instance of " + "list<" * 1_500,
    "deep = deep",
    "count(deep)",
    # lists and loops
    "[1..100000000000]",
    "for i in 1..100000000000 return i",
    "for i in [1..100000000000] return i",
    "count(for i in 1..99999999 return 1)",
    "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
    "some x in 1..100000000000 satisfies x < 0",
    "every x in 1..100000000000 satisfies x > 0",
    "for i in 1..100000 return partial",
    "for i in 1..60 return [partial, partial]",
    "string(for i in 1..60 return [partial, partial])",
    "(for i in 1..60 return [partial, partial]) = (for i in 1..60 return [partial, partial])",
    "flatten(for i in 1..60 return [partial, partial])",
    "distinct values(for i in 1..20000 return i)",
    "sort(for i in 1..20000 return -i, function(a, b) a < b)",
    "sort(for i in 1..20000 return i, function(a, b) true)",
    "list[for i in 1..1000000 return i]",
    "many[many[many[item > 0][1] > 0][1] > 0]",
    "union(many, many, many, many)",
    "index of(many, many)",
    "concatenate(" + ", ".join(["many"] * 500) + ")",
    # texts
    'for i in 1..100000 return if i = 1 then "ab" else partial[-1] + partial[-1]',
    "string join(for i in 1..100000 return long, long)",
    'replace(long, "a", long)',
    "upper case(long + long)",
    'split(long, "")',
    "substring(long, -99999999999999999999, 99999999999999999999)",
    # functions
    "{f: function(x) f(x), r: f(1)}.r",
    "(function(f) f(f))(function(f) f(f))",
    "{y: function(f, n) f(f, n + 1) + f(f, n + 1), r: y(y, 1)}.r",
    "list replace(many, function(a, b) count(many) > 0, 1)",
    # regular expressions
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")',
    'matches(long, "(a|a)*b")',
    'matches(long, "(a*)*(a*)*(a*)*b")',
    'matches(long, "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)b")',
    'matches("a", "a{9999}{9999}{9999}")',
    'matches("a", "((((a{99}){99}){99}){99})")',
    'matches("aa", "(a)\\\\1")',
    'matches("a", "' + "(" * 300 + "a" + ")" * 300 + '")',
    'matches("a", "[[[[")',
    'replace(long, "a*?", "b")',
    'split(long, "(a?){200}a{200}")',
    # dates
    'date("9999-12-31") + duration("P999999999D")',
    'date("0001-01-01") - duration("P1D")',
    'date("0001-01-01") - duration("P999999Y")',
    'duration("P999999999D") * 1e30',
    'duration("P999999999999999999999999D")',
    "date(1e300, 1, 1)",
    'time("10:00:00@../../../../etc/passwd")',
    'date and time("2026-01-01T00:00:00@America")',
    'for d in @"0001-01-01"..@"9999-12-31" return d',
    # text tricks
    '"' + "\\u0000" * 1_000 + '"',
    "\u202e1 + 1",
    "\x00",
    "\ud800",
    '"' * 9_999,
    "//" * 5_000,
    "/*" * 5_000,
    " " * 10_001,
    "",
    "__import__('os').system('true')",
    "().__class__.__mro__[1].__subclasses__()",
    "x.__class__.__init__.__globals__",
]

CONTEXT = {
    "huge": 10**5000,
    "long": "a" * 20_000,
    "many": list(range(5_000)),
    "list": [1, 2, 3],
    "deep": None,
}
for _ in range(500):
    CONTEXT["deep"] = [CONTEXT["deep"]]


@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: ascii(source[:40]))
def test_a_hostile_expression_ends_in_an_error_or_a_bounded_value(source):
    began = time.process_time()

    try:
        value = to_json(compile_expression(source).evaluate(CONTEXT, now=NOW))
    except FeelError:
        value = None

    assert len(str(value)) <= 20 * BIG
    assert time.process_time() - began < 5


WORDS = st.sampled_from(
    [
        *[
            "1",
            "2.5",
            ".5",
            "a",
            "b",
            "投诉",
            "?",
            "-",
            "+",
            "*",
            "/",
            "**",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            ".",
            "..",
            "<",
            "<=",
            ">",
            ">=",
            "=",
            "!=",
            "==",
            "&&",
            "||",
            "${",
            "}",
            "!",
            "%",
            "@",
            "#",
            "'x'",
            "“x”",
            "#",
            "(",
            ")",
            "[",
            "]",
        ],
        *[
            "if",
            "then",
            "else",
            "for",
            "in",
            "return",
            "some",
            "every",
            "satisfies",
            "and",
            "or",
            "between",
            "not",
            "true",
            "false",
            "null",
            "function",
            "instance",
            "of",
        ],
        *[
            "list<",
            "number",
            "date",
            "string",
            "count(",
            "sum(",
            "matches(",
            "date(",
            "now()",
            "partial",
            "item",
            "True",
            "None",
        ],
        *['"x"', '"', '@"2026-01-01"', '"P1D"', "1e400", "date and time(", "string join(", "\n", "//", "/*"],
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=20).map(" ".join) | st.text(max_size=40))
def test_garbage_raises_nothing_but_feel_errors(source):
    for attempt in (_evaluate, _match):
        try:
            attempt(source)
        except FeelError:
            continue


VALUES = st.sampled_from(
    [
        *["1", "-1", "0", "1e30", "0.5", '""', '"abc"', '"a+"', "null", "true", "[]", "[1, 2, 3]", '["a"]', "{a: 1}"],
        *["many", "long", '@"2026-03-02"', '@"10:00:00"', '@"2026-03-02T10:00:00Z"', '@"P1D"', '@"P1Y"', "[1..3]"],
        *["(> 3)", "function(a, b) a < b", "function(a) a", '"2026-01-01"', '"P1D"', "9999999999"],
    ]
)
CALLS = st.builds(
    lambda name, arguments: f"{name}({', '.join(arguments)})",
    st.sampled_from(sorted(builtins())),
    st.lists(VALUES, max_size=4),
)


@settings(max_examples=400, deadline=None)
@given(CALLS)
def test_a_built_in_with_any_arguments_gives_a_value_or_a_feel_error(source):
    try:
        _evaluate(source)
    except FeelError:
        return


def _evaluate(source):
    to_json(compile_expression(source).evaluate(CONTEXT, now=NOW))


def _match(source):
    assert compile_unary_tests(source).matches(3, CONTEXT, now=NOW) in (True, False)
