"""Every manipulation is found, and the finding names the event."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.history import Entry, Event, Stream, chain, genesis, verify_events
from engine.history.chain import commitment, event_hash
from engine.tables import history_values
from tests.history.walked import Walked, a_walked_case
from tests.support.site import a_site

STREAM = Stream("harbour-cafe", 1, "HC-2026-00001")
FRIDAY = datetime(2026, 3, 6, 1, tzinfo=UTC)


def found(case: Walked) -> tuple[int, str] | None:
    broken = verify_events(case.stream, case.events, head=case.head, values=case.values)
    return (broken.seq, broken.reason) if broken else None


def test_a_walked_case_verifies(tmp_path: Path) -> None:
    case = a_walked_case(a_site(tmp_path))

    assert found(case) is None
    assert len(case.events) == 6
    assert set(case.values[1]) == {"customer_name.1", "customer_mail.2"}


HERE = "WHERE stream = :stream"
MANIPULATIONS = {
    "an answer changed": ((f"UPDATE history_events SET body = replace(body, 'founded', 'refused') {HERE} AND seq = 2",), (2, "hash")),
    "a body made unreadable": ((f"UPDATE history_events SET body = '{{' {HERE} AND seq = 2",), (2, "hash")),
    "a time moved by a millisecond": ((f"UPDATE history_events SET at = at + 1 {HERE} AND seq = 3",), (3, "hash")),
    "an actor replaced": ((f"UPDATE history_events SET actor = 'wei.min' {HERE} AND seq = 2",), (2, "hash")),
    "a representative added": ((f"UPDATE history_events SET on_behalf_of = 'wei.min' {HERE} AND seq = 2",), (2, "hash")),
    "an action renamed": ((f"UPDATE history_events SET action = 'read_case' {HERE} AND seq = 2",), (2, "hash")),
    "a subject replaced": ((f"UPDATE history_events SET subject = 'fix#1' {HERE} AND seq = 2",), (2, "hash")),
    "a line feed smuggled in": ((f"UPDATE history_events SET actor = 'a\nb' {HERE} AND seq = 2",), (2, "hash")),
    "a hash replaced": ((f"UPDATE history_events SET hash = '00' {HERE} AND seq = 4",), (4, "hash")),
    "a link replaced": ((f"UPDATE history_events SET previous = '00' {HERE} AND seq = 4",), (4, "previous")),
    "an event deleted": ((f"DELETE FROM history_events {HERE} AND seq = 3",), (4, "gap")),
    "the first event deleted": ((f"DELETE FROM history_events {HERE} AND seq = 1",), (2, "gap")),
    "an event deleted and the rest renumbered": (
        (f"DELETE FROM history_events {HERE} AND seq = 3", f"UPDATE history_events SET seq = seq - 1 {HERE} AND seq > 3"),
        (3, "previous"),
    ),
    "two events swapped": (
        (
            f"UPDATE history_events SET seq = 99 {HERE} AND seq = 2",
            f"UPDATE history_events SET seq = 2 {HERE} AND seq = 3",
            f"UPDATE history_events SET seq = 3 {HERE} AND seq = 99",
        ),
        (2, "previous"),
    ),
    "the tail cut off": ((f"DELETE FROM history_events {HERE} AND seq > 4",), (4, "head")),
    "everything cut off": ((f"DELETE FROM history_events {HERE}", f"DELETE FROM history_values {HERE}"), (0, "head")),
    "the head changed": (("UPDATE cases SET history_hash = '00' WHERE id = :stream",), (6, "head")),
    "the head set back": (("UPDATE cases SET history_seq = 5 WHERE id = :stream",), (6, "head")),
    "a personal value forged": ((f"UPDATE history_values SET value = '\"Li\"' {HERE} AND name = 'customer_name.1'",), (1, "value")),
    "a salt forged": ((f"UPDATE history_values SET salt = '00' {HERE} AND name = 'customer_name.1'",), (1, "value")),
    "a personal value invented": (
        ("INSERT INTO history_values VALUES ('harbour-cafe', :stream, 2, 'customer_name.9', '00', '\"Li\"')",),
        (2, "value"),
    ),
    "a value kept for no event": (
        ("INSERT INTO history_values VALUES ('harbour-cafe', :stream, 99, 'customer_name.1', '00', '\"Li\"')",),
        (99, "value"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MANIPULATIONS)
def test_a_manipulation_is_found_and_named(tmp_path: Path, name: str) -> None:
    statements, expected = MANIPULATIONS[name]
    case = a_walked_case(a_site(tmp_path))

    case.forge(*statements)

    assert found(case) == expected


def test_a_case_under_another_number_is_found(tmp_path: Path) -> None:
    case = a_walked_case(a_site(tmp_path))

    other = Stream(case.stream.company_id, case.stream.id, "HC-2026-99999")

    broken = verify_events(other, case.events, head=case.head, values=case.values)
    assert broken is not None
    assert (broken.seq, broken.reason) == (1, "previous")


def test_erasing_personal_values_breaks_nothing(tmp_path: Path) -> None:
    case = a_walked_case(a_site(tmp_path))

    with case.site.database.migrating() as connection:
        connection.execute(sa.delete(history_values).where(history_values.c.stream == case.case_id))

    assert found(case) is None
    assert case.events[0].content["request"]["data"]["customer_name"] is None
    assert "Chen" not in "".join(event.body for event in case.events)


@pytest.mark.parametrize("statement", ["UPDATE history_events SET actor = 'nobody'", "DELETE FROM history_events"])
def test_the_database_refuses_to_change_the_record(tmp_path: Path, statement: str) -> None:
    case = a_walked_case(a_site(tmp_path))

    with pytest.raises(sa.exc.IntegrityError), case.site.database.migrating() as connection:
        connection.execute(sa.text(statement))


def test_a_seal_that_somebody_wrote_into_a_text_is_none() -> None:
    forged = '{"$name":"name.9","$sealed":"' + commitment("00" * 16, "Chen") + '"}'
    entry = Entry(FRIDAY, "fang.lan", "complete_task", "", {"note": forged, "name": "Wang"}, frozenset({"name"}))
    chained = chain(STREAM, genesis(STREAM), [entry])
    rows = [{k: v for k, v in row.items() if k not in {"company_id", "stream"}} for row in chained.events]
    events = [Event(**row, content={}) for row in rows]

    found = verify_events(STREAM, events, head=chained.head, values={1: {"name.9": ("00" * 16, "Chen")}})

    assert found is not None
    assert (found.seq, found.reason) == (1, "value")


def test_a_seal_in_a_body_that_has_blanks_is_found_too() -> None:
    seal = commitment("00" * 16, "Chen")
    body = '{"name": {"$sealed": "' + seal + '", "$name": "name.1"}}'
    place: dict[str, Any] = {
        "seq": 1,
        "at": FRIDAY,
        "actor": "a",
        "on_behalf_of": "",
        "action": "b",
        "subject": "",
        "body": body,
    }
    start = genesis(STREAM).hash
    digest = event_hash(stream=STREAM, **place, previous=start)
    event = Event(**place, previous=start, hash=digest, content={})

    assert verify_events(STREAM, [event], head=None, values={1: {"name.1": ("00" * 16, "Chen")}}) is None
    wrong = verify_events(STREAM, [event], head=None, values={1: {"name.1": ("00" * 16, "Wang")}})
    assert wrong is not None
    assert wrong.reason == "value"
