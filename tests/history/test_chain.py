"""What the hashes cover, by hand."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from engine.history import Entry, Stream, chain, genesis
from engine.history.chain import commitment, content_of

STREAM = Stream("harbour-cafe", 7, "HC-2026-00001")
AT = datetime(2026, 3, 2, 1, 0, 0, 5000, tzinfo=UTC)


def sha256(*lines: str) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_an_event_covers_eleven_lines() -> None:
    chained = chain(STREAM, genesis(STREAM), [Entry(AT, "fang.lan", "claim_task", "assess#1", {"b": 1, "a": "陈"})])

    expected = sha256(
        "shouwen-history/1",
        "harbour-cafe",
        "HC-2026-00001",
        "1",
        "2026-03-02T01:00:00.005Z",
        "fang.lan",
        "",
        "claim_task",
        "assess#1",
        '{"a":"陈","b":1}',
        sha256("shouwen-history/1", "harbour-cafe", "HC-2026-00001"),
    )
    assert chained.events[0]["hash"] == expected
    assert (chained.head.seq, chained.head.hash) == (1, expected)


def test_each_event_follows_the_one_before() -> None:
    chained = chain(STREAM, genesis(STREAM), [Entry(AT, "a", "x"), Entry(AT, "a", "x")])

    first, second = chained.events
    assert second["previous"] == first["hash"]
    assert second["hash"] != first["hash"]


def test_two_cases_never_share_a_hash() -> None:
    other = Stream("harbour-cafe", 8, "HC-2026-00002")

    ours, theirs = (chain(s, genesis(s), [Entry(AT, "a", "x")]).events[0]["hash"] for s in (STREAM, other))

    assert ours != theirs


def test_personal_values_are_sealed_wherever_they_stand() -> None:
    body = {"request": {"data": {"name": "Chen", "rows": [{"name": "Li", "n": 1}]}}, "name": ""}

    chained = chain(STREAM, genesis(STREAM), [Entry(AT, "a", "x", body=body, personal=frozenset({"name"}))])

    text = chained.events[0]["body"]
    assert "Chen" not in text
    assert "Li" not in text
    assert [(row["name"], row["value"], row["seq"]) for row in chained.values] == [
        ("name.1", "Chen", 1),
        ("name.2", "Li", 1),
    ]
    assert content_of(text, {"name.1": "Chen"}) == {
        "name": "",
        "request": {"data": {"name": "Chen", "rows": [{"n": 1, "name": None}]}},
    }


def test_the_same_value_is_sealed_differently_every_time() -> None:
    entry = Entry(AT, "a", "x", body={"name": "Chen"}, personal=frozenset({"name"}))

    first, second = (chain(STREAM, genesis(STREAM), [entry]).values[0] for _ in range(2))

    assert first["salt"] != second["salt"]
    assert len(first["salt"]) == 32
    assert commitment(first["salt"], "Chen") != commitment(second["salt"], "Chen")


def test_a_line_feed_cannot_move_the_border_between_two_lines() -> None:
    with pytest.raises(ValueError, match="without line feeds"):
        chain(STREAM, genesis(STREAM), [Entry(AT, "fang.lan\nroot", "x")])


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"a":{"$sealed":"x"}}'])
def test_a_body_that_is_not_ours_still_reads(body: str) -> None:
    assert content_of(body, {}) in ({}, {"a": None})
