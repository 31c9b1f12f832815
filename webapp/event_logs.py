"""Cases and their steps as files of other programs: XES (IEEE 1849-2016), OCEL 2.0 and CSV. Written piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import quoteattr

import orjson

from engine.queries.event_logs import LoggedCase, LoggedStep, Scalar

#: A spreadsheet would take a text that begins so for a formula.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
_EXTENSIONS: Final = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
)
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<log xmlns="http://www.xes-standard.org/" xes.version="1849-2016" xes.features="">\n'
)
_GLOBALS: Final = (
    '<global scope="trace"><string key="concept:name" value=""/></global>\n'
    '<global scope="event"><string key="concept:name" value=""/>'
    '<date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/>'
    '<string key="lifecycle:transition" value="complete"/></global>\n'
    '<classifier name="Activity" keys="concept:name"/>\n'
)


def xes(cases: Iterable[LoggedCase]) -> Iterator[bytes]:
    """An XES log: a trace for each case, an event for each step."""
    extensions = "".join(
        f'<extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n' for name, prefix, uri in _EXTENSIONS
    )
    yield (_HEAD + extensions + _GLOBALS + '<string key="lifecycle:model" value="standard"/>\n').encode()
    for case in cases:
        yield "".join(_trace(case)).encode()
    yield b"</log>\n"


def _trace(case: LoggedCase) -> Iterator[str]:
    yield "<trace>"
    yield _attribute("concept:name", case.number)
    for name, value in _of_case(case).items():
        yield _attribute(f"shouwen:{name}", value)
    for step in case.steps:
        yield "\n<event>"
        yield _attribute("concept:name", step.activity)
        yield _attribute("time:timestamp", step.at)
        yield _attribute("lifecycle:transition", step.transition)
        yield _attribute("org:resource", step.person)
        for name, value in _of_step(step).items():
            yield _attribute(f"shouwen:{name}", value)
        yield "</event>"
    yield "\n</trace>\n"


def _attribute(key: str, value: Scalar | datetime) -> str:
    match value:
        case bool():
            kind, text = "boolean", "true" if value else "false"
        case int():
            kind, text = "int", str(value)
        case float():
            kind, text = "float", repr(value)
        case datetime():
            kind, text = "date", _instant(value)
        case _:
            kind, text = "string", "".join(c for c in value if c.isprintable())
    return f"<{kind} key={quoteattr(key)} value={quoteattr(text)}/>"


def ocel(read: Callable[[], Iterable[LoggedCase]]) -> Iterator[bytes]:
    """An OCEL 2.0 log in JSON: cases, visits of steps and people as objects, steps as events.

    *read* gives the cases, each time anew: what types there are stands before the events, and these before the objects.
    """
    names: dict[str, dict[str, str]] = {}
    activities: dict[str, None] = {}
    for case in read():
        of_type = names.setdefault(case.procedure, {})
        of_type.update({name: _type(value) for name, value in _of_case(case).items()})
        activities.update(dict.fromkeys(step.activity for step in case.steps))
    types = [
        *({"name": type_, "attributes": _declared(attributes)} for type_, attributes in sorted(names.items())),
        {"name": "person", "attributes": []},
        {"name": "visit", "attributes": [{"name": "element", "type": "string"}]},
    ]
    declared = [{"name": name, "attributes": _STEP_ATTRIBUTES} for name in sorted(activities)]
    yield b'{"objectTypes":' + orjson.dumps(types) + b',"eventTypes":' + orjson.dumps(declared) + b',"events":['
    yield from _listed(_event(case, step) for case in read() for step in case.steps)
    yield b'],"objects":['
    yield from _listed(_objects(read()))
    yield b"]}\n"


_STEP_ATTRIBUTES: Final = [
    {"name": name, "type": "string"} for name in ("lifecycle", "resource", "element", "on_behalf_of")
]


def _event(case: LoggedCase, step: LoggedStep) -> Mapping[str, Any]:
    said = {"lifecycle": step.transition, "resource": step.person, **_of_step(step)}
    related = [(case.number, "case"), (_person(step.person), "done by")]
    if step.on_behalf_of:
        related.append((_person(step.on_behalf_of), "on behalf of"))
    if step.key:
        related.append((_visit(case, step), "visit"))
    return {
        "id": step.id,
        "type": step.activity,
        "time": _instant(step.at),
        "attributes": [{"name": name, "value": value} for name, value in said.items()],
        "relationships": [{"objectId": of, "qualifier": qualifier} for of, qualifier in related],
    }


def _objects(cases: Iterable[LoggedCase]) -> Iterator[Mapping[str, Any]]:
    people: dict[str, None] = {}
    for case in cases:
        at = _instant(case.received_at)
        attributes = [{"name": name, "time": at, "value": _text(value)} for name, value in _of_case(case).items()]
        told = [{"objectId": number, "qualifier": "told"} for number in dict.fromkeys(case.told)]
        yield {"id": case.number, "type": case.procedure, "attributes": attributes, "relationships": told}
        visits = {_visit(case, step): (step.element, step.at) for step in case.steps if step.key}
        for visit, (element, since) in visits.items():
            said = [{"name": "element", "time": _instant(since), "value": element}]
            of = [{"objectId": case.number, "qualifier": "part of"}]
            yield {"id": visit, "type": "visit", "attributes": said, "relationships": of}
        for step in case.steps:
            people.update(dict.fromkeys(filter(None, (step.person, step.on_behalf_of))))
    for login in people:
        yield {"id": _person(login), "type": "person", "attributes": [], "relationships": []}


def _listed(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        yield (b",\n" if number else b"\n") + orjson.dumps(row)


def table(cases: Iterable[LoggedCase]) -> Iterator[bytes]:
    """CSV, a line for each step; no cell calculates anything."""
    yield b"\xef\xbb\xbf"  # else Excel takes it for another encoding
    yield _line(
        ["case", "procedure", "version", "activity", "element", "time", "lifecycle", "resource", "on_behalf_of"]
    )
    for case in cases:
        for step in case.steps:
            where = [case.number, case.procedure, str(case.version), step.activity, step.element]
            yield _line([*where, _instant(step.at), step.transition, step.person, step.on_behalf_of])


def _line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow([f"'{cell}" if cell.startswith(_FORMULAS) else cell for cell in cells])
    return line.getvalue().encode()


def _of_case(case: LoggedCase) -> dict[str, Scalar | datetime]:
    said: dict[str, Scalar | datetime] = {
        "procedure": case.procedure,
        "version": case.version,
        "status": case.status,
        "outcome": case.outcome,
        "received": case.received_at,
    }
    if case.ended_at:
        said["ended"] = case.ended_at
    return said | {f"data.{name}": value for name, value in case.attributes.items()}


def _of_step(step: LoggedStep) -> dict[str, str]:
    behalf = {"on_behalf_of": step.on_behalf_of} if step.on_behalf_of else {}
    return {"element": step.element, **behalf}


def _declared(attributes: Mapping[str, str]) -> list[Mapping[str, str]]:
    return [{"name": name, "type": kind} for name, kind in sorted(attributes.items())]


def _type(value: Scalar | datetime) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "float"
        case datetime():
            return "time"
        case _:
            return "string"


def _text(value: Scalar | datetime) -> Scalar:
    return _instant(value) if isinstance(value, datetime) else value


def _visit(case: LoggedCase, step: LoggedStep) -> str:
    return f"{case.number}/{step.key}"


def _person(login: str) -> str:
    return f"person/{login}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
