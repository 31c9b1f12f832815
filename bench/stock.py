"""The uncorrected SpiffWorkflow on the models of the benchmark; prints its figures as JSON. A process of its own."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util.task import TaskState

from bench.loop_model import DATA, LOOP, blocks, for_stock, milliseconds_a_step
from tests.interpreter.building import definitions
from tests.interpreter.complaint import EXPERT


class StockWalk:
    def __init__(self, *diagrams: str) -> None:
        parser = SpiffBpmnParser()
        parser.add_bpmn_str(definitions(*map(for_stock, diagrams)))
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))
        workflow = BpmnWorkflow(parser.get_spec("complaint"), parser.get_subprocess_specs("complaint"))
        workflow.do_engine_steps()
        self.step: str = self.serializer.serialize_json(workflow)

    def do(self, element: str, **data: Any) -> None:
        workflow = self.serializer.deserialize_json(self.step)
        ready = workflow.get_tasks(state=TaskState.READY, manual=True)
        task = next(task for task in ready if task.task_spec.name == element)
        task.data.update(data)
        task.run()
        workflow.do_engine_steps()
        self.step = self.serializer.serialize_json(workflow)


def main(rounds: tuple[int, ...], block_count: int) -> None:
    walk = StockWalk(LOOP, EXPERT)
    walk.do("register", **DATA)
    found = milliseconds_a_step(walk, rounds, times=15)
    begin = time.process_time()
    StockWalk(blocks(block_count))
    spent = (time.process_time() - begin) * 1000
    print(json.dumps({"steps": [(cost, len(state)) for cost, state in found.values()], "blocks": spent}))


if __name__ == "__main__":
    *rounds, block_count = map(int, sys.argv[1:])
    main(tuple(rounds), block_count)
