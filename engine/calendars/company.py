"""All calendars of one company: its own, and those of departments that work at other hours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendars.calendar import Calendar, with_notice
from engine.calendars.notice import Notice
from engine.calendars.stored import calendar_from_json, calendar_to_json


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendars:
    """What a company's time limits are counted over. Immutable; equal content has the same *version*."""

    own: Calendar
    named: Mapping[str, Calendar] = field(default_factory=dict)  #: name -> a department's, in *own*'s time zone
    #: Dates given under an earlier version stay as they are until their amount, pauses or extensions change.
    keeps_dates: bool = False
    version: str = field(init=False)  #: 16 hex digits over everything above

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", dict(sorted(self.named.items())))
        content = [self.own.version, *(f"{name}={each.version}" for name, each in self.named.items())]
        content += ["keeps dates"] if self.keeps_dates else []
        digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]
        # A company with one calendar counts over that calendar: one version, not two names of it.
        object.__setattr__(self, "version", digest if len(content) > 1 else self.own.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendars) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    @property
    def time_zone(self) -> ZoneInfo:
        return self.own.time_zone

    def of(self, name: str) -> Calendar:
        """The calendar of that name. "" is the company's own, and so is one that the company no longer has."""
        return self.named.get(name, self.own)


def with_notices(calendars: Calendars, notices: Iterable[Notice]) -> Calendars:
    """*calendars* with *notices* in place of what they held for those years, wherever public holidays are followed."""
    in_order = sorted(notices, key=lambda notice: notice.year)
    return replace(
        calendars,
        own=_with_notices(calendars.own, in_order),
        named={name: _with_notices(each, in_order) for name, each in calendars.named.items()},
    )


def _with_notices(calendar: Calendar, notices: Iterable[Notice]) -> Calendar:
    for notice in notices if calendar.follows_notices else ():
        calendar = with_notice(calendar, notice.year, notice.holidays, notice.make_up_days)
    return calendar


def calendars_to_json(calendars: Calendars) -> dict[str, Any]:
    """The calendars as JSON values. `calendars_from_json` gives equal ones back."""
    return {
        "own": calendar_to_json(calendars.own),
        "named": {name: calendar_to_json(each) for name, each in calendars.named.items()},
        "keeps_dates": calendars.keeps_dates,
    }


def calendars_from_json(value: Mapping[str, Any]) -> Calendars:
    """The calendars that `calendars_to_json` wrote. Raises `CalendarInvalid`."""
    return Calendars(
        own=calendar_from_json(value["own"]),
        named={name: calendar_from_json(each) for name, each in value["named"].items()},
        keeps_dates=value["keeps_dates"],
    )
