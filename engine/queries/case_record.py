"""Everything that is known of a case, for its audit package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

import sqlalchemy as sa

from engine.deployments import Deployment, DeploymentStore
from engine.history import Event, Stream, find_events, letter_text, read_events, values_of
from engine.history.checkpoint import Checkpoint, unchecked
from engine.history.export import CaseRecord, Proofs, Ran
from engine.history.growing import consistency_with, last_note, last_stamp, proofs_of
from engine.queries.cases import Case
from engine.queries.timeline import versions_of
from engine.storage import FileDamaged, Storage


def case_record(
    connection: sa.Connection, deployments: DeploymentStore, case: Case, *, storage: Storage, since: Iterable[str] = ()
) -> CaseRecord:
    """The record of *case* with proofs from the company's last checkpoint, where there is one.

    *storage* has the uploads. *since* are older checkpoints to go on from. Raises HistoryForked when
    the history does not.
    """
    company_id = case.deployment.package.company.id
    stream = Stream(company_id, case.id, case.number)
    events = read_events(connection, stream)
    procedures, own = _procedures(connection, deployments, case, events)
    return CaseRecord(
        stream=stream,
        events=events,
        values=values_of(connection, stream),
        procedures=procedures,
        own=own,
        proofs=_proofs(connection, stream, own, [unchecked(note) for note in since]),
        contents={**_uploads(case, company_id, storage), **_letters(case)},
        clocks=tuple(
            {"deadline": each.deadline, "round": each.round, "status": each.status, "receipt": each.receipt}
            for each in case.clocks
        ),
        calendars=deployments.all_calendars(connection, company_id),
    )


def _procedures(
    connection: sa.Connection, deployments: DeploymentStore, case: Case, events: Iterable[Event]
) -> tuple[tuple[Ran, ...], tuple[Event, ...]]:
    """The versions the case ran on, the present one first, and the company's events that put them into service."""
    own = Stream(case.deployment.package.company.id, 0, "")
    put = find_events(connection, own, action="deploy_procedure", subject=case.procedure)
    by_digest = {str(event.content.get("digest")): event for event in put}
    earlier = {each.id: each for _, each in versions_of(connection, deployments, case, events)}
    used = [case.deployment, *(each for each in earlier.values() if each.id != case.deployment.id)]
    found = [(each, by_digest[each.package.digest]) for each in used if each.package.digest in by_digest]
    ran = tuple(Ran(_folder(case, each), each.version, event.seq, each.package.files) for each, event in found)
    return ran, tuple(sorted({event.seq: event for _, event in found}.values(), key=lambda event: event.seq))


def _folder(case: Case, deployment: Deployment) -> str:
    return "procedure/" if deployment.id == case.deployment.id else f"earlier/{deployment.version}/"


def _proofs(
    connection: sa.Connection, stream: Stream, own: Iterable[Event], since: Iterable[Checkpoint]
) -> Proofs | None:
    signed = last_note(connection, stream.company_id)
    if signed is None:
        return None
    note, key = signed
    checkpoint = unchecked(note)
    stamped = last_stamp(connection, stream.company_id, key=key)
    older = [*since, *([unchecked(stamped[0])] if stamped else [])]
    company = Stream(stream.company_id, 0, "")
    return Proofs(
        note=note,
        key=key,
        events=tuple(proofs_of(connection, stream, checkpoint.size)),
        company=tuple(proofs_of(connection, company, checkpoint.size, of={event.seq for event in own})),
        since={old.size: consistency_with(connection, stream.company_id, old, checkpoint) for old in older},
        stamped=stamped[:2] if stamped else None,
    )


def _uploads(case: Case, company_id: str, storage: Storage) -> Mapping[str, bytes]:
    """Path in the package -> content; what was erased is absent."""
    found = {}
    for file in case.files:
        with suppress(FileDamaged):
            found[f"files/{file.id}-{file.name}"] = storage.read(company_id, file.sha256)
    return found


def _letters(case: Case) -> Mapping[str, bytes]:
    """The same of letters."""
    return {
        f"letters/{number:03}-{letter.letter}.txt": letter_text(letter.subject, letter.body).encode()
        for number, letter in enumerate(case.letters, start=1)
        if letter.subject or letter.body
    }
