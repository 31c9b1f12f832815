"""What is kept about somebody, as pages and files tell it to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from engine.forms import fields_of
from engine.history import instant
from engine.queries.about_person import KeptAbout
from engine.queries.cases import Case
from webapp.case_view import case_status, group_names, what_happened
from webapp.data_words import data_words
from webapp.presentation import file_size, full_instant
from webapp.shell import current_translator, language, reader, words


def told_case(kept: KeptAbout, who_is: Callable[[str], str]) -> SimpleNamespace:
    """One case for `_told.html`; *who_is* puts into words who wrote something or looked."""
    case, look = kept.case, reader(kept.case.deployment.time_zone)
    deployment = case.deployment
    said = data_words(
        deployment.package.forms.values(), groups=group_names(deployment), lists=deployment.lists, language=language()
    )

    def at(moment: Any) -> str:
        return full_instant(moment, reader=look)

    return SimpleNamespace(
        number=case.number,
        procedure=words(deployment.package.title),
        status=case_status(case.status, case.outcome_words)[0],
        received=at(case.received_at),
        closed=at(case.ended_at) if case.ended_at else "",
        erased=at(kept.erased_at) if kept.erased_at else "",
        kept_until=kept.kept_until.isoformat() if kept.kept_until else "",
        held=kept.held,
        values=[
            SimpleNamespace(
                label=said.label(each.name) or _of_events().get(each.name, each.name),
                value=said.value(each.name, each.value) or str(each.value),
                who=who_is(each.actor),
                at=at(each.at),
            )
            for each in kept.values
        ],
        answers=[
            (label, text)
            for name, value in _other_answers(case).items()
            if (label := said.label(name)) and (text := said.value(name, value))
        ],
        letters=[
            SimpleNamespace(subject=each.subject, body=each.body, address=each.address, at=at(each.written_at))
            for each in kept.letters
        ],
        files=[
            SimpleNamespace(name=each.name, size=file_size(each.size, reader=look), at=at(each.uploaded_at))
            for each in kept.files
        ],
        looks=[
            SimpleNamespace(who=who_is(each.actor), what=what_happened(each.action, step=""), at=at(each.at))
            for each in kept.looks
        ],
    )


def _other_answers(case: Case) -> Mapping[str, Any]:
    """What the forms asked that is not kept as personal, as it stands now."""
    package = case.deployment.package
    asked = {path for form in package.forms.values() for path in fields_of(form)} - case.deployment.personal_names
    return {name: value for name, value in case.data.items() if name in asked and value not in (None, "", [])}


def _of_events() -> Mapping[str, str]:
    """What is sealed in events besides answers, in words."""
    gettext = current_translator().gettext
    words_of = gettext("What was written with it")
    return {
        "reason": words_of,
        "said": words_of,
        "opinion": words_of,
        "note": words_of,
        "withdrawn": words_of,
        "wrong": gettext("What is wrong or missing"),
        "right": gettext("What is right"),
        "checked": gettext("How it was checked who asks"),
        "was": gettext("Address"),
        "address": gettext("Address"),
    }


def told_data(kept: KeptAbout, who_is: Callable[[str], str] = str) -> Mapping[str, Any]:
    """The same for machines."""
    case = kept.case
    return {
        "number": case.number,
        "procedure": case.procedure,
        "status": case.status,
        "received_at": instant(case.received_at),
        "closed_at": instant(case.ended_at) if case.ended_at else None,
        "erased_at": instant(kept.erased_at) if kept.erased_at else None,
        "kept_until": kept.kept_until.isoformat() if kept.kept_until else None,
        "held": kept.held,
        "values": [
            {
                "event": each.seq,
                "at": instant(each.at),
                "by": who_is(each.actor),
                "field": each.name,
                "value": each.value,
            }
            for each in kept.values
        ],
        "answers": dict(_other_answers(case)),
        "letters": [
            {"written_at": instant(each.written_at), "to": each.address, "subject": each.subject, "body": each.body}
            for each in kept.letters
        ],
        "files": [
            {"name": each.name, "size": each.size, "type": each.media_type, "uploaded_at": instant(each.uploaded_at)}
            for each in kept.files
        ],
        "looked_at": [{"at": instant(each.at), "by": who_is(each.actor), "action": each.action} for each in kept.looks],
    }
