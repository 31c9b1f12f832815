"""One request, one step: the pure function everything else is for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from engine.calendars import Calendars
from engine.errors import NotFound
from engine.interpreter import codec
from engine.interpreter.budget import Budget
from engine.interpreter.clocks import Clocks
from engine.interpreter.corrections.activities import ServiceTask, UserTask
from engine.interpreter.corrections.events import awaited, deliver_message, deliver_signal
from engine.interpreter.corrections.tokens import Case, Token
from engine.interpreter.data import Values, own_copy
from engine.interpreter.definition import Definition
from engine.interpreter.errors import CaseEnded, CaseSuspended, MessageNotExpected, ProcedureFault, TaskNotOpen
from engine.interpreter.operations import began_behind, operate, places_of
from engine.interpreter.requests import (
    CancelBranch,
    ClockOperation,
    CompleteService,
    CompleteUserTask,
    Data,
    ExtendClock,
    Migrate,
    MoveToken,
    Operation,
    PauseClock,
    ReceiveMessage,
    ReceiveSignal,
    Request,
    Resume,
    ResumeClock,
    Skip,
    StartCase,
    Suspend,
    TaskKey,
    WakeUp,
    Withdraw,
)
from engine.interpreter.step import CaseStatus, Fact, FactKind, Fault, OpenTask, Place, Step

#: Budget of a step whose caller names none.
STANDARD = Budget()


def advance(
    definition: Definition,
    state: bytes | None,
    request: Request,
    *,
    now: datetime,
    calendars: Calendars,
    budget: Budget = STANDARD,
) -> Step:
    """What *request* makes of the case at the instant *now*.

    *state* is None for StartCase only. After the request everything that is due at *now* fires, in order of due
    instants: who completes a task before its overdue timer was woken has completed it. An error of the procedure comes
    back as ``Step.fault``, with everything else as it was. The same call gives the same bytes.

    Raises TaskNotOpen, MessageNotExpected, CaseEnded, CaseSuspended, OperationRefused, DataRefused, StateRefused,
    NotFound for an unknown process, and ValueError for a naive *now*.
    """
    if now.tzinfo is None:
        raise ValueError(f"expected an aware instant, found {now}")
    case = _case_for(definition, state, request, now=now, calendars=calendars, budget=budget)
    before = open_keys(case)
    try:
        _carry_out(case, request)
        step = step_of(case, before, go_on(case))
        _refuse_huge(case)
    except ProcedureFault as error:
        return unchanged(definition, state, error.fault, now=now, calendars=calendars, budget=budget)
    return step


def _refuse_huge(case: Case) -> None:
    if case.size > case.budget.state_bytes:
        last = next((fact.element for fact in reversed(case.facts) if fact.element), case.process)
        limit = case.budget.state_bytes
        raise ProcedureFault(
            "step-budget", last, f"expected a case of at most {limit} bytes, found {case.size} after {last!r}"
        )


def places(definition: Definition, state: bytes, *, now: datetime, calendars: Calendars) -> tuple[Place, ...]:
    """Where something goes on in a case, in order of arrival. Raises StateRefused."""
    return places_of(codec.load(definition, state, now=now, calendars=calendars, budget=STANDARD))


def ends_others(
    definition: Definition, state: bytes, key: TaskKey, to: str, *, now: datetime, calendars: Calendars
) -> bool:
    """Whether going back from *key* to the earlier element *to* has to be `MoveToken.alone`.

    It has to where something else goes on that began behind *to*: it would go on twice. Raises OperationRefused,
    StateRefused.
    """
    return began_behind(codec.load(definition, state, now=now, calendars=calendars, budget=STANDARD), key, to)


def task_data(definition: Definition, state: bytes, key: TaskKey, *, now: datetime, calendars: Calendars) -> Data:
    """What the open user task *key* sees: its own branch's data, of several instances its own item.

    Raises TaskNotOpen, StateRefused.
    """
    case = codec.load(definition, state, now=now, calendars=calendars, budget=STANDARD)
    return _open_token(case, key, UserTask, "open").data


def _case_for(
    definition: Definition,
    state: bytes | None,
    request: Request,
    *,
    now: datetime,
    calendars: Calendars,
    budget: Budget,
) -> Case:
    if not isinstance(request, StartCase):
        if state is None:
            raise CaseEnded(type(request).__name__, "not started")
        case = codec.load(definition, state, now=now, calendars=calendars, budget=budget)
        case.data_before = case.view()
        require_takes(case, request)
        return case
    if state is not None:
        raise CaseEnded("StartCase", "started")
    process = request.process or definition.process
    if process not in definition.processes:
        raise NotFound("process", process)
    if request.event not in {"", *(each.element for each in definition.entrances if each.process == process)}:
        raise NotFound("start event", request.event)
    if not request.event and process not in definition.starts:
        raise NotFound("plain start event of process", process)
    return Case(definition, process, now=now, calendars=calendars, budget=budget, clocks=Clocks())


def require_takes(case: Case, request: Request) -> None:
    """Raises TaskNotOpen, CaseSuspended or CaseEnded unless *case* takes *request* now."""
    status = _status(case)
    if status is CaseStatus.OPEN or isinstance(request, WakeUp):
        return
    if status is CaseStatus.SUSPENDED:
        if not isinstance(request, Operation | ClockOperation | Withdraw | ReceiveSignal | Migrate):
            raise CaseSuspended(type(request).__name__)
        return
    if isinstance(request, CompleteUserTask | CompleteService):
        raise TaskNotOpen(request.key)
    raise CaseEnded(type(request).__name__, status)


def _carry_out(case: Case, request: Request) -> None:
    match request:
        case StartCase():
            case.begin(own_copy(request.data), request.event)
            if case.process == case.definition.process:
                case.clocks.case_started(case, request.received_at or case.now)
        case CompleteUserTask():
            token = _open_token(case, request.key, UserTask, "open")
            token.data = {**token.data, **own_copy(request.data)}
            token.run()
        case CompleteService():
            token = _open_token(case, request.key, ServiceTask, "request")
            result = own_copy(request.result)
            if name := token.node.answer:
                token.data = {**token.data, name: result}
            token.complete()
        case ReceiveMessage():
            if not deliver_message(case, request.name, dict(request.correlation), own_copy(request.data)):
                raise MessageNotExpected(request.name, request.correlation)
        case ReceiveSignal() if case.suspended:
            case.missed.append((request.name, own_copy(request.data)))
        case ReceiveSignal():
            deliver_signal(case, request.name, own_copy(request.data))
        case Withdraw():
            _withdraw(case, request.reason)
        case WakeUp():
            pass
        case MoveToken() | Skip() | CancelBranch() | Suspend() | Resume():
            operate(case, request)
        case PauseClock() | ResumeClock() | ExtendClock():
            case.clocks.operate(case, request)
        case Migrate():
            raise ValueError("expected migrate() for a case that goes on in another version, found advance()")


def go_on(case: Case) -> Values:
    """Let everything happen that needs nobody: tokens move, what is due fires. The case's data after that."""
    case.run()
    data = _let_time_arrive(case)
    _refuse_dead_end(case)
    return data


