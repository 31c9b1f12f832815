"""Turns a tree into closures. A closure takes the scope it runs in and gives the value; nothing is looked up twice."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final

from engine.feel import values
from engine.feel.builtins import Builtin, builtins, invoke_builtin
from engine.feel.calls import arguments_nobody_takes, unknown_function
from engine.feel.errors import FeelError
from engine.feel.evaluation import Evaluation, Scope
from engine.feel.nodes import (
    All,
    AnyOf,
    Arithmetic,
    Between,
    Call,
    Compare,
    ContextOf,
    Filter,
    FunctionOf,
    If,
    In,
    Input,
    InstanceOf,
    ListOf,
    Literal,
    Loop,
    Name,
    Negate,
    Node,
    Path,
    RangeOf,
    Steps,
    Test,
    Tests,
    measure,
    mentions,
    uses_input,
)
from engine.feel.parsing import literal_range
from engine.feel.properties import property_of
from engine.feel.types import NO_TYPES, NamedTypes, coerced, is_instance
from engine.feel.values import FeelFunction, Range, compare, equal, includes

Evaluate = Callable[[Scope], Any]
#: Whether a value passes a unary test: True, False, or None where FEEL has no answer.
Matches = Callable[[Scope, Any], bool | None]

_INPUT: Final = "?"
_ARITHMETIC: Final[Mapping[str, Callable[[Evaluation, Any, Any], Any]]] = {
    "+": values.add,
    "-": values.subtract,
    "*": values.multiply,
    "/": values.divide,
    "**": values.power,
}
_ORDER: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: Nodes whose value is a condition, so that a cell holding one is not compared with the input.
_CONDITIONS: Final = (Compare, Between, In, All, AnyOf, InstanceOf)


class Compiler:
    """Compiles one tree. Afterwards *free* has the names the context has to give, *mistakes* what can only be null."""

    def __init__(self, source: str, declared: frozenset[str], types: NamedTypes = NO_TYPES) -> None:
        self.source = source
        self._types = types
        self._declared = declared
        self._locals: list[frozenset[str]] = []
        self._filters = 0
        self.free: set[str] = set()
        self.mistakes: list[FeelError] = []

    def expression(self, node: Node) -> Evaluate:
        return self._HANDLERS[type(node)](self, node)

    # -- names -----------------------------------------------------------------------------------------------------

    def _is_local(self, name: str) -> bool:
        return any(name in names for names in self._locals)

    def _name(self, node: Name) -> Evaluate:
        name = node.name
        if self._is_local(name) or self._filters:
            # In a filter a name may be an entry of the item, which nobody knows before it runs: it is not free.
            return lambda scope: scope.lookup(name)
        self.free.add(name)
        if builtin := builtins().get(name):
            return _variable_or_function(builtin)
        return lambda scope: scope.evaluation.variable(name)

    def _input(self, _node: Input) -> Evaluate:
        return lambda scope: scope.lookup(_INPUT)

    def _path(self, node: Path) -> Evaluate:
        base, name = self.expression(node.base), node.name
        return lambda scope: property_of(scope.evaluation, base(scope), name)

    # -- values ----------------------------------------------------------------------------------------------------

    def _literal(self, node: Literal) -> Evaluate:
        value = node.value
        return lambda _scope: value

    def _list(self, node: ListOf) -> Evaluate:
        items = [self.expression(item) for item in node.items]

        def make(scope: Scope) -> list[Any]:
            scope.evaluation.charge(1 + 2 * len(items))
            return [item(scope) for item in items]

        return make

    def _context(self, node: ContextOf) -> Evaluate:
        known: set[str] = set()
        entries: list[tuple[str, Evaluate]] = []
        for key, value in node.entries:
            self._locals.append(frozenset(known))
            entries.append((key, self.expression(value)))
            self._locals.pop()
            known.add(key)

        def make(scope: Scope) -> dict[str, Any] | None:
            scope.evaluation.charge(1 + 2 * len(entries))
            made: dict[str, Any] = {}
            inner = scope.within(made)
            for key, value in entries:
                if key in made:
                    return None
                made[key] = value(inner)
            return made

        return make

    def _range(self, node: RangeOf) -> Evaluate:
        if interval := literal_range(node):
            return lambda _scope: interval
        low, high = self.expression(node.low), self.expression(node.high)
        low_closed, high_closed = node.low_closed, node.high_closed

        def make(scope: Scope) -> Range | None:
            first, last = low(scope), high(scope)
            if first is None or last is None or compare(scope.evaluation, first, last) is None:
                return None
            return Range(first, last, low_closed, high_closed)

        return make

    def _test_value(self, node: Test) -> Evaluate:
        """``(< 5)`` as a value is a range without lower bound."""
        operand, sign = self.expression(node.operand), node.operator

        def make(scope: Scope) -> Range | None:
            bound = operand(scope)
            match sign:
                case "<" | "<=":
                    return Range(None, bound, low_closed=False, high_closed=sign == "<=")
                case ">" | ">=":
                    return Range(bound, None, low_closed=sign == ">=", high_closed=False)
                case "=":
                    return Range(bound, bound, low_closed=True, high_closed=True)
                case _:
                    return None

        return make

    def _function(self, node: FunctionOf) -> Evaluate:
        names = tuple(name for name, _ in node.parameters)
        types = tuple(wanted and self._types.resolve(wanted) for _, wanted in node.parameters)
        self._locals.append(frozenset(names))
        body, cost = self.expression(node.body), 4 + 2 * measure(node.body)[0]
        self._locals.pop()

        def make(scope: Scope) -> FeelFunction:
            scope.evaluation.charge(16)

            def call(evaluation: Evaluation, arguments: Sequence[Any]) -> Any:
                evaluation.charge(cost)
                given = [
                    value if wanted is None else coerced(evaluation, value, wanted)
                    for value, wanted in zip(arguments, types, strict=True)
                ]
                evaluation.enter_call()
                try:
                    return body(Scope(evaluation, dict(zip(names, given, strict=True)), scope))
                finally:
                    evaluation.leave_call()

            return FeelFunction(names, call)

        return make

    # -- operators -------------------------------------------------------------------------------------------------

    def _negate(self, node: Negate) -> Evaluate:
        operand = self.expression(node.operand)
        return lambda scope: values.negate(operand(scope))

    def _arithmetic(self, node: Arithmetic) -> Evaluate:
        left, right = self.expression(node.left), self.expression(node.right)
        calculate = _ARITHMETIC[node.operator]
        return lambda scope: calculate(scope.evaluation, left(scope), right(scope))

    def _compare(self, node: Compare) -> Evaluate:
        left, right = self.expression(node.left), self.expression(node.right)
        if isinstance(node.right, Literal) and node.operator != "!=":
            holds_for = _compared(node.operator, node.right.value)
            return lambda scope: holds_for(scope.evaluation, left(scope))
        if node.operator == "=":
            return lambda scope: equal(scope.evaluation, left(scope), right(scope))
        if node.operator == "!=":
            return lambda scope: _not(equal(scope.evaluation, left(scope), right(scope)))
        holds = _ORDER[node.operator]

        def run(scope: Scope) -> bool | None:
            order = compare(scope.evaluation, left(scope), right(scope))
            return None if order is None else holds(order, 0)

        return run

    def _between(self, node: Between) -> Evaluate:
        value, low, high = self.expression(node.value), self.expression(node.low), self.expression(node.high)

        def run(scope: Scope) -> bool | None:
            tested = value(scope)
            above, below = (
                compare(scope.evaluation, tested, low(scope)),
                compare(scope.evaluation, tested, high(scope)),
            )
            return None if above is None or below is None else above >= 0 >= below

        return run

    def _in(self, node: In) -> Evaluate:
        value = self.expression(node.value)
        tests = [self.test(test) for test in node.tests]

        def run(scope: Scope) -> bool | None:
            tested = value(scope)
            return _any(test(scope, tested) for test in tests)

        return run

    def _all(self, node: All) -> Evaluate:
        parts = [self.expression(part) for part in node.parts]

        def run(scope: Scope) -> bool | None:
            answer: bool | None = True
            for part in parts:
                value = part(scope)
                if value is False:
                    return False
                if value is not True:
                    answer = None
            return answer

        return run

    def _any_of(self, node: AnyOf) -> Evaluate:
        parts = [self.expression(part) for part in node.parts]
        return lambda scope: _any(part(scope) for part in parts)

    def _if(self, node: If) -> Evaluate:
        condition, then, otherwise = (self.expression(part) for part in (node.condition, node.then, node.otherwise))
        return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)

    def _instance_of(self, node: InstanceOf) -> Evaluate:
        value, wanted = self.expression(node.value), self._types.resolve(node.type)
        if wanted is None:
            return lambda _scope: None
        return lambda scope: is_instance(scope.evaluation, value(scope), wanted)

    # -- lists -----------------------------------------------------------------------------------------------------

    def _filter(self, node: Filter) -> Evaluate:
        base = self.expression(node.base)
        self._filters += 1
        condition, cost = self.expression(node.condition), 3 + 2 * measure(node.condition)[0]
        self._filters -= 1

        def run(scope: Scope) -> Any:
            source = base(scope)
            if source is None:
                return None
            items = source if isinstance(source, list) else [source]
            if not items:
                return None if isinstance(condition(scope.within(_names_of(None))), Decimal) else []
            kept: list[Any] = []
            for item in items:
                scope.evaluation.charge(cost)
                answer = condition(scope.within(_names_of(item)))
                if answer is True:
                    kept.append(item)
                elif isinstance(answer, Decimal):
                    return _item(items, answer)
                elif answer is not False and answer is not None:
                    return None
            return kept

        return run

    def _loop(self, node: Loop) -> Evaluate:
        names: set[str] = {"partial"} if node.kind == "for" else set()
        iterators: list[tuple[str, Evaluate, Evaluate | None]] = []
        for name, source in node.iterators:
            self._locals.append(frozenset(names))
            if isinstance(source, Steps):
                iterators.append((name, self.expression(source.first), self.expression(source.last)))
            else:
                iterators.append((name, self.expression(source), None))
            self._locals.pop()
            names.add(name)
        self._locals.append(frozenset(names))
        body, cost = self.expression(node.body), 4 + 2 * measure(node.body)[0]
        self._locals.pop()

        def rounds(scope: Scope, index: int = 0) -> Iterator[Scope | None]:
            """The scopes of all rounds; a None for a source that is no list."""
            name, source, last = iterators[index]
            for item in _iterated(scope.evaluation, source(scope), last and last(scope), steps=last is not None):
                scope.evaluation.charge(cost)
                inner = None if item is _NOTHING else scope.within({name: item})
                if inner is None or index == len(iterators) - 1:
                    yield inner
                else:
                    yield from rounds(inner, index + 1)

        if node.kind == "for":
            return _for(rounds, body, keeps_partial=mentions(node.body, "partial"))
        return (_some if node.kind == "some" else _every)(rounds, body)

    def _steps(self, _node: Steps) -> Evaluate:
        raise AssertionError("steps stand in iterators only")

    # -- calls -----------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Evaluate:
        positional = [self.expression(argument) for argument in node.positional]
        named = [(name, self.expression(argument)) for name, argument in node.named]
        if builtin := self._builtin(node.function):
            self._check_arguments(builtin, node)
            if not named:
                return lambda scope: invoke_builtin(
                    scope.evaluation, builtin, [argument(scope) for argument in positional], {}
                )
            return lambda scope: invoke_builtin(
                scope.evaluation, builtin, [], {name: argument(scope) for name, argument in named}
            )
        self._check_function(node.function)
        function = self.expression(node.function)

        def run(scope: Scope) -> Any:
            called = function(scope)
            arguments = [argument(scope) for argument in positional]
            return call_function(
                scope.evaluation, called, arguments, {name: argument(scope) for name, argument in named}
            )

        return run

    def _builtin(self, function: Node) -> Builtin | None:
        if not isinstance(function, Name) or self._is_local(function.name) or function.name in self._declared:
            return None
        return builtins().get(function.name)

    def _check_function(self, function: Node) -> None:
        if isinstance(function, Name) and not self._is_local(function.name) and function.name not in self._declared:
            known = {name for names in self._locals for name in names} | self._declared
            self.mistakes.append(unknown_function(self.source, function, known))

    def _check_arguments(self, builtin: Builtin, call: Call) -> None:
        if not builtin.takes(len(call.positional), [name for name, _ in call.named]):
            assert isinstance(call.function, Name)
            self.mistakes.append(arguments_nobody_takes(self.source, call.function, call))

    # -- unary tests -----------------------------------------------------------------------------------------------

    def tests(self, node: Tests) -> Matches:
        tests = [self.test(test) for test in node.tests]
        if not tests:
            return lambda _scope, _value: True
        if len(tests) == 1 and not node.negated:
            return tests[0]
        if node.negated:
            return lambda scope, value: _not(_any(test(scope, value) for test in tests))
        return lambda scope, value: _any(test(scope, value) for test in tests)

    def test(self, node: Node) -> Matches:
        if isinstance(node, Test):
            return self._comparing(node)
        if uses_input(node):
            return self._about_input(node)
        if isinstance(node, Literal):
            equals = _compared("=", node.value)
            return lambda scope, value: equals(scope.evaluation, value)
        if interval := literal_range(node):
            lies_in = _included(interval)
            return lambda scope, value: lies_in(scope.evaluation, value)
        given = self.expression(node)
        if isinstance(node, _CONDITIONS):
            return lambda scope, _value: given(scope) is True
        return lambda scope, value: _passes(scope.evaluation, given(scope), value)

    def _comparing(self, node: Test) -> Matches:
        if isinstance(node.operand, Literal) and node.operator != "!=":
            holds_for = _compared(node.operator, node.operand.value)
            return lambda scope, value: holds_for(scope.evaluation, value)
        bound = self.expression(node.operand)
        if node.operator == "=":
            return lambda scope, value: equal(scope.evaluation, value, bound(scope))
        if node.operator == "!=":
            return lambda scope, value: _not(equal(scope.evaluation, value, bound(scope)))
        holds = _ORDER[node.operator]

        def run(scope: Scope, value: Any) -> bool | None:
            order = compare(scope.evaluation, value, bound(scope))
            return None if order is None else holds(order, 0)

        return run

    def _about_input(self, node: Node) -> Matches:
        self._locals.append(frozenset({_INPUT}))
        condition = self.expression(node)
        self._locals.pop()

        def run(scope: Scope, value: Any) -> bool | None:
            answer = condition(scope.within({_INPUT: value}))
            return answer if isinstance(answer, bool) or answer is None else _passes(scope.evaluation, answer, value)

        return run

    _HANDLERS: ClassVar[Mapping[type, Callable[[Compiler, Any], Evaluate]]] = {
        Literal: _literal,
        Name: _name,
        Input: _input,
        ListOf: _list,
        ContextOf: _context,
        RangeOf: _range,
        Path: _path,
        Filter: _filter,
        Call: _call,
        Negate: _negate,
        Arithmetic: _arithmetic,
        Compare: _compare,
        Between: _between,
        In: _in,
        Test: _test_value,
        All: _all,
        AnyOf: _any_of,
        If: _if,
        Loop: _loop,
        Steps: _steps,
        FunctionOf: _function,
        InstanceOf: _instance_of,
    }


def call_function(
    evaluation: Evaluation, function: Any, positional: Sequence[Any], named: Mapping[str, Any] | None = None
) -> Any:
    """The result of calling *function*; null if it is none or the arguments are not its own."""
    if not isinstance(function, FeelFunction):
        return None
    if named:
        if set(named) != set(function.parameters):
            return None
        positional = [named[name] for name in function.parameters]
    if len(positional) != len(function.parameters):
        return None
    return function.call(evaluation, positional)


_NOTHING: Final = object()


def _variable_or_function(builtin: Builtin) -> Evaluate:
    """The context's value of the name, the built-in function where the context has none."""
    function = builtin.as_function()

    def read(scope: Scope) -> Any:
        evaluation = scope.evaluation
        return evaluation.variable(builtin.name) if builtin.name in evaluation.context else function

    return read


