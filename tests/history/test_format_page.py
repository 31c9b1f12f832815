"""docs/history-format.md is a specification: its examples are computed here, not believed."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from engine.history import Stream, genesis
from engine.history.chain import commitment, event_hash

PAGE = (Path(__file__).parents[2] / "docs" / "history-format.md").read_text(encoding="utf-8")
EXAMPLES = {
    name: (lines, digest)
    for name, lines, digest in re.findall(
        r"<!-- example: (\w+) -->\n```text\n(.*?)\n```\n\nSHA-256: `([0-9a-f]{64})`", PAGE, re.DOTALL
    )
}


@pytest.mark.parametrize("name", ["genesis", "event", "seal"])
def test_the_example_hash_is_that_of_the_example_lines(name: str) -> None:
    lines, digest = EXAMPLES[name]

    assert hashlib.sha256(lines.encode()).hexdigest() == digest


def test_the_examples_are_what_the_software_computes() -> None:
    _, company, case, seq, _, actor, behalf, action, subject, body, previous = EXAMPLES["event"][0].split("\n")
    stream = Stream(company, 1, case)
    salt, value = EXAMPLES["seal"][0].split("\n")

    assert genesis(stream).hash == EXAMPLES["genesis"][1] == previous
    assert commitment(salt, orjson.loads(value)) == EXAMPLES["seal"][1]
    assert EXAMPLES["event"][1] == event_hash(
        stream=stream,
        seq=int(seq),
        at=datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
        actor=actor,
        on_behalf_of=behalf,
        action=action,
        subject=subject,
        body=body,
        previous=previous,
    )
    assert EXAMPLES["seal"][1] in body
