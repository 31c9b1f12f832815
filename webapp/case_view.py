"""A case as several pages show it: diagram, summary, timeline, clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from flask import url_for

from engine.complaints import ANYBODY, CUSTOMER, SCHEDULE, SYSTEM, TRIGGER, refusal_to_export
from engine.deployments import Deployment
from engine.interpreter import CaseStatus
from engine.queries.cases import Case
from engine.queries.timeline import LOOKS, Moment
from engine.text import Text
from engine.traces import TELLING
from webapp.access import actor
from webapp.data_words import data_words
from webapp.presentation import duration, file_size, moment
from webapp.shell import current_translator, own_time_zone, reader, words


def case_status(status: str, outcome: Text, *, joined: bool = False) -> tuple[str, str]:
    """Status in words, and the tone of its chip. *outcome*: the procedure's words for how the case ended."""
    gettext = current_translator().gettext
    if joined and status != CaseStatus.OPEN:
        return gettext("joined to another case"), ""
    if status == CaseStatus.OPEN:
        return gettext("in progress"), "accent"
    if status == CaseStatus.SUSPENDED:
        return gettext("suspended"), "warn"
    if status == CaseStatus.WITHDRAWN:
        return gettext("withdrawn"), ""
    return words(outcome) or gettext("closed"), "ok"


def summary_of(case: Case, *, language: str) -> list[tuple[str, str]]:
    """The case in a few lines: the procedure's own columns and the first answers of the intake form."""
    package = case.deployment.package
    intake = package.forms[package.start.form]
    said = data_words(
        package.forms.values(), groups=group_names(case.deployment), lists=case.deployment.lists, language=language
    )
    wanted = list(dict.fromkeys([package.case.customer, *package.case.columns, *(f.id for f in intake.fields)]))
    lines = []
    for name in wanted:
        value = case.data.get(name)
        label = said.label(name)
        if label and value not in (None, "", []) and (text := said.value(name, value)):
            lines.append((label, text))
    return lines[:12]


def file_card(name: str, attachment_id: str, size: int, media_type: str) -> SimpleNamespace:
    """An uploaded file as lists show it, see the macro file_list in _ui.html."""
    look, shows_less = reader(own_time_zone()), media_type in TELLING and not refusal_to_export(actor())
    return SimpleNamespace(
        name=name,
        url=url_for("attachments.show", attachment_id=attachment_id),
        size=file_size(size, reader=look),
        original=url_for("attachments.show", attachment_id=attachment_id, original="yes") if shows_less else "",
    )


def group_names(deployment: Deployment) -> Mapping[str, str]:
    """What the company calls its groups, by their ids, in the reader's language."""
    return {group.id: words(group.name) for group in deployment.package.company.groups.values()}


def timeline_entries(
    case: Case, found: Sequence[Moment], names: Mapping[str, Text], *, now: datetime
) -> list[SimpleNamespace]:
    """What happened, newest first. That somebody looked is left out."""
    opened = {task.key: task.opened_at for task in case.tasks}
    entries = [
        SimpleNamespace(
            tone=_tone(entry),
            what=what_of(case, entry),
            who=on_behalf(entry, names),
            words="\n".join(details_of(case, entry)),
            at=moment(entry.at, now, reader=reader(case.deployment.time_zone)),
            took=_took(case, opened.get(entry.subject), entry),
        )
        for entry in found
        if entry.action not in LOOKS
    ]
    return entries[::-1]


def on_behalf(entry: Moment, names: Mapping[str, Text]) -> str:
    """The name of whoever acted, and for whom."""
    acted = who(entry.actor, names)
    if not entry.on_behalf_of:
        return acted
    gettext = current_translator().gettext
    return gettext("%(name)s on behalf of %(absent)s") % {"name": acted, "absent": who(entry.on_behalf_of, names)}


def who(actor: str, names: Mapping[str, Text]) -> str:
    """The name of whoever acted."""
    gettext = current_translator().gettext
    known = {
        CUSTOMER: gettext("Customer"),
        SYSTEM: gettext("System"),
        SCHEDULE: gettext("Schedule"),
        TRIGGER: gettext("Trigger"),
        ANYBODY: gettext("Somebody with the letter"),
    }
    return known.get(actor) or (words(names[actor]) if actor in names else actor)


def _tone(entry: Moment) -> str:
    if entry.action == "open_incident" or any(kind == "clock_breached" for kind, _ in entry.clocks):
        return "late"
    return "done" if entry.action in {"complete_task", "start_case"} else ""


#: Their subject is the number of another case.
_OF_OTHERS: Final = frozenset(
    {"link_case", "unlink_case", "join_case", "take_in_case", "part_case", "end_joined", "split_case", "split_off"}
    | {"reopen_case", "start_by_survey"}
)


