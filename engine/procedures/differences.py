"""What changed from one version of a procedure to another, as values: where shapes stand does not count.

Both versions are written down as facts, thing by thing; what differs between the two lists is the answer. Words for
people are made by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from engine.forms.model import answered
from engine.procedures.diagram import Diagram, Element, Flow, read_diagram
from engine.procedures.package import DeadlineRule, Package
from engine.text import Text


class Part(StrEnum):
    """What kind of thing changed. In this order they are told."""

    STEP = "step"
    WAY = "way"
    LANE = "lane"
    DEADLINE = "deadline"
    FORM = "form"
    FIELD = "field"
    DECISION = "decision"
    LETTER = "letter"
    CLAUSE = "clause"
    SETTING = "setting"


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Facet:
    """One fact that is another now; "" = it is not said."""

    name: str  #: e.g. ``"due"``
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came, went or is different."""

    part: Part
    kind: Kind
    id: str  #: of a field: form and field, ``"intake.channel"``
    name: Text  #: as it is called now, or was called last; empty when it has no name
    file: str = ""  #: of a step, way or lane: the diagram it is drawn in
    facets: tuple[Facet, ...] = ()  #: of what changed


@dataclass(frozen=True, slots=True)
class _Thing:
    name: Text
    facts: Mapping[str, str]
    file: str = ""


_Things = dict[tuple[Part, str], _Thing]
_DEADLINE: Final = tuple(field.name for field in fields(DeadlineRule) if field.name not in {"id", "title"})


def differences(before: Package, after: Package) -> tuple[Difference, ...]:
    """Every difference in the order of parts and of ids. Versions with the same meaning have none."""
    was, now = _things(before), _things(after)
    parts = list(Part)
    order = sorted({*was, *now}, key=lambda key: (parts.index(key[0]), key[1]))
    return tuple(found for key in order if (found := _difference(key, was.get(key), now.get(key))))


def _difference(key: tuple[Part, str], was: _Thing | None, now: _Thing | None) -> Difference | None:
    part, id_ = key
    if was is None and now is not None:
        return Difference(part, Kind.ADDED, id_, now.name, now.file)
    if now is None and was is not None:
        return Difference(part, Kind.REMOVED, id_, was.name, was.file)
    assert was is not None
    assert now is not None
    names = dict.fromkeys([*was.facts, *now.facts])
    facets = tuple(
        Facet(name, was.facts.get(name, ""), now.facts.get(name, ""))
        for name in names
        if was.facts.get(name, "") != now.facts.get(name, "")
    )
    return Difference(part, Kind.CHANGED, id_, now.name, now.file, facets) if facets else None


def _things(package: Package) -> _Things:
    diagram = read_diagram(package.diagrams)
    return {
        **{(Part.STEP, each.id): _step(package, each) for each in diagram.elements.values()},
        **{(Part.WAY, each.id): _way(package, diagram, each) for each in diagram.flows.values()},
        **{(Part.LANE, each.id): _lane(package, each.id, each.file) for each in diagram.lanes.values()},
        **{(Part.DEADLINE, rule.id): _deadline(rule) for rule in package.deadlines.values()},
        **dict(_forms(package)),
        **dict(_texts(package)),
        **{(Part.SETTING, name): _Thing({}, facts) for name, facts in _settings(package).items()},
    }


def _named(package: Package, id_: str) -> dict[str, str]:
    """The names of an element in all languages, each a fact of its own."""
    return {f"name {language}": words for language, words in package.element_names.get(id_, {}).items()}


