"""Takes a decision: everything it requires first, then its logic, then the hit policy (DMN 1.5, 8.2.10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from engine.decisions.errors import DecisionError
from engine.decisions.model import (
    ANY_TYPE,
    MULTIPLE,
    Aggregation,
    BoxedContext,
    BoxedFilter,
    BoxedFunction,
    BoxedList,
    Conditional,
    Decision,
    DecisionModel,
    DecisionService,
    HitPolicy,
    Invocation,
    Iteration,
    LiteralLogic,
    Logic,
    OutputClause,
    Relation,
    Rule,
    Table,
    Type,
    Typed,
)
from engine.decisions.typing import fitted, misfit
from engine.feel import Evaluation, FeelError, FeelFunction, UnaryTests, call_function, compile_expression, to_json
from engine.feel.types import coerced
from engine.feel.values import equal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision said and why. Everything is JSON."""

    value: (
        Any  #: the decision's value: of one output column the value itself, of several an object; a list if several hit
    )
    outputs: Mapping[str, Any]  #: by output name; null where no rule hit, lists where several may hit
    rules: tuple[
        int, ...
    ]  #: numbers of the rules the value comes from, from 1, in the order they count; () if no table
    inputs: Mapping[str, Any]  #: of a table: input expression -> value; else required name -> value


def evaluate(model: DecisionModel, decision_id: str, context: Mapping[str, Any], *, now: datetime) -> Outcome:
    """Take *decision_id* over *context* (JSON or FEEL values by name) at the aware instant *now*.

    Raises DecisionError: unknown decision, an input of the wrong type or beside its allowed values, several rules where
    one may hit, limits.
    """
    decision = model.decisions.get(decision_id) or model.services.get(decision_id)
    if decision is None:
        known = ", ".join(sorted((*model.decisions, *model.services)))
        raise DecisionError(
            f"expected one of the decisions {known}, found {decision_id!r}",
            reason="unknown-decision",
            file=model.file,
            element=decision_id,
        )
    try:
        taking = _Taking(model, Evaluation(context, now=now))
        return taking.service_outcome(decision) if isinstance(decision, DecisionService) else taking.outcome(decision)
    except FeelError as error:
        raise DecisionError(
            f"{decision.name}: {error}", reason="limit", file=model.file, line=decision.line, element=decision.id
        ) from error


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Any
    rules: tuple[int, ...] = ()
    inputs: Mapping[str, Any] | None = None
    outputs: Mapping[str, Any] | None = None