def _compared(sign: str, literal: Any) -> Callable[[Evaluation, Any], bool | None]:
    """Comparing with *literal*: most conditions do, and values of its own class need no more than Python's sign."""
    kind, quick = literal.__class__, _QUICK[sign]
    slow = _slowly(sign, literal)
    if kind not in (Decimal, str):
        return slow
    return lambda evaluation, value: quick(value, literal) if value.__class__ is kind else slow(evaluation, value)


def _slowly(sign: str, literal: Any) -> Callable[[Evaluation, Any], bool | None]:
    if sign == "=":
        return lambda evaluation, value: equal(evaluation, value, literal)
    holds = _ORDER[sign]

    def run(evaluation: Evaluation, value: Any) -> bool | None:
        order = compare(evaluation, value, literal)
        return None if order is None else holds(order, 0)

    return run


def _included(interval: Range) -> Callable[[Evaluation, Any], bool | None]:
    """Lying in *interval*, as *_compared* for one of two numbers."""
    low, high = interval.low, interval.high
    if low.__class__ is not Decimal or high.__class__ is not Decimal:
        return lambda evaluation, value: includes(evaluation, interval, value)
    above = operator.ge if interval.low_closed else operator.gt
    below = operator.le if interval.high_closed else operator.lt

    def run(evaluation: Evaluation, value: Any) -> bool | None:
        if value.__class__ is Decimal:
            return bool(above(value, low) and below(value, high))
        return includes(evaluation, interval, value)

    return run


