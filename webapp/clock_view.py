"""The time limits of a case as pages show them: state, gross and net time, how the date was counted, and the verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Final

from flask import url_for

from engine.calendars import Band, BandKind, Receipt, bands, receipt_from_json
from engine.commands.clocks import may_pause
from engine.complaints import Actor
from engine.interpreter import CaseStatus, ClockStatus, by_hand, is_by_hand
from engine.procedures.package import DeadlineRule
from engine.queries.cases import Case, CaseClock
from engine.queries.time_limits import ExtensionRequest
from engine.text import Text
from webapp.due import due_of
from webapp.presentation import DueState, Reader, duration, moment, receipt_lines, receipt_total
from webapp.shell import current_translator, reader, words
from webapp.time_limit_form import TITLES, unit_words

#: Width of the bar in its own units.
_BAR: Final = 1000


def clock_rows(
    case: Case,
    *,
    now: datetime,
    names: Mapping[str, Text],
    reading: Actor,
    extensions: Iterable[ExtensionRequest] = (),
) -> list[SimpleNamespace]:
    """The time limits in the order in which they began; *names* are those of people by login."""
    asked = list(extensions)
    return [_row(case, clock, now=now, names=names, reading=reading, asked=asked) for clock in case.clocks]


def actions(case: Case, clock: SimpleNamespace) -> list[tuple[str, str]]:
    """Address and words of what the reader may do to a clock of `clock_rows`."""
    place = {"number": case.number, "deadline": clock.deadline}
    return [(url_for("time_limits.new", verb=verb, **place), said) for verb, said in clock.verbs]


def _row(
    case: Case,
    clock: CaseClock,
    *,
    now: datetime,
    names: Mapping[str, Text],
    reading: Actor,
    asked: list[ExtensionRequest],
) -> SimpleNamespace:
    look = reader(case.deployment.time_zone)
    rule = case.deployment.package.deadlines.get(clock.deadline)
    receipt = receipt_from_json(clock.receipt) if clock.receipt else None
    due = due_of(clock.due_at, now=now, calendar=case.calendars.own)
    state, tone = _state(clock, rule, overdue=due.state is DueState.OVERDUE)
    of_this = [each for each in asked if each.deadline_id == clock.deadline and each.round == clock.round]

    def in_words(reason: str) -> str:
        return pause_words(case, reason, names)

    return SimpleNamespace(
        deadline=clock.deadline,
        title=words(clock.title) + (f" · {clock.round}" if clock.round > 1 else ""),
        state=state,
        tone=tone,
        due=due,
        due_at=moment(clock.due_at, now, reader=look) if clock.due_at else None,
        started=moment(clock.started_at, now, reader=look),
        stopped=moment(clock.stopped_at, now, reader=look) if clock.stopped_at else None,
        binding=rule.binding if rule else True,
        provisional=bool(receipt and receipt.provisional),
        calendar=receipt.calendar_version if receipt else "",
        lines=receipt_lines(receipt, reader=look, reasons=in_words) if receipt else [],
        total=receipt_total(receipt, reader=look) if receipt else "",
        kept=receipt.kept if receipt else "",
        bar=_bar(receipt, clock.stopped_at or now, in_words, look) if receipt else None,
        extensions=[_extension(each, now=now, look=look) for each in of_this],
        verbs=_verbs(case, clock, rule, reading, of_this) if case.status == CaseStatus.OPEN else [],
    )


def _state(clock: CaseClock, rule: DeadlineRule | None, *, overdue: bool) -> tuple[str, str]:
    gettext = current_translator().gettext
    if clock.status == ClockStatus.MET:
        return gettext("in time"), "ok"
    if clock.status == ClockStatus.LATE:
        return gettext("too late"), "bad"
    if clock.status == ClockStatus.CANCELLED:
        return gettext("no longer needed"), ""
    if clock.status == ClockStatus.PAUSED:
        return gettext("paused"), "warn"
    if rule and not rule.binding:
        return gettext("internal target"), ""
    return (gettext("overdue"), "bad") if overdue else (gettext("running"), "accent")


def pause_words(case: Case, reason: str, names: Mapping[str, Text]) -> str:
    """Why a clock stood or got more time: who and why, the step that was open, or that the case was suspended."""
    if is_by_hand(reason):
        reason = by_hand(reason)
    elif reason == "suspended":
        return current_translator().gettext("the case was suspended")
    elif found := case.deployment.package.element_names.get(reason):
        return words(found)
    login, colon, why = reason.partition(": ")
    return f"{words(names[login])} · {why}" if colon and login in names else reason


def _bar(receipt: Receipt, until: datetime, in_words: Callable[[str], str], look: Reader) -> SimpleNamespace | None:
    """Gross time as a bar: what ran, what stood and why, what was late."""
    found = bands(receipt, until)
    gross = sum((band.length for band in found), timedelta())
    if not gross:
        return None
    paused = sum((band.length for band in found if band.kind is BandKind.PAUSED), timedelta())
    return SimpleNamespace(
        width=_BAR,
        bands=[_band(band, found[0].begin, gross, in_words, look) for band in found],
        gross=duration(gross, reader=look),
        paused=duration(paused, reader=look) if paused else "",
        net=duration(gross - paused, reader=look),
    )


def _band(
    band: Band, begin: datetime, gross: timedelta, in_words: Callable[[str], str], look: Reader
) -> SimpleNamespace:
    gettext = current_translator().gettext
    kinds = {
        BandKind.RUNNING: gettext("running"),
        BandKind.PAUSED: gettext("paused"),
        BandKind.LATE: gettext("overdue"),
    }
    why = in_words(band.reason) if band.reason else ""
    said = " · ".join(part for part in (kinds[band.kind], duration(band.length, reader=look), why) if part)
    x, width = round((band.begin - begin) / gross * _BAR), round(band.length / gross * _BAR)
    return SimpleNamespace(kind=str(band.kind), x=x, width=max(2, width), words=said)


def _extension(asked: ExtensionRequest, *, now: datetime, look: Reader) -> SimpleNamespace:
    gettext = current_translator().gettext
    states = {
        "asked": gettext("waits for %(group)s") % {"group": words(asked.group)},
        "granted": gettext("granted"),
        "refused": gettext("refused"),
        "settled": gettext("no longer needed"),
    }
    tones = {"asked": "warn", "granted": "ok", "refused": "bad"}
    return SimpleNamespace(
        amount=f"+ {asked.amount} {words(unit_words(asked.unit))}",
        state=states[asked.status],
        tone=tones.get(asked.status, ""),
        who=words(asked.asked_by),
        reason=asked.reason,
        answer=asked.answer,
        by=words(asked.decided_by) if asked.decided_by else "",
        at=moment(asked.decided_at or asked.asked_at, now, reader=look),
    )


def _verbs(
    case: Case, clock: CaseClock, rule: DeadlineRule | None, reading: Actor, asked: list[ExtensionRequest]
) -> list[tuple[str, str]]:
    """What the reader may do to a running clock: verb of the address and words of the button."""
    if rule is None or clock.stopped_at is not None:
        return []
    verbs = []
    if may_pause(reading.groups, rule, administrator=reading.administrator):
        if clock.status != ClockStatus.PAUSED:
            verbs.append("pause")
        elif _stands_by_hand(clock):
            verbs.append("resume")
    used = [each for each in asked if each.status in {"asked", "granted"}]
    asked_already = any(each.status == "asked" for each in used)
    if rule.extension and not asked_already and len(used) < rule.extension.times and _works_on(case, reading):
        verbs.append("extend")
    return [(verb, words(TITLES[verb])) for verb in verbs]


def _stands_by_hand(clock: CaseClock) -> bool:
    lines = clock.receipt["lines"] if clock.receipt else ()
    return any(is_by_hand(line.get("reason", "")) and "end" not in line for line in lines)


def _works_on(case: Case, reading: Actor) -> bool:
    return reading.administrator or any(
        task.assignee == reading.name or (not task.assignee and task.group in reading.groups)
        for task in case.tasks
        if task.status == "open"
    )
