"""How instants, durations, receipts and sizes read in the three languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.calendars import Deadline, Pause, Unit, chinese_calendar, due
from webapp.presentation import (
    Due,
    DueState,
    Reader,
    asset_version,
    clause_reference,
    day_words,
    due_words,
    duration,
    file_size,
    full_instant,
    initial,
    long_date,
    moment,
    receipt_lines,
    receipt_total,
    working_time,
)
from webapp.translate import translator

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 19, 14, 30, tzinfo=SHANGHAI)  # a Thursday
HANS = Reader(translator("zh-Hans"), SHANGHAI)
HANT = Reader(translator("zh-Hant"), SHANGHAI)
ENGLISH = Reader(translator("en"), SHANGHAI)
HOURS = {day: ((time(9), time(12)), (time(13), time(18))) for day in range(1, 6)}


@pytest.mark.parametrize(
    ("due_at", "working", "state", "hans", "english"),
    [
        (None, 0, "none", "无期限", "No due date"),
        ("2026-11-19T11:30", 2, "overdue", "逾期 2 个工作小时", "Overdue by 2 working hours"),
        ("2026-11-18T09:00", 13, "overdue", "逾期 1 个工作日", "Overdue by 1 working day"),
        ("2026-11-19T14:29", 0, "overdue", "已逾期", "Overdue"),
        ("2026-11-19T17:30", 3, "soon", "剩 3 个工作小时", "3 working hours left"),
        ("2026-11-20T10:00", 4.5, "soon", "剩 4 个工作小时", "4 working hours left"),
        ("2026-11-19T15:00", 0.5, "soon", "剩 30 个工作分钟", "30 working minutes left"),
        ("2026-11-20T09:00", 0, "soon", "明天 09:00", "Tomorrow 09:00"),
        ("2026-11-20T18:00", 11.5, "later", "明天 18:00", "Tomorrow 18:00"),
        ("2026-11-24T18:00", 27, "later", "11月24日", "Nov 24"),
        ("2027-01-04T18:00", 250, "later", "2027年1月4日", "Jan 4, 2027"),
    ],
)
def test_when_a_task_is_due(due_at: str | None, working: float, state: str, hans: str, english: str) -> None:
    at = datetime.fromisoformat(due_at).replace(tzinfo=SHANGHAI) if due_at else None

    in_chinese = due_words(at, NOW, working=timedelta(hours=working), reader=HANS)
    in_english = due_words(at, NOW, working=timedelta(hours=working), reader=ENGLISH)

    assert (state, hans) == (in_chinese.state, in_chinese.words)
    assert english == in_english.words


def test_a_due_date_carries_its_instant_for_machines() -> None:
    at = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)

    found = due_words(at, NOW, working=timedelta(hours=3), reader=HANT)

    assert found == Due(DueState.SOON, "剩 3 個工作小時", "2026-11-19T09:30:00+00:00")


def test_days_are_those_of_the_company_not_of_the_server() -> None:
    late_evening_in_utc = datetime(2026, 11, 19, 17, 0, tzinfo=UTC)  # 01:00 on the 20th in Shanghai

    assert day_words(late_evening_in_utc, NOW, reader=ENGLISH) == "Tomorrow 01:00"


def test_a_short_working_day_makes_more_days_of_the_same_hours() -> None:
    half_days = Reader(translator("en"), SHANGHAI, working_day=timedelta(hours=4))

    assert working_time(timedelta(hours=8), reader=ENGLISH) == "1 working day"
    assert working_time(timedelta(hours=8), reader=half_days) == "2 working days"


@pytest.mark.parametrize(
    ("ago", "hans", "english"),
    [
        (timedelta(seconds=20), "刚刚", "just now"),
        (timedelta(minutes=5), "5 分钟前", "5 min ago"),
        (timedelta(hours=5), "今天 09:30", "Today 09:30"),
        (timedelta(hours=20), "昨天 18:30", "Yesterday 18:30"),
        (timedelta(days=3), "11月16日 14:30", "Nov 16 14:30"),
        (timedelta(days=400), "2025年10月15日 14:30", "Oct 15, 2025 14:30"),
        (timedelta(seconds=-30), "今天 14:30", "Today 14:30"),  # clocks of two machines differ a little
    ],
)
def test_when_something_happened(ago: timedelta, hans: str, english: str) -> None:
    assert hans == moment(NOW - ago, NOW, reader=HANS).words
    assert english == moment(NOW - ago, NOW, reader=ENGLISH).words


def test_a_moment_has_its_full_date_in_the_company_zone() -> None:
    found = moment(datetime(2026, 11, 19, 6, 29, tzinfo=UTC), NOW, reader=HANS)

    assert found.full == "2026-11-19 14:29"
    assert found.instant == "2026-11-19T06:29:00+00:00"


@pytest.mark.parametrize(
    ("span", "hans", "english"),
    [
        (timedelta(seconds=59), "不到 1 分钟", "less than 1 min"),
        (timedelta(minutes=42), "42 分钟", "42 min"),
        (timedelta(hours=4, minutes=20), "4 小时 20 分钟", "4 h 20 min"),
        (timedelta(hours=4), "4 小时", "4 h"),
        (timedelta(days=3, hours=4, minutes=59), "3 天 4 小时", "3 d 4 h"),
        (timedelta(days=2, minutes=30), "2 天", "2 d"),
    ],
)
def test_durations_show_their_two_largest_units(span: timedelta, hans: str, english: str) -> None:
    assert hans == duration(span, reader=HANS)
    assert english == duration(span, reader=ENGLISH)


def test_a_promised_date_names_its_weekday() -> None:
    promised = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    assert long_date(promised, reader=HANS) == "2026年11月24日星期二"
    assert long_date(promised, reader=HANT) == "2026年11月24日 星期二"
    assert long_date(promised, reader=ENGLISH) == "Tuesday, November 24, 2026"


def test_full_instants_need_no_language() -> None:
    assert full_instant(NOW, reader=HANS) == "2026-11-19 14:30"


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (412_300, "412 KB"), (1_834_000, "1.8 MB"), (20_000_000, "20 MB")]
)
def test_file_sizes(size: int, words: str) -> None:
    assert words == file_size(size, reader=ENGLISH)


@pytest.mark.parametrize(("name", "letter"), [("李晓雯", "李"), ("ana", "A"), ("  Bo", "B"), ("", "?")])
def test_initials(name: str, letter: str) -> None:
    assert letter == initial(name)


def test_a_receipt_lists_every_day_and_says_why() -> None:
    five_days = Deadline(Decimal(5), Unit.WORKING_DAYS)
    started = datetime(2026, 9, 29, 10, 0, tzinfo=SHANGHAI)

    receipt = due(five_days, start=started, calendar=chinese_calendar(hours=HOURS))
    lines = receipt_lines(receipt, reader=HANS)

    assert [(line.day, line.words, line.counted) for line in lines] == [
        ("9月29日周二", "起始日，不计入", ""),
        ("9月30日周三", "计入", "1 天"),
        ("10月1日 - 10月3日", "法定节假日 · 国庆节", ""),
        ("10月4日周日", "休息日", ""),
        ("10月5日 - 10月7日", "法定节假日 · 国庆节", ""),
        ("10月8日 - 10月9日", "计入", "2 天"),
        ("10月10日周六", "调休上班日，计入", "1 天"),
        ("10月11日周日", "休息日", ""),
        ("10月12日周一", "计入", "1 天"),
        ("10月12日周一", "与起始相同的时刻 · 10:00", ""),
        ("10月12日周一", "当日结束时到期 · 18:00", ""),
    ]
    assert receipt_total(receipt, reader=HANS) == "5 天"


def test_a_receipt_of_hours_shows_from_when_to_when_and_what_pauses_gave_back() -> None:
    three_hours = Deadline(Decimal(3), Unit.WORKING_HOURS, end="same_time")
    monday = datetime(2026, 11, 16, 10, 0, tzinfo=SHANGHAI)
    waiting = Pause(monday + timedelta(minutes=30), monday + timedelta(minutes=90), "customer")

    receipt = due(three_hours, start=monday, calendar=chinese_calendar(hours=HOURS), pauses=(waiting,))
    lines = receipt_lines(receipt, reader=ENGLISH)

    assert ("the clock stood still · customer · 10:30-11:30", "1 h") in [(line.words, line.counted) for line in lines]
    assert receipt_total(receipt, reader=ENGLISH) == "3 h"


def test_a_receipt_names_the_year_only_where_it_changes() -> None:
    over_new_year = Deadline(Decimal(3), Unit.WORKING_DAYS)
    started = datetime(2025, 12, 30, 10, 0, tzinfo=SHANGHAI)

    receipt = due(over_new_year, start=started, calendar=chinese_calendar(hours=HOURS))
    days = [line.day for line in receipt_lines(receipt, reader=ENGLISH)]

    assert days[0] == "Tue, Dec 30"
    assert days[-1].endswith("2026")
    assert receipt.due_at.date() == date(2026, 1, 5)


def test_a_changed_file_changes_the_version_of_all_assets(tmp_path: Path) -> None:
    style = tmp_path / "app.css"
    style.write_text("a{}")
    before = asset_version(tmp_path)

    style.write_text("b{}")

    assert before != asset_version(tmp_path)


@pytest.mark.parametrize(
    ("reference", "hans", "english"),
    [
        ("Art.5(2)", "第5条(2)", "Art. 5(2)"),
        ("Art.5-10", "第5-10条", "Art. 5-10"),
        ("Annex A", "附件A", "Annex A"),
        ("4, form 2", "4, 附表 2", "4, form 2"),
        ("第三条", "第三条", "第三条"),  # as the document numbers itself
    ],
)
def test_references_of_clauses_hold_no_english_word_in_chinese(reference: str, hans: str, english: str) -> None:
    assert (clause_reference(reference, reader=HANS), clause_reference(reference, reader=ENGLISH)) == (hans, english)
