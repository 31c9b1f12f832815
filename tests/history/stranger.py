"""A second verifier, written from docs/history-format.md alone: if it and ours disagree, the page is wrong."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

FORMAT = "shouwen-history/1"


def first_break(package: bytes) -> tuple[int, str] | None:
    """The event and the kind of the first break of an audit package."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        stream = json.loads(archive.read("stream.json"))
        values = json.loads(archive.read("values.json"))
        events = [json.loads(line) for line in archive.read("history.jsonl").splitlines()]
    seq, previous = 0, sha256(FORMAT, stream["company"], stream["case"])
    for event in events:
        if event["seq"] != seq + 1:
            return event["seq"], "gap"
        if event["previous"] != previous:
            return event["seq"], "previous"
        if event["hash"] != _hash(stream, event):
            return event["seq"], "hash"
        if not _values_fit(json.loads(event["body"]), values.get(str(event["seq"]), {})):
            return event["seq"], "value"
        seq, previous = event["seq"], event["hash"]
    if stream["head"] != {"seq": seq, "hash": previous}:
        return seq, "head"
    return None


def sha256(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _hash(stream: dict[str, Any], event: dict[str, Any]) -> str:
    names = ("seq", "at", "actor", "on_behalf_of", "action", "subject", "body", "previous")
    return sha256(FORMAT, stream["company"], stream["case"], *(str(event[name]) for name in names))


def _values_fit(body: Any, kept: dict[str, list[Any]]) -> bool:
    seals = dict(_seals(body))
    return all(
        seals.get(name) == sha256(salt, json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
        for name, (salt, value) in kept.items()
    )


def _seals(body: Any) -> list[tuple[str, str]]:
    if isinstance(body, list):
        return [seal for part in body for seal in _seals(part)]
    if not isinstance(body, dict):
        return []
    if "$sealed" in body:
        return [(body["$name"], body["$sealed"])]
    return [seal for part in body.values() for seal in _seals(part)]
