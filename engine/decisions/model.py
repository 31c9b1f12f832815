"""A DMN file in memory. Plain data, read once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from engine.feel import Expression, UnaryTests
from engine.feel.nodes import TypeOf
from engine.findings import Finding


class HitPolicy(StrEnum):
    UNIQUE = "UNIQUE"  #: at most one rule may hit; checked
    FIRST = "FIRST"  #: the first that hits
    ANY = "ANY"  #: several may hit if they say the same; checked
    PRIORITY = "PRIORITY"  #: the one whose output stands first in the output values
    RULE_ORDER = "RULE ORDER"  #: all, in the table's order
    OUTPUT_ORDER = "OUTPUT ORDER"  #: all, in the order of the output values
    COLLECT = "COLLECT"  #: all, in no promised order, or their aggregation


#: Policies whose answer is a list.
MULTIPLE = frozenset({HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT})


class Aggregation(StrEnum):
    NONE = ""
    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


@dataclass(frozen=True)
class Type:
    """What a typeRef means, item definitions resolved."""

    name: str  #: FEEL's word (``"number"``, ``"date and time"`` …), ``"context"``, or ``"Any"``
    collection: bool = False
    allowed: UnaryTests | None = None  #: what a value may be, of a collection each item
    fields: Mapping[str, Type] = field(default_factory=dict)
    constraint: UnaryTests | None = None  #: what the whole value may be (typeConstraint of DMN 1.4)
    result: Type | None = None  #: of a function: what it gives

    @cached_property
    def feel(self) -> TypeOf:
        """The same in FEEL's words, without what values may be."""
        fields = tuple((name, part.feel) for name, part in self.fields.items())
        single = TypeOf(self.name, fields=fields)
        return TypeOf("list", (single,)) if self.collection else single


ANY_TYPE = Type("Any")


@dataclass(frozen=True, slots=True)
class InputClause:
    id: str
    line: int
    label: str
    expression: Expression
    type: Type
    allowed: UnaryTests | None


@dataclass(frozen=True, slots=True)
class OutputClause:
    id: str
    line: int
    name: str  #: of a single output without name: the decision's variable
    type: Type
    allowed: UnaryTests | None
    order: tuple[Any, ...]  #: literal output values, the most important first
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Rule:
    number: int  #: from 1
    id: str
    line: int
    cells: tuple[UnaryTests | None, ...]  #: one an input; None: unreadable
    outputs: tuple[Expression | None, ...]  #: one an output; None: missing or unreadable
    cell_ids: tuple[str, ...]  #: element ids of cells, then outputs
    conditions: tuple[tuple[int, UnaryTests], ...]  #: column index and cell of those that can fail, i.e. are not ``-``
    description: str = ""  #: what the rule says, in the author's words


@dataclass(frozen=True, slots=True)
class Table:
    id: str
    line: int
    policy: HitPolicy
    aggregation: Aggregation
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class LiteralLogic:
    expression: Expression


@dataclass(frozen=True, slots=True)
class Invocation:
    function: Expression
    arguments: tuple[tuple[str, Logic], ...]


@dataclass(frozen=True, slots=True)
class BoxedContext:
    entries: tuple[tuple[str, Logic], ...]  #: the name "" marks the result


@dataclass(frozen=True, slots=True)
class BoxedFunction:
    parameters: tuple[tuple[str, Type], ...]
    body: Logic


@dataclass(frozen=True, slots=True)
class BoxedList:
    items: tuple[Logic, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    columns: tuple[str, ...]
    rows: tuple[tuple[Logic, ...], ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: Logic
    then: Logic
    otherwise: Logic


@dataclass(frozen=True, slots=True)
class Iteration:
    """``for``, ``some`` and ``every`` as boxes (DMN 1.4)."""

    kind: str  #: ``for some every``
    variable: str
    source: Logic
    body: Logic
    sees_partial: bool  #: whether the body mentions the results so far


@dataclass(frozen=True, slots=True)
class BoxedFilter:
    source: Logic
    match: Logic


@dataclass(frozen=True, slots=True)
class Typed:
    """A boxed expression that says what its value has to be; what is not becomes null."""

    logic: Logic
    type: Type


Logic = (
    Table
    | LiteralLogic
    | Invocation
    | BoxedContext
    | BoxedFunction
    | BoxedList
    | Relation
    | Conditional
    | Iteration
    | BoxedFilter
    | Typed
)


@dataclass(frozen=True, slots=True)
class InputData:
    id: str
    name: str
    type: Type
    line: int


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A business knowledge model: a function that decisions call by its name."""

    id: str
    name: str
    function: BoxedFunction
    requires: tuple[str, ...]  #: ids of other knowledge
    line: int
    type: Type = ANY_TYPE  #: what it gives


@dataclass(frozen=True, slots=True)
class DecisionService:
    """Decisions that are called together as one function (DMN 1.5, 10.4)."""

    id: str
    name: str
    inputs: tuple[str, ...]  #: ids of input data, then of decisions whose values are given: its parameters
    outputs: tuple[str, ...]  #: ids of the decisions it gives
    line: int
    type: Type = ANY_TYPE  #: what it gives


@dataclass(frozen=True, slots=True)
class Decision:
    id: str
    name: str  #: as people read it
    variable: str  #: the name under which other decisions see the result
    logic: Logic
    requires: tuple[str, ...]  #: ids of decisions, inputs and knowledge, in the file's order
    line: int
    type: Type = ANY_TYPE

    @property
    def rules(self) -> int:
        """Number of rules; 0 if the decision is no table."""
        return len(self.logic.rules) if isinstance(self.logic, Table) else 0

    def rule_description(self, number: int) -> str:
        """What rule *number*, counted from 1, says in the author's words; "" where it says nothing."""
        rules = self.logic.rules if isinstance(self.logic, Table) else ()
        return rules[number - 1].description if 0 < number <= len(rules) else ""

    @property
    def input_expressions(self) -> tuple[str, ...]:
        """FEEL source of each input column, in order."""
        return tuple(clause.expression.source for clause in self.logic.inputs) if isinstance(self.logic, Table) else ()

    @property
    def outputs(self) -> Mapping[str, str]:
        """Name to FEEL type (``"Any"`` where the file says none) of each output, in order."""
        if isinstance(self.logic, Table):
            return {clause.name: clause.type.name for clause in self.logic.outputs}
        return {self.variable: self.type.name}


@dataclass(frozen=True, slots=True)
class DecisionModel:
    file: str
    name: str
    decisions: Mapping[str, Decision]  #: by id
    inputs: Mapping[str, InputData]  #: by id
    knowledge: Mapping[str, Knowledge]  #: by id
    services: Mapping[str, DecisionService] = field(default_factory=dict)  #: by id
    mistakes: tuple[Finding, ...] = ()  #: what can be read and taken, but gives null where its author wants a value
