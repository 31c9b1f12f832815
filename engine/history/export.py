"""The audit package of one case: everything needed to check it without this software or its database.

A zip with ``history.jsonl`` (one event a line), ``values.json`` (personal values that still exist), ``stream.json`` and
the files of the deployment under ``procedure/``. ``clocks.json`` has every time limit with the receipt of its date, and
``calendars/`` the calendars they were counted over.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from engine.calendars import Calendars, ReceiptInvalid, calendars_to_json, receipt_from_json, recount
from engine.errors import UnsafeFile
from engine.history.chain import Head, Stream, content_of, instant
from engine.history.records import Event
from engine.history.verification import Break, verify_events

#: Bytes an audit package may unpack to.
_MAX_UNPACKED: Final = 500_000_000
_CLOCKS: Final = "clocks.json"


def export_case(
    stream: Stream,
    events: Iterable[Event],
    values: Mapping[int, Mapping[str, tuple[str, Any]]],
    *,
    files: Mapping[str, bytes],
    clocks: Iterable[Mapping[str, Any]] = (),
    calendars: Iterable[Calendars] = (),
) -> bytes:
    """The audit package as a zip; *clocks* are ``{"deadline", "round", "status", "receipt"}`` each."""
    listed = list(events)
    head = {"seq": listed[-1].seq, "hash": listed[-1].hash} if listed else None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "stream.json", orjson.dumps({"company": stream.company_id, "case": stream.label, "head": head})
        )
        archive.writestr("history.jsonl", b"".join(orjson.dumps(_to_json(event)) + b"\n" for event in listed))
        archive.writestr(
            "values.json",
            orjson.dumps({str(seq): dict(found) for seq, found in values.items()}, option=orjson.OPT_INDENT_2),
        )
        archive.writestr(_CLOCKS, orjson.dumps(list(clocks), option=orjson.OPT_INDENT_2))
        named = {event.content.get("calendar") for event in listed}
        for each in calendars:
            if each.version in named:
                content = orjson.dumps(calendars_to_json(each), option=orjson.OPT_NON_STR_KEYS)
                archive.writestr(f"calendars/{each.version}.json", content)
        for path, content in sorted(files.items()):
            archive.writestr(f"procedure/{path}", content)
    return buffer.getvalue()


def verify_export(content: bytes) -> tuple[Break | None, int]:
    """The first break in an audit package, and how many events it has. Needs no database.

    Raises UnsafeFile when it is no audit package.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MAX_UNPACKED:
                raise UnsafeFile("audit package", "too-large")
            about = orjson.loads(archive.read("stream.json"))
            values = {
                int(seq): {name: (salt, value) for name, (salt, value) in found.items()}
                for seq, found in orjson.loads(archive.read("values.json")).items()
            }
            lines = archive.read("history.jsonl").splitlines()
        stream = Stream(about["company"], 1, about["case"])
        head = Head(about["head"]["seq"], about["head"]["hash"]) if about["head"] else None
        events = [_from_json(orjson.loads(line), values) for line in lines]
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnsafeFile("audit package", f"not an audit package ({error})") from error
    return verify_events(stream, events, head=head, values=values), len(events)


def wrong_receipts(content: bytes) -> tuple[str, ...]:
    """The time limits of an audit package whose receipts do not add up to their dates, each with what is wrong."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        clocks = orjson.loads(archive.read(_CLOCKS)) if _CLOCKS in archive.namelist() else ()
    wrong = []
    for clock in clocks:
        try:
            receipt = receipt_from_json(clock["receipt"]) if clock["receipt"] else None
            if receipt and recount(receipt) != receipt.due_at:
                wrong.append(f"{clock['deadline']}: its lines add up to {recount(receipt)}, found {receipt.due_at}")
        except ReceiptInvalid as error:
            wrong.append(f"{clock['deadline']}: {error}")
    return tuple(wrong)


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


def _from_json(line: Mapping[str, Any], values: Mapping[int, Mapping[str, tuple[str, Any]]]) -> Event:
    known = {name: value for name, (_, value) in values.get(line["seq"], {}).items()}
    return Event(
        seq=line["seq"],
        at=datetime.fromisoformat(line["at"]),
        actor=line["actor"],
        on_behalf_of=line["on_behalf_of"],
        action=line["action"],
        subject=line["subject"],
        body=line["body"],
        previous=line["previous"],
        hash=line["hash"],
        content=content_of(line["body"], known),
    )
