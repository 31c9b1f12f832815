"""The uncorrected SpiffWorkflow on the loop model; prints its figures as JSON. A process of its own."""

from __future__ import annotations

import json
import time
from statistics import median

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState

from bench.loop_model import STEPS, STOCK_LOOP
from tests.interpreter.building import definitions

_SECONDS = 30
_ROUNDS = (1, 40, 400)


def main() -> None:
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(definitions(STOCK_LOOP))
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
    workflow = BpmnWorkflow(parser.get_spec("complaint"), parser.get_subprocess_specs("complaint"))
    workflow.task_tree.data["done"] = False
    workflow.do_engine_steps()
    state = serializer.serialize_json(workflow)
    found: dict[str, float] = {}
    costs: list[float] = []
    begin = time.monotonic()
    done = 0
    try:
        while done < max(_ROUNDS) + 4 and time.monotonic() - begin < _SECONDS:
            state, cost = _round(serializer, state)
            costs.append(cost / len(STEPS) * 1000)
            done += 1
            at = done - 4
            if at in _ROUNDS:
                found[f"loop step CPU, round {at}"] = median(costs[-5:])
                found[f"loop state, round {at}"] = len(state)
    except RecursionError:
        found["rounds until the case dies of recursion"] = done
    found["rounds walked in at most 30 s"] = done
    print(json.dumps(found))


def _round(serializer: BpmnWorkflowSerializer, state: str) -> tuple[str, float]:
    """One round, loading and saving at every step as a server does."""
    begin = time.process_time()
    for step in STEPS:
        workflow = serializer.deserialize_json(state)
        task = next(t for t in workflow.get_tasks(state=TaskState.READY, manual=True) if t.task_spec.name == step)
        task.data[f"{step}_note"] = "seen"
        task.run()
        workflow.do_engine_steps()
        state = serializer.serialize_json(workflow)
    return state, time.process_time() - begin


if __name__ == "__main__":
    main()
