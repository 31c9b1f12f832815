"""What colleagues ask of each other, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from flask import url_for

from engine.queries.errands import DATA_KINDS, Errand, is_asked
from webapp.access import actor
from webapp.due import due_of
from webapp.presentation import moment
from webapp.shell import current_translator, own_calendar, reader, words


def errand_rows(errands: Iterable[Errand], *, now: datetime, zone: ZoneInfo) -> list[SimpleNamespace]:
    """*errands* for a list, in their order."""
    return [errand_row(each, now=now, zone=zone) for each in errands]


def errand_row(errand: Errand, *, now: datetime, zone: ZoneInfo) -> SimpleNamespace:
    """One errand: what was asked, by whom and of whom, and what became of it."""
    look = reader(zone)
    mine = is_asked(actor(), errand) and errand.asked_by_id != actor().person_id
    theirs = {actor().person_id, *(absent.id for absent in actor().stands_in_for)}
    is_open = errand.status == "open"
    procedure = current_translator().gettext("The procedure")
    by_customer = errand.kind in {"customer", "withdrawal", *DATA_KINDS}
    awaited = errand.held and errand.kind == "countersignature"
    return SimpleNamespace(
        id=errand.id,
        kind=errand.kind,
        what=_what(errand.kind),
        tone="warn" if errand.kind in {"urge", "return", "withdrawal", *DATA_KINDS} else "accent",
        number=errand.number,
        title=errand.title or errand.number,
        step=words(errand.step),
        asked_by=current_translator().gettext("Customer") if by_customer else words(errand.asked_by) or procedure,
        to=words(errand.person) or words(errand.group) or current_translator().gettext("Administrators"),
        due=due_of(errand.due_at, now=now, calendar=own_calendar()) if errand.due_at else None,
        reason=errand.reason,
        asked=moment(errand.asked_at, now, reader=look),
        status=_status(errand),
        open=is_open,
        ended=moment(errand.ended_at, now, reader=look) if errand.ended_at else None,
        ended_by=words(errand.ended_by),
        ended_for=words(errand.ended_for),
        answer=errand.answer,
        url=url_for("tasks.show", task_id=errand.task_id)
        if errand.kind == "delegation"
        else url_for("verbs.show", errand_id=errand.id),
        to_note=errand.kind in {"copy", "urge", "return", "customer"},
        can_answer=is_open and mine,
        can_withdraw=is_open and errand.asked_by_id in theirs and errand.kind != "return" and not awaited,
    )


def _what(kind: str) -> str:
    gettext = current_translator().gettext
    return {
        "hand_over": gettext("Handed over"),
        "delegation": gettext("To fill in for somebody"),
        "signature": gettext("To sign"),
        "countersignature": gettext("To sign"),
        "return": gettext("Came back"),
        "urge": gettext("Urged"),
        "copy": gettext("Copy for information"),
        "customer": gettext("From the customer"),
        "withdrawal": gettext("The customer withdraws the complaint"),
        "data_copy": gettext("The customer wants a copy of their data"),
        "data_correction": gettext("The customer wants their data corrected"),
        "data_erasure": gettext("The customer wants their data erased"),
    }[kind]


def _status(errand: Errand) -> str:
    gettext = current_translator().gettext
    if errand.status == "open":
        return gettext("waiting")
    if errand.status == "withdrawn":
        return gettext("withdrawn by whoever asked")
    if errand.status == "postponed":
        return gettext("agreed, for later")
    if errand.status in {"settled", "outdated"}:
        return gettext("no longer needed")
    refused = errand.status == "refused"
    return {
        "hand_over": gettext("declined") if refused else gettext("accepted"),
        "delegation": gettext("answered"),
        "signature": gettext("not signed") if refused else gettext("signed"),
        "countersignature": gettext("not signed") if refused else gettext("signed"),
        "withdrawal": gettext("declined") if refused else gettext("accepted"),
        "data_copy": gettext("refused") if refused else gettext("handed out"),
        "data_correction": gettext("refused") if refused else gettext("corrected"),
        "data_erasure": gettext("refused") if refused else gettext("begun"),
    }.get(errand.kind, gettext("read"))
