from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.calendars import BandKind, Deadline, Pause, Receipt, Unit, bands, due
from tests.calendars.samples import CHINA, at

START = at("2026-03-02 10:00")


def ten_hours(*pauses: Pause) -> Receipt:
    deadline = Deadline(Decimal(10), Unit.HOURS, end="same_time")
    return due(deadline, start=START, calendar=CHINA, pauses=pauses)


def shown(receipt: Receipt, until: str) -> list[tuple[str, int, str]]:
    return [(str(band.kind), band.length // timedelta(hours=1), band.reason) for band in bands(receipt, at(until))]


def test_a_clock_that_nobody_stopped_runs_and_then_is_late() -> None:
    assert shown(ten_hours(), "2026-03-02 15:00") == [("running", 5, "")]
    assert shown(ten_hours(), "2026-03-02 23:00") == [("running", 10, ""), ("late", 3, "")]


def test_paused_time_stands_between_what_ran_and_is_never_hidden() -> None:
    receipt = ten_hours(Pause(at("2026-03-02 12:00"), at("2026-03-02 16:00"), "papers"))

    assert shown(receipt, "2026-03-03 02:00") == [
        ("running", 2, ""),
        ("paused", 4, "papers"),
        ("running", 8, ""),
        ("late", 2, ""),
    ]


def test_a_pause_that_lasts_goes_on_until_now() -> None:
    receipt = ten_hours(Pause(at("2026-03-02 12:00"), None, "papers"))

    assert shown(receipt, "2026-03-02 20:00") == [("running", 2, ""), ("paused", 8, "papers")]


def test_a_pause_that_ended_as_it_began_is_no_band() -> None:
    receipt = ten_hours(Pause(at("2026-03-02 11:00"), at("2026-03-02 11:00"), "by mistake"))

    assert shown(receipt, "2026-03-02 12:00") == [("running", 2, "")]


HOURS = st.integers(0, 200).map(lambda hours: START + timedelta(hours=hours))


@given(st.lists(st.tuples(HOURS, HOURS, st.booleans()), max_size=6), HOURS)
def test_the_bands_add_up_to_the_gross_time_and_follow_each_other(
    drawn: list[tuple[datetime, datetime, bool]], until: datetime
) -> None:
    pauses = [Pause(min(a, b), None if lasts else max(a, b)) for a, b, lasts in drawn]

    found = bands(ten_hours(*pauses), until)

    assert sum((band.length for band in found), timedelta()) == until - START
    assert [band.begin for band in found] == [START.astimezone(UTC), *[band.end for band in found]][: len(found)]
    assert all(band.length > timedelta() for band in found)
    assert {band.kind for band in found} <= set(BandKind)
