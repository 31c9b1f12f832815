"""Calendars and moments that the tests of working time share."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.calendars import Deadline, Unit, chinese_calendar, weekday_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")

OFFICE = ((time(9), time(12)), (time(13), time(18)))  #: eight hours with a break at noon
OFFICE_HOURS = dict.fromkeys(range(1, 6), OFFICE)
NIGHT_HOURS = {
    **{weekday: ((time(22), time(6)),) for weekday in range(1, 5)},
    5: ((time(8), time(12)), (time(20), time(2))),
}
ALWAYS = {weekday: ((time(0), time(0)),) for weekday in range(1, 8)}

CHINA = chinese_calendar(hours=OFFICE_HOURS)
CHINA_NIGHTS = chinese_calendar(hours=NIGHT_HOURS)
CHINA_ALWAYS = chinese_calendar(hours=ALWAYS)
BERLIN_NIGHTS = weekday_calendar(NIGHT_HOURS, "Europe/Berlin")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """``"2026-02-10 09:00"`` as local time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def deadline(amount: str | int, unit: Unit, **choices: str) -> Deadline:
    return Deadline(Decimal(amount), unit, **choices)


def local(instant: datetime) -> str:
    """An instant as its local time without offset, to compare with literals."""
    return instant.replace(tzinfo=None).isoformat(" ")
