"""A case's state as bytes: live tokens, counters and each distinct value once.

Layout: one byte of version, eight bytes that name the definition, then zstd over JSON. The state holds nothing of the
past but counters, so its size depends on what is open and on the data, not on the age of the case.
"""

# ruff: noqa: SLF001 - SpiffWorkflow's own hooks have such names

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson
import zstandard
from SpiffWorkflow.util.task import TaskState

from engine.calendars import Calendars, Extension, Pause, Unit
from engine.interpreter.budget import Budget
from engine.interpreter.clocks import Clocks
from engine.interpreter.corrections.tokens import Case, Listener, Scope, Token
from engine.interpreter.data import NOTHING, Values
from engine.interpreter.errors import StateRefused
from engine.interpreter.requests import TaskKey
from engine.interpreter.rounds import Limit, Round

if TYPE_CHECKING:
    from engine.interpreter.definition import Definition

VERSION: Final = 3
_HEADER: Final = 9
#: Bytes a state may have when it is unpacked. A case of 100 KB of data has 0.2 MB.
_MOST: Final = 64_000_000


def dump(case: Case) -> bytes:
    """The state of *case* after a step."""
    content, rows, values = contents(case)
    body = _json(content, rows, values)
    case.size = len(body)
    return _framed(case.definition, body)


def contents(case: Case) -> tuple[dict[str, Any], list[dict[str, int]], list[Any]]:
    """The state of *case* as JSON: what it is, its rows of data, and the values these refer to."""
    table = _Table()
    content = {
        "process": case.process,
        "ids": case.last_id,
        "visits": case.visits,
        "reached": case.reached,
        "outcome": case.outcome,
        "withdrawn": case.withdrawn,
        "result": None if case.result is None else table.add(case.result),
        "scopes": [_scope(scope, table) for scope in case.scopes()],
        "rounds": case.clocks.numbers,
        "clocks": [_round(each) for each in case.clocks.rounds.values()],
    }
    if case.suspended:
        content["suspended"] = case.missed
    return content, table.rows, table.values


def pack(definition: Definition, content: dict[str, Any], rows: list[dict[str, int]], values: list[Any]) -> bytes:
    """The bytes of a state of *definition*."""
    return _framed(definition, _json(content, rows, values))


