"""What of BPMN runs, and what to use instead of the rest. Whatever stands in no table here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ACTIVITIES: Final = frozenset(
    {
        "userTask", "manualTask", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask",
        "subProcess", "callActivity",
    }
)  # fmt: skip
GATEWAYS: Final = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
EVENTS: Final = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
FLOW_NODES: Final = ACTIVITIES | GATEWAYS | EVENTS

#: Flow nodes that do not run. What is drawn around and inside them is judged as if they did: only they are refused.
REFUSED_NODES: Final = frozenset({"task", "complexGateway", "transaction", "adHocSubProcess"})
SUBPROCESSES: Final = frozenset({"subProcess", "transaction"})

#: Where a token can stand for some time.
WAITING: Final = frozenset(
    {
        "userTask", "manualTask", "serviceTask", "receiveTask", "subProcess", "callActivity", "eventBasedGateway",
        "intermediateCatchEvent",
    }
)  # fmt: skip

#: The start event of an event sub-process, beside the tags of the other events.
EVENT_SUB_PROCESS: Final = "eventSubProcess"
#: The start event of any other sub-process.
SUB_PROCESS_START: Final = "subProcessStart"

#: Event definitions that run, by kind of event.
RUNS: Final[Mapping[str, frozenset[str]]] = {
    "startEvent": frozenset({"message", "signal"}),
    "endEvent": frozenset({"message", "signal", "error", "escalation", "terminate"}),
    "intermediateCatchEvent": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "intermediateThrowEvent": frozenset({"message", "signal", "escalation", "link"}),
    "boundaryEvent": frozenset({"message", "timer", "signal", "conditional", "error", "escalation"}),
    SUB_PROCESS_START: frozenset(),
    EVENT_SUB_PROCESS: frozenset({"message", "timer", "signal", "conditional", "error", "escalation"}),
}

#: What to use instead of an event definition that does not run.
_INSTEAD_OF_EVENT: Final[Mapping[str, str]] = {
    "conditional": "nothing looks at the data before a case begins; use a message",
    "compensate": "draw the undoing steps as tasks behind a gateway",
    "cancel": "use an error event",
    "timer": "name the process in a schedule of procedure.toml, which knows working days",
    "error": "use an error end event",
    "escalation": "use a boundary event around the sub-process",
    "terminate": "use a terminate end event",
}

#: What to use instead of an element that does not run.
INSTEAD: Final[Mapping[str, str]] = {
    "task": "use a user task, or the task type that fits",
    "complexGateway": "use an inclusive gateway",
    "transaction": "use a sub-process with an error boundary event",
    "adHocSubProcess": "use a sub-process with an inclusive gateway",
    "dataStoreReference": "keep what is needed in the case's data; use a text annotation",
    "dataStore": "keep what is needed in the case's data",
    "assignment": "write the value with a script task",
    "transformation": "write the value with a script task",
    "ioSpecification": "every element sees the case's data; remove it",
    "property": "keep values in the case's data",
    "potentialOwner": "put the task into a lane, or give it the property group",
    "humanPerformer": "put the task into a lane, or give it the property group",
    "performer": "put the task into a lane, or give it the property group",
    "resourceRole": "put the task into a lane, or give it the property group",
    "choreographyTask": "draw the procedure as a process",
    "preScript": "use a script task before this one",
    "postScript": "use a script task after this one",
}

#: Attributes that change what an element means: attribute -> (the value that is harmless, what to use instead).
REFUSED_ATTRIBUTES: Final[Mapping[str, tuple[str, str]]] = {
    "isForCompensation": ("false", "draw the undoing steps as tasks"),
    "parallelMultiple": ("false", "use a parallel gateway and one event in each branch"),
    "startQuantity": ("1", "use a parallel gateway"),
    "completionQuantity": ("1", "use a parallel gateway"),
}

#: What of SpiffWorkflow's behaviour is replaced, by element or event definition; the reasons are in ``corrections``.
CORRECTED: Final[Mapping[str, str]] = {
    "parallelGateway": "a join takes one token of each flow, also in loops, and of each value what was written last",
    "inclusiveGateway": "a join goes on when no token can come any more, also in loops",
    "exclusiveGateway": "the first flow in the file whose condition holds",
    "eventBasedGateway": "each event waits for itself, the first one wins",
    "scriptTask": "one FEEL expression; its value goes to the property result",
    "serviceTask": "asks a job handler and waits for its answer; nothing is called inside the step",
    "businessRuleTask": "our own DMN; the rules that hit are in the history",
    "subProcess": "works on the case's data; what ends inside early keeps what was written",
    "callActivity": "works on the case's data; what ends inside early keeps what was written",
    "multiInstanceLoopCharacteristics": "results in the order of the instances, null items and early ends included",
    "timer": "counted from the step's instant; cycles keep their reminders; ids of deadlines count as times",
    "message": "taken once by name and correlation, by the element that has waited longest; kept until somebody can",
    "signal": "heard by everybody who waits for it at that moment, in every case of the company",
    "conditional": "looked at in every step, over the data as if all branches joined; fires when it becomes true",
    "error": "caught by the innermost activity around; what was written inside stays",
    "escalation": "heard by the innermost activity around, in vain where there is none",
    "link": "goes on at the catch event of the same name in the same process or sub-process",
    "eventSubProcess": "waits beside its process or sub-process, and ends with it; reads and writes the case's data",
    "dataObject": "a drawn name for what is in the case's data; that of a sub-process ends with it",
    "dataObjectReference": "drawn; every element sees the case's data",
    "dataInputAssociation": "drawn; every element sees the case's data",
    "dataOutputAssociation": "drawn; every element writes to the case's data",
    "terminate": "ends its own process or sub-process only; what other branches wrote stays",
}

ROOT_CHILDREN: Final = frozenset(
    {
        "process", "collaboration", "message", "error", "escalation", "signal", "correlationProperty", "itemDefinition",
        "category", "documentation", "extensionElements", "relationship",
    }
)  # fmt: skip
DRAWN_DATA: Final = frozenset({"dataObject", "dataObjectReference", "dataInputAssociation", "dataOutputAssociation"})
SCOPE_CHILDREN: Final = FLOW_NODES | {
    "sequenceFlow", "laneSet", "documentation", "extensionElements", "textAnnotation", "association", "group",
    "incoming", "outgoing", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "property", *DRAWN_DATA,
}  # fmt: skip
NODE_CHILDREN: Final = frozenset(
    {
        "incoming", "outgoing", "documentation", "extensionElements", "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics", "script", "dataInputAssociation", "dataOutputAssociation",
        "property",
    }
)  # fmt: skip
#: What stands in its parent once at most. Of two, one reader takes the first and another the last.
ONCE: Final = (
    "extensionElements", "script", "conditionExpression", "condition", "timeDate", "timeDuration", "timeCycle",
    "standardLoopCharacteristics", "multiInstanceLoopCharacteristics", "loopCondition", "loopCardinality",
    "loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem", "completionCondition",
)  # fmt: skip
EXTENSIONS: Final = frozenset(
    {"properties", "calledDecisionId", "serviceTaskOperator", "messagePayload", "messageVariable"}
)
LOOP_CHILDREN: Final = frozenset(
    {
        "loopCardinality", "loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem",
        "completionCondition", "loopCondition", "documentation", "extensionElements",
    }
)  # fmt: skip


def refused_event(kind: str, trigger: str) -> str:
    """What to use instead of a *kind* of event, e.g. ``endEvent``, with that trigger; "" if it runs."""
    if kind == SUB_PROCESS_START and trigger in RUNS[EVENT_SUB_PROCESS]:
        return "make it an event sub-process, or the start a plain one"
    return "" if trigger in RUNS[kind] else _INSTEAD_OF_EVENT.get(trigger, "remove it")