class _Taking:
    """One evaluation of one decision with what it requires; each required decision is taken once."""

    def __init__(self, model: DecisionModel, evaluation: Evaluation, given: Mapping[str, Any] | None = None) -> None:
        """*given* are values of decisions by id: these are not taken."""
        self._model = model
        self._evaluation = evaluation
        self._values: dict[str, Any] = dict(given or {})

    def outcome(self, decision: Decision) -> Outcome:
        names = self._required(decision.requires)
        answer = self._take(decision, names)
        inputs = answer.inputs
        if inputs is None:
            inputs = {name: value for name, value in names.items() if not isinstance(value, FeelFunction)}
        outputs = answer.outputs if answer.outputs is not None else {decision.variable: answer.value}
        return Outcome(
            value=to_json(answer.value),
            outputs={name: to_json(value) for name, value in outputs.items()},
            rules=answer.rules,
            inputs={name: to_json(value) for name, value in inputs.items()},
        )

    def service_outcome(self, service: DecisionService) -> Outcome:
        """The service's value over the context, which gives its inputs by name."""
        inputs = {name: self._evaluation.variable(name) for name in self._parameters(service)}
        value = to_json(self._serve(service, self._evaluation, tuple(inputs.values())))
        return Outcome(value, {service.name: value}, (), {name: to_json(value) for name, value in inputs.items()})

    def _take(self, decision: Decision, names: Mapping[str, Any]) -> _Answer:
        evaluation = self._evaluation.with_names(names)
        if isinstance(decision.logic, Table):
            answer = self._table(decision.logic, evaluation)
        else:
            answer = _Answer(self._value(decision.logic, evaluation))
        if decision.type == ANY_TYPE:
            return answer
        return replace(answer, value=coerced(evaluation, answer.value, decision.type.feel))

    def _required(self, ids: Sequence[str]) -> dict[str, Any]:
        """Values of inputs, decisions and knowledge by the names expressions use."""
        names: dict[str, Any] = {}
        for key in ids:
            if given := self._model.inputs.get(key):
                names[given.name] = self._given(given.name, key)
            elif required := self._model.decisions.get(key):
                if key not in self._values:
                    self._values[key] = self._take(required, self._required(required.requires)).value
                names[required.variable] = self._values[key]
            elif knowledge := self._model.knowledge.get(key):
                known = self._evaluation.with_names(self._required(knowledge.requires))
                names[knowledge.name] = self._function(knowledge.function, known, knowledge.type)
            elif service := self._model.services.get(key):
                names[service.name] = self._service(service)
        return names

    def _given(self, name: str, key: str) -> Any:
        declared = self._model.inputs[key]
        value = fitted(self._evaluation.variable(name), declared.type, self._evaluation)
        if problem := misfit(value, declared.type, self._evaluation):
            raise self._not_allowed(name, problem, value, line=declared.line, element=key)
        return value

    def _parameters(self, service: DecisionService) -> tuple[str, ...]:
        """The names of the service's inputs."""
        model = self._model
        return tuple(
            model.inputs[key].name if key in model.inputs else model.decisions[key].variable for key in service.inputs
        )

    def _service(self, service: DecisionService) -> FeelFunction:
        def call(evaluation: Evaluation, arguments: Sequence[Any]) -> Any:
            evaluation.enter_call()
            try:
                return self._serve(service, evaluation, arguments)
            finally:
                evaluation.leave_call()

        return FeelFunction(self._parameters(service), call)

    def _serve(self, service: DecisionService, evaluation: Evaluation, arguments: Sequence[Any]) -> Any:
        """The value of the one decision the service gives, of several a context; it sees its *arguments* only."""
        given: dict[str, Any] = {}
        context: dict[str, Any] = {}
        for key, name, value in zip(service.inputs, self._parameters(service), arguments, strict=True):
            known = self._model.inputs.get(key) or self._model.decisions[key]
            context[name] = given[key] = coerced(evaluation, value, known.type.feel)
        inner = _Taking(self._model, evaluation.apart(context), given)
        values = inner._required(service.outputs)
        result = next(iter(values.values())) if len(values) == 1 else values
        return coerced(evaluation, result, service.type.feel)

    def _not_allowed(self, name: str, problem: str, value: Any, *, line: int, element: str) -> DecisionError:
        return DecisionError(
            f"expected {name} to be {problem}, found {_shown(value, self._evaluation)}",
            reason="input-not-allowed",
            file=self._model.file,
            line=line,
            element=element,
        )

    # -- boxed expressions -----------------------------------------------------------------------------------------

    def _value(self, logic: Logic, evaluation: Evaluation) -> Any:
        match logic:
            case LiteralLogic(expression):
                return expression.evaluate_in(evaluation)
            case Table():
                return self._table(logic, evaluation).value
            case Invocation():
                return self._invocation(logic, evaluation)
            case BoxedContext():
                return self._context(logic, evaluation)
            case BoxedFunction():
                return self._function(logic, evaluation)
            case BoxedList(items):
                return [self._value(item, evaluation) for item in items]
            case Relation(columns, rows):
                return [
                    {name: self._value(cell, evaluation) for name, cell in zip(columns, row, strict=True)}
                    for row in rows
                ]
            case Conditional(condition, then, otherwise):
                chosen = then if self._value(condition, evaluation) is True else otherwise
                return self._value(chosen, evaluation)
            case Iteration():
                return self._iteration(logic, evaluation)
            case BoxedFilter():
                return self._filter(logic, evaluation)
            case Typed(inner, wanted):
                return coerced(evaluation, self._value(inner, evaluation), wanted.feel)

    def _invocation(self, invocation: Invocation, evaluation: Evaluation) -> Any:
        function = invocation.function.evaluate_in(evaluation)
        arguments = {name: self._value(value, evaluation) for name, value in invocation.arguments}
        return call_function(evaluation, function, (), arguments)

    def _context(self, context: BoxedContext, evaluation: Evaluation) -> Any:
        made: dict[str, Any] = {}
        for name, logic in context.entries:
            value = self._value(logic, evaluation.with_names(made))
            if not name:
                return value
            made[name] = value
        return made

    def _function(self, function: BoxedFunction, around: Evaluation, gives: Type = ANY_TYPE) -> FeelFunction:
        def call(evaluation: Evaluation, arguments: Sequence[Any]) -> Any:
            evaluation.charge(1)
            given = {
                name: coerced(evaluation, value, wanted.feel)
                for (name, wanted), value in zip(function.parameters, arguments, strict=True)
            }
            evaluation.enter_call()
            try:
                return coerced(evaluation, self._value(function.body, around.with_names(given)), gives.feel)
            finally:
                evaluation.leave_call()

        return FeelFunction(tuple(name for name, _ in function.parameters), call)

    def _iteration(self, loop: Iteration, evaluation: Evaluation) -> Any:
        """FEEL's own loop around the body: one meaning for both ways to write it."""
        shown = "partial" if loop.sees_partial else "null"
        sources = {
            "for": f"for item in boxed source return boxed body(item, {shown})",
            "some": "some item in boxed source satisfies boxed body(item, null)",
            "every": "every item in boxed source satisfies boxed body(item, null)",
        }

        def call(_: Evaluation, arguments: Sequence[Any]) -> Any:
            names = {loop.variable: arguments[0]}
            if loop.sees_partial:
                names["partial"] = arguments[1]
            return self._value(loop.body, evaluation.with_names(names))

        source = self._value(loop.source, evaluation)
        function = FeelFunction(("item", "partial"), call)
        expression = compile_expression(sources[loop.kind], names=_BOXED)
        return expression.evaluate_in(evaluation.with_names({"boxed source": source, "boxed body": function}))

    def _filter(self, box: BoxedFilter, evaluation: Evaluation) -> Any:
        source = self._value(box.source, evaluation)
        if source is None:
            return None
        kept = []
        for item in source if isinstance(source, list) else [source]:
            names = {"item": item, **item} if isinstance(item, dict) else {"item": item}
            if self._value(box.match, evaluation.with_names(names)) is True:
                kept.append(item)
        return kept

    # -- tables ----------------------------------------------------------------------------------------------------

    def _table(self, table: Table, evaluation: Evaluation) -> _Answer:
        values = [self._input(table, index, evaluation) for index in range(len(table.inputs))]
        inputs = {clause.expression.source: value for clause, value in zip(table.inputs, values, strict=True)}
        evaluation.charge(len(table.rules))
        hits = _hits(table, values, evaluation)
        if table.policy is HitPolicy.FIRST:
            hits = hits[:1]
        rows = [(rule.number, _row(rule, table.outputs, evaluation)) for rule in hits]
        chosen = self._chosen(table, rows, evaluation)
        return self._answer(table, chosen, inputs, evaluation)

    def _input(self, table: Table, index: int, evaluation: Evaluation) -> Any:
        clause = table.inputs[index]
        value = fitted(clause.expression.evaluate_in(evaluation), clause.type, evaluation)
        problem = misfit(value, clause.type, evaluation)
        if not problem and value is not None and clause.allowed and not clause.allowed.matches_in(value, evaluation):
            problem = f"one of {clause.allowed.source}"
        if problem:
            raise self._not_allowed(clause.label, problem, value, line=clause.line, element=clause.id)
        return value

    def _chosen(
        self, table: Table, rows: list[tuple[int, dict[str, Any]]], evaluation: Evaluation
    ) -> list[tuple[int, dict[str, Any]]]:
        """The hits that count, in the order in which they count."""
        match table.policy:
            case HitPolicy.UNIQUE if len(rows) > 1:
                raise self._several(table, rows, "one rule at most")
            case HitPolicy.ANY:
                if any(equal(evaluation, rows[0][1], row) is not True for _, row in rows[1:]):
                    raise self._several(table, rows, "rules that say the same")
                return rows
            case HitPolicy.PRIORITY | HitPolicy.OUTPUT_ORDER:
                ordered = sorted(rows, key=lambda hit: _ranks(hit[1], table.outputs, evaluation))
                return ordered[:1] if table.policy is HitPolicy.PRIORITY else ordered
            case _:
                return rows

    def _several(self, table: Table, rows: Sequence[tuple[int, Any]], wanted: str) -> DecisionError:
        numbers = ", ".join(str(number) for number, _ in rows)
        return DecisionError(
            f"expected {wanted} to hit, found rules {numbers}",
            reason="several-rules",
            file=self._model.file,
            line=table.line,
            element=table.id,
        )

    def _answer(
        self,
        table: Table,
        rows: list[tuple[int, dict[str, Any]]],
        inputs: Mapping[str, Any],
        evaluation: Evaluation,
    ) -> _Answer:
        numbers = tuple(number for number, _ in rows)
        found = [row for _, row in rows]
        if not found and any(clause.default for clause in table.outputs):
            found = [
                {clause.name: clause.default and clause.default.evaluate_in(evaluation) for clause in table.outputs}
            ]
        if table.aggregation is not Aggregation.NONE:
            value = _aggregated(table, [row[table.outputs[0].name] for row in found], evaluation)
            return _Answer(value, numbers, inputs, {table.outputs[0].name: value})
        if table.policy in MULTIPLE:
            outputs: dict[str, Any] = {clause.name: [row[clause.name] for row in found] for clause in table.outputs}
            single = outputs[table.outputs[0].name] if len(table.outputs) == 1 else found
            return _Answer(single, numbers, inputs, outputs)
        row = found[0] if found else dict.fromkeys(clause.name for clause in table.outputs)
        whole = row if found else None
        return _Answer(row[table.outputs[0].name] if len(table.outputs) == 1 else whole, numbers, inputs, row)


