"""The parsed tree. Plain data: checkers look at it, the compiler turns it into closures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any  #: null, boolean, number, text or a date/time/duration


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    start: int = field(default=0, compare=False)  #: offset into the source


@dataclass(frozen=True, slots=True)
class Input:
    """``?``, the value a unary test is about."""


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextOf:
    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeOf:
    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Path:
    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter:
    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call:
    function: Node
    positional: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str  #: ``+ - * / **``
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str  #: ``= != < <= > >=``
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between:
    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In:
    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """``< 5`` on its own: a comparison whose left side is the tested value."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class All:
    """``a and b and …``"""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """``a or b or …``"""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If:
    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Loop:
    """``for``, ``some`` and ``every``: each iterator sees those before it."""

    kind: str  #: ``for some every``
    iterators: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Steps:
    """``1..10`` of an iterator, counted up or down."""

    first: Node
    last: Node


@dataclass(frozen=True, slots=True)
class FunctionOf:
    parameters: tuple[tuple[str, TypeOf | None], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class TypeOf:
    name: str  #: ``number``, ``list``, ``context`` …
    arguments: tuple[TypeOf, ...] = ()
    fields: tuple[tuple[str, TypeOf], ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceOf:
    value: Node
    type: TypeOf


@dataclass(frozen=True, slots=True)
class Tests:
    """A cell of a decision table. No tests at all: any value will do (``-``)."""

    tests: tuple[Node, ...]
    negated: bool = False


Node = (
    Literal
    | Name
    | Input
    | ListOf
    | ContextOf
    | RangeOf
    | Path
    | Filter
    | Call
    | Negate
    | Arithmetic
    | Compare
    | Between
    | In
    | Test
    | All
    | AnyOf
    | If
    | Loop
    | Steps
    | FunctionOf
    | InstanceOf
    | Tests
)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below *node*."""
    match node:
        case ListOf(nodes) | All(nodes) | AnyOf(nodes) | Tests(nodes):
            yield from nodes
        case ContextOf(entries):
            yield from (value for _, value in entries)
        case RangeOf(first, second) | Arithmetic(_, first, second) | Compare(_, first, second):
            yield from (first, second)
        case Filter(first, second) | Steps(first, second):
            yield from (first, second)
        case Path(first) | Negate(first) | Test(_, first) | FunctionOf(_, first) | InstanceOf(first):
            yield first
        case Call(function, positional, named):
            yield from (function, *positional, *(value for _, value in named))
        case Between(first, second, third) | If(first, second, third):
            yield from (first, second, third)
        case In(value, tests):
            yield from (value, *tests)
        case Loop(_, iterators, body):
            yield from (*(source for _, source in iterators), body)
        case _:
            return


def measure(root: Node) -> tuple[int, int]:
    """Number of nodes and of levels. Walks without recursion: it is what protects everything else from deep trees."""
    count, deepest, waiting = 0, 0, [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        count, deepest = count + 1, max(deepest, level)
        waiting.extend((child, level + 1) for child in children(node))
    return count, deepest


def uses_input(root: Node) -> bool:
    """True if ``?`` stands somewhere in *root*."""
    return any(isinstance(node, Input) for node in walk(root))


def mentions(root: Node, name: str) -> bool:
    """True if the name stands somewhere in *root*."""
    return any(isinstance(node, Name) and node.name == name for node in walk(root))


def walk(root: Node) -> Iterator[Node]:
    """*root* and every node below it, in no promised order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(children(node))
