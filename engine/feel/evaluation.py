"""One evaluation: its data, its instant, its budget, and the scopes that come and go within it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any, Final

from engine.feel.errors import limit_reached
from engine.feel.limits import MAX_CALLS, MAX_DATA_DEPTH, MAX_STEPS, MAX_TEXT
from engine.feel.numbers import EXACT, number_from_json
from engine.feel.temporal import YearsMonths

#: Classes whose values are the same inside and outside of FEEL.
PLAIN: Final = frozenset({str, bool, NoneType, Decimal, date, datetime, time, timedelta, YearsMonths})


class Evaluation:
    """Several expressions may share one; they then share the budget and the converted data."""

    __slots__ = ("_calls", "_converted", "_first", "_steps", "context", "now")

    def __init__(
        self,
        context: Mapping[str, Any],
        *,
        now: datetime,
        first: Evaluation | None = None,
        converted: dict[str, Any] | None = None,
    ) -> None:
        """*context* holds JSON or FEEL values and is not changed; *now* is aware. *first* keeps the budget.

        *converted*: what evaluations of the same context before this one have converted of it, with their budget.
        """
        assert now.tzinfo is not None, "expected an aware datetime"
        self.context = context
        self.now = now
        self._first = self if first is None else first
        self._steps = MAX_STEPS
        self._calls = 0
        self._converted = converted

    def with_names(self, names: Mapping[str, Any]) -> Evaluation:
        """The same evaluation, with *names* in front of its context: same instant, same budget."""
        self.charge(1 + len(self.context) // 8)
        return Evaluation({**self.context, **names}, now=self.now, first=self._first)

    def apart(self, context: Mapping[str, Any]) -> Evaluation:
        """The same instant and budget over another *context*."""
        return Evaluation(context, now=self.now, first=self._first)

    def charge(self, steps: int) -> None:
        """Take *steps* from the budget. Raises FeelError when nothing is left."""
        first = self._first
        first._steps -= steps  # noqa: SLF001 - of the same class
        if first._steps < 0:  # noqa: SLF001
            raise limit_reached("steps of evaluation", MAX_STEPS)

    def charge_text(self, length: int) -> None:
        """Pay for a text that is about to be made. Raises FeelError if it is too long."""
        if length > MAX_TEXT:
            raise limit_reached("characters of text", MAX_TEXT)
        self.charge(1 + length // 8)

    def charge_reading(self, length: int) -> None:
        """Pay for looking through a text, which is far quicker than making one."""
        self.charge(1 + length // 256)

    def enter_call(self) -> None:
        """A function of the author's starts. Raises FeelError if too many wait for each other."""
        first = self._first
        first._calls += 1  # noqa: SLF001 - of the same class
        if first._calls > MAX_CALLS:  # noqa: SLF001
            raise limit_reached("functions calling each other", MAX_CALLS)

    def leave_call(self) -> None:
        self._first._calls -= 1  # noqa: SLF001 - of the same class

    def variable(self, name: str) -> Any:
        """The context's value of *name* as a FEEL value, null if there is none."""
        value: Any = self.context.get(name)
        kind = value.__class__
        if kind in PLAIN:
            return value
        if kind is int and -EXACT < value < EXACT:
            return Decimal(value)
        if self._converted is None:
            self._converted = {}
        if name not in self._converted:
            self._converted[name] = self.from_json(value)
        return self._converted[name]

    def from_json(self, value: Any, depth: int = 0) -> Any:
        """*value* with numbers as Decimals, all the way down. FEEL values pass unchanged."""
        kind = value.__class__
        if kind in PLAIN:
            return value
        if kind is int or kind is float:
            return number_from_json(value)
        if depth > MAX_DATA_DEPTH:
            raise limit_reached("levels of data", MAX_DATA_DEPTH)
        # A dict and a list are recognised without asking abstract classes, which takes longer than converting.
        if kind is dict or isinstance(value, Mapping):
            self.charge(1 + len(value))
            return {str(key): self.from_json(item, depth + 1) for key, item in value.items()}
        if kind is list or isinstance(value, list | tuple):
            self.charge(1 + len(value))
            return [self.from_json(item, depth + 1) for item in value]
        return number_from_json(value) if isinstance(value, int | float) else value


class Scope:
    """Names that hold in a part of an expression, in front of those around it."""

    __slots__ = ("evaluation", "names", "parent")

    def __init__(self, evaluation: Evaluation, names: Mapping[str, Any], parent: Scope | None) -> None:
        self.evaluation = evaluation
        self.names = names
        self.parent = parent

    def within(self, names: Mapping[str, Any]) -> Scope:
        return Scope(self.evaluation, names, self)

    def lookup(self, name: str) -> Any:
        """The innermost value of *name*, at last the context's, else null."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return self.evaluation.variable(name)
