"""Runs procedures: a pure function from state, request and instant to a new state and what happened.

Belongs here: everything that knows SpiffWorkflow, and nothing else may import that. Does not: database, the machine's
clock, people's rights, forms' rules. Imported by commands, history's replay and the scenario runner.
"""

from engine.interpreter.budget import Budget
from engine.interpreter.definition import Definition, check_diagrams, compile_definition
from engine.interpreter.elements import Element, Entrance, FlowElement
from engine.interpreter.errors import CaseEnded, DataRefused, MessageNotExpected, StateRefused, TaskNotOpen
from engine.interpreter.requests import (
    CompleteService,
    CompleteUserTask,
    Data,
    ReceiveMessage,
    ReceiveSignal,
    Request,
    StartCase,
    TaskKey,
    WakeUp,
    Withdraw,
)
from engine.interpreter.running import advance
from engine.interpreter.step import (
    Awaited,
    CaseStatus,
    ClockState,
    ClockStatus,
    Fact,
    FactKind,
    Fault,
    Message,
    OpenTask,
    ServiceRequest,
    Signal,
    Step,
)

__all__ = [
    "Awaited",
    "Budget",
    "CaseEnded",
    "CaseStatus",
    "ClockState",
    "ClockStatus",
    "CompleteService",
    "CompleteUserTask",
    "Data",
    "DataRefused",
    "Definition",
    "Element",
    "Entrance",
    "Fact",
    "FactKind",
    "Fault",
    "FlowElement",
    "Message",
    "MessageNotExpected",
    "OpenTask",
    "ReceiveMessage",
    "ReceiveSignal",
    "Request",
    "ServiceRequest",
    "Signal",
    "StartCase",
    "StateRefused",
    "Step",
    "TaskKey",
    "TaskNotOpen",
    "WakeUp",
    "Withdraw",
    "advance",
    "check_diagrams",
    "compile_definition",
]