def _step(package: Package, element: Element) -> _Thing:
    operator = element.operator
    facts = {
        **_named(package, element.id),
        "kind": element.kind,
        "lane": element.lane,
        "inside": element.parent if element.parent != element.process else "",
        "attached": element.attached_to,
        "interrupts": "" if element.interrupting else "no",
        **{name: f"{value or '–'}" for name, value in element.properties.items()},
        "script": element.script,
        "decision": element.decision,
        "called": element.called,
        "service": operator.id if operator else "",
        **({f"parameter {name}": value for name, value in operator.parameters.items()} if operator else {}),
        "time": element.timer.text if element.timer else "",
        "event": " ".join(element.events),
        "message": element.message,
        "link": element.link,
        "condition": element.condition,
        "sent": element.payload,
        **{f"repeats {name}": value for name, value in element.repeats.items()},
    }
    return _Thing(package.element_names.get(element.id, {}), facts, element.file)


def _way(package: Package, diagram: Diagram, flow: Flow) -> _Thing:
    source = diagram.elements.get(flow.source)
    facts = {
        **_named(package, flow.id),
        "from": flow.source,
        "to": flow.target,
        "condition": flow.condition or "",
        "default": "yes" if source is not None and source.default == flow.id else "",
    }
    return _Thing(package.element_names.get(flow.id) or _between(package, flow), facts, flow.file)


def _between(package: Package, flow: Flow) -> Text:
    """What a way without a name is called: from where to where."""
    source, target = (package.element_names.get(end, {}) for end in (flow.source, flow.target))
    return {language: f"{source[language]} → {target[language]}" for language in source if language in target}


def _lane(package: Package, lane: str, file: str) -> _Thing:
    facts = {**_named(package, lane), "group": package.lanes.get(lane, "")}
    return _Thing(package.element_names.get(lane, {}), facts, file)


def _deadline(rule: DeadlineRule) -> _Thing:
    titles = {f"name {language}": words for language, words in rule.title.items()}
    return _Thing(rule.title, titles | {name: _said(getattr(rule, name)) for name in _DEADLINE})


def _forms(package: Package) -> Iterator[tuple[tuple[Part, str], _Thing]]:
    for form in package.forms.values():
        titles = {f"name {language}": words for language, words in form.title.items()}
        yield (Part.FORM, form.id), _Thing(form.title, titles)
        for path, field in answered(form):
            said = field.model_dump(exclude={"id"}, exclude_defaults=True)
            facts = {name: _said(value) for name, value in said.items()}
            yield (Part.FIELD, f"{form.id}.{path}"), _Thing(field.label, facts)


def _texts(package: Package) -> Iterator[tuple[tuple[Part, str], _Thing]]:
    for letter in package.letters.values():
        facts = {f"subject {language}": words for language, words in letter.subject.items()}
        facts |= {f"body {language}": words for language, words in letter.body.items()}
        yield (Part.LETTER, letter.id), _Thing(letter.subject, facts)
    for clause in package.clauses:
        links = {name: _said(getattr(clause, name)) for name in ("element", "form", "decision", "deadline", "letter")}
        facts = {"reference": clause.reference, **{f"name {k}": v for k, v in clause.summary.items()}, **links}
        yield (Part.CLAUSE, clause.id), _Thing(clause.summary, facts | {"excused": clause.excused})
    for name, content in package.decisions.items():
        yield (Part.DECISION, name), _Thing({}, {"content": content.decode(errors="replace")})


def _settings(package: Package) -> dict[str, dict[str, str]]:
    """What stands in procedure.toml beside lanes and deadlines."""
    start = {field.name: _said(getattr(package.start, field.name)) for field in fields(package.start)}
    case = {field.name: _said(getattr(package.case, field.name)) for field in fields(package.case)}
    told = {key: _said(dict(words)) for key, words in {**package.milestones, **package.outcomes}.items()}
    title = {f"name {language}": words for language, words in package.title.items()}
    return {"title": title, "start": start, "case": case, "told": told, "guidance": _guidance(package)}


def _guidance(package: Package) -> dict[str, str]:
    return {f"{key} {language}": words for key, texts in package.guidance.items() for language, words in texts.items()}


def _said(value: Any) -> str:
    """A value as text; what is empty, or off, is not said."""
    if value is None or value is False or value in ((), {}, [], ""):
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(_said, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_said(item)}" for key, item in value.items())
    return "yes" if value is True else str(value)