_QUICK: Final[Mapping[str, Callable[[Any, Any], bool]]] = {"=": operator.eq, **_ORDER}


def _not(answer: bool | None) -> bool | None:  # noqa: FBT001 - three-valued logic is about booleans
    return None if answer is None else not answer


def _any(answers: Iterator[Any]) -> bool | None:
    total: bool | None = False
    for answer in answers:
        if answer is True:
            return True
        if answer is not False:
            total = None
    return total


def _passes(evaluation: Evaluation, given: Any, value: Any) -> bool | None:
    """Whether *value* passes a test that is a plain value, a range or a list of such (DMN 1.5, table 55)."""
    if given.__class__ is Range:
        return includes(evaluation, given, value)
    if given.__class__ is list:
        evaluation.charge(1 + len(given))
        if value.__class__ is list and equal(evaluation, given, value):
            return True
        return _any(_passes(evaluation, item, value) for item in given)
    if given is True and value.__class__ is not bool:
        return True
    return equal(evaluation, value, given)


def _names_of(item: Any) -> Mapping[str, Any]:
    """What a filter's condition sees of an item: itself, and its entries if it is a context."""
    return {"item": item, **item} if isinstance(item, dict) else {"item": item}


def _item(items: Sequence[Any], position: Decimal) -> Any:
    """The item at *position*, from 1, or from -1 backwards."""
    if position != position.to_integral_value() or not 0 < abs(position) <= len(items):
        return None
    index = int(position)
    return items[index - 1 if index > 0 else index]


