"""How cases of the uncorrected SpiffWorkflow are made, moved, saved and measured for the functions beside.

Each of those shows one defect and is True while the library has it; ``defects.py`` lists them and runs them in a process
of their own. A defect that never ends is stopped after some lines of Python, not after some time.
"""

# ruff: noqa: A002 - an element's id is called id

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from tests.interpreter.building import chain, definitions, element, end, process, start, user

MESSAGE = '<message id="m" name="news"/>'
NEWS = '<messageEventDefinition messageRef="m"/>'
#: An instant every timer has behind it.
LONG_AGO: Final = "2020-01-01T00:00:00+00:00"
EXPERT = process(start("s") + user("review") + end("e") + chain("s", "review", "e"), id="expert")
ITEMS = '<loopDataInputRef>stores</loopDataInputRef><inputDataItem id="store"/>'


def parsed(*parts: str, decision: bytes = b"", parser_class: type[BpmnParser] = SpiffBpmnParser) -> BpmnParser:
    """The parser that has read *parts*; a single part without <process> is the body of the process."""
    parser = parser_class()
    if decision:
        parser.add_dmn_str(decision)
    if not any("<process " in part for part in parts):
        parts = (process("".join(parts)),)
    parser.add_bpmn_str(definitions(*parts))
    return parser


def new_case(parser: BpmnParser, engine: PythonScriptEngine | None = None, **data: Any) -> BpmnWorkflow:
    spec, others = parser.get_spec("complaint"), parser.get_subprocess_specs("complaint")
    case = BpmnWorkflow(spec, others, script_engine=engine)
    case.task_tree.data.update(data)
    case.do_engine_steps()
    return case


def workflow(*parts: str, **data: Any) -> BpmnWorkflow:
    return new_case(parsed(*parts), **data)


def between(part: str, id: str = "x") -> str:
    return process(start() + part + user("after") + end() + chain("start", id, "after", "end"))


def several(inner: str, *, sequential: bool = False, body: str = "") -> str:
    loop = f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">{inner}</multiInstanceLoopCharacteristics>'
    return between(element("userTask", "x", loop + body))


def ready(case: BpmnWorkflow) -> list[str]:
    return sorted(task.task_spec.name for task in case.get_tasks(state=TaskState.READY, manual=True))


def open_task(case: BpmnWorkflow, name: str) -> Any:
    return next(task for task in case.get_tasks(state=TaskState.READY, manual=True) if task.task_spec.name == name)


def do(case: BpmnWorkflow, name: str, **data: Any) -> Any:
    task = open_task(case, name)
    task.data.update(data)
    task.run()
    case.do_engine_steps()
    return task


def wake(case: BpmnWorkflow) -> None:
    case.refresh_timers()
    case.do_engine_steps()


def let_hours_pass(case: BpmnWorkflow, name: str) -> None:
    """Let the timer that waits at *name* be due, without anybody having noticed."""
    (waiting,) = case.get_tasks(spec_name=name)
    waiting.internal_data["event_value"] = LONG_AGO


def send(case: BpmnWorkflow, payload: dict[str, Any] | None = None, correlations: Any = None) -> None:
    case.send_event(BpmnEvent(MessageEventDefinition("news"), payload or {}, correlations))
    case.do_engine_steps()


def saved(case: BpmnWorkflow) -> tuple[BpmnWorkflowSerializer, str]:
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(DEFAULT_CONFIG))
    return serializer, serializer.serialize_json(case)


def error_of(doing: Callable[[], object]) -> Exception | None:
    try:
        doing()
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return error
    return None


class _EndlessError(BaseException):
    """Not an Exception, so that nobody on the way takes it for one of the procedure's."""


def never_ends(doing: Callable[[], object], lines: int = 300_000) -> bool:
    """Whether *doing* is still busy after so many *lines* of Python."""
    left = lines

    def count(_frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise _EndlessError
        return count

    sys.settrace(count)
    try:
        doing()
    except _EndlessError:
        return True
    finally:
        sys.settrace(None)
    return False


def calls_of(doing: Callable[[], object]) -> int:
    """How many Python functions *doing* calls: a measure of work that no other program disturbs."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        doing()
    finally:
        sys.setprofile(None)
    return calls
