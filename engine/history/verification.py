"""Checking a chain without trusting whoever keeps it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import orjson

from engine.history.chain import LINES, Head, Stream, canonical, commitment, first_lines, genesis, instant
from engine.history.records import Event

#: Event number -> name -> (salt, value), as `values_of` reads them.
Values = Mapping[int, Mapping[str, tuple[str, Any]]]
#: The same with each value as JSON.
ValueTexts = Mapping[int, Mapping[str, tuple[str, str]]]
#: An event as far as its hash covers it, by place because there are millions: seq, at (as it is hashed), actor,
#: on_behalf_of, action, subject, body, previous, hash.
Link = tuple[int, str, str, str, str, str, str, str, str]
#: A seal as `chain` writes it: canonical JSON has its keys in this order and no blanks.
_SEAL: Final = re.compile(r'\{"\$name":"([^"\\]*)","\$sealed":"([0-9a-f]{64})"\}')
#: Copied and filled: half the time of a new one, and there is one for every event and value.
_NOTHING: Final = sha256()
_FIRST: Final = datetime(1970, 1, 1)  # noqa: DTZ001 -- of UTC, and written without saying so


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong in a chain."""

    seq: int
    reason: str  #: "gap", "previous", "hash", "value" or "head"
    message: str


def verify_events(
    stream: Stream, events: Iterable[Event], *, head: Head | None, values: Values | None = None
) -> Break | None:
    """None when *events* are the whole chain of *stream* up to *head*; else the first break.

    *values* are the sealed values that still exist; erased ones are simply absent and break nothing.
    """
    texts = {
        seq: {name: (salt, canonical(value)) for name, (salt, value) in found.items()}
        for seq, found in (values or {}).items()
    }
    return verify_links(stream, map(_link, events), head=head, values=texts)


def verify_links(stream: Stream, links: Iterable[Link], *, head: Head | None, values: ValueTexts) -> Break | None:
    """The same of *links*."""
    first = first_lines(stream)
    begun, strokes = sha256(first.encode()), LINES - 1 - first.count("\n")
    seq, previous = genesis(stream).seq, genesis(stream).hash
    for number, at, actor, on_behalf_of, action, subject, body, before, digest in links:
        if number != seq + 1:
            return Break(number, "gap", f"expected event {seq + 1}, found {number}")
        if before != previous:
            return Break(number, "previous", f"event {number} does not follow event {seq}")
        rest = f"{number}\n{at}\n{actor}\n{on_behalf_of}\n{action}\n{subject}\n{body}\n{before}"
        hashed = begun.copy()
        hashed.update(rest.encode())
        if digest != hashed.hexdigest() or rest.count("\n") != strokes or not _is_document(body):
            return Break(number, "hash", f"event {number} was changed after it was written")
        seq, previous = number, digest
        if seq in values and (wrong := _wrong_value(body, values[seq])):
            return Break(seq, "value", f"event {seq}: the kept value of {wrong} is not the one recorded")
    if head is not None and head != Head(seq, previous):
        return Break(seq, "head", _wrong_end(head, seq))
    if stray := [of for of in values if not 0 < of <= seq]:
        return Break(min(stray), "value", f"a value is kept for event {min(stray)}, which does not exist")
    return None


def instant_of(milliseconds: int) -> str:
    """What `instant` writes for a time that is kept as milliseconds since 1970."""
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{_minute(minutes)}:{rest // 1000:02}.{rest % 1000:03}Z"


@lru_cache(maxsize=65_536)
def _minute(minutes: int) -> str:
    return (_FIRST + timedelta(minutes=minutes)).isoformat(timespec="minutes")


def _link(event: Event) -> Link:
    return (
        event.seq,
        instant(event.at),
        event.actor,
        event.on_behalf_of,
        event.action,
        event.subject,
        event.body,
        event.previous,
        event.hash,
    )


def _wrong_end(head: Head, seq: int) -> str:
    if head.seq == seq:
        return f"expected event {seq} to be the kept head, found another one in its place"
    return f"expected the chain to end with event {head.seq}, found {seq}"


def _is_document(body: str) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False


def _wrong_value(body: str, values: Mapping[str, tuple[str, str]]) -> str:
    """The name of the first value that is not the sealed one, "" when all are.

    Seals are looked for in the text: no quotation mark stands inside a JSON string without a stroke before it. What is
    not found so, because somebody wrote the body in another way than `chain`, is looked for in the document.
    """
    sealed = dict(_SEAL.findall(body))
    for name, (salt, text) in values.items():
        hashed = _NOTHING.copy()
        hashed.update(f"{salt}\n{text}".encode())
        if sealed.get(name) != hashed.hexdigest():
            break
    else:
        return ""
    sealed = dict(_sealed_in(orjson.loads(body)))
    return next((name for name, (salt, text) in values.items() if not _is_sealed(sealed.get(name), salt, text)), "")


def _is_sealed(seal: str | None, salt: str, text: str) -> bool:
    """*text* may be any JSON of the value, as a database keeps it: what was sealed is the canonical one."""
    try:
        return seal is not None and seal == commitment(salt, orjson.loads(text))
    except ValueError:
        return False


def _sealed_in(body: Any) -> Iterable[tuple[str, str]]:
    if isinstance(body, dict):
        if "$sealed" in body:
            yield str(body.get("$name")), body["$sealed"]
        else:
            for value in body.values():
                yield from _sealed_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from _sealed_in(value)