def _open_token(case: Case, key: str, kind: type, note: str) -> Token:
    token = case.token_with(key)
    if token is None or not isinstance(token.node, kind) or not token.internal_data.get(note):
        raise TaskNotOpen(key)
    return token


def _withdraw(case: Case, reason: str) -> None:
    case.result = case.view()
    case.withdrawn = True
    case.interrupt(case)
    case.facts.append(Fact(FactKind.ENDED, detail={"withdrawn": reason}))
    case.clocks.case_ended(case)


def _let_time_arrive(case: Case) -> Values:
    """Fire what is due, one after the other in order of due instants; what each starts may be due as well.

    The case's data now that the step is over.
    """
    if case.suspended:
        data = case.view()
        case.clocks.recount(case, data)
        return data
    for token in _due(case):
        case.clocks.recount(case, case.view())
        case.clocks.announce_until(case, datetime.fromisoformat(token.internal_data["due"]))
        case.count_step(token)
        token.node.fire(token, {})
        case.run()
    data = case.view()
    if case.result is None:
        case.clocks.recount(case, data)
        case.clocks.announce_until(case, case.now)
    return data


def _due(case: Case) -> Iterator[Token]:
    """The token that has been due longest, asked again each time."""
    while waiting := _timed(case):
        token = min(waiting, key=lambda token: (datetime.fromisoformat(token.internal_data["due"]), token.id))
        if datetime.fromisoformat(token.internal_data["due"]) > case.now:
            return
        yield token


