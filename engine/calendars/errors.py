"""What working time refuses."""

from __future__ import annotations

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


class ReceiptInvalid(EngineError):
    """A receipt cannot be read, or its lines do not add up to its date."""

    code = "receipt-invalid"