def what_of(case: Case, entry: Moment) -> str:
    """What an event was, in a few words."""
    step = words(case.deployment.package.element_names.get(entry.element, {})) or entry.element
    number = entry.subject if entry.action in _OF_OTHERS else case.number
    return what_happened(entry.action, step=step, limit=_limit(case, entry.subject), number=number)


def what_happened(action: str, *, step: str, limit: str = "", number: str = "") -> str:
    """What an *action* of a case's history did, in words: to which *step*, time *limit*, or case of that *number*."""
    gettext = current_translator().gettext
    said = {
        "start_case": gettext("Complaint received"),
        "start_by_schedule": gettext("Started by the calendar"),
        "start_by_trigger": gettext("Started because of many cases together"),
        "start_by_survey": gettext("Asked about %(number)s") % {"number": number},
        "draw_survey": gettext("Drew whom the survey asks"),
        "start_by_message": gettext("Started by a message"),
        "start_by_signal": gettext("Started by a signal"),
        "complete_task": step,
        "claim_task": gettext("Claimed: %(step)s") % {"step": step},
        "release_task": gettext("Released: %(step)s") % {"step": step},
        "complete_service": step,
        "wake_up": gettext("Time has come"),
        "open_incident": gettext("The procedure has stopped"),
        "retry": gettext("Tried again"),
        "move_token": gettext("Taken elsewhere: %(step)s") % {"step": step},
        "skip_step": gettext("Skipped: %(step)s") % {"step": step},
        "cancel_branch": gettext("Branch ended: %(step)s") % {"step": step},
        "suspend_case": gettext("Suspended"),
        "resume_case": gettext("Resumed"),
        "migrate_case": gettext("Goes on in another version of the procedure"),
        "write_letter": gettext("Letter written"),
        "send_letter_again": gettext("Letter sent again"),
        "keep_letter": gettext("Letter kept for printing"),
        "withdraw_letter": gettext("Letter withdrawn"),
        "readdress_letter": gettext("Letter sent to another address"),
        "pause_clock": gettext("Time limit stopped: %(limit)s") % {"limit": limit},
        "resume_clock": gettext("Time limit goes on: %(limit)s") % {"limit": limit},
        "ask_extension": gettext("More time asked for: %(limit)s") % {"limit": limit},
        "grant_extension": gettext("More time granted: %(limit)s") % {"limit": limit},
        "refuse_extension": gettext("More time refused: %(limit)s") % {"limit": limit},
        "accept_reminder": gettext("Reminder accepted: %(limit)s") % {"limit": limit},
        "export_case": gettext("Audit package written"),
        "hand_over": gettext("Handed over: %(step)s") % {"step": step or number},
        "accept_hand_over": gettext("Hand-over accepted: %(step)s") % {"step": step or number},
        "decline_hand_over": gettext("Hand-over declined: %(step)s") % {"step": step or number},
        "act_instead": gettext("Others act instead: %(step)s") % {"step": step},
        "delegate_task": gettext("Delegated: %(step)s") % {"step": step},
        "answer_delegation": gettext("Filled in for somebody: %(step)s") % {"step": step},
        "ask_signature": gettext("Signature asked for: %(step)s") % {"step": step},
        "submit_for_signature": gettext("Submitted for signature: %(step)s") % {"step": step},
        "sign_task": gettext("Signed: %(step)s") % {"step": step},
        "refuse_signature": gettext("Not signed: %(step)s") % {"step": step},
        "withdraw_errand": gettext("Asked no longer: %(step)s") % {"step": step or number},
        "return_task": gettext("Returned from: %(step)s") % {"step": step},
        "take_back_task": gettext("Taken back: %(step)s") % {"step": step},
        "urge_task": gettext("Urged: %(step)s") % {"step": step},
        "copy_case": gettext("Copy sent"),
        "read_copy": gettext("Copy read"),
        "note_errand": gettext("Seen: %(step)s") % {"step": step},
        "snooze_task": gettext("To be looked at later: %(step)s") % {"step": step},
        "raise_finding": gettext("Audit finding"),
        "answer_finding": gettext("Audit finding answered"),
        "return_finding": gettext("Audit finding: asked again"),
        "close_finding": gettext("Audit finding closed"),
        "correct_finding": gettext("Audit finding: corrective action begun"),
        "take_finding": gettext("Begun because of an audit finding"),
        "add_note": gettext("Note"),
        "add_evidence": gettext("The customer added something"),
        "accept_answer": gettext("The customer accepts the answer"),
        "refuse_answer": gettext("The customer refuses the answer"),
        "ask_withdrawal": gettext("The customer withdraws the complaint"),
        "decline_withdrawal": gettext("The complaint goes on although it was withdrawn"),
        "ask_data": gettext("The customer asks about their data"),
        "answer_data": gettext("The customer's request about data answered"),
        "withdraw_case": gettext("Ended because the customer withdrew it"),
        "reopen_case": gettext("Reopened by the customer as %(number)s") % {"number": number},
        "link_case": gettext("Linked with %(number)s") % {"number": number},
        "unlink_case": gettext("No longer linked with %(number)s") % {"number": number},
        "join_case": gettext("Joined to %(number)s") % {"number": number},
        "take_in_case": gettext("%(number)s was joined to this case") % {"number": number},
        "part_case": gettext("Parted from %(number)s") % {"number": number},
        "end_joined": gettext("Ended with %(number)s") % {"number": number},
        "split_case": gettext("Split off: %(number)s") % {"number": number},
        "split_off": gettext("Split off from %(number)s") % {"number": number},
        "hold_case": gettext("Legal hold"),
        "release_case": gettext("Legal hold lifted"),
        "erase_case": gettext("Personal data erased"),
        "tell_person": gettext("Written out for the person concerned"),
        "change_procedure": gettext("A version that it led to is in service"),
        "read_case": gettext("Looked at"),
        "receive_message": gettext("Message received"),
        "receive_signal": gettext("Signal received"),
    }
    return said.get(action, action)