def _timed(case: Case) -> list[Token]:
    return [token for token in case.tokens() if "due" in token.internal_data]


def _refuse_dead_end(case: Case) -> None:
    """A case in which nothing can ever happen again has lost a token at a join: better an incident than silence."""
    if case.result is not None:
        return
    tokens = list(case.tokens())
    if not any(
        token.internal_data.get("open") or token.internal_data.get("request") or token.node.waits for token in tokens
    ):
        stuck = min(tokens, key=lambda token: token.id).node.name
        raise ProcedureFault(
            "dead-end", stuck, f"expected every token to go on some day, found those that wait at {stuck!r} for ever"
        )


def open_keys(case: Case) -> set[TaskKey]:
    return {token.key for token in _open(case)}


def _open(case: Case) -> list[Token]:
    """Tokens of open user tasks, in order of opening."""
    return sorted((token for token in case.tokens() if token.internal_data.get("open")), key=lambda token: token.id)


def _status(case: Case) -> CaseStatus:
    if case.withdrawn:
        return CaseStatus.WITHDRAWN
    if case.result is not None:
        return CaseStatus.COMPLETED
    return CaseStatus.SUSPENDED if case.suspended else CaseStatus.OPEN


def step_of(case: Case, before: set[TaskKey], data: Values) -> Step:
    """What has become of *case* with its *data*, whose user tasks *before* were open when the step began."""
    open_tasks = tuple(_open_task(token) for token in _open(case))
    now_open = {task.key for task in open_tasks}
    return Step(
        state=codec.dump(case),
        data=dict(case.view_inside(data)),
        status=_status(case),
        outcome=case.outcome,
        open_tasks=open_tasks,
        opened=tuple(task for task in open_tasks if task.key not in before),
        closed=tuple(sorted(before - now_open)),
        clocks=case.clocks.states(),
        requests=tuple(request for _, request in case.requests),
        cancelled_requests=tuple(case.cancelled_requests),
        next_wake=None if case.suspended else _next_wake(case),
        facts=tuple(case.facts),
        awaited=awaited(case),
        messages=tuple(case.messages),
        signals=tuple(case.signals),
    )


def _next_wake(case: Case) -> datetime | None:
    wakes = [datetime.fromisoformat(token.internal_data["due"]) for token in _timed(case)]
    if (clock := case.clocks.next_wake(case)) is not None:
        wakes.append(clock)
    return _next_millisecond(min(wakes)) if wakes else None


def _next_millisecond(at: datetime) -> datetime:
    """*at*, or the first instant behind it that can be kept: woken before, a case would find nothing to do."""
    return at + timedelta(microseconds=-at.microsecond % 1000)


def _open_task(token: Token) -> OpenTask:
    notes = token.internal_data
    form = token.node.properties.get("form", "")
    return OpenTask(token.key, token.node.name, form, notes.get("group", ""), notes.get("deadline", ""))


def unchanged(
    definition: Definition, state: bytes | None, fault: Fault, *, now: datetime, calendars: Calendars, budget: Budget
) -> Step:
    """The step that says what went wrong and leaves everything as it was."""
    if state is None:
        return Step(b"", {}, CaseStatus.OPEN, "", (), (), (), (), (), (), None, (), fault)
    case = codec.load(definition, state, now=now, calendars=calendars, budget=budget)
    data = case.view()
    if case.result is None:
        with suppress(ProcedureFault):  # the fault may be that a clock cannot be counted at this instant
            case.clocks.recount(case, data)
    case.facts.clear()
    step = step_of(case, open_keys(case), data)
    return replace(step, state=state, fault=fault)
