"""Random models, random interventions: refused with a reason, a fault that changes nothing, or a case that goes on."""

from __future__ import annotations

import os
from random import Random

from engine.interpreter import (
    CancelBranch,
    CaseStatus,
    Migrate,
    MoveToken,
    OperationRefused,
    Resume,
    Skip,
    Suspend,
    destinations,
    migrate,
    places,
)
from tests.interpreter.building import Walk
from tests.interpreter.models import Model

MODELS = int(os.environ.get("MODELS", "300"))
STEPS = 25
#: Where interventions may lead that the diagram does not foresee: nobody waits any more, or nobody around catches.
FAULTS = ("dead-end", "error-not-caught")


def test_interventions_never_break_a_case() -> None:
    ended = 0
    for seed in range(MODELS):
        try:
            ended += intervened(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise

    assert ended > MODELS // 2


def intervened(seed: int) -> bool:
    """Walk one model with interventions in between; whether the case has ended by skipping what was left."""
    random = Random(seed)
    model = Model(random)
    walk = Walk(*model.parts)
    walk.begin(**model.data)
    for _ in range(STEPS):
        if walk.step.status is CaseStatus.COMPLETED:
            return True
        intervene(walk, random)
    for _ in range(10 * STEPS):
        if walk.step.status is CaseStatus.COMPLETED:
            return True
        if walk.step.status is CaseStatus.SUSPENDED:
            walk.ask(Resume(""))
        if walk.step.open_tasks:
            task = random.choice(walk.step.open_tasks)
            fault = walk.do(task.key, **{f"{task.element}_more": False}).fault
            assert fault is None or fault.code in FAULTS, fault
        else:
            intervene(walk, random)
    return False


def intervene(walk: Walk, random: Random) -> None:
    found = places(walk.definition, walk.step.state, now=walk.now, calendars=walk.calendars)
    if not found:  # only an event sub-process can go on
        return
    place = random.choice(found)
    to = random.choice(destinations(walk.definition, place.element) or [place.element])
    operation = random.choice([
        MoveToken(place.key, to, "", alone=random.random() < 0.5),
        Skip(place.key, ""),
        CancelBranch(place.key, ""),
        Suspend("", stop_clocks=random.random() < 0.5),
        Resume(""),
    ])  # fmt: skip
    before = walk.step.state
    try:
        step = walk.ask(operation)
    except OperationRefused:
        return
    assert step.fault is None or (step.fault.code in FAULTS and step.state == before), step.fault
    if walk.step.status is not CaseStatus.COMPLETED:
        over = Migrate(walk.definition.fingerprint, {}, "")
        same = migrate(walk.definition, walk.definition, walk.step.state, over, now=walk.now, calendars=walk.calendars)
        assert (same.open_tasks, same.state) == (walk.step.open_tasks, walk.step.state)
