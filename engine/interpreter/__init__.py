"""Runs procedures: a pure function from state, request and instant to a new state and what happened.

Belongs here: everything that knows SpiffWorkflow, and nothing else may import that. Does not: database, the machine's
clock, people's rights, forms' rules. Imported by commands, history's replay and the scenario runner.
"""

from engine.interpreter.budget import Budget
from engine.interpreter.definition import Definition, check_diagrams, compile_definition
from engine.interpreter.elements import Element, Entrance, FlowElement
from engine.interpreter.errors import (
    CaseEnded,
    CaseSuspended,
    DataRefused,
    MessageNotExpected,
    StateRefused,
    TaskNotOpen,
)
from engine.interpreter.migration import MigrationProblem, MigrationRefused, migrate, migration_problems
from engine.interpreter.operations import OperationRefused, destinations
from engine.interpreter.requests import (
    CancelBranch,
    CompleteService,
    CompleteUserTask,
    Data,
    Migrate,
    MoveToken,
    Operation,
    ReceiveMessage,
    ReceiveSignal,
    Request,
    Resume,
    Skip,
    StartCase,
    Suspend,
    TaskKey,
    WakeUp,
    Withdraw,
)
from engine.interpreter.running import advance, places, task_data
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
    Place,
    ServiceRequest,
    Signal,
    Step,
)

__all__ = [
    "Awaited",
    "Budget",
    "CancelBranch",
    "CaseEnded",
    "CaseStatus",
    "CaseSuspended",
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
    "Migrate",
    "MigrationProblem",
    "MigrationRefused",
    "MoveToken",
    "OpenTask",
    "Operation",
    "OperationRefused",
    "Place",
    "ReceiveMessage",
    "ReceiveSignal",
    "Request",
    "Resume",
    "ServiceRequest",
    "Signal",
    "Skip",
    "StartCase",
    "StateRefused",
    "Step",
    "Suspend",
    "TaskKey",
    "TaskNotOpen",
    "WakeUp",
    "Withdraw",
    "advance",
    "check_diagrams",
    "compile_definition",
    "destinations",
    "migrate",
    "migration_problems",
    "places",
    "task_data",
]
