"""Random models on random paths, saved and reloaded in every step, against an independent reference.

``MODELS=20000 pytest tests/interpreter/test_random_models.py`` walks more, ``python -m bench.models`` as many as one
likes; a failure has the seed of its model in a note, and ``walk_a_model(seed)`` walks it again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any

import pytest

from tests.interpreter.models import Model
from tests.interpreter.walking import walk_a_model

#: Some ten seconds of CPU; `make models` walks 20,000.
MODELS = int(os.environ.get("MODELS", "320"))
BATCHES = 20


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_models_behave_like_the_reference(batch) -> None:
    for seed in range(batch, MODELS, BATCHES):
        walk_a_model(seed)


def parts(of: Any) -> Iterator[Any]:
    if isinstance(of, tuple):
        for each in of:
            yield from parts(each)
    elif is_dataclass(of):
        yield of
        for field in fields(of):
            yield from parts(getattr(of, field.name))


def test_the_models_have_every_block_and_every_event() -> None:
    kinds, events, ends, repeated = set(), set(), set(), set()
    for seed in range(500):
        for part in parts(Model(Random(seed)).scope):
            name = type(part).__name__
            kinds.add(name)
            match name:
                case "Boundary" | "EventSubProcess":
                    events.add((name, part.trigger.kind, part.interrupting))
                case "Catch":
                    events.add((name, part.trigger.kind, None))
                case "End" | "Throw":
                    ends.add((name, part.trigger.kind))
                case "Several":
                    repeated.add((type(part.body).__name__, part.parallel, bool(part.stop)))

    assert kinds == {
        "AllOf", "Boundary", "Catch", "End", "EventSubProcess", "FirstOf", "InTurn", "Inside", "Loop", "OneOf", "Pairs",
        "Scope", "Script", "Several", "SomeOf", "Task", "Throw", "Trigger", "Watched",
    }  # fmt: skip
    both = ("message", "timer", "signal", "conditional", "escalation")
    watching = {
        (place, kind, way) for place in ("Boundary", "EventSubProcess") for kind in both for way in (True, False)
    }
    watching |= {("Boundary", "error", True), ("EventSubProcess", "error", True)}
    assert events == watching | {("Catch", kind, None) for kind in ("message", "timer", "signal", "conditional")}
    assert ends == {("End", kind) for kind in ("", "terminate", "error", "escalation")} | {
        ("Throw", kind) for kind in ("message", "signal", "escalation")
    }
    assert repeated == {
        (body, parallel, stop)
        for body in ("Task", "Inside")
        for parallel, stop in ((True, False), (False, False), (False, True))
    }
