"""Working time: calendars as data, deadlines, pauses, extensions, receipts that explain every date, and schedules.

Pure: no clock, no database, no BPMN. All instants are aware; naive ones are refused with `NaiveInstant`.
Everything is bounded: nothing is counted farther than a hundred years ahead.
"""

from engine.calendars.bands import Band, BandKind, bands
from engine.calendars.calendar import (
    Calendar,
    Period,
    day_name,
    is_working_day,
    periods,
    weekday_calendar,
    with_notice,
)
from engine.calendars.china import chinese_calendar
from engine.calendars.coming import coming_dates
from engine.calendars.company import Calendars, calendars_from_json, calendars_to_json, with_notices
from engine.calendars.counting import due_at
from engine.calendars.deadline import Deadline, Extension, Pause, Unit
from engine.calendars.differences import CalendarChanges, HoursChange, calendar_changes
from engine.calendars.due import due
from engine.calendars.errors import (
    CalendarInvalid,
    DeadlineInvalid,
    NaiveInstant,
    NoticeInvalid,
    NoticeProblem,
    ReceiptInvalid,
)
from engine.calendars.measure import MOST_SHARE, after_working_time, instant_at_share, working_time_between
from engine.calendars.notice import Notice, notice_of, notice_to_text, read_notice
from engine.calendars.receipt import Line, LineKind, Receipt, receipt_from_json, receipt_to_json
from engine.calendars.recount import recount
from engine.calendars.schedule import first_of_period, next_occurrence, next_period
from engine.calendars.stored import calendar_from_json, calendar_to_json

__all__ = [
    "MOST_SHARE",
    "Band",
    "BandKind",
    "Calendar",
    "CalendarChanges",
    "CalendarInvalid",
    "Calendars",
    "Deadline",
    "DeadlineInvalid",
    "Extension",
    "HoursChange",
    "Line",
    "LineKind",
    "NaiveInstant",
    "Notice",
    "NoticeInvalid",
    "NoticeProblem",
    "Pause",
    "Period",
    "Receipt",
    "ReceiptInvalid",
    "Unit",
    "after_working_time",
    "bands",
    "calendar_changes",
    "calendar_from_json",
    "calendar_to_json",
    "calendars_from_json",
    "calendars_to_json",
    "chinese_calendar",
    "coming_dates",
    "day_name",
    "due",
    "due_at",
    "first_of_period",
    "instant_at_share",
    "is_working_day",
    "next_occurrence",
    "next_period",
    "notice_of",
    "notice_to_text",
    "periods",
    "read_notice",
    "receipt_from_json",
    "receipt_to_json",
    "recount",
    "weekday_calendar",
    "with_notice",
    "with_notices",
    "working_time_between",
]
