"""Letters are Liquid templates: a small language without access to anything but the values given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from liquid import Environment, Mode
from liquid.exceptions import LiquidError

from engine.errors import EngineError
from engine.procedures.package import Letter
from engine.text import in_language

#: Values every letter can use; the parameters of the task that sends it come on top.
LETTER_NAMES = frozenset({"data", "number", "company", "date", "case_link"})


class LetterRefused(EngineError):
    """A template cannot be read or rendered. *line* is the 1-based line inside the template."""

    code = "letter-refused"

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """What the customer or group reads."""

    subject: str  #: one line
    body: str  #: plain text


def render_letter(letter: Letter, language: str, values: Mapping[str, Any]) -> RenderedLetter:
    """The letter in *language*, or the nearest there is, with *values* put in. Raises LetterRefused.

    Values that are missing are left empty: a letter must not fail because an optional answer was not given.
    """
    subject, body = (_rendered(in_language(text, language), values) for text in (letter.subject, letter.body))
    return RenderedLetter(subject=" ".join(subject.split()), body=body)


def names_in(template: str) -> frozenset[tuple[str, ...]]:
    """The paths of the values a template uses, e.g. ``("data", "customer_name")``. Raises LetterRefused."""
    try:
        found = _environment().from_string(template).analyze()
    except (LiquidError, RecursionError) as error:
        raise _refused(error) from error
    return frozenset(
        tuple(str(segment) for segment in variable.segments) for uses in found.globals.values() for variable in uses
    )


def _rendered(template: str, values: Mapping[str, Any]) -> str:
    try:
        return _environment().from_string(template).render(**values)
    except (LiquidError, RecursionError) as error:
        raise _refused(error) from error


def _refused(error: Exception) -> LetterRefused:
    token = getattr(error, "token", None)
    line = token.source.count("\n", 0, token.start_index) + 1 if token is not None else None
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return LetterRefused(f"expected a Liquid template, found: {reason}", line)


@cache
def _environment() -> Environment:
    """Strict, and bounded: a letter has no loops over loops and no megabytes. Tags that load other files are gone."""
    environment = _BoundedEnvironment(tolerance=Mode.STRICT, autoescape=False)
    for tag in ("include", "render"):
        del environment.tags[tag]
    return environment


class _BoundedEnvironment(Environment):
    context_depth_limit = 10
    loop_iteration_limit = 5_000
    local_namespace_limit = 100_000
    output_stream_limit = 200_000
