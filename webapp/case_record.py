"""A case as a document for whoever has only the document: facts, verdicts, course, time limits, letters, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import orjson
import sqlalchemy as sa
from flask import render_template

from engine.complaints import Actor
from engine.deployments import Deployment, DeploymentStore
from engine.forms import describe
from engine.history import Event
from engine.procedures import Company
from engine.queries.cases import Case
from engine.queries.conformance import INTERVENTIONS, deviations, judge
from engine.queries.people import names_of
from engine.queries.time_limits import ExtensionRequest, extensions_of
from engine.queries.timeline import LOOKS, Moment, case_events, moments, versions_of
from engine.text import Text
from webapp.apart import reading_in
from webapp.case_view import case_status, details_of, on_behalf, summary_of, what_of, who
from webapp.clock_view import clock_rows
from webapp.conformance_view import conformance_of
from webapp.course import course_on, drawn
from webapp.diagrams import element_names, file_names, files_of
from webapp.paper import pdf
from webapp.presentation import duration, file_size, full_instant
from webapp.shell import current_translator, reader, words

#: Names in the package.
RECORD, VERDICTS = "record.pdf", "verdicts.json"


@dataclass(frozen=True)
class Told:
    """A case with everything its record tells, as it was read at one time."""

    case: Case
    company: Company
    events: tuple[Event, ...]
    versions: tuple[tuple[int, Deployment], ...]
    names: Mapping[str, Text]  #: of people, by login
    extensions: tuple[ExtensionRequest, ...]
    now: datetime


def told(connection: sa.Connection, deployments: DeploymentStore, actor: Actor, case: Case, *, now: datetime) -> Told:
    """What there is to tell of *case*."""
    company = case.deployment.package.company
    events = case_events(connection, company.id, case)
    return Told(
        case=case,
        company=company,
        events=events,
        versions=versions_of(connection, deployments, case, events),
        names=names_of(connection, company.id),
        extensions=tuple(extensions_of(connection, deployments, actor, case.id)),
        now=now,
    )


def papers_of(tale: Told, *, by: str, language: str) -> Mapping[str, bytes]:
    """The record in *language* as PDF and the verdicts as JSON, by file name. *by* is the login of who asks."""
    return {RECORD: pdf(record_page(tale, by=by, language=language)), VERDICTS: verdicts_of(tale)}


def verdicts_of(tale: Told) -> bytes:
    """Every clause with what is to be said of it, see docs/history-format.md."""
    case = tale.case
    judged = judge(case.deployment.package, tale.events, ended=case.ended_at is not None)
    said = {
        "case": case.number,
        "procedure": case.procedure,
        "version": case.deployment.version,
        "through": tale.events[-1].seq if tale.events else 0,
        "clauses": [
            {
                "clause": each.clause.reference,
                "asks": dict(each.clause.summary),
                "verdict": str(each.verdict),
                "reason": each.reason,
                "about": each.about,
                "event": each.seq,
            }
            for each in judged
        ],
        "interventions": [{"event": each.seq, "action": each.action} for each in deviations(tale.events)],
    }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2)


def record_page(tale: Told, *, by: str, language: str) -> str:
    """The record as a page for paper."""
    with reading_in(language):
        case, look = tale.case, reader(tale.case.deployment.time_zone)
        found = moments(tale.events)
        return render_template(
            "case_record.html",
            language=language,
            company=words(tale.company.name),
            case=_facts(tale, language=language),
            made=SimpleNamespace(at=full_instant(tale.now, reader=look), by=who(by, tale.names)),
            head=tale.events[-1] if tale.events else None,
            conformance=conformance_of(case, tale.events, tale.names, tale.versions),
            drawings=list(_drawings(tale)),
            entries=[_entry(tale, each, language=language) for each in found if each.action not in LOOKS],
            looks=[_look(tale, each) for each in found if each.action in LOOKS],
            clocks=clock_rows(
                case, now=tale.now, names=tale.names, reading=Actor.system(tale.company.id), extensions=tale.extensions
            ),
            letters=[_letter(tale, letter) for letter in case.letters],
            files=[
                SimpleNamespace(
                    name=file.name,
                    size=file_size(file.size, reader=look),
                    at=full_instant(file.uploaded_at, reader=look),
                    by=who(file.uploaded_by, tale.names),
                    sha256=file.sha256,
                )
                for file in case.files
            ],
        )


def _facts(tale: Told, *, language: str) -> SimpleNamespace:
    gettext, case = current_translator().gettext, tale.case
    look = reader(case.deployment.time_zone)
    status, _ = case_status(case.status, case.outcome_words)
    ran = ", ".join(str(deployment.version) for _, deployment in tale.versions)
    ended = (
        f"{full_instant(case.ended_at, reader=look)} ({duration(case.ended_at - case.started_at, reader=look)})"
        if case.ended_at
        else gettext("still going on")
    )
    lines = [
        (gettext("Number"), case.number),
        (gettext("Title"), case.title),
        (gettext("Procedure"), words(case.deployment.package.title)),
        (gettext("Versions it ran on"), ran),
        (gettext("Received"), full_instant(case.received_at, reader=look)),
        (gettext("Registered"), f"{full_instant(case.started_at, reader=look)} · {who(case.started_by, tale.names)}"),
        (gettext("Closed"), ended),
        (gettext("Status"), status),
        (gettext("Answers for it"), who(case.answerable, tale.names) if case.answerable else ""),
        *summary_of(case, language=language),
    ]
    return SimpleNamespace(number=case.number, title=case.title, lines=[line for line in lines if line[1]])


def _drawings(tale: Told) -> Sequence[SimpleNamespace]:
    """Every diagram that the case came through, of each version it ran on, with its course there."""
    gettext, found = current_translator().gettext, []
    for number, (since, deployment) in enumerate(tale.versions):
        until = tale.versions[number + 1][0] if number + 1 < len(tale.versions) else None
        course = course_on(event for event in tale.events if event.seq >= since and (not until or event.seq < until))
        elements, names = deployment.definition.elements, file_names(deployment)
        visited = {elements[name].file for name in course.visits if name in elements}
        files = files_of(replace(tale.case, deployment=deployment))
        for file in [file for file in files if file in visited] or files[:1]:
            said = {"name": names.get(file, file), "version": deployment.version}
            picture = drawn(deployment.package.diagrams[file], file, course, element_names(deployment))
            found.append(SimpleNamespace(title=gettext("%(name)s, version %(version)s") % said, picture=picture))
    return found


def _entry(tale: Told, moment: Moment, *, language: str) -> SimpleNamespace:
    version = next(deployment for since, deployment in reversed(tale.versions) if since <= moment.seq or since == 1)
    case = replace(tale.case, deployment=version)
    look = reader(version.time_zone)
    return SimpleNamespace(
        seq=moment.seq,
        at=full_instant(moment.at, reader=look),
        who=on_behalf(moment, tale.names),
        what=what_of(case, moment),
        by_hand=moment.action in INTERVENTIONS,
        details=list(details_of(case, moment)),
        answers=_answers(case, moment, language=language),
        happened=full_instant(case.received_at, reader=look)
        if moment.action.startswith("start_") and case.received_at < moment.at.replace(second=0, microsecond=0)
        else "",
    )


def _answers(case: Case, moment: Moment, *, language: str) -> list[Any]:
    """The form as it was sent then."""
    package = case.deployment.package
    of_task = next((task.form for task in case.tasks if task.key == moment.subject), "")
    form = package.forms.get(package.start.form if moment.action == "start_case" else of_task)
    if form is None or not moment.answers:
        return []
    lines = describe(form, moment.answers, language, lists=case.deployment.lists)
    return [line for line in lines if line.value or line.rows]


def _look(tale: Told, moment: Moment) -> SimpleNamespace:
    return SimpleNamespace(
        seq=moment.seq,
        at=full_instant(moment.at, reader=reader(tale.case.deployment.time_zone)),
        who=on_behalf(moment, tale.names),
        what=what_of(tale.case, moment),
    )


def _letter(tale: Told, letter: Any) -> SimpleNamespace:
    look = reader(tale.case.deployment.time_zone)
    return SimpleNamespace(
        subject=letter.subject,
        to=words(letter.recipient_name) or current_translator().gettext("Customer"),
        at=full_instant(letter.written_at, reader=look),
        sent=full_instant(letter.sent_at, reader=look) if letter.sent_at else "",
        withdrawn=full_instant(letter.withdrawn_at, reader=look) if letter.withdrawn_at else "",
        body=letter.body,
    )
