"""What a decision table costs, beside SpiffWorkflow's own evaluation of the same table in the same process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
from SpiffWorkflow.dmn.parser.DMNParser import DMNParser

from bench.figures import Figure, beside, cpu_seconds
from engine.decisions import evaluate, read_decisions

_NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_SIZES = (20, 200)
_MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def measure() -> Iterator[Figure]:
    """One evaluation in which the last rule hits."""
    for rules in _SIZES:
        data = {"amount": rules * 10 - 5, "kind": "quality", "urgent": True}
        model = read_decisions(_table(rules, "[{low}..{high})", "true"), "bench.dmn")
        stock = _Stock(_table(rules, "{low} &lt;= ? &lt; {high}", "True"))
        assert evaluate(model, "level", data, now=_NOW).rules == (rules,)
        assert stock.take(data) == {"level": rules}
        ours = cpu_seconds(lambda model=model, data=data: evaluate(model, "level", data, now=_NOW), times=4000 // rules)
        theirs = cpu_seconds(lambda stock=stock, data=data: stock.take(data), times=1)
        words = f"table of {rules} rules and 3 inputs, the last hits"
        yield beside(words, ours * 1e6, "µs", against="SpiffWorkflow's DMN", other=theirs * 1e6)


class _Stock:
    """The uncorrected library: its parser, its engine, a task that has what the engine asks of one."""

    def __init__(self, content: bytes) -> None:
        parser = DMNParser(None, etree.fromstring(content), {"dmn": _MODEL})
        parser.parse()
        self._engine = DMNEngine(parser.decision.decisionTables[0])
        self._workflow = SimpleNamespace(script_engine=PythonScriptEngine())

    def take(self, data: dict[str, Any]) -> Any:
        return self._engine.result(SimpleNamespace(data=dict(data), workflow=self._workflow))


def _table(rules: int, between: str, true: str) -> bytes:
    columns = "".join(
        f'<input id="i_{name}"><inputExpression id="e_{name}" typeRef="{kind}"><text>{name}</text></inputExpression>'
        "</input>"
        for name, kind in (("amount", "number"), ("kind", "string"), ("urgent", "boolean"))
    )
    rows = "".join(
        f'<rule id="r{number}">'
        + "".join(
            f'<inputEntry id="c{number}_{place}"><text>{cell}</text></inputEntry>'
            for place, cell in enumerate((between.format(low=number * 10, high=number * 10 + 10), '"quality"', true))
        )
        + f'<outputEntry id="o{number}"><text>{number + 1}</text></outputEntry></rule>'
        for number in range(rules)
    )
    return (
        f'<definitions xmlns="{_MODEL}" id="d" name="d" namespace="b"><decision id="level" name="level">'
        f'<decisionTable id="t" hitPolicy="UNIQUE">{columns}<output id="o" name="level" typeRef="number"/>{rows}'
        "</decisionTable></decision></definitions>"
    ).encode()
