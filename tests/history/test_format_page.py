"""docs/history-format.md is a specification: its examples are computed here, not believed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from engine.errors import UnsafeFile
from engine.history import Stream, genesis
from engine.history.chain import commitment, event_hash
from engine.history.checkpoint import Checkpoint, public_key, read_note, sign
from engine.history.tree import leaf

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


def test_the_checkpoint_of_the_page_is_signed_by_its_key_over_its_event() -> None:
    note, key = (
        re.search(rf"<!-- example: {name} -->\n```text\n(.*?)```\n", PAGE, re.DOTALL).group(1)
        for name in ("checkpoint", "key")
    )

    found = read_note(note, key.strip())

    assert (found.origin, found.size) == ("shouwen/harbour-cafe", 1)
    assert found.root == leaf(EXAMPLES["event"][1])
    assert (sign(found, b"\x07" * 32), public_key(b"\x07" * 32, found.origin)) == (note, key.strip())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda note: note.replace("\n1\n", "\n2\n"), "signature"),
        (lambda note: note.replace(note.split("\n")[2], "A" * 43 + "="), "signature"),
        (lambda note: note.replace("harbour-cafe", "harbour-bar"), "another key"),
        (lambda note: note.replace("\n\n", "\n"), "not a signed"),
        (lambda note: note.replace("2026-03-02T01:01:00.000Z", "2026-03-02T01:01:00Z"), "as it is written"),
    ],
)
def test_a_checkpoint_with_another_letter_in_it_is_refused(change: Callable[[str], str], why: str) -> None:
    checkpoint = Checkpoint("shouwen/harbour-cafe", 1, leaf("00" * 32), datetime(2026, 3, 2, 1, 1, tzinfo=UTC))
    note = sign(checkpoint, b"\x07" * 32)

    with pytest.raises(UnsafeFile, match=f"the checkpoint cannot be trusted: .*{why}"):
        read_note(change(note), public_key(b"\x07" * 32, checkpoint.origin))
