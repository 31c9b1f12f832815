"""How a request to the interpreter and its consequences stand in an event's body, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.interpreter import (
    CancelBranch,
    CompleteService,
    CompleteUserTask,
    ExtendClock,
    Fact,
    Migrate,
    MoveToken,
    PauseClock,
    ReceiveMessage,
    ReceiveSignal,
    Request,
    Resume,
    ResumeClock,
    Skip,
    StartCase,
    Step,
    Suspend,
    TaskKey,
    WakeUp,
    Withdraw,
)


def body_of(request: Request, step: Step, *, calendar_version: str) -> Mapping[str, Any]:
    """``{"request", "facts", "status", "calendar"}``; a fact is ``[kind, element, key, detail]``, empty ends cut."""
    return {
        "request": request_to_json(request),
        "facts": [fact_to_json(fact) for fact in step.facts],
        "status": str(step.status),
        "calendar": calendar_version,
    }


def fact_to_json(fact: Fact) -> list[Any]:
    parts = [str(fact.kind), fact.element, fact.key, dict(fact.detail) if fact.detail else None]
    while not parts[-1]:
        parts.pop()
    return parts


def request_to_json(request: Request) -> Mapping[str, Any]:
    match request:
        case StartCase():
            received = request.received_at.isoformat() if request.received_at else None
            begun = {"kind": "start", "data": dict(request.data), "process": request.process, "received_at": received}
            return {**begun, "event": request.event} if request.event else begun
        case CompleteUserTask():
            return {"kind": "complete_user_task", "key": request.key, "data": dict(request.data)}
        case WakeUp():
            return {"kind": "wake_up"}
        case CompleteService():
            return {"kind": "complete_service", "key": request.key, "result": dict(request.result)}
        case ReceiveMessage():
            return {
                "kind": "receive_message",
                "name": request.name,
                "correlation": dict(request.correlation),
                "data": dict(request.data),
            }
        case ReceiveSignal():
            return {"kind": "receive_signal", "name": request.name, "data": dict(request.data)}
        case Withdraw():
            return {"kind": "withdraw", "reason": request.reason}
        case MoveToken():
            alone = {"alone": True} if request.alone else {}
            return {"kind": "move_token", "key": request.key, "to": request.to, "reason": request.reason, **alone}
        case Skip():
            return {"kind": "skip", "key": request.key, "reason": request.reason}
        case CancelBranch():
            return {"kind": "cancel_branch", "key": request.key, "reason": request.reason}
        case Suspend():
            return {"kind": "suspend", "reason": request.reason, "stop_clocks": request.stop_clocks}
        case Resume():
            return {"kind": "resume", "reason": request.reason}
        case PauseClock():
            return {"kind": "pause_clock", "deadline": request.deadline, "reason": request.reason}
        case ResumeClock():
            return {"kind": "resume_clock", "deadline": request.deadline, "reason": request.reason}
        case ExtendClock():
            asked = {"deadline": request.deadline, "amount": request.amount, "reason": request.reason}
            return {"kind": "extend_clock", **asked}
        case Migrate():
            said = {"to": request.to, "mapping": dict(request.mapping), "reason": request.reason}
            return {"kind": "migrate", **said, **({"keep_limits": True} if request.keep_limits else {})}


def request_from_json(value: Mapping[str, Any]) -> Request:
    """The request that `request_to_json` wrote. Raises KeyError for a kind this version does not know."""
    match value["kind"]:
        case "start":
            at = value["received_at"]
            received = datetime.fromisoformat(at) if at else None
            event = value.get("event", "")
            return StartCase(value["data"], process=value["process"], received_at=received, event=event)
        case "complete_user_task":
            return CompleteUserTask(TaskKey(value["key"]), value["data"])
        case "wake_up":
            return WakeUp()
        case "complete_service":
            return CompleteService(TaskKey(value["key"]), value["result"])
        case "receive_message":
            return ReceiveMessage(value["name"], value["correlation"], value["data"])
        case "receive_signal":
            return ReceiveSignal(value["name"], value["data"])
        case "withdraw":
            return Withdraw(value["reason"])
        case "move_token":
            return MoveToken(TaskKey(value["key"]), value["to"], value["reason"], alone=value.get("alone", False))
        case "skip":
            return Skip(TaskKey(value["key"]), value["reason"])
        case "cancel_branch":
            return CancelBranch(TaskKey(value["key"]), value["reason"])
        case "suspend":
            return Suspend(value["reason"], stop_clocks=value["stop_clocks"])
        case "resume":
            return Resume(value["reason"])
        case "pause_clock":
            return PauseClock(value["deadline"], value["reason"])
        case "resume_clock":
            return ResumeClock(value["deadline"], value["reason"])
        case "extend_clock":
            return ExtendClock(value["deadline"], value["amount"], value["reason"])
        case "migrate":
            keep_limits = value.get("keep_limits", False)
            return Migrate(value["to"], value["mapping"], value["reason"], keep_limits=keep_limits)
        case kind:
            raise KeyError(f"expected a known kind of request, found {kind!r}")
