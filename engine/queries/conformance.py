"""Whether a case went as its diagram draws it and as the regulation's clauses say, with the event that shows it. Pure.

Nobody is accused without an event: what the history does not show is said to be not to be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from engine.history import Event
from engine.interpreter import FactKind
from engine.procedures import Package
from engine.procedures.package import Clause


class Verdict(StrEnum):
    """How a case stands to a clause; of several the first in this order counts."""

    NOT_MET = "not_met"
    OPEN = "open"  #: it is still going on
    MET = "met"
    NOT_APPLICABLE = "not_applicable"  #: the case did not come to it
    UNKNOWABLE = "unknowable"  #: nothing in a case can show it


@dataclass(frozen=True, slots=True)
class Judgement:
    """A clause, what is to be said of it, and why."""

    clause: Clause
    verdict: Verdict
    seq: int  #: of the event that shows it, 0 = none
    reason: str  #: "skipped", "moved", "overdue"; "" where it is met or open
    about: str  #: element, time limit, decision or letter it is about


@dataclass(frozen=True, slots=True)
class Deviation:
    """Somebody did to the case what its diagram does not draw."""

    seq: int
    action: str  #: CaseAction
    subject: str


#: The actions by which a case leaves its diagram, or stands still beside it.
INTERVENTIONS: Final = frozenset(
    {"move_token", "skip_step", "cancel_branch", "suspend_case", "resume_case", "migrate_case"}
)
#: What the ends of a fact mean that were cut.
_ABSENT: Final[list[Any]] = ["", "", "", None]
_PARTS: Final = ("element", "deadline", "decision", "letter")


def judge(package: Package, events: Sequence[Event], *, ended: bool) -> tuple[Judgement, ...]:
    """What is to be said of every clause of *package* about the case of *events*, in the order of the clauses."""
    shown = _Shown.of(events, ended=ended)
    return tuple(_judged(clause, shown) for clause in package.clauses)


def deviations(events: Iterable[Event]) -> tuple[Deviation, ...]:
    """Every intervention, in order. Without any the case went as drawn: nothing else can move it."""
    return tuple(Deviation(event.seq, event.action, event.subject) for event in events if event.action in INTERVENTIONS)


@dataclass(frozen=True, slots=True)
class _Said:
    verdict: Verdict
    seq: int = 0
    reason: str = ""


class _Shown:
    """What the history shows of each element, time limit, rule and letter."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, str], list[_Said]] = {}
        self.open: dict[tuple[str, str], dict[str, int]] = {}  #: running now: visit or round -> event that began it

    @classmethod
    def of(cls, events: Iterable[Event], *, ended: bool) -> _Shown:
        shown = cls()
        for event in events:
            shown._read(event)
        if ended:
            shown.open.clear()
        return shown

    def about(self, kind: str, name: str) -> list[_Said]:
        found = self.said.get((kind, name), [])
        running = [_Said(Verdict.OPEN, seq) for seq in self.open.get((kind, name), {}).values()]
        return [*found, *running] or [_Said(Verdict.NOT_APPLICABLE)]

    def _read(self, event: Event) -> None:
        by_hand = {}
        for kind, element, key, detail in _facts(event):
            if kind in {FactKind.SKIPPED, FactKind.MOVED}:
                by_hand[key] = str(kind)
                self._say("element", element, _Said(Verdict.NOT_MET, event.seq, str(kind)))
            elif kind == FactKind.ENTERED:
                self.open.setdefault(("element", element), {})[key] = event.seq
            elif kind in {FactKind.LEFT, FactKind.CANCELLED}:
                self.open.get(("element", element), {}).pop(key, None)
                if kind == FactKind.LEFT and key not in by_hand:
                    self._say("element", element, _Said(Verdict.MET, event.seq))
            elif kind == FactKind.DECIDED:
                for rule in detail.get("rules") or ():
                    self._say("decision", f"{detail['decision']}#{rule}", _Said(Verdict.MET, event.seq))
                self._say("decision", str(detail["decision"]), _Said(Verdict.MET, event.seq))
            elif kind.startswith("clock_"):
                self._read_clock(kind, detail, event.seq)
        if letter := event.content.get("letter"):
            self._say("letter", str(letter), _Said(Verdict.MET, event.seq))

    def _read_clock(self, kind: str, detail: Mapping[str, Any], seq: int) -> None:
        name, number = str(detail.get("clock")), str(detail.get("round"))
        running = self.open.setdefault(("deadline", name), {})
        if kind == FactKind.CLOCK_STARTED:
            running[number] = seq
        elif kind == FactKind.CLOCK_BREACHED:
            running.pop(number, None)
            self._say("deadline", name, _Said(Verdict.NOT_MET, seq, "overdue"))
        elif kind == FactKind.CLOCK_STOPPED:
            running.pop(number, None)
            if not detail.get("cancelled"):
                met = detail.get("met")
                self._say("deadline", name, _Said(Verdict.MET, seq) if met else _Said(Verdict.NOT_MET, seq, "overdue"))

    def _say(self, kind: str, name: str, said: _Said) -> None:
        self.said.setdefault((kind, name), []).append(said)


def _judged(clause: Clause, shown: _Shown) -> Judgement:
    parts = [(said, name) for kind in _PARTS for name in getattr(clause, kind) for said in shown.about(kind, name)]
    if not parts:
        return Judgement(clause, Verdict.UNKNOWABLE, 0, "", "")
    said, name = min(parts, key=lambda part: list(Verdict).index(part[0].verdict))
    return Judgement(clause, said.verdict, said.seq, said.reason, name)


def _facts(event: Event) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    facts: Sequence[list[Any]] = event.content.get("facts", [])
    for fact in facts:
        kind, element, key, detail = [*fact, *_ABSENT[len(fact) :]]
        yield kind, element, key, detail or {}
