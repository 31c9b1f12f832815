"""No expression, however hostile, may do more than raise FeelError or give a bounded value.

``make attacks`` runs 100,000 generated ones; ``ATTACKS`` says how many, ``ATTACK_SEED`` which.
"""

from __future__ import annotations

import json
import os
import re
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import FeelError, compile_expression, compile_unary_tests, to_json
from engine.feel.builtins import builtins
from tests.feel.attacks import CONTEXT, KNOWN, generated
from tests.support.cost import cost_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECONDS = 0.5
BYTES = 10_000_000
ATTACKS = int(os.environ.get("ATTACKS", "300"))
SEED = int(os.environ.get("ATTACK_SEED", "5"))


def test_two_hundred_attacks_are_known():
    assert len(set(KNOWN)) >= 200


@pytest.mark.parametrize("source", KNOWN, ids=lambda source: ascii(source[:40]))
def test_a_known_attack_ends_in_time_and_room(source):
    assert seconds_of(source) < SECONDS
    assert bytes_of(source) < BYTES


def test_generated_attacks_end_in_time_and_room():
    for number, source in enumerate(generated(ATTACKS, SEED)):
        assert seconds_of(source) < SECONDS, source
        # Tracing memory takes five times as long as the attack.
        if number % 20 == 0:
            assert bytes_of(source) < BYTES, source


def seconds_of(source):
    """Processor seconds of the attack; the better of two runs where the first was disturbed."""
    _, spent = cost_of(lambda: run(source))
    return spent if spent < SECONDS / 2 else min(spent, cost_of(lambda: run(source))[1])


def bytes_of(source):
    """The most the attack holds at one moment."""
    tracemalloc.start()
    try:
        run(source)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def run(source):
    """What an expression of a package goes through: compiled, evaluated, kept."""
    try:
        json.dumps(to_json(compile_expression(source).evaluate(CONTEXT, now=NOW)))
    except FeelError:
        return


WORDS = st.sampled_from(
    re.split(
        " +",
        """1 2.5 .5 a b 投诉 ? - + * / ** ( ) [ ] { } , : . .. < <= > >= = != == && || ${ } ! % @ # 'x' “x” if then else
        for in return some every satisfies and or between not true false null function instance of list< number date
        string count( sum( matches( date( now() partial item True None "x" " @"2026-01-01" "P1D" 1e400 join( // /*""",
    )
)


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=20).map(" ".join) | st.text(max_size=40))
def test_garbage_raises_nothing_but_feel_errors(source):
    run(source)
    try:
        assert compile_unary_tests(source).matches(3, CONTEXT, now=NOW) in (True, False)
    except FeelError:
        return


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
    run(source)
