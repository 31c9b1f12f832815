"""What working time refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import EngineError


class CalendarInvalid(EngineError):
    """A calendar cannot be worked with. *place* names the wrong entry, e.g. ``"make_up_days.2026-10-10"``."""

    code = "calendar-invalid"

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"calendar, {place}: {problem}")
        self.place, self.problem = place, problem


class DeadlineInvalid(EngineError):
    """A deadline, pause, share or schedule cannot be computed. *field* is its wrong part, e.g. ``"amount"``."""

    code = "deadline-invalid"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"deadline, {field}: {problem}")
        self.field, self.problem = field, problem


class NaiveInstant(EngineError):
    """A date-time without a time zone was given where an instant is needed."""

    code = "naive-instant"

    def __init__(self, what: str) -> None:
        super().__init__(f"expected {what} with a time zone, found a date-time without one; add tzinfo or an offset")
        self.what = what


@dataclass(frozen=True, slots=True)
class NoticeProblem:
    """One thing wrong in the text of a notice. The page turns *rule* and *params* into a sentence of its language."""

    line: int  #: from 1
    text: str  #: what stands there
    rule: str  #: ``nothing year other_year no_such_day outside span weekday count twice festival unreadable``
    expected: str  #: in English, e.g. ``"2026-01-04 is a Sunday"``
    params: Mapping[str, str | int] = field(default_factory=dict)  #: the facts of *expected*, e.g. {"weekday": 7}


class NoticeInvalid(EngineError):
    """The text of a holiday notice cannot be taken over. *problems* names all of them, in the order of lines."""

    code = "notice-invalid"

    def __init__(self, problems: Sequence[NoticeProblem]) -> None:
        first = problems[0]
        where = f"line {first.line}, {first.text!r}: expected {first.expected}"
        super().__init__(f"expected a holiday notice, found {len(problems)} problems; {where}")
        self.problems = tuple(problems)


class ReceiptInvalid(EngineError):
    """A receipt cannot be read, or its lines do not add up to its date."""

    code = "receipt-invalid"
