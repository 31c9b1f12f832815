"""A case as its customer sees it: stations, the promised date and how it was counted, what is waited for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Final

from flask import url_for

from engine.calendars import LineKind, Receipt, Unit, receipt_from_json
from engine.complaints import CUSTOMER
from engine.interpreter import ClockStatus
from engine.procedures.package import CustomerAct
from engine.queries.cases import Case, CaseClock
from engine.queries.timeline import Moment
from webapp.presentation import Reader, duration, long_date, moment
from webapp.shell import current_translator, reader, words
from webapp.time_limit_form import unit_words
from webapp.tracking_form import TITLES

_ICONS: Final[Mapping[CustomerAct, str]] = {
    CustomerAct.EVIDENCE: "paperclip",
    CustomerAct.ACCEPT: "circle-check",
    CustomerAct.REFUSE: "message-square-text",
    CustomerAct.WITHDRAW: "undo-2",
    CustomerAct.REOPEN: "history",
}


def act_links(code: str, acts: Mapping[CustomerAct, datetime | None], case: Case) -> list[SimpleNamespace]:
    """What the customer may do now: url, words, icon, until (words, "" = as long as it is open)."""
    look = reader(case.deployment.time_zone)
    return [
        SimpleNamespace(
            url=url_for("tracking.new", code=code, act=act.value),
            words=words(TITLES[act]),
            icon=_ICONS[act],
            until=long_date(until, reader=look) if until else "",
        )
        for act, until in acts.items()
    ]


def form_links(code: str, case: Case) -> list[SimpleNamespace]:
    """The forms that wait for the customer: url, words."""
    fills, forms = case.deployment.package.customer.fills, case.deployment.package.forms
    waiting = [task for task in case.tasks if task.status == "open" and task.element in fills and task.form]
    return [
        SimpleNamespace(
            url=url_for("tracking.form", code=code, element=task.element), words=words(forms[task.form].title)
        )
        for task in waiting
    ]


def promise_of(case: Case, *, now: datetime) -> SimpleNamespace | None:
    """The date the customer was promised: the case's own clock, with how it was counted in one sentence.

    ``what`` title of the limit, ``date`` words, ``state`` "running" "paused" "met" "late" or "overdue", ``why``.
    """
    clock = promising_clock(case)
    if clock is None or clock.due_at is None or clock.status == ClockStatus.CANCELLED:
        return None
    look = reader(case.deployment.time_zone)
    overdue = clock.status == ClockStatus.RUNNING and clock.due_at < now
    return SimpleNamespace(
        what=words(clock.title),
        date=long_date(clock.due_at, reader=look),
        state="overdue" if overdue else str(clock.status),
        why=receipt_sentence(receipt_from_json(clock.receipt), look) if clock.receipt else "",
    )


def promising_clock(case: Case) -> CaseClock | None:
    """The case's own time limit: what the customer was promised, never an inner one. What still runs comes first."""
    rules = case.deployment.package.deadlines
    own = [
        clock
        for clock in case.clocks
        if (rule := rules.get(clock.deadline)) and rule.runs_from == "case" and rule.binding and clock.due_at
    ]
    awaited = [clock for clock in own if clock.status in {ClockStatus.RUNNING, ClockStatus.PAUSED}]
    in_order = sorted(awaited, key=lambda clock: clock.due_at.timestamp() if clock.due_at else 0)
    return next(iter(in_order), own[-1] if own else None)


def receipt_sentence(receipt: Receipt, look: Reader) -> str:
    """How the date was counted, for somebody who wants to know and not to check."""
    gettext = look.words.gettext
    unit = receipt.deadline.unit
    if unit is Unit.FIELD:
        return gettext("This is the date that was agreed.")
    facts = {"amount": f"{receipt.deadline.amount:f}", "unit": words(unit_words(unit)),
             "start": long_date(receipt.started_at, reader=look)}  # fmt: skip
    if unit.works:
        said = gettext("%(amount)s %(unit)s from %(start)s on; days off and public holidays do not count.")
    else:
        said = gettext("%(amount)s %(unit)s from %(start)s on; every day counts.")
    return " ".join(filter(None, [said % facts, *_changes(receipt, look)]))