def _json(content: dict[str, Any], rows: list[dict[str, int]], values: list[Any]) -> bytes:
    return orjson.dumps([content, rows, values], option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def _framed(definition: Definition, body: bytes) -> bytes:
    return bytes([VERSION]) + definition.digest + zstandard.ZstdCompressor(level=3).compress(body)


def load(definition: Definition, state: bytes, *, now: datetime, calendars: Calendars, budget: Budget) -> Case:
    """The case whose state this is. Raises StateRefused."""
    content, rows, values = unpack(definition, state)
    table = [_load_row(row, values) for row in rows]
    clocks = Clocks(content["rounds"], [_load_round(each) for each in content["clocks"]])
    case = Case(definition, content["process"], now=now, calendars=calendars, budget=budget, clocks=clocks)
    case.started = True
    case.last_id = content["ids"]
    case.visits = content["visits"]
    case.reached = content["reached"]
    case.outcome = content["outcome"]
    case.withdrawn = content["withdrawn"]
    case.suspended = "suspended" in content
    case.missed = [(name, data) for name, data in content.get("suspended", ())]
    case.result = None if content["result"] is None else table[content["result"]]
    for saved in content["scopes"]:
        _load_scope(case, saved, table)
    return case


def unpack(definition: Definition, state: bytes) -> tuple[dict[str, Any], list[dict[str, int]], list[Any]]:
    """What `pack` packed. Raises StateRefused."""
    if len(state) <= _HEADER or state[0] != VERSION:
        found = f"version {state[0]}" if state else "nothing"
        raise StateRefused("old-format" if state else "damaged", found)
    if state[1:_HEADER] != definition.digest:
        raise StateRefused("foreign", "a state of another definition")
    try:
        body = zstandard.ZstdDecompressor().decompress(state[_HEADER:], max_output_size=_MOST)
        content, rows, values = orjson.loads(body)
    except (zstandard.ZstdError, ValueError, TypeError) as error:
        raise StateRefused("damaged", str(error)) from error
    return content, rows, values


class _Table:
    """Distinct data as rows ``key -> index of [writing, value]``: what branches share is written once."""

    def __init__(self) -> None:
        self.rows: list[dict[str, int]] = []
        self.values: list[tuple[int, Any]] = []
        self._row_of: dict[int, int] = {}
        self._value_of: dict[tuple[int, int], int] = {}
        self._kept: list[Any] = []  # ids are only distinct while the objects live

    def add(self, data: Values) -> int:
        row = self._row_of.get(id(data))
        if row is None:
            self._kept.append(data)
            row = self._row_of[id(data)] = len(self.rows)
            self.rows.append({key: self._value(data.written[key], value) for key, value in data.items()})
        return row

    def _value(self, writing: int, value: Any) -> int:
        index = self._value_of.setdefault((writing, id(value)), len(self.values))
        if index == len(self.values):
            self.values.append((writing, value))
        return index


def _scope(scope: Case | Scope, table: _Table) -> list[Any]:
    host = scope.parent_task_id
    name = scope.spec.name
    ended = table.add(scope.ended) if scope.ended else None
    row = [host, name, ended, [_token(token, table) for token in _in_order(scope.tasks.values())]]
    if not scope.listeners:
        return row
    return [*row, [[each.id, each.node.name, each.internal_data] for each in _in_order(scope.listeners.values())]]


def _in_order(tokens: Iterable[Token]) -> list[Token]:
    return sorted(tokens, key=lambda token: token.id)


def _token(token: Token, table: _Table) -> list[Any]:
    data = None if token._parent is not None and not token.data else table.add(token.data)
    row = [token.id, token.node.name, token._state, data, token.key, token.flow, token._parent]
    return [*row, token.internal_data] if token.internal_data else row


def _load_scope(case: Case, saved: list[Any], table: list[Values]) -> None:
    host_id, name, ended, tokens, *beside = saved
    scope: Case | Scope = case
    if host_id is not None:
        host = case.get_task_from_id(host_id)
        scope = Scope(case.subprocess_specs[name], host, case)
        case.subprocesses[host_id] = scope
    scope.ended = NOTHING if ended is None else table[ended]
    for id_, node, state, data, key, flow, parent, *notes in tokens:
        token = Token(
            scope,
            scope.spec.task_specs[node],
            data=NOTHING if data is None else table[data],
            flow=flow,
            parent=scope.tasks[parent] if parent is not None else None,
            id=id_,
        )
        token._state = state
        token.key = TaskKey(key)
        if notes:
            (token.internal_data,) = notes
    for listeners in beside:
        for id_, node, notes in listeners:
            listener = Listener(scope, scope.spec.task_specs[node], data={}, id=id_)
            listener._state = TaskState.WAITING
            listener.internal_data = notes


def _load_row(row: dict[str, int], values: list[Any]) -> Values:
    return Values(
        {key: values[index][1] for key, index in row.items()}, {key: values[index][0] for key, index in row.items()}
    )


def _round(each: Round) -> list[Any]:
    pauses = [[_text(pause.begin), _text(pause.end), pause.reason] for pause in each.pauses]
    warnings = [_text(warning) for warning in each.warnings]
    row = [each.deadline, each.number, _text(each.started_at), pauses, each.warned, each.breached, each.said]
    row += [_text(each.date), warnings, each.counted_over]
    if not each.calendar and not each.extensions and not each.kept:
        return row
    row += [each.calendar, [[str(more.amount), _text(more.granted_at), more.reason] for more in each.extensions]]
    return [*row, _kept(each.kept)] if each.kept else row


def _kept(limit: Limit) -> list[Any]:
    by = limit.by.isoformat() if limit.by is not None else None
    return [limit.value, limit.unit.value, limit.start, limit.end, limit.roll, by, limit.kept]


def _load_kept(saved: list[Any]) -> Limit:
    value, unit, start, end, roll, by, why = saved
    return Limit(value, Unit(unit), start, end, roll, None if by is None else time.fromisoformat(by), why)


def _load_round(saved: list[Any]) -> Round:
    deadline, number, started_at, pauses, warned, breached, said, counted, warnings, counted_over, *seldom = saved
    calendar, extensions, *more = seldom or ("", [])
    return Round(
        deadline,
        number,
        datetime.fromisoformat(started_at),
        [Pause(datetime.fromisoformat(begin), _instant(end), why) for begin, end, why in pauses],
        warned,
        breached,
        said=said,
        calendar=calendar,
        extensions=[Extension(Decimal(n), datetime.fromisoformat(at), why) for n, at, why in extensions],
        date=_instant(counted),
        warnings=[datetime.fromisoformat(warning) for warning in warnings],
        counted_over=None if counted_over is None else tuple(counted_over),
        kept=_load_kept(*more) if more else None,
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
