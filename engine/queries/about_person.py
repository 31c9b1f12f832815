"""Everything personal that is kept in a case, and who looked at it: what the person concerned may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from engine.deployments import DeploymentStore
from engine.history import Stream, read_events, values_of
from engine.queries.cases import Case, CaseFile, CaseLetter
from engine.queries.erasures import erasable_cases
from engine.queries.timeline import LOOKS


@dataclass(frozen=True, slots=True)
class KeptValue:
    """A personal value as one event has it."""

    seq: int
    at: datetime
    actor: str  #: login, "customer" or "system": who wrote it
    name: str  #: field
    value: Any


@dataclass(frozen=True, slots=True)
class Look:
    at: datetime
    actor: str
    action: str


@dataclass(frozen=True, slots=True)
class KeptAbout:
    """What one case keeps about whom it is about."""

    case: Case
    values: tuple[KeptValue, ...]  #: in the order in which they were written
    letters: tuple[CaseLetter, ...]
    files: tuple[CaseFile, ...]
    looks: tuple[Look, ...]
    kept_until: date | None
    held: bool
    erased_at: datetime | None


def kept_about(connection: sa.Connection, deployments: DeploymentStore, case: Case) -> KeptAbout:
    """What *case* keeps."""
    stream = Stream(case.deployment.package.company.id, case.id, case.number)
    events = {event.seq: event for event in read_events(connection, stream)}
    (facts,) = erasable_cases(connection, deployments, stream.company_id, (case.number,))
    return KeptAbout(
        case=case,
        values=tuple(
            KeptValue(seq, events[seq].at, events[seq].actor, name.rpartition(".")[0], value)
            for seq, found in sorted(values_of(connection, stream).items())
            for name, value in sorted(_values(found).items(), key=lambda item: int(item[0].rpartition(".")[2]))
            if not name.startswith("sha256.")
        ),
        letters=tuple(letter for letter in case.letters if letter.subject or letter.body),
        files=case.files,
        looks=tuple(Look(each.at, each.actor, each.action) for each in events.values() if each.action in LOOKS),
        kept_until=facts.kept_until,
        held=bool(facts.held),
        erased_at=facts.erased_at,
    )


def _values(found: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, (_, value) in found.items()}
