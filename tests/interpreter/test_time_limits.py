"""What people and calendars do to a running time limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from engine.calendars import Calendar, Calendars, recount, weekday_calendar
from engine.interpreter import (
    ClockStatus,
    ExtendClock,
    FactKind,
    Migrate,
    OperationRefused,
    PauseClock,
    Resume,
    ResumeClock,
    Suspend,
    WakeUp,
    compile_definition,
    is_by_hand,
    migrate,
)
from engine.procedures.package import HOLDER, Group, Rung
from tests.interpreter.building import (
    MONDAY,
    SHANGHAI,
    Walk,
    a_company,
    a_deadline,
    a_package,
    boundary,
    chain,
    end,
    flow,
    office_calendars,
    start,
    timer,
    user,
)

REPLY = start() + user("reply", due="reply") + end() + chain("start", "reply", "end")
PLAIN = start() + user("reply") + end() + chain("start", "reply", "end")
TWO = start() + user("ask") + user("reply") + end() + chain("start", "ask", "reply", "end")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def test_a_moment_between_two_milliseconds_is_woken_for_when_it_is_over() -> None:
    """Instants are kept in milliseconds: woken at the one before, the case would find nothing to say, again and again."""
    seventh = a_deadline("reply", amount="10", unit="hours", end="same_time", ladder=(Rung(1 / 7, "front"),))
    walk = Walk(REPLY, deadlines=[seventh], now=at(2, 9))
    walk.begin()
    wake = walk.step.next_wake
    assert wake == at(2, 10, 25) + timedelta(seconds=42, milliseconds=858)  # 42.857143 s

    walk.now = wake
    walk.ask(WakeUp())

    assert [each["share"] for each in said(walk, FactKind.CLOCK_WARNED)] == [1 / 7]


def due(walk: Walk) -> datetime | None:
    (clock,) = walk.step.clocks
    return clock.due_at


def said(walk: Walk, kind: FactKind) -> list[dict[str, Any]]:
    return [dict(fact.detail) for fact in walk.facts if fact.kind is kind]


class TestByHand:
    def test_a_clock_that_somebody_stops_stands_until_they_let_it_go_on(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="8", unit="working_hours", end="same_time")])
        walk.begin()
        assert due(walk) == at(2, 18)

        walk.ask(PauseClock("reply", "lan: the laboratory has the sample"))
        assert (walk.step.clocks[0].status, due(walk)) == (ClockStatus.PAUSED, None)
        walk.now = at(4, 11)
        walk.ask(ResumeClock("reply", "lan: it is back"))

        assert due(walk) == at(5, 11)
        (clock,) = walk.step.clocks
        pauses = [line for line in clock.receipt.lines if line.kind == "pause"]
        assert [line.reason for line in pauses] == ["by hand: lan: the laboratory has the sample"]
        assert is_by_hand(pauses[0].reason)
        assert recount(clock.receipt) == clock.due_at

    def test_a_pause_by_hand_outlives_the_elements_that_pause_too(self) -> None:
        rule = a_deadline(
            "solve", amount="3", unit="days", runs_from="case", runs_until=("reply",), pauses=("ask",), end="same_time"
        )
        walk = Walk(TWO, deadlines=[rule])
        walk.begin()
        walk.now += timedelta(hours=1)
        with pytest.raises(OperationRefused, match="stands already"):
            walk.ask(PauseClock("solve", "lan: twice"))
        walk.do("ask")

        walk.ask(PauseClock("solve", "lan: the court decides"))
        walk.wait(hours=5)
        assert due(walk) is None
        walk.ask(ResumeClock("solve", "lan: decided"))

        assert due(walk) == MONDAY + timedelta(days=3, hours=6)

    def test_a_clock_let_go_on_where_the_diagram_pauses_it_stands_on(self) -> None:
        rule = a_deadline("solve", amount="3", unit="days", runs_from="case", runs_until=("reply",), pauses=("reply",))
        walk = Walk(TWO, deadlines=[rule])
        walk.begin()
        walk.ask(PauseClock("solve", "lan: wait"))
        walk.wait(hours=1)
        walk.do("ask")

        walk.ask(ResumeClock("solve", "lan: go"))

        assert due(walk) is None

    def test_suspending_the_case_does_not_end_a_pause_by_hand(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="3", unit="days", end="same_time")])
        walk.begin()
        walk.ask(PauseClock("reply", "lan: wait"))

        walk.ask(Suspend("audit", stop_clocks=True))
        walk.wait(hours=2)
        walk.ask(Resume("over"))

        assert due(walk) is None
        walk.ask(ResumeClock("reply", "lan: go"))
        assert due(walk) == MONDAY + timedelta(days=3, hours=2)

    @pytest.mark.parametrize(
        "operation", [PauseClock("other", "x"), ResumeClock("reply", "x"), ExtendClock("no", "1", "x")]
    )
    def test_what_does_not_run_or_stand_cannot_be_changed(self, operation: Any) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="3", unit="days")])
        walk.begin()

        with pytest.raises(OperationRefused):
            walk.ask(operation)


class TestExtensions:
    def test_more_time_moves_the_date_and_stands_in_the_receipt(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="2", unit="working_days")])
        walk.begin()
        assert due(walk) == at(4, 18)

        walk.ask(ExtendClock("reply", "3", "qin: the expert is ill"))

        assert due(walk) == at(9, 18)
        assert said(walk, FactKind.CLOCK_EXTENDED) == [{"clock": "reply", "round": 1, "amount": "3"}]
        granted = [line for line in walk.step.clocks[0].receipt.lines if line.kind == "granted"]
        assert [(line.count, line.reason) for line in granted] == [(3, "qin: the expert is ill")]
        walk.do("reply")
        assert walk.step.clocks[0].status is ClockStatus.MET

    def test_a_breach_is_forgiven_when_the_new_date_lies_ahead(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="1", unit="hours", end="same_time")])
        walk.begin()
        walk.wait(hours=2)
        assert walk.step.clocks[0].breached

        walk.ask(ExtendClock("reply", "5", "qin: agreed with the customer"))

        assert (walk.step.clocks[0].breached, due(walk)) == (False, MONDAY + timedelta(hours=6))
        walk.wait(hours=9)
        assert len(said(walk, FactKind.CLOCK_BREACHED)) == 2

    def test_a_date_that_stands_in_a_field_is_changed_there(self) -> None:
        rule = a_deadline("reply", amount="", unit="field", field="agreed", runs_from="case", runs_until=("reply",))
        walk = Walk(PLAIN, deadlines=[rule])
        walk.begin(agreed="2026-03-10")

        with pytest.raises(OperationRefused, match="its date is given"):
            walk.ask(ExtendClock("reply", "1", "x"))


class TestLadder:
    def test_each_rung_names_who_has_to_accept_it_also_behind_the_date(self) -> None:
        ladder = (Rung(0.5), Rung(0.8, HOLDER), Rung(1.0, "manager"), Rung(1.5, "director"))
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="10", unit="hours", end="same_time", ladder=ladder)])
        walk.begin()

        wakes = []
        while walk.step.next_wake:
            wakes.append(walk.step.next_wake - MONDAY)
            walk.now = walk.step.next_wake
            walk.ask(WakeUp())

        hours = timedelta(hours=1)
        tick = timedelta(milliseconds=1)
        assert wakes == [5 * hours, 8 * hours, 10 * hours, 10 * hours + tick, 15 * hours]
        rungs = [(each["share"], each.get("to")) for each in said(walk, FactKind.CLOCK_WARNED)]
        assert rungs == [(0.5, None), (0.8, "holder"), (1.0, "manager"), (1.5, "director")]

    def test_what_was_slept_through_is_said_in_order(self) -> None:
        ladder = (Rung(0.5, "manager"), Rung(2.0, "director"))
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="1", unit="hours", end="same_time", ladder=ladder)])
        walk.begin()

        walk.wait(hours=9)

        kinds = [str(fact.kind) for fact in walk.facts if fact.kind.startswith("clock")]
        assert kinds == ["clock_started", "clock_warned", "clock_breached", "clock_warned"]


class TestUntimedWords:
    def test_an_internal_target_is_never_a_breach(self) -> None:
        rule = a_deadline(
            "reply", amount="2", unit="hours", end="same_time", binding=False, ladder=(Rung(1.0, "lead"),)
        )
        walk = Walk(REPLY, deadlines=[rule])
        walk.begin()

        walk.wait(hours=3)
        walk.do("reply")

        assert said(walk, FactKind.CLOCK_BREACHED) == []
        assert [each["to"] for each in said(walk, FactKind.CLOCK_WARNED)] == ["lead"]
        assert said(walk, FactKind.CLOCK_STOPPED) == [
            {"clock": "reply", "round": 1, "met": True, "within_target": False}
        ]
        assert walk.step.clocks[0].status is ClockStatus.MET

    def test_words_without_a_target_start_no_clock(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="", unit="days", binding=False)])

        walk.begin()

        assert (walk.step.clocks, walk.step.open_tasks[0].deadline) == ((), "reply")

    def test_a_timer_that_names_words_only_is_a_fault_that_says_so(self) -> None:
        rule = a_deadline("at_once", amount="", unit="days", binding=False)
        late = boundary("late", "reply", timer("at_once")) + end("over") + flow("late", "over")
        walk = Walk(PLAIN + late, deadlines=[rule])

        step = walk.begin()

        assert (step.fault.code, step.fault.element) == ("timer-without-date", "late")

    def test_a_running_clock_whose_limit_becomes_words_only_loses_its_date(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="2", unit="days")])
        walk.begin()
        words = compile_definition(
            a_package(REPLY, deadlines=[a_deadline("reply", amount="", unit="days", binding=False)])
        )

        request = Migrate(words.fingerprint, {}, "the regulation no longer gives a number")
        step = migrate(walk.definition, words, walk.step.state, request, now=walk.now, calendars=walk.calendars)

        assert (step.fault, [clock.due_at for clock in step.clocks]) == (None, [None])


class TestCalendars:
    def test_a_department_counts_over_its_own_hours(self) -> None:
        walk = a_walk_with_a_shop(group="shop")

        walk.begin()

        assert due(walk) == at(2, 19)

    def test_the_rule_may_name_another_calendar(self) -> None:
        walk = a_walk_with_a_shop(group="office", calendar="shop")

        walk.begin()

        assert due(walk) == at(2, 19)

    def test_everything_else_counts_over_the_companys(self) -> None:
        walk = a_walk_with_a_shop(group="office")

        walk.begin()

        assert due(walk) == at(3, 11)

    def test_another_calendar_moves_running_dates_and_the_history_says_why(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="2", unit="working_days")])
        walk.begin()

        walk.calendars = with_day_off(date(2026, 3, 3))
        walk.ask(WakeUp())

        assert due(walk) == at(5, 18)
        assert said(walk, FactKind.CLOCK_CHANGED) == [
            {
                "clock": "reply",
                "round": 1,
                "due": "2026-03-05T10:00:00+00:00",
                "was": "2026-03-04T10:00:00+00:00",
                "by_calendar": True,
            }
        ]
        assert walk.ask(WakeUp()).facts == ()

    def test_a_date_that_another_calendar_confirms_gets_a_new_receipt(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="2", unit="working_days")])
        walk.begin()

        walk.calendars = with_day_off(date(2026, 7, 1))
        walk.ask(WakeUp())

        assert [each["due"] for each in said(walk, FactKind.CLOCK_RECOUNTED)] == ["2026-03-04T10:00:00+00:00"]
        assert walk.step.clocks[0].receipt.calendar_version == walk.calendars.own.version

    def test_dates_that_were_given_are_kept_if_the_company_wants_it(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="2", unit="working_days")])
        walk.begin()

        walk.calendars = replace(with_day_off(date(2026, 3, 3)), keeps_dates=True)
        walk.ask(WakeUp())
        assert due(walk) == at(4, 18)
        walk.ask(PauseClock("reply", "lan: wait"))
        walk.wait(hours=1)
        walk.ask(ResumeClock("reply", "lan: go"))

        assert due(walk) == at(5, 18)

    def test_a_case_that_begins_later_counts_over_the_new_calendar_anyway(self) -> None:
        walk = Walk(REPLY, deadlines=[a_deadline("reply", amount="2", unit="working_days")])
        walk.calendars = replace(with_day_off(date(2026, 3, 3)), keeps_dates=True)

        walk.begin()

        assert due(walk) == at(5, 18)


class TestCountingBack:
    def test_days_before_a_date_that_stands_in_a_field(self) -> None:
        rule = a_deadline(
            "prepare", amount="2", unit="working_days", field="visit_on", runs_from="case", runs_until=("reply",)
        )
        walk = Walk(PLAIN, deadlines=[rule])
        walk.begin()
        assert due(walk) is None

        walk = Walk(PLAIN, deadlines=[rule])
        walk.begin(visit_on="2026-03-16")

        assert due(walk) == at(12, 18)

    def test_a_time_of_day_by_which_it_has_to_be_done(self) -> None:
        rule = a_deadline("reply", amount="1", unit="days", start="same_day", by=time(17, 30))
        walk = Walk(REPLY, deadlines=[rule])

        walk.begin()

        assert due(walk) == at(2, 17, 30)


def with_day_off(day: date) -> Calendars:
    calendars = office_calendars()
    return replace(calendars, own=replace(calendars.own, days_off={day: {"en": "Anniversary"}}))


def a_walk_with_a_shop(*, group: str, calendar: str = "") -> Walk:
    rule = a_deadline("reply", amount="10", unit="working_hours", end="same_time", calendar=calendar)
    groups = {
        "shop": Group("shop", {"en": "Shop"}, calendar="shop"),
        "office": Group("office", {"en": "Office"}),
    }
    walk = Walk(
        start() + user("reply", due="reply", group=group) + end() + chain("start", "reply", "end"),
        deadlines=[rule],
        company=replace(a_company(), groups=groups),
    )
    walk.calendars = replace(walk.calendars, named={"shop": shop_hours()})
    return walk


def shop_hours() -> Calendar:
    return weekday_calendar(dict.fromkeys(range(1, 8), ((time(9), time(22)),)), "Asia/Shanghai")
