"""Rendering letters: Liquid with limits, because companies write the templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError

from engine.errors import EngineError


class LetterFailed(EngineError):
    """A letter's template cannot be rendered with this case's data."""

    code = "letter-failed"


class _Bounded(Environment):
    """Liquid that stops before a template can hurt the worker."""

    loop_iteration_limit = 10_000
    output_stream_limit = 200_000
    local_namespace_limit = 100_000
    context_depth_limit = 20


def render(template: str, values: Mapping[str, Any]) -> str:
    """The text of *template* with *values*; names that have no value give nothing. Raises LetterFailed."""
    try:
        return _Bounded().from_string(template).render(**values)
    except LiquidError as error:
        raise LetterFailed(f"expected a letter that can be rendered, found: {error}") from error


def one_line(text: str) -> str:
    """*text* as a subject: line breaks would end the header."""
    return " ".join(text.split())
