"""What of a case cannot be found by its words yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from engine.deployments import Deployment, DeploymentStore
from engine.forms import Form, describe
from engine.history import Event, Stream, read_events
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
    row = connection.execute(
        sa.select(search_queue.c.changes, *_NAMED)
        .select_from(search_queue.join(cases, cases.c.id == search_queue.c.case_id))
        .where(search_queue.c.company_id == company_id, search_queue.c.case_id == case_id)
    ).one_or_none()
    if row is None:
        return None
    known = connection.execute(sa.select(search_texts).where(search_texts.c.case_id == case_id)).all()
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
            *_letters(connection, case_id, [ref for part, ref in refs if part == TextPart.LETTER]),
        ),
        files=_files(connection, case_id, [ref for part, ref in refs if part == TextPart.FILE]),
    )


_NAMED: Final = (
    cases.c.number, cases.c.title, cases.c.customer, cases.c.started_at, cases.c.deployment_id,
)  # fmt: skip


def _said(
    connection: sa.Connection, deployment: Deployment, case_id: int, events: Sequence[Event]
) -> Iterator[CaseText]:
    t = user_tasks.c
    tasks = connection.execute(sa.select(t.key, t.form, t.element).where(t.case_id == case_id)).all()
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


def _letters(connection: sa.Connection, case_id: int, known: Sequence[str]) -> Iterator[CaseText]:
    t = letters.c
    unknown = (t.case_id == case_id, t.key.not_in(known))
    for row in connection.execute(sa.select(t.key, t.subject, t.body, t.written_at).where(*unknown).order_by(t.id)):
        said = f"{row.subject}\n{row.body}"
        yield CaseText(TextPart.LETTER, row.key, row.written_at, "", row.subject, said)


def _files(connection: sa.Connection, case_id: int, known: Sequence[str]) -> tuple[UnreadFile, ...]:
    rows = connection.execute(
        sa.select(attachments).where(attachments.c.case_id == case_id, attachments.c.id.not_in(known))
    )
    return tuple(
        UnreadFile(row.id, row.sha256, row.name, row.media_type, row.uploaded_at, row.uploaded_by) for row in rows
    )
