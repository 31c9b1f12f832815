"""What callers hold: a compiled expression, and a compiled cell of a decision table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from engine.feel.builtins import builtins
from engine.feel.compiler import Compiler, Evaluate, Matches
from engine.feel.errors import FeelError
from engine.feel.evaluation import Evaluation, Scope
from engine.feel.nodes import Node, Tests
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.types import NO_TYPES, NamedTypes


class Expression:
    """A compiled expression. Immutable, and safe to share between threads."""

    __slots__ = ("_run", "mistakes", "names", "source", "tree")

    def __init__(self, tree: Node, run: Evaluate, compiler: Compiler) -> None:
        self.source = compiler.source
        self.tree = tree
        #: Free variables; names used in filters only may be entries of the items and are not here.
        self.names = frozenset(compiler.free)
        #: Calls that can only be null: unknown functions, arguments nobody takes. Publishing refuses them.
        self.mistakes = tuple(compiler.mistakes)
        self._run = run

    def evaluate(self, context: Mapping[str, Any], *, now: datetime) -> Any:
        """The value as FEEL has it: Decimal, str, bool, date, list, dict …, or None.

        *context* holds JSON or FEEL values, *now* is aware and gives the time zone. Names the context lacks are null.
        Raises FeelError when the expression asks for more than the limits.
        """
        return self.evaluate_in(Evaluation(context, now=now))

    def evaluate_in(self, evaluation: Evaluation) -> Any:
        """As *evaluate*, sharing data and budget with other expressions."""
        try:
            return self._run(Scope(evaluation, {}, None))
        except RecursionError:
            raise _too_deep() from None


class UnaryTests:
    """A compiled cell: ``"a", "b"``, ``[1..5)``, ``not(< 10)``, ``? > 3 and ? < other``, ``-``."""

    __slots__ = ("_matches", "mistakes", "names", "source", "tree")

    def __init__(self, tree: Tests, matches: Matches, compiler: Compiler) -> None:
        self.source = compiler.source
        self.tree = tree
        self.names = frozenset(compiler.free)  #: free variables, without ``?``
        self.mistakes = tuple(compiler.mistakes)  #: as of an Expression
        self._matches = matches

    def matches(self, value: Any, context: Mapping[str, Any], *, now: datetime) -> bool:
        """True if *value* (JSON or FEEL) passes; what has no answer does not pass. Raises FeelError as *evaluate*."""
        evaluation = Evaluation(context, now=now)
        return self.matches_in(evaluation.from_json(value), evaluation)

    def matches_in(self, value: Any, evaluation: Evaluation) -> bool:
        """As *matches* for a FEEL value, sharing data and budget with other expressions."""
        try:
            return self._matches(Scope(evaluation, {}, None), value) is True
        except RecursionError:
            raise _too_deep() from None


def compile_expression(source: str, *, names: frozenset[str] = frozenset(), types: NamedTypes = NO_TYPES) -> Expression:
    """The expression *source* writes. *names* are declared names; only those of several words must be given.
    *types* are what it may name besides FEEL's own.

    Raises FeelError with the place, what was expected and, where certain, what to write instead.
    """
    compile_it = _expression if len(source) <= _LONGEST_KEPT else _expression.__wrapped__
    return compile_it(source, names, types)


def compile_unary_tests(source: str, *, names: frozenset[str] = frozenset()) -> UnaryTests:
    """The unary tests *source* writes; an empty source is ``-``. Raises FeelError."""
    compile_it = _unary_tests if len(source) <= _LONGEST_KEPT else _unary_tests.__wrapped__
    return compile_it(source, names)


#: Longer sources are compiled each time: a cache full of them would fill the machine's memory.
_LONGEST_KEPT: Final = 500


@lru_cache(maxsize=4096)
def _expression(source: str, names: frozenset[str], types: NamedTypes) -> Expression:
    tree = parse_expression(source, names, _function_names())
    compiler = Compiler(source, names, types)
    return Expression(tree, compiler.expression(tree), compiler)


@lru_cache(maxsize=16384)
def _unary_tests(source: str, names: frozenset[str]) -> UnaryTests:
    tree = parse_unary_tests(source if source.strip() else "-", names, _function_names())
    compiler = Compiler(source, names)
    return UnaryTests(tree, compiler.tests(tree), compiler)


@lru_cache(maxsize=1)
def _function_names() -> frozenset[str]:
    return frozenset(builtins())


def _too_deep() -> FeelError:
    return FeelError("expected values that nest less, found more levels than the machine has", reason="limit")
