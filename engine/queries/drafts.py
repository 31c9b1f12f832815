"""What a process owner sees: procedures, their versions with open cases, drafts and their saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor, refusal_to_own
from engine.deployments import DeploymentStore, Draft, draft_of, unpack_files
from engine.errors import NotFound
from engine.interpreter import CaseStatus
from engine.procedures.card import Card, card_from_json
from engine.procedures.diagram import read_diagram
from engine.procedures.messages import takes, throws
from engine.tables import cases, deployments, draft_comments, draft_saves, people, procedures, publications
from engine.text import Text

#: Settled comments that are still shown.
_SETTLED: Final = 30


@dataclass(frozen=True, slots=True)
class OwnedProcedure:
    """One procedure in the list of the workshop."""

    card: Card
    open_cases: int
    draft: Draft | None
    waiting: Publication | None  #: asked for, or approved for a day to come


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a procedure that is or was in service."""

    version: int
    deployed_at: datetime
    deployed_by: str  #: login, or "system"
    open_cases: int
    publication: Publication | None  #: what it was asked for and approved with; None when it was deployed from files


@dataclass(frozen=True, slots=True)
class Publication:
    """A draft somebody wants in service, and what became of it."""

    id: int
    procedure: str
    base_version: int  #: what was in service when it was asked for
    revision: int  #: of the draft it froze
    status: str  #: PublicationStatus
    reason: str
    effective_at: datetime | None  #: None = as soon as it is approved
    asked_at: datetime
    asked_by: str  #: login
    decided_at: datetime | None
    decided_by: str  #: login, "" = nobody yet
    answer: str
    version: int | None  #: what it became
    findings: list[dict[str, Any]]  #: rule, file, line, message: why it could not be put into service


@dataclass(frozen=True, slots=True)
class Awaited:
    """A publication that waits for a second owner."""

    id: int
    procedure: str
    title: Text  #: of the procedure
    reason: str
    asked_at: datetime
    asked_by: Text


@dataclass(frozen=True, slots=True)
class Comment:
    """What an owner said about a draft."""

    id: int
    file: str  #: of a diagram, "" = the draft as a whole
    element: str  #: in that diagram, "" = all of it
    words: str
    said_at: datetime
    said_by: str  #: login
    settled_at: datetime | None
    settled_by: str  #: login, "" = nobody


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another procedure of the company that this one tells something, or is told by."""

    procedure: str
    title: Text
    message: str
    tells: bool  #: whether the other one sends it


@dataclass(frozen=True, slots=True)
class Save:
    """One save of a draft that can be taken back to."""

    revision: int
    path: str  #: the file that was written, "" where the draft was begun or taken back
    restored: str  #: ``"version 3"`` or ``"save 17"``, "" for an ordinary save
    saved_at: datetime
    saved_by: str  #: login


def owned_procedures(connection: sa.Connection, company_id: str) -> tuple[OwnedProcedure, ...]:
    """The company's procedures in the order of their ids."""
    t = procedures.c
    statement = sa.select(t.procedure, t.card).where(t.company_id == company_id).order_by(t.procedure)
    open_cases = _open_cases(connection, company_id)
    return tuple(
        OwnedProcedure(
            card=card_from_json(row.card),
            open_cases=sum(number for (procedure, _), number in open_cases.items() if procedure == row.procedure),
            draft=draft_of(connection, company_id, row.procedure),
            waiting=waiting_publication(connection, company_id, row.procedure),
        )
        for row in connection.execute(statement)
    )


def versions_of(connection: sa.Connection, company_id: str, procedure: str) -> tuple[Version, ...]:
    """All versions of a procedure, the newest first."""
    t = deployments.c
    open_cases = _open_cases(connection, company_id)
    statement = (
        sa.select(t.id, t.version, t.deployed_at, t.deployed_by)
        .where(t.company_id == company_id, t.procedure == procedure)
        .order_by(t.version.desc())
    )
    published = {each.version: each for each in publications_of(connection, company_id, procedure) if each.version}
    return tuple(
        Version(
            version=row.version,
            deployed_at=row.deployed_at,
            deployed_by=row.deployed_by,
            open_cases=open_cases.get((procedure, row.id), 0),
            publication=published.get(row.version),
        )
        for row in connection.execute(statement)
    )


def publications_of(connection: sa.Connection, company_id: str, procedure: str) -> tuple[Publication, ...]:
    """Everything that was ever asked for in that procedure, the newest first."""
    t = publications.c
    where = (t.company_id == company_id, t.procedure == procedure)
    rows = connection.execute(sa.select(*_PUBLICATION).where(*where).order_by(t.id.desc()))
    return tuple(Publication(*row) for row in rows)


