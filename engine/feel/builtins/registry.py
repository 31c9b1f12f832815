"""All built-in functions by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from engine.feel.builtins import contexts, conversions, lists, numeric, ranges, strings, temporal
from engine.feel.builtins.signature import Builtin, invoke_builtin

__all__ = ["Builtin", "builtins", "invoke_builtin"]


@lru_cache(maxsize=1)
def builtins() -> Mapping[str, Builtin]:
    """Name to function, e.g. ``"list contains"``."""
    subjects = (contexts, conversions, lists, numeric, ranges, strings, temporal)
    return {name: Builtin(name, ways) for subject in subjects for name, ways in subject.functions().items()}