def _limit(case: Case, deadline: str) -> str:
    rule = case.deployment.package.deadlines.get(deadline)
    return words(rule.title) if rule else deadline


def details_of(case: Case, entry: Moment) -> Iterable[str]:
    """What else there is to say of an event: letters, rules that hit, time limits, reasons."""
    gettext = current_translator().gettext
    package = case.deployment.package
    for letter in case.letters:
        if entry.letter and letter.key == entry.subject:
            yield gettext("Letter: %(name)s") % {"name": letter.subject}
    for decided in entry.decided:
        yield decision_sentence(case.deployment, decided)
    for kind, detail in entry.clocks:
        if sentence := _clock_sentence(kind, detail, package.deadlines):
            yield sentence
    if entry.instead:
        yield _why_instead(case, *entry.instead)
    if entry.reason:
        yield entry.reason


def _why_instead(case: Case, was: str, to: str, why: str) -> str:
    gettext, groups = current_translator().gettext, case.deployment.package.company.groups
    said = {
        "vacant": gettext("Nobody is %(position)s; it goes to: %(group)s"),
        "barred": gettext("%(position)s has to keep out; it goes to: %(group)s"),
        "away": gettext("%(position)s is away and nobody may stand in; it goes to: %(group)s"),
    }[why]
    position, group = (words(groups[each].name) if each in groups else each for each in (was, to))
    return said % {"position": position, "group": group}


def decision_sentence(deployment: Deployment, decided: Mapping[str, Any]) -> str:
    """Which rules of a table hit, with what their author says of them."""
    gettext = current_translator().gettext
    decision = deployment.definition.decision(decided["decision"])
    name = words(deployment.package.element_names.get(decided["element"], {})) or decision.name
    numbers = decided.get("rules") or ()
    if not numbers:
        return gettext("%(name)s: no rule applies") % {"name": name}
    facts = {"name": name, "version": deployment.version, "rules": ", ".join(map(str, numbers))}
    said = gettext("%(name)s, version %(version)s: rule %(rules)s") % facts
    descriptions = [text for number in numbers if (text := decision.rule_description(number))]
    return f"{said} · {'; '.join(descriptions)}" if descriptions else said


def _clock_sentence(kind: str, detail: Mapping[str, Any], rules: Mapping[str, Any]) -> str:
    gettext = current_translator().gettext
    rule = rules.get(str(detail.get("clock")))
    title = words(rule.title) if rule else str(detail.get("clock"))
    if kind == "clock_stopped":
        if detail.get("cancelled"):
            return ""
        said = gettext("In time: %(limit)s") if detail.get("met") else gettext("Too late: %(limit)s")
        return said % {"limit": title}
    if kind == "clock_warned" and detail.get("share", 0) >= 1:
        return gettext("Reminded because time is over: %(limit)s") % {"limit": title}
    said = {
        "clock_breached": gettext("Time is over: %(limit)s"),
        "clock_warned": gettext("Time is running out: %(limit)s"),
        "clock_changed": gettext("New date: %(limit)s"),
        "clock_kept": gettext("Stays with the limit of the version before: %(limit)s"),
    }.get(kind, "")
    return said % {"limit": title} if said else ""


def _took(case: Case, opened_at: datetime | None, entry: Moment) -> str:
    if entry.action != "complete_task" or opened_at is None:
        return ""
    return duration(entry.at - opened_at, reader=reader(case.deployment.time_zone))
