"""Holiday notices: the sentences of the State Council, plain lines, and everything that can be wrong in them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendars import (
    Calendar,
    Notice,
    NoticeInvalid,
    NoticeProblem,
    chinese_calendar,
    is_working_day,
    notice_of,
    notice_to_text,
    read_notice,
    weekday_calendar,
    with_notice,
)
from tests.calendars.notices import NOTICES, notice_text
from tests.calendars.samples import CHINA, OFFICE_HOURS

YEARS = sorted(NOTICES)
KNOWN = chinese_calendar(hours=OFFICE_HOURS, years=range(YEARS[0], YEARS[-1] + 1))


@pytest.mark.parametrize("year", YEARS)
def test_no_festival_is_missing_in_the_notice_of_any_year(year: int) -> None:
    assert read_notice(notice_text(year)).missing == ()


def test_a_notice_says_which_festivals_it_does_not_name() -> None:
    notice = read_notice("# year: 2027\n2027-01-01..2027-01-03 元旦\n2027-09-15 中秋\n2027-10-01..2027-10-07 国庆节")

    assert [festival["zh-Hans"] for festival in notice.missing] == ["春节", "清明节", "劳动节", "端午节"]


def test_festivals_that_share_their_days_are_both_named() -> None:
    notice = read_notice("# year: 2006\n2006-01-01 元旦\n2006-01-29 春节\n2006-05-01 劳动节\n2006-10-01 国庆节、中秋节")

    assert notice.missing == ()


def problems(text: str, year: int | None = None) -> list[tuple[int, str, str, str]]:
    with pytest.raises(NoticeInvalid) as caught:
        read_notice(text, year=year)
    return [(each.line, each.text, each.rule, each.expected) for each in caught.value.problems]


def working_days(calendar: Calendar, first: date, last: date) -> set[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day for day in days if is_working_day(calendar, day)}


@pytest.mark.parametrize("year", YEARS)
def test_the_notice_of_each_year_gives_the_days_the_package_knows(year: int) -> None:
    notice = read_notice(notice_text(year))

    calendar = with_notice(weekday_calendar(OFFICE_HOURS), year, notice.holidays, notice.make_up_days)

    # The notice for the year after may move days of this December: they are that one's matter.
    year_of_notice = date(year, 1, 1), date(year, 12, 28)
    assert (notice.year, notice.source) == (year, f"某办发〔{year - 1}〕7号")
    assert working_days(KNOWN, *year_of_notice) == working_days(calendar, *year_of_notice)
    assert {day for day in KNOWN.make_up_days if day.year == year and day.month < 12} == {
        day for day in notice.make_up_days if day.year == year
    }


def test_all_notices_together_leave_no_day_different() -> None:
    calendar = weekday_calendar(OFFICE_HOURS)
    for year in reversed(YEARS):  # the order does not matter
        notice = read_notice(notice_text(year))
        calendar = with_notice(calendar, year, notice.holidays, notice.make_up_days)

    span = date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)
    assert working_days(KNOWN, *span) == working_days(calendar, *span)
    assert set(KNOWN.make_up_days) == set(calendar.make_up_days)
    assert len(calendar.make_up_days) == 92


def test_a_notice_is_read_with_names_in_three_languages() -> None:
    notice = read_notice(
        "一、国庆节、中秋节：10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）上班。", year=2025
    )

    assert notice.year == 2025
    assert list(notice.holidays) == [date(2025, 10, day) for day in range(1, 9)]
    assert notice.holidays[date(2025, 10, 1)] == {
        "zh-Hans": "国庆节 / 中秋节",
        "zh-Hant": "國慶節 / 中秋節",
        "en": "National Day / Mid-Autumn Festival",
    }
    assert notice.make_up_days == {date(2025, 9, 28): None}


OCTOBER = [date(2026, 10, day) for day in range(1, 8)]


@pytest.mark.parametrize(
    ("text", "off", "worked"),
    [
        ("国庆节：10月1日至7日放假调休，共7天。", OCTOBER, []),
        ("国庆节：10月1日至10月7日放假，共7天。", OCTOBER, []),
        ("国庆节：2026年10月1日（星期四）至2026年10月7日（星期三）放假7天。", OCTOBER, []),
        ("国庆节：10月1日-7日放假调休七天。", OCTOBER, []),
        ("国庆放假安排：10月1日～7日放假公休，共计7天。", OCTOBER, []),
        ("国庆节 10月1日到7日放假", OCTOBER, []),
        ("(七)国庆节：10月1日至7日放假", OCTOBER, []),
        ("7. 国庆节：10月1日至7日放假", OCTOBER, []),
        ("七、国庆节\n10月1日至7日放假", OCTOBER, []),
        ("七、國慶節：10月1日（週四）至7日（週三）放假調休，共7天。10月10日（週六）上班。", OCTOBER, [date(2026, 10, 10)]),
        ("七、国庆节：１０月１日（周四）至７日放假调休，\n共7天。10月10\n日（周六）上班。", OCTOBER, [date(2026, 10, 10)]),
        ("七、国庆节：10 月 1 日 至 7 日 放假调休 ，共 7 天 。", OCTOBER, []),
        ("国庆节：10月1日、2日和5日放假。", [date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 5)], []),
        ("国庆节：10月1日放假，与周末连休。", [date(2026, 10, 1)], []),
        ("中秋节：9月25日放假，与周末连休，共3天。", [date(2026, 9, 25)], []),
        ("清明节：4月5日放假，4月6日（星期一）补休，共3天。", [date(2026, 4, 5), date(2026, 4, 6)], []),
        ("国庆节：9月20日（周日）、10月10日（周六）照常上班。", [], [date(2026, 9, 20), date(2026, 10, 10)]),
        ("元旦：12月30日至1月1日放假调休，共3天。12月27日（周六）上班。", [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1)], [date(2025, 12, 27)]),
        ("校庆日：5月8日（周五）放假一天。", [date(2026, 5, 8)], []),
        ("春节：2月17日放假。鼓励各单位安排职工在除夕（2月16日）休息。假期请安排好值班。", [date(2026, 2, 17)], []),
        ("国庆节：10月1日放假。\n办公厅\n11月4日", [date(2026, 10, 1)], []),
        ("国庆节：10月1日放假。\n办公厅 2025年11月4日（此件公开发布）", [date(2026, 10, 1)], []),
        ("根据2024年11月修订的办法，国庆节自10月1日起放假7天。\n一、国庆节：10月1日放假。二、中秋节：9月25日放假。", [date(2026, 9, 25), date(2026, 10, 1)], []),
    ],
)  # fmt: skip
def test_ways_of_saying_it(text: str, off: list[date], worked: list[date]) -> None:
    notice = read_notice(text, year=2026)

    assert (off, worked) == (list(notice.holidays), list(notice.make_up_days))


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("关于2026年部分节假日安排的通知\n国庆节：10月1日放假。", 2026),
        ("2025年11月4日\n现将2026年节假日通知如下：\n国庆节：10月1日放假。", 2026),
        ("元旦：2025年12月31日至2026年1月1日放假。", 2026),
        ("2026-12-31 元旦\n2027-01-01 元旦", 2027),
        ("# year: 2027\n2026-12-31 元旦", 2027),
    ],
)
def test_the_year_is_taken_from_the_heading_or_the_latest_day(text: str, year: int) -> None:
    assert read_notice(text).year == year


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # counts and weekdays
        ("国庆节：10月1日至7日放假调休，共8天。", [(1, "共8天", "count", "7 days from 2026-10-01 to 2026-10-07")]),
        ("元旦：1月1日放假2天。", [(1, "放假2天", "count", "1 days from 2026-01-01 to 2026-01-01")]),
        ("国庆节：10月1日（周五）放假。", [(1, "10月1日（周五）", "weekday", "周四 for 2026-10-01")]),
        ("国庆节：10月10日（农历三十、星期天）上班。", [(1, "10月10日（农历三十、星期天）", "weekday", "周六 for 2026-10-10")]),
        # days that are none, or not of this year, or named twice
        ("国庆节：9月31日放假。", [(1, "9月31日", "no_such_day", "a day of the calendar, found 2026-09-31")]),
        ("国庆节：10月7日至1日放假。", [(1, "10月7日至1日", "span", "at most 31 days in order, found 2026-10-07 to 2026-10-01")]),
        ("国庆节：2027年10月1日放假。", [(1, "2027年10月1日放假", "outside", "days of 2026 or of the December before it, found 2027-10-01")]),
        ("国庆节：10月1日至7日放假。\n10月6日上班。", [(2, "10月6日上班", "twice", "each day once, found 2026-10-06 in line 1 already")]),
        # what is not understood
        ("国庆节：10月1日至7日放价调休。", [(1, "10月1日至7日放价调休", "unreadable", "放假, 补休 or 上班 behind days such as 1月1日（周四）至3日（周六）")]),
        ("国庆节：10月1日放假，2日开会。", [(1, "2日开会", "unreadable", "放假, 补休 or 上班 behind days such as 1月1日（周四）至3日（周六）")]),
        ("国庆节：2月3日（星期一）起正常上班。", [(1, "2月3日（星期一）起正常上班", "unreadable", "放假, 补休 or 上班 behind days such as 1月1日（周四）至3日（周六）"), (1, "2月3日（星期一）", "weekday", "周二 for 2026-02-03")]),
        ("国庆节：1日放假。", [(1, "1日", "unreadable", "a month, as in 1月1日")]),
        ("10月1日放假。", [(1, "10月1日放假", "festival", "a festival in front, such as 一、元旦：")]),
        ("关于2027年部分节假日安排的通知\n国庆节：10月1日放假。", [(1, "2027年", "other_year", "the notice for 2026"), (2, "10月1日放假", "", "")][:1]),
        ("没有放假", [(1, "没有放假", "nothing", "a day off or a day that is worked, found none")]),
        ("", [(1, "", "nothing", "a day off or a day that is worked, found none")]),
        # plain lines
        ("2026-10-01 国庆节\n1 Oct work", [(2, "1 Oct work", "unreadable", "a day or days and what they are: 2027-01-01..2027-01-03 元旦")]),
        ("2026-10-01", [(1, "2026-10-01", "unreadable", "a day or days and what they are: 2027-01-01..2027-01-03 元旦")]),
        ("2026/10/01 国庆节", [(1, "2026/10/01 国庆节", "unreadable", "a day or days and what they are: 2027-01-01..2027-01-03 元旦")]),
        ("2026-02-30 元旦", [(1, "2026-02-30 元旦", "no_such_day", "a day of the calendar, found 2026-02-30")]),
        ("2026-10-07..2026-10-01 国庆节", [(1, "2026-10-07..2026-10-01 国庆节", "span", "at most 31 days in order, found 2026-10-07 to 2026-10-01")]),
        ("2026-10-01 国庆节\n\n2026-10-01 上班", [(3, "2026-10-01 上班", "twice", "each day once, found 2026-10-01 in line 1 already")]),
        ("# year: 2027\n2026-12-01 a\n2027-01-01 b", [(1, "2027", "other_year", "the notice for 2026"), (3, "2027-01-01 b", "outside", "days of 2026 or of the December before it, found 2027-01-01")]),
        ("9999-01-01..9999-12-31 never", [(1, "9999-01-01..9999-12-31 never", "no_such_day", "a day of the calendar, found 9999-01-01")] * 1 + [(1, "9999-01-01..9999-12-31 never", "no_such_day", "a day of the calendar, found 9999-12-31")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(text: str, expected: list) -> None:
    assert sorted(expected) == sorted(problems(text, year=2026))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    text = (
        notice_text(2026)
        .replace("共9天", "共8天")
        .replace("5月9日（周六）", "5月9日（周日）")
        .replace("9月20日", "9月31日")
    )

    assert problems(text) == [
        (6, "共8天", "count", "9 days from 2026-02-15 to 2026-02-23"),
        (8, "5月9日（周日）", "weekday", "周六 for 2026-05-09"),
        (11, "9月31日（周日）", "no_such_day", "a day of the calendar, found 2026-09-31"),
    ]
    with pytest.raises(NoticeInvalid, match=re.escape("found 3 problems; line 6, '共8天': expected 9 days")) as caught:
        read_notice(text)
    assert caught.value.problems[1].params == {"day": "2026-05-09", "weekday": 6}


def test_a_notice_without_its_year_is_refused() -> None:
    assert problems("国庆节：10月1日放假。") == [(1, "", "year", "the year, in the heading or beside the text")]


def test_plain_lines_are_read() -> None:
    text = """
    # our own list
    2027-01-01..2027-01-03 元旦
    2027-01-04 上班        # instead of the 3rd
    2027-02-05..2027-02-11: Spring Festival
    2027-02-14 work
    2027-02-20 上班 按周五
    2027-05-01 至 2027-05-03 劳动节
    2027-06-01 Founders' Day
    2027-06-02 zh-Hans: 校庆 | en: School Day
    2027-06-03 off
    """

    notice = read_notice(text)

    assert (notice.year, notice.source) == (2027, "")
    assert notice.make_up_days == {date(2027, 1, 4): None, date(2027, 2, 14): None, date(2027, 2, 20): 5}
    assert {str(day)[5:]: name.get("en") for day, name in notice.holidays.items()} == {
        **dict.fromkeys(["01-01", "01-02", "01-03"], "New Year's Day"),
        **dict.fromkeys([f"02-{day:02}" for day in range(5, 12)], "Spring Festival"),
        **dict.fromkeys(["05-01", "05-02", "05-03"], "Labor Day"),
        "06-01": "Founders' Day",
        "06-02": "School Day",
        "06-03": None,
    }
    assert notice.holidays[date(2027, 6, 2)] == {"zh-Hans": "校庆", "en": "School Day"}


@pytest.mark.parametrize("year", YEARS)
def test_a_notice_is_written_as_lines_and_read_again(year: int) -> None:
    notice = read_notice(notice_text(year))

    assert read_notice(notice_to_text(notice)) == notice


def test_the_lines_that_are_written() -> None:
    assert notice_to_text(notice_of(CHINA, 2022)).splitlines()[:5] == [
        "# year: 2022",
        "2022-01-01 元旦",
        "2022-01-03 元旦",
        "2022-01-29..2022-01-30 上班 按周一",
        "2022-01-31..2022-02-04 春节",
    ]


@pytest.mark.parametrize("year", range(2018, 2029))
def test_what_a_calendar_holds_put_in_again_changes_nothing(year: int) -> None:
    notice = notice_of(CHINA if year > 2019 else KNOWN, year)
    before = CHINA if year > 2019 else KNOWN

    after = with_notice(before, year, notice.holidays, notice.make_up_days)

    assert (after.days_off, after.make_up_days) == (before.days_off, before.make_up_days)


def test_days_that_new_year_moved_in_december_are_the_next_notices() -> None:
    new_year = read_notice(notice_text(2019))

    assert notice_of(KNOWN, 2018).make_up_days.keys().isdisjoint({date(2018, 12, 29)})
    assert date(2018, 12, 31) in notice_of(KNOWN, 2019).holidays
    # The notice of 2018 may be loaded again behind that of 2019 without losing them, …
    loaded = with_notice(weekday_calendar(OFFICE_HOURS), 2019, new_year.holidays, new_year.make_up_days)
    again = with_notice(loaded, 2018, {date(2018, 10, 1): {}}, {})
    assert is_working_day(again, date(2018, 12, 29))
    assert not is_working_day(again, date(2018, 12, 31))
    # … and a corrected one of 2019 takes them back.
    corrected = with_notice(again, 2019, {date(2019, 1, 1): {}}, {})
    assert not is_working_day(corrected, date(2018, 12, 29))
    assert is_working_day(corrected, date(2018, 12, 31))
    assert not is_working_day(corrected, date(2018, 10, 1))


def names() -> st.SearchStrategy:
    words = st.text("春节校庆off上班 work|#:aen", max_size=12).map(lambda words: " ".join(words.split()))
    return st.dictionaries(st.sampled_from(["zh-Hans", "zh-Hant", "en"]), words.filter(bool), max_size=3)


@given(
    off=st.dictionaries(st.dates(date(2026, 12, 20), date(2027, 12, 31)), names(), max_size=12),
    worked=st.dictionaries(st.dates(date(2026, 12, 20), date(2027, 12, 31)), st.none() | st.integers(1, 7), max_size=6),
    source=st.text("国办发〔2026〕7号", max_size=12),
)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_any_notice_survives_being_written(off: dict, worked: dict, source: str) -> None:
    plain = {
        day: {tag: words.replace("#", "＃").replace("|", "｜") for tag, words in name.items()}
        for day, name in off.items()
    }
    notice = Notice(2027, plain, {day: hours for day, hours in worked.items() if day not in off}, source)
    if notice.holidays or notice.make_up_days:
        assert read_notice(notice_to_text(notice)) == notice


PIECES = (
    *(
        "一、",
        "元旦",
        "国庆节",
        "：",
        "。",
        "，",
        "2026年",
        "12月",
        "10月",
        "1日",
        "32日",
        "至",
        "（周四）",
        "（",
        "）",
        "、",
    ),
    *("放假", "上班", "补休", "共3天", "与周末连休", "起", "\n", "2026-10-01", " ", "..", "国", "#"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=30))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_no_text_is_anything_but_a_notice_or_refused(parts: list[str]) -> None:
    text = "".join(parts)

    notice, wrong = read_or_problems(text)

    assert (notice is None) == bool(wrong)
    assert all(1 <= each.line <= text.count("\n") + 1 for each in wrong)
    if notice:
        assert notice.holidays or notice.make_up_days
        assert not set(notice.holidays) & set(notice.make_up_days)


def read_or_problems(text: str) -> tuple[Notice | None, tuple[NoticeProblem, ...]]:
    try:
        return read_notice(text), ()
    except NoticeInvalid as error:
        return None, error.problems


@pytest.mark.parametrize(
    "piece", ["一", "（", "与", "放假", "2026年", "1月1日、", "国庆节：", "共", "2026-10-01 ", "#\n"]
)
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    notice, wrong = read_or_problems(
        f"国庆节：{piece * 20_000}10月1日"
    )  # hung, when a pattern looked back from everywhere

    assert notice is None
    assert wrong
