"""A letter as anybody may know it who has its code: whether it is genuine, and what it says, partly covered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import COVER, CUSTOMER, Veil, masked_text, veil_of
from engine.deployments import Deployment, DeploymentStore
from engine.errors import NotFound, NotGenuine
from engine.forms import TextAreaField, TextField, personal_fields
from engine.forms.model import answered
from engine.history import Event, Head, Stream, digest_of_letter, read_events, values_of, verify_events
from engine.history.check import root_by_inclusion
from engine.history.checkpoint import read_note
from engine.history.growing import last_note, last_stamp, proofs_of
from engine.history.tree import leaf
from engine.tables import cases, companies, letters

#: A link that opens a customer's case; only the paper has its code.
_LINK: Final = re.compile(r"(/public/(?:track|received|held)/)[\w-]+")
#: Number of an event -> name -> salt and value.
_Sealed = Mapping[int, Mapping[str, tuple[str, Any]]]
#: What of a case writes a letter, each with the hash of the letter.
_WRITES: Final = frozenset({"complete_service", "write_letter"})
_WITHDRAWS: Final = "withdraw_letter"


class LetterState(StrEnum):
    """What the history says of the text that is kept."""

    GENUINE = "genuine"  #: it is the one that was recorded when the letter was written
    ERASED = "erased"  #: it was erased with everything personal in the case: nobody can compare it any more
    ALTERED = "altered"  #: it is another one, or the history of the case does not hang together


@dataclass(frozen=True, slots=True)
class CheckedLetter:
    """What whoever has the code may know. The words that name somebody are covered in *subject* and *body*."""

    case_id: int
    place: int  #: the letter is the *place*-th of its case
    number: str  #: of the case
    deployment: Deployment
    sandbox: bool
    state: LetterState
    written_at: datetime
    language: str
    inside: bool  #: it is for people of the company: its text is shown to nobody else
    to: str  #: the customer's name, covered but for its beginning; "" = unknown, or inside
    subject: str
    body: str
    erased_at: datetime | None
    withdrawn_at: datetime | None  #: since when it does not hold any more, as the history says
    later_at: datetime | None  #: when the newest letter of the same kind to the same reader was written after it
    event: int  #: number in the case's history, 0 = the history does not know the letter
    event_hash: str
    signed_at: datetime | None  #: of the company's newest checkpoint, where the event is proved to be under it
    stamped_at: datetime | None  #: of the newest checkpoint that an outside authority stamped, if the event is under it


@dataclass(frozen=True, slots=True)
class _Proved:
    """When the newest checkpoint over an event was signed, and when an authority stamped one; None = not yet."""

    signed_at: datetime | None = None
    stamped_at: datetime | None = None


def letter_by_code(connection: sa.Connection, deployments: DeploymentStore, code_hash: str) -> CheckedLetter:
    """The letter with that code, its text compared with what the history recorded. Raises NotFound."""
    t, c = letters.c, cases.c
    known = sa.or_(t.code_hash == code_hash, t.earlier_code_hash == code_hash)
    row = connection.execute(sa.select(letters).where(known)).one_or_none()
    if row is None:
        raise NotFound("letter", "code")
    columns = (c.number, c.deployment_id, c.data, c.customer, c.erased_at, c.history_seq, c.history_hash)
    case = connection.execute(sa.select(*columns).where(c.id == row.case_id)).one()
    deployment = deployments.load(connection, case.deployment_id)
    stream = Stream(row.company_id, row.case_id, case.number)
    events, values = read_events(connection, stream), values_of(connection, stream)
    whole = verify_events(stream, events, head=Head(case.history_seq, case.history_hash), values=values) is None
    event = next((each for each in events if each.subject == row.key and each.action in _WRITES), None)
    withdrawn = next((each for each in events if (each.subject, each.action) == (row.key, _WITHDRAWS)), None)
    proved = _Proved()
    try:
        proved = _proved(connection, stream, event) if event else proved
    except NotGenuine:
        whole = False
    state = _state(row, event, whole=whole, erased=case.erased_at is not None)
    veil = _veil(deployment, case.customer, case.data, values)
    inside = row.recipient != CUSTOMER
    readable = state is LetterState.GENUINE and not inside
    same = (t.case_id == row.case_id, t.letter == row.letter, t.recipient == row.recipient, t.id > row.id)
    before = (t.case_id == row.case_id, t.id <= row.id)
    return CheckedLetter(
        case_id=row.case_id,
        place=connection.execute(sa.select(sa.func.count()).select_from(letters).where(*before)).scalar_one(),
        number=case.number,
        deployment=deployment,
        sandbox=bool(
            connection.execute(sa.select(companies.c.sandbox).where(companies.c.id == row.company_id)).scalar()
        ),
        state=state,
        written_at=event.at if event else row.written_at,
        language=row.language,
        inside=inside,
        to="" if inside or not case.customer else masked_text(case.customer),
        subject=_covered(veil, row.subject) if readable else "",
        body=_covered(veil, row.body) if readable else "",
        erased_at=case.erased_at,
        withdrawn_at=withdrawn.at if withdrawn else None,
        later_at=connection.execute(sa.select(sa.func.max(t.written_at)).where(*same)).scalar(),
        event=event.seq if event else 0,
        event_hash=event.hash if event else "",
        signed_at=proved.signed_at,
        stamped_at=proved.stamped_at,
    )


def _covered(veil: Veil, text: str) -> str:
    """*text* without what names somebody, and without the link that would open the whole case."""
    return veil.text(_LINK.sub(rf"\1{COVER}", text))


def _state(row: Any, event: Event | None, *, whole: bool, erased: bool) -> LetterState:
    if event is None or not whole:
        return LetterState.ALTERED
    if erased and not row.subject and not row.body:
        return LetterState.ERASED
    said = event.content
    same = (said.get("letter", row.letter), said.get("to", row.recipient)) == (row.letter, row.recipient)
    genuine = same and said.get("sha256") == digest_of_letter(row.subject, row.body)
    return LetterState.GENUINE if genuine else LetterState.ALTERED


def _veil(deployment: Deployment, customer: str, data: Mapping[str, Any], values: _Sealed) -> Veil:
    """Covers what names somebody, now or as it once stood: personal answers, and customers' own words.

    Whoever has the paper reads them there; a photograph of it, its name made black, must not give them away.
    """
    package = deployment.package
    fields = [(path.rpartition(".")[2], field) for form in package.forms.values() for path, field in answered(form)]
    intake = [package.forms[name] for name in (package.start.public_form, package.start.form) if name]
    written = {name for name, field in fields if isinstance(field, TextField | TextAreaField)}
    own_words = {path for form in intake for path, field in answered(form) if isinstance(field, TextAreaField)}
    named = {path.rpartition(".")[2] for form in package.forms.values() for path in personal_fields(form)}
    named |= {package.case.customer, package.case.contact_mail} | own_words
    named |= {field for rule in package.confidential for field in rule.fields}
    said: dict[str, list[Any]] = {name: [data.get(name)] for name in named & written}
    for found in values.values():
        for sealed, (_, value) in found.items():
            name = sealed.rpartition(".")[0]
            if name in said:
                said[name].append(value)
    said["customer"] = [*said.get("customer", ()), customer]
    return veil_of(said, masked=frozenset(said), hidden=frozenset())


def _proved(connection: sa.Connection, stream: Stream, event: Event) -> _Proved:
    """What the newest checkpoint over *event* shows. Raises NotGenuine when the event is not the one it covers."""
    signed = last_note(connection, stream.company_id)
    if signed is None:
        return _Proved()
    checkpoint = read_note(*signed)
    proof = next(proofs_of(connection, stream, checkpoint.size, of={event.seq}), None)
    if proof is None:
        return _Proved()
    if root_by_inclusion(leaf(event.hash), proof.position, checkpoint.size, proof.path) != checkpoint.root:
        raise NotGenuine("history", "an event is not the one that the checkpoint covers")
    stamped = last_stamp(connection, stream.company_id, key=signed[1])
    under = stamped is not None and proof.position < read_note(stamped[0], signed[1]).size
    return _Proved(checkpoint.at, stamped[2] if stamped and under else None)