def _changes(receipt: Receipt, look: Reader) -> Iterable[str]:
    """What has moved the date, and what still may. Colleagues' own words stay inside."""
    gettext, kinds = look.words.gettext, [line.kind for line in receipt.lines]
    holidays = dict.fromkeys(words(line.name) for line in receipt.lines if line.kind is LineKind.HOLIDAY and line.name)
    if holidays:
        yield gettext("Passed over: %(holidays)s.") % {"holidays": ", ".join(holidays)}
    if LineKind.GRANTED in kinds:
        yield gettext("More time was granted, so the date is later than at first.")
    stood = sum((line.time for line in receipt.lines if line.kind is LineKind.PAUSE), timedelta())
    if receipt.paused_since:
        yield gettext("The time stands still at present, so the date will move.")
    elif stood:
        yield gettext("The time stood still for %(time)s, so the date is later.") % {
            "time": duration(stood, reader=look)
        }
    if receipt.provisional:
        yield gettext("It may move when the public holidays of that year are announced.")


def stations_of(case: Case, *, now: datetime) -> list[SimpleNamespace]:
    """The stations the procedure names for customers, in its order; where it names none, those every complaint has."""
    named = case.deployment.package.milestones
    return _named_stations(case, now=now) if named else _usual_stations(case, now=now)


def waits_of(case: Case, company: str) -> list[SimpleNamespace]:
    """What is waited for: words, who ("" = the customer), yours (bool). Steps without words of their own are one."""
    if case.ended_at is not None:
        return []
    gettext, package = current_translator().gettext, case.deployment.package
    found: dict[tuple[str, bool], None] = {}
    for task in case.tasks:
        if task.status == "open":
            yours = task.element in package.customer.your_turn
            said = package.customer.waits.get(task.element) or package.milestones.get(task.element) or {}
            usual = gettext("Your answer") if yours else gettext("We are working on your complaint")
            found[words(said) or usual, yours] = None
    return [SimpleNamespace(words=said, who="" if yours else company, yours=yours) for said, yours in found]


def customers_acts(case: Case, found: Iterable[Moment], *, now: datetime) -> list[SimpleNamespace]:
    """What the customer did and what became of a withdrawal, newest first: what, at, words ("" or our answer)."""
    gettext, look = current_translator().gettext, reader(case.deployment.time_zone)
    said = {
        "start_case": gettext("You made the complaint"),
        "add_evidence": gettext("You added something"),
        "accept_answer": gettext("You accepted the answer"),
        "refuse_answer": gettext("You refused the answer"),
        "ask_withdrawal": gettext("You withdrew the complaint"),
        "withdraw_case": gettext("You withdrew the complaint"),
        "reopen_case": gettext("You reopened the complaint"),
    }
    answers = {"decline_withdrawal": gettext("It goes on although you withdrew it")}
    shown = [
        (answers.get(entry.action) or said[entry.action], entry)
        for entry in found
        if entry.action in answers or (entry.actor == CUSTOMER and entry.action in said)
    ]
    return [
        SimpleNamespace(
            what=what,
            at=moment(entry.at, now, reader=look),
            words=entry.reason if entry.action in answers else "",
        )
        for what, entry in reversed(shown)
    ]


def _named_stations(case: Case, *, now: datetime) -> list[SimpleNamespace]:
    found = []
    for element, title in case.deployment.package.milestones.items():
        tasks = [task for task in case.tasks if task.element == element]
        done = [task for task in tasks if task.status == "completed"]
        is_open = any(task.status == "open" for task in tasks)
        at = done[-1].ended_at if done else None
        state = "now" if is_open else "done" if done or case.outcome == element else "ahead"
        if state != "ahead" or case.ended_at is None:
            found.append(_station(case, words(title), state, None if is_open else at, now=now))
    return found


def _usual_stations(case: Case, *, now: datetime) -> list[SimpleNamespace]:
    gettext, ended = current_translator().gettext, case.ended_at
    answered = next((each.written_at for each in reversed(case.letters) if each.recipient == CUSTOMER), None)
    stations = [_station(case, gettext("Received"), "done", case.received_at, now=now)]
    if ended is None:
        stations.append(_station(case, gettext("In hand"), "now", None, now=now))
    if answered or ended is None:
        stations.append(_station(case, gettext("Answered"), "done" if answered else "ahead", answered, now=now))
    stations.append(_station(case, gettext("Closed"), "done" if ended else "ahead", ended, now=now))
    return stations


def _station(case: Case, said: str, state: str, at: datetime | None, *, now: datetime) -> SimpleNamespace:
    look = reader(case.deployment.time_zone)
    return SimpleNamespace(words=said, state=state, at=moment(at, now, reader=look) if at else None)