def publication_by_id(connection: sa.Connection, company_id: str, publication_id: int) -> Publication:
    """Raises NotFound."""
    t = publications.c
    where = (t.company_id == company_id, t.id == publication_id)
    row = connection.execute(sa.select(*_PUBLICATION).where(*where)).one_or_none()
    if row is None:
        raise NotFound("publication", publication_id)
    return Publication(*row)


def files_of_publication(connection: sa.Connection, company_id: str, publication_id: int) -> Mapping[str, bytes]:
    """What would be put into service, or was. Raises NotFound."""
    t = publications.c
    where = (t.company_id == company_id, t.id == publication_id)
    packed = connection.execute(sa.select(t.files).where(*where)).scalar()
    if packed is None:
        raise NotFound("publication", publication_id)
    return unpack_files(packed)


def waiting_publication(connection: sa.Connection, company_id: str, procedure: str) -> Publication | None:
    """What is asked for and not decided, or approved for a day to come. There is one at most."""
    t = publications.c
    where = (t.company_id == company_id, t.procedure == procedure, t.status.in_(["asked", "approved"]))
    row = connection.execute(sa.select(*_PUBLICATION).where(*where)).one_or_none()
    return None if row is None else Publication(*row)


def publications_to_approve(connection: sa.Connection, actor: Actor) -> tuple[Awaited, ...]:
    """What others of the actor's company want in service and the actor may decide on, the oldest first."""
    if refusal_to_own(actor):
        return ()
    t, p = publications.c, procedures.c
    rows = connection.execute(
        sa.select(t.id, t.procedure, t.reason, t.asked_at, people.c.name, p.card)
        .join(procedures, (p.company_id == t.company_id) & (p.procedure == t.procedure))
        .join(people, (people.c.company_id == t.company_id) & (people.c.login == t.asked_by))
        .where(t.company_id == actor.company_id, t.status == "asked", t.asked_by != actor.name)
        .order_by(t.id)
    )
    return tuple(
        Awaited(row.id, row.procedure, card_from_json(row.card).title, row.reason, row.asked_at, row.name)
        for row in rows
    )


def changed_files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """(path, ``"new"`` | ``"changed"`` | ``"removed"``) of every file that differs, by path."""
    kinds = {(False, True): "new", (True, False): "removed", (True, True): "changed"}
    paths = sorted(before.keys() | after.keys())
    return tuple((path, kinds[path in before, path in after]) for path in paths if before.get(path) != after.get(path))


def comments_on(connection: sa.Connection, company_id: str, procedure: str) -> list[Comment]:
    """What was said about the procedure's drafts: first what is not settled, then the newest of what is."""
    c = draft_comments.c
    own = sa.select(*(c[each.name] for each in fields(Comment))).where(
        c.company_id == company_id, c.procedure == procedure
    )
    left = own.where(c.settled_at.is_(None)).order_by(c.id)
    settled = own.where(c.settled_at.is_not(None)).order_by(c.settled_at.desc(), c.id.desc()).limit(_SETTLED)
    return [Comment(*row) for query in (left, settled) for row in connection.execute(query)]


def neighbours(
    connection: sa.Connection, store: DeploymentStore, company_id: str, procedure: str
) -> tuple[Neighbour, ...]:
    """The company's procedures that this one hears from or tells something, by message."""
    current = store.all_current(connection, company_id)
    diagrams = {each.package.id: read_diagram(each.package.diagrams) for each in current}
    titles = {each.package.id: each.package.title for each in current}
    own = diagrams.pop(procedure)
    found = [
        Neighbour(other, titles[other], message, tells)
        for other, diagram in diagrams.items()
        for said, tells in ((throws(diagram) & takes(own), True), (throws(own) & takes(diagram), False))
        for message in sorted(said)
    ]
    return tuple(sorted(found, key=lambda each: (each.procedure, each.message)))


def saves_of(connection: sa.Connection, company_id: str, procedure: str, *, limit: int) -> tuple[Save, ...]:
    """The newest saves of the procedure's draft, the newest first."""
    t = draft_saves.c
    statement = (
        sa.select(t.revision, t.path, t.restored, t.saved_at, t.saved_by)
        .where(t.company_id == company_id, t.procedure == procedure)
        .order_by(t.revision.desc())
        .limit(limit)
    )
    return tuple(Save(*row) for row in connection.execute(statement))


_PUBLICATION: Final = tuple(publications.c[each.name] for each in fields(Publication))


def _open_cases(connection: sa.Connection, company_id: str) -> Mapping[tuple[str, int], int]:
    """(procedure, deployment id) -> cases that run on it."""
    t = cases.c
    statement = (
        sa.select(t.procedure, t.deployment_id, sa.func.count().label("number"))
        .where(t.company_id == company_id, t.status == str(CaseStatus.OPEN))
        .group_by(t.procedure, t.deployment_id)
    )
    return {(row.procedure, row.deployment_id): row.number for row in connection.execute(statement)}
