"""Random models, random paths, saved and reloaded after every step, against an independent reference.

``MODELS=20000 pytest tests/interpreter/test_random_models.py`` walks more; a failure prints the seed of its model.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from engine.interpreter import CaseStatus, ReceiveMessage
from tests.interpreter.building import Walk, process
from tests.interpreter.reference import FLAGS, Model, Reference

MODELS = int(os.environ.get("MODELS", "300"))
BATCHES = 10
STEPS = 60


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_models_behave_like_the_reference(batch) -> None:
    for seed in range(batch, MODELS, BATCHES):
        try:
            walk_a_model(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


def walk_a_model(seed: int) -> None:
    random = Random(seed)
    model = Model(random)
    flags = {f"v{n}": random.random() < 0.5 for n in range(FLAGS)}
    reference = Reference(model, flags)
    walk = Walk('<message id="m_stop" name="stop"/>', process(model.xml))
    assert walk.begin(**flags).fault is None

    written: dict[str, object] = dict(flags)
    for step in range(STEPS):
        assert reference.open == walk.open
        if reference.done:
            break
        if reference.guarded and random.random() < 0.2:
            walk.ask(ReceiveMessage("stop", {}, {}))
            reference.stop()
            continue
        task = random.choice(reference.open)
        more = random.random() < 0.3 and step < STEPS // 2
        answer = {f"{task}_more": more} if task.startswith("ask") else {f"{task}_by": step}
        written |= answer
        assert walk.do(task, **answer).fault is None
        reference.complete(task, more=more)
        if not model.has_instances:  # instances that write one key are a conflict with a rule of its own
            assert written == walk.step.data

    assert reference.done == (walk.step.status is CaseStatus.COMPLETED)
