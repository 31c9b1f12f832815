"""A diagram with the course of one case on it, for paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from engine.history import Event
from engine.interpreter import FactKind
from engine.procedures.picture import Marks, picture


@dataclass(frozen=True)
class Course:
    """What a case did on a diagram."""

    visits: Counter[str] = field(default_factory=Counter)  #: element -> how many times the case was there
    flows: Counter[str] = field(default_factory=Counter)  #: sequence flow -> how many times it was taken
    by_hand: frozenset[str] = frozenset()  #: elements that somebody skipped or took the case away from


def course_on(events: Iterable[Event]) -> Course:
    """The course that *events* tell."""
    visits: Counter[str] = Counter()
    flows: Counter[str] = Counter()
    by_hand = set()
    for event in events:
        for kind, *rest in event.content.get("facts", ()):
            element = rest[0] if rest else ""
            if kind == FactKind.ENTERED:
                visits[element] += 1
            elif kind == FactKind.FLOW:
                flows[element] += 1
            elif kind in {FactKind.SKIPPED, FactKind.MOVED}:
                by_hand.add(element)
    return Course(visits, flows, frozenset(by_hand))


def drawn(xml: bytes, file: str, course: Course, names: Mapping[str, str]) -> Markup:
    """The drawing in *file*, whose content is *xml*: what the case came through is strong, the rest pale.

    How often it came there stands at the corner, with a hand where somebody intervened. "" without a drawing.
    """
    notes = {element: f"{times}×" for element, times in course.visits.items() if times > 1}
    notes |= {element: f"✋ {notes.get(element, '')}".strip() for element in course.by_hand}
    marks = Marks(frozenset({*course.visits, *course.flows}), bad=course.by_hand, notes=notes, pale=True)
    return Markup(picture(xml, file, names, marks))  # noqa: S704 -- our own drawing, every name in it escaped