def _iterated(evaluation: Evaluation, source: Any, last: Any, *, steps: bool) -> Iterator[Any]:
    if steps:
        source = Range(source, last, low_closed=True, high_closed=True)
    if isinstance(source, Range):
        yield from _counted(source)
    elif isinstance(source, list):
        yield from source
    elif source is None:
        evaluation.charge(1)
        yield _NOTHING
    else:
        yield source


def _counted(interval: Range) -> Iterator[Any]:
    """Each whole number or day from one end to the other, up or down."""
    first, last = interval.low, interval.high
    make: Callable[[int], Any]
    if isinstance(first, date) and isinstance(last, date) and not isinstance(first, datetime):
        make, begin, end = date.fromordinal, first.toordinal(), last.toordinal()
    elif isinstance(first, Decimal) and isinstance(last, Decimal) and abs(first) + abs(last) < _MAX_COUNTED:
        make, begin, end = Decimal, int(first), int(last)
    else:
        yield _NOTHING
        return
    step = 1 if begin <= end else -1
    begin += 0 if interval.low_closed else step
    end -= 0 if interval.high_closed else step
    yield from map(make, range(begin, end + step, step))


#: Ends of a counted range; the budget ends far earlier, this keeps the ends small integers.
_MAX_COUNTED: Final = Decimal("1e15")
_Rounds = Callable[[Scope], Iterator[Scope | None]]


def _for(rounds: _Rounds, body: Evaluate, *, keeps_partial: bool) -> Evaluate:
    def run(scope: Scope) -> list[Any] | None:
        results: list[Any] = []
        around = {"partial": results}
        for inner in rounds(scope.within(around)):
            if inner is None:
                return None
            if keeps_partial:
                # A copy: a list must not contain itself.
                scope.evaluation.charge(len(results))
                around["partial"] = list(results)
            results.append(body(inner))
        return results

    return run


def _some(rounds: _Rounds, body: Evaluate) -> Evaluate:
    return lambda scope: _any(None if inner is None else body(inner) for inner in rounds(scope))


def _every(rounds: _Rounds, body: Evaluate) -> Evaluate:
    return lambda scope: _not(_any(None if inner is None else _not_of(body(inner)) for inner in rounds(scope)))


def _not_of(value: Any) -> bool | None:
    return not value if isinstance(value, bool) else None
