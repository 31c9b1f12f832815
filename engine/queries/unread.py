"""What of a case cannot be found by its words yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from engine.deployments import Deployment, DeploymentStore
from engine.forms import Form, describe
from engine.history import Event, Stream, read_events
from engine.prepared import Prepared
from engine.queries.timeline import LOOKS
from engine.search.texts import CaseText, TextPart, Unread, UnreadFile
from engine.tables import attachments, cases, letters, search_queue, search_texts, user_tasks

#: What stands beside the words of an event: how it happened, in the platform's terms.
_NO_WORDS: Final = frozenset({"facts", "status", "calendar", "request", "during", "code"})
_SAID: Final = ("data", "result", "reason")


@dataclass(frozen=True, slots=True)
class UnreadCase:
    company_id: str
    case_id: int


def unread_cases(connection: sa.Connection, *, after: int, limit: int) -> tuple[UnreadCase, ...]:
    """Cases of all companies whose words have to be read, those with an id above *after*."""
    t = search_queue.c
    rows = connection.execute(
        sa.select(t.company_id, t.case_id).where(t.case_id > after).order_by(t.case_id).limit(limit)
    )
    return tuple(UnreadCase(row.company_id, row.case_id) for row in rows)


def unread_in(connection: sa.Connection, deployments: DeploymentStore, company_id: str, case_id: int) -> Unread | None:
    """What is unread in that case; None when there is nothing."""
    found = _QUEUED.rows(connection, {"company": company_id, "case": case_id})
    if not found:
        return None
    (row,) = found
    known = _KNOWN.rows(connection, {"case": case_id})
    refs = {(text.part, text.ref): text for text in known}
    read = int(refs[TextPart.CASE, ""].about) if (TextPart.CASE, "") in refs else 0
    deployment = deployments.load(connection, row.deployment_id)
    events = read_events(connection, Stream(company_id, case_id, row.number), after=read)
    seq = events[-1].seq if events else read
    named = "\n".join(filter(None, (row.number, row.title, row.customer)))
    return Unread(
        company_id=company_id,
        case_id=case_id,
        changes=row.changes,
        known=tuple(
            text.text for text in known if text.part != TextPart.CASE and (read or text.part != TextPart.EVENT)
        ),
        from_the_start=not read,
        texts=(
            CaseText(TextPart.CASE, "", row.started_at, "", str(seq), named),
            *_said(connection, deployment, case_id, events),
            *_letters(connection, case_id),
        ),
        files=_files(connection, case_id),
    )


def _said(
    connection: sa.Connection, deployment: Deployment, case_id: int, events: Sequence[Event]
) -> Iterator[CaseText]:
    tasks = _STEPS.rows(connection, {"case": case_id})
    forms, elements = {row.key: row.form for row in tasks}, {row.key: row.element for row in tasks}
    package = deployment.package
    for event in events:
        name = package.start.form if event.action == "start_case" else forms.get(event.subject, "")
        said = "\n".join(_words_of(event.content, package.forms.get(name), deployment))
        if event.action not in LOOKS and said:
            about = f"{event.action} {elements.get(event.subject, '')}".rstrip()
            yield CaseText(TextPart.EVENT, str(event.seq), event.at, event.actor, about, said)


def _words_of(content: Mapping[str, Any], form: Form | None, deployment: Deployment) -> Iterator[str]:
    yield from _texts({key: value for key, value in content.items() if key not in _NO_WORDS})
    asked = content.get("request", {})
    for name in _SAID:
        if name == "data" and form is not None:
            answers = asked.get(name, {})
            language = deployment.package.company.language
            for line in describe(form, answers, language, lists=deployment.lists):
                yield from filter(None, (line.value, *(cell.value for row in line.rows for cell in row)))
        else:
            yield from _texts(asked.get(name))


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value."""
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _letters(connection: sa.Connection, case_id: int) -> Iterator[CaseText]:
    for row in _LETTERS.rows(connection, {"case": case_id}):
        said = f"{row.subject}\n{row.body}"
        yield CaseText(TextPart.LETTER, row.key, row.written_at, "", row.subject, said)


def _files(connection: sa.Connection, case_id: int) -> tuple[UnreadFile, ...]:
    return tuple(
        UnreadFile(row.id, row.sha256, row.name, row.media_type, row.uploaded_at, row.uploaded_by)
        for row in _FILES.rows(connection, {"case": case_id})
    )


def _unknown(part: TextPart, case_id: sa.ColumnElement[Any], ref: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that no text of that *part* is kept for *ref*."""
    t = search_texts.c
    return ~sa.exists().where(t.case_id == case_id, t.part == part, t.ref == ref)


_QUEUED: Final = Prepared(
    sa.select(
        search_queue.c.changes, cases.c.number, cases.c.title, cases.c.customer, cases.c.started_at,
        cases.c.deployment_id,
    )
    .select_from(search_queue.join(cases, cases.c.id == search_queue.c.case_id))
    .where(search_queue.c.company_id == sa.bindparam("company"), search_queue.c.case_id == sa.bindparam("case"))
)  # fmt: skip
_KNOWN: Final = Prepared(sa.select(search_texts).where(search_texts.c.case_id == sa.bindparam("case")))
_STEPS: Final = Prepared(
    sa.select(user_tasks.c.key, user_tasks.c.form, user_tasks.c.element).where(
        user_tasks.c.case_id == sa.bindparam("case")
    )
)
_LETTERS: Final = Prepared(
    sa.select(letters.c.key, letters.c.subject, letters.c.body, letters.c.written_at)
    .where(letters.c.case_id == sa.bindparam("case"), _unknown(TextPart.LETTER, letters.c.case_id, letters.c.key))
    .order_by(letters.c.id)
)
_FILES: Final = Prepared(
    sa.select(attachments).where(
        attachments.c.case_id == sa.bindparam("case"),
        _unknown(TextPart.FILE, attachments.c.case_id, attachments.c.id),
    )
)
