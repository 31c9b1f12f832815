"""The audit package of one case: everything needed to check it without this software or its database.

``docs/history-format.md`` says what each file holds; ``check.py``, which goes with it, is what checks it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from engine.calendars import Calendars, ReceiptInvalid, calendars_to_json, receipt_from_json, recount
from engine.errors import NotGenuine
from engine.history import check
from engine.history.chain import Stream, instant
from engine.history.growing import Proof
from engine.history.records import Event
from engine.history.stamps import require_trusted

_CLOCKS: Final = "clocks.json"


@dataclass(frozen=True, slots=True)
class Ran:
    """A version of a procedure that a case ran on."""

    folder: str  #: of its files in the package, with the stroke behind: ``procedure/``
    version: int
    deployed: int  #: number of the company's event that put it into service
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proofs:
    """That the events of a package are in the company's tree."""

    note: str
    key: str
    events: tuple[Proof, ...]
    company: tuple[Proof, ...]
    since: Mapping[int, tuple[bytes, ...]]  #: size of an older checkpoint -> what leads from it to this one
    stamped: tuple[str, bytes] | None = None  #: the last checkpoint that an authority stamped, and the stamp


class Drawn(Protocol):
    """A sample."""

    @property
    def seed(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def strata(self) -> tuple[str, ...]: ...
    @property
    def population(self) -> Sequence[Any]: ...
    @property
    def drawn(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What is known of a case."""

    stream: Stream
    events: tuple[Event, ...]
    values: Mapping[int, Mapping[str, tuple[str, Any]]] = field(default_factory=dict)
    procedures: tuple[Ran, ...] = ()  #: the one it runs on now first
    own: tuple[Event, ...] = ()  #: events of the company that put them into service
    proofs: Proofs | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict)  #: path in the package -> uploads, letters
    clocks: tuple[Mapping[str, Any], ...] = ()  #: ``{"deadline", "round", "status", "receipt"}`` each
    calendars: tuple[Calendars, ...] = ()


def export_case(record: CaseRecord) -> bytes:
    """The audit package as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in package_of(record).items():
            archive.writestr(path, content)
    return buffer.getvalue()


def sample_json(sample: Drawn, withheld: Sequence[str]) -> bytes:
    """What is drawn by which seed from which cases, as ``check.py`` draws it again; *withheld* have no package."""
    said = {
        "algorithm": check.SAMPLE,
        "seed": sample.seed,
        "size": sample.size,
        "strata": sample.strata,
        "population": sample.population,
        "drawn": sample.drawn,
        "withheld": withheld,
    }
    return _json(said)


def checker() -> bytes:
    """``check.py``."""
    return Path(check.__file__).read_bytes()


def verify_export(content: bytes, *, key: str = "", kept: Iterable[str] = ()) -> check.Verdict:
    """What `check` finds in an audit package, with a public key and checkpoints that the reader has.

    Raises NotGenuine when it is no audit package.
    """
    try:
        files = check.unpacked(content)
        return (check.check_sample if "sample.json" in files else check.check)(files, key, tuple(kept))
    except check.NotAPackage as error:
        raise NotGenuine("audit package", str(error)) from error


def require_trusted_stamp(content: bytes, authorities: bytes) -> None:
    """Raises NotGenuine unless the package has a time stamp, and *authorities*, certificates in PEM, vouch for it."""
    files = check.unpacked(content)
    if check.STAMP not in files:
        raise NotGenuine("audit package", "it has no time stamp")
    require_trusted(files[check.STAMP], files[check.STAMPED].decode(), authorities)


def wrong_receipts(content: bytes) -> tuple[str, ...]:
    """The time limits of an audit package whose receipts do not add up to their dates, each with what is wrong."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inside = [name for name in archive.namelist() if name.rpartition("/")[2] == _CLOCKS]
        clocks = [clock for name in inside for clock in orjson.loads(archive.read(name))]
    wrong = []
    for clock in clocks:
        try:
            receipt = receipt_from_json(clock["receipt"]) if clock["receipt"] else None
            if receipt and recount(receipt) != receipt.due_at:
                wrong.append(f"{clock['deadline']}: its lines add up to {recount(receipt)}, found {receipt.due_at}")
        except ReceiptInvalid as error:
            wrong.append(f"{clock['deadline']}: {error}")
    return tuple(wrong)


def package_of(record: CaseRecord) -> dict[str, bytes]:
    """The audit package as path -> content."""
    head = {"seq": record.events[-1].seq, "hash": record.events[-1].hash} if record.events else None
    about = {
        "company": record.stream.company_id,
        "case": record.stream.label,
        "head": head,
        "procedures": [
            {"folder": each.folder, "version": each.version, "deployed": each.deployed} for each in record.procedures
        ],
    }
    files = {
        "stream.json": _json(about),
        "history.jsonl": _lines(record.events),
        "values.json": _json({str(seq): dict(found) for seq, found in record.values.items()}),
        _CLOCKS: _json(record.clocks),
        "check.py": checker(),
        **_calendars(record),
        **{
            f"{each.folder}{path}": content
            for each in record.procedures
            for path, content in sorted(each.files.items())
        },
        **record.contents,
    }
    if record.proofs:
        files |= {"company.jsonl": _lines(record.own), "proof.json": _json(_proofs(record.proofs))}
        if record.proofs.stamped:
            note, stamp = record.proofs.stamped
            files |= {check.STAMPED: note.encode(), check.STAMP: stamp}
    return files


def _calendars(record: CaseRecord) -> dict[str, bytes]:
    """Those that its dates were counted over."""
    named = {event.content.get("calendar") for event in record.events}
    return {
        f"calendars/{each.version}.json": orjson.dumps(calendars_to_json(each), option=orjson.OPT_NON_STR_KEYS)
        for each in record.calendars
        if each.version in named
    }


def _proofs(proofs: Proofs) -> Mapping[str, Any]:
    return {
        "note": proofs.note,
        "key": proofs.key,
        "events": _leaves(proofs.events),
        "company": _leaves(proofs.company),
        "since": [{"size": size, "path": [each.hex() for each in path]} for size, path in sorted(proofs.since.items())],
    }


def _leaves(proofs: Iterable[Proof]) -> list[list[Any]]:
    return [[each.seq, each.position, [part.hex() for part in each.path]] for each in proofs]


def _lines(events: Iterable[Event]) -> bytes:
    return b"".join(orjson.dumps(_to_json(event)) + b"\n" for event in events)


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2)


def _to_json(event: Event) -> Mapping[str, Any]:
    return {
        "seq": event.seq,
        "at": instant(event.at),
        "actor": event.actor,
        "on_behalf_of": event.on_behalf_of,
        "action": event.action,
        "subject": event.subject,
        "body": event.body,
        "previous": event.previous,
        "hash": event.hash,
    }
