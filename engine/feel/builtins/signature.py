"""How a built-in function says what it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.feel.evaluation import Evaluation
from engine.feel.temporal import YearsMonths
from engine.feel.values import FeelFunction, Range

_CLASSES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (Decimal,),
    "text": (str,),
    "boolean": (bool,),
    "date": (date,),
    "datetime": (datetime,),
    "time": (time,),
    "span": (timedelta,),
    "duration": (timedelta, YearsMonths),
    "list": (list,),
    "context": (dict,),
    "function": (FeelFunction,),
    "range": (Range,),
    "any": (object,),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str  #: a word of the table above
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function. *variadic*: any number of arguments arrive as one list."""

    parameters: tuple[Parameter, ...]
    call: Callable[..., Any]
    variadic: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    def takes(self, positional: int, named: Collection[str]) -> bool:
        """Whether so many arguments, or arguments of these names, are what it asks for."""
        if self.variadic:
            return not named and positional > 0
        required = [parameter.name for parameter in self.parameters if not parameter.optional]
        if named:
            return set(required) <= set(named) <= set(self.names)
        return len(required) <= positional <= len(self.parameters)

    def arguments(self, positional: Sequence[Any], named: Mapping[str, Any]) -> list[Any] | None:
        """The arguments in order, with singleton lists and single items fitted; None if they do not fit."""
        if self.variadic:
            return None if named else [list(positional)]
        if named:
            if not self.takes(0, named):
                return None
            positional = [named.get(name) for name in self.names]
        if len(positional) > len(self.parameters):
            return None
        values: list[Any] = []
        for index, parameter in enumerate(self.parameters):
            if index >= len(positional):
                if not parameter.optional:
                    return None
                values.append(None)
                continue
            value = _fitted(positional[index], parameter)
            if value is _UNFIT:
                return None
            values.append(value)
        return values


_UNFIT: Final = object()


def _fitted(value: Any, parameter: Parameter) -> Any:
    if value is None:
        return None if parameter.optional or parameter.kind == "any" else _UNFIT
    classes = _CLASSES[parameter.kind]
    if isinstance(value, classes):
        return value
    if parameter.kind == "list":
        return [value]
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], classes):
        return value[0]
    return _UNFIT


@dataclass(frozen=True, slots=True)
class Builtin:
    name: str
    signatures: tuple[Signature, ...]

    def ways(self, named: Iterable[str]) -> Sequence[Signature]:
        """The signatures, those first that have the *named* parameters in this order: it tells a range from a point."""
        order = tuple(named)
        return sorted(self.signatures, key=lambda signature: signature.names != order) if order else self.signatures

    def takes(self, positional: int, named: Collection[str]) -> bool:
        """Whether a call with so many arguments, or with these names, can have a result."""
        return any(signature.takes(positional, named) for signature in self.signatures)

    def as_function(self) -> FeelFunction:
        """The function as a value, to be handed to another one."""

        def call(evaluation: Evaluation, arguments: Sequence[Any]) -> Any:
            return invoke_builtin(evaluation, self, arguments, {})

        return FeelFunction(self.signatures[0].names, call)


def takes(parameters: str, call: Callable[..., Any]) -> Signature:
    """A signature written as ``"string: text, start position: number, length: number?"``."""
    return Signature(tuple(_parameter(part) for part in parameters.split(", ") if part), call)


def takes_any_number(call: Callable[..., Any]) -> Signature:
    return Signature((), call, variadic=True)


def invoke_builtin(
    evaluation: Evaluation, builtin: Builtin, positional: Sequence[Any], named: Mapping[str, Any]
) -> Any:
    """The result of the first signature that fits, null if none does."""
    evaluation.charge(1)
    for signature in builtin.ways(named):
        arguments = signature.arguments(positional, named)
        if arguments is not None:
            return signature.call(evaluation, *arguments)
    return None


def _parameter(text: str) -> Parameter:
    name, kind = text.split(": ")
    return Parameter(name, kind.removesuffix("?"), optional=kind.endswith("?"))
