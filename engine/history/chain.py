"""Hashing events into a chain. Pure but for the salts, which must not be guessable."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

#: First line of everything hashed. A new way of hashing gets a new name; old events keep theirs.
FORMAT: Final = "shouwen-history/1"
#: What stands under this name in a body is the hash of a file or letter. It is sealed as personal values are: whoever
#: guesses at an erased letter must not be able to try.
DIGESTS: Final = frozenset({"sha256"})
#: How many lines an event's hash covers.
LINES: Final = 11


@dataclass(frozen=True, slots=True)
class Stream:
    """One chain: a case's, or the company's own for what belongs to no case."""

    company_id: str
    id: int  #: case id; 0 for the company's own
    label: str  #: case number, "" for the company's own: what the hash covers, because ids mean nothing elsewhere


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, before it has a place in the chain."""

    at: datetime
    actor: str  #: login, "customer", "system", "schedule" or "trigger"
    action: str  #: one word for what was done, e.g. "complete_task"; commands say which there are
    subject: str = ""  #: TaskKey, attachment id …
    body: Mapping[str, Any] = field(default_factory=dict)  #: JSON: inputs and consequences
    personal: frozenset[str] = frozenset()  #: keys whose values are sealed wherever they stand in the body
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Chained:
    """Rows to insert, and the chain's new end."""

    events: tuple[Mapping[str, Any], ...]
    values: tuple[Mapping[str, Any], ...]
    head: Head

    def of(self, stream: int) -> Chained:
        """The same in the rows of the stream with that id, which no hash covers: it may get its id afterwards."""
        events, values = (tuple({**row, "stream": stream} for row in rows) for rows in (self.events, self.values))
        return Chained(events, values, self.head)


def genesis(stream: Stream) -> Head:
    """The end of a chain without events: a hash no two streams share."""
    return Head(0, _sha256(FORMAT, stream.company_id, stream.label))


def chain(stream: Stream, head: Head, entries: Iterable[Entry]) -> Chained:
    """*entries* in their order, linked to *head*. Personal values are replaced by salted commitments."""
    events: list[Mapping[str, Any]] = []
    values: list[Mapping[str, Any]] = []
    for entry in entries:
        seq = head.seq + 1
        sealed = _Sealing(entry.personal)
        body = canonical(sealed.seal(entry.body))
        digest = event_hash(
            stream=stream,
            seq=seq,
            at=entry.at,
            actor=entry.actor,
            on_behalf_of=entry.on_behalf_of,
            action=entry.action,
            subject=entry.subject,
            body=body,
            previous=head.hash,
        )
        place: dict[str, Any] = {"company_id": stream.company_id, "stream": stream.id, "seq": seq}
        events.append(
            place
            | {
                "at": entry.at,
                "actor": entry.actor,
                "on_behalf_of": entry.on_behalf_of,
                "action": entry.action,
                "subject": entry.subject,
                "body": body,
                "previous": head.hash,
                "hash": digest,
            }
        )
        values += [{**place, **row} for row in sealed.rows]
        head = Head(seq, digest)
    return Chained(tuple(events), tuple(values), head)


def event_hash(
    *,
    stream: Stream,
    seq: int,
    at: datetime,
    actor: str,
    on_behalf_of: str,
    action: str,
    subject: str,
    body: str,
    previous: str,
) -> str:
    """SHA-256 in hex over the event's lines, joined by line feeds. No value but the body may hold a line feed."""
    return _sha256(
        FORMAT,
        stream.company_id,
        stream.label,
        str(seq),
        instant(at),
        actor,
        on_behalf_of,
        action,
        subject,
        body,
        previous,
    )


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks: one text for one value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()


def commitment(salt: str, value: Any) -> str:
    """What stands in the hashed body instead of a personal value."""
    return _sha256(salt, canonical(value))


def letter_text(subject: str, body: str) -> str:
    """A letter as one text: what is hashed, and lies in audit packages."""
    return f"{subject}\n\n{body}"


def digest_of_letter(subject: str, body: str) -> str:
    return hashlib.sha256(letter_text(subject, body).encode()).hexdigest()


def instant(at: datetime) -> str:
    """*at* in UTC to the millisecond, e.g. ``2026-03-02T01:00:00.000Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def first_lines(stream: Stream) -> str:
    """How every text that an event's hash covers begins."""
    return f"{FORMAT}\n{stream.company_id}\n{stream.label}\n"


def _sha256(*lines: str) -> str:
    for line in lines:
        if "\n" in line:
            raise ValueError(f"expected a text without line feeds, found {line!r}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class _Sealing:
    """Replaces personal values of one event and remembers them."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self.rows: list[Mapping[str, Any]] = []

    def seal(self, value: Any) -> Any:
        if not self._names:
            return value
        if isinstance(value, dict):
            return {
                k: self._sealed(k, v) if k in self._names and v not in (None, "", []) else self.seal(v)
                for k, v in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.seal(v) for v in value]
        return value

    def _sealed(self, key: str, value: Any) -> Mapping[str, str]:
        salt = secrets.token_hex(16)
        name = f"{key}.{len(self.rows) + 1}"
        self.rows.append({"name": name, "salt": salt, "value": value})
        return {"$sealed": commitment(salt, value), "$name": name}


def content_of(body: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a body says, with its sealed values put back.

    Empty when the text is not what `chain` writes: readers go on, and verifying names the event.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return unsealed(content, values) if isinstance(content, dict) else {}


def unsealed(body: Any, values: Mapping[str, Any]) -> Any:
    """*body* with its sealed values put back; one that was erased reads None."""
    if isinstance(body, dict):
        if "$sealed" in body:
            return values.get(str(body.get("$name")))
        return {key: unsealed(value, values) for key, value in body.items()}
    if isinstance(body, list):
        return [unsealed(value, values) for value in body]
    return body