#: Names of several words, which no item of a loop has as an entry.
_BOXED: Final = frozenset(("boxed source", "boxed body"))


def _hits(table: Table, values: Sequence[Any], evaluation: Evaluation) -> list[Rule]:
    """The rules whose cells all let their values through. Columns repeat their cells: each one is asked once."""
    asked: list[dict[UnaryTests, bool]] = [{} for _ in values]
    hits = []
    for rule in table.rules:
        for index, cell in rule.conditions:
            answers = asked[index]
            answer = answers.get(cell)
            if answer is None:
                answer = answers[cell] = cell.matches_in(values[index], evaluation)
            if not answer:
                break
        else:
            hits.append(rule)
    return hits


def _row(rule: Rule, outputs: Sequence[OutputClause], evaluation: Evaluation) -> dict[str, Any]:
    return {
        clause.name: None if result is None else result.evaluate_in(evaluation)
        for clause, result in zip(outputs, rule.outputs, strict=True)
    }


def _ranks(row: Mapping[str, Any], outputs: Sequence[OutputClause], evaluation: Evaluation) -> tuple[int, ...]:
    """Place of each output in its output values; what is not listed comes last."""
    return tuple(
        next(
            (place for place, value in enumerate(clause.order) if equal(evaluation, value, row[clause.name])),
            len(clause.order),
        )
        for clause in outputs
    )


def _aggregated(table: Table, values: list[Any], evaluation: Evaluation) -> Any:
    name = {Aggregation.SUM: "sum", Aggregation.MIN: "min", Aggregation.MAX: "max", Aggregation.COUNT: "count"}
    expression = compile_expression(f"{name[table.aggregation]}(values)")
    return expression.evaluate_in(evaluation.with_names({"values": values}))


def _shown(value: Any, evaluation: Evaluation) -> str:
    return str(compile_expression("string(value)").evaluate_in(evaluation.with_names({"value": value})))
