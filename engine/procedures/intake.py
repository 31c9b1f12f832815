"""What a package says about registering a case, for everyone who does it: commands and scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.forms import DEPARTMENTS, Option
from engine.procedures.intake_fields import CHANNEL
from engine.procedures.package import Company, Package

_DAY_LENGTH = len("2026-03-02")


def option_lists(company: Company) -> dict[str, Sequence[Option]]:
    """The option lists of forms that come from the company: its departments, in the company's order."""
    groups = (group for group in company.groups.values() if group.department)
    return {DEPARTMENTS: [Option(value=group.id, label=dict(group.name)) for group in groups]}


def said_by_way(package: Package, way: str, *, shop: str = "") -> dict[str, str]:
    """What a case that a customer files by *way* says of itself, *shop* where a shop's code led to the form."""
    rule = package.intake
    asked = {CHANNEL: way} if "channel" in rule.ask else {}
    return {**asked, **rule.answers.get(way, {}), **({rule.shop: shop} if rule.shop and shop else {})}


def received_at(package: Package, data: Mapping[str, Any], *, now: datetime) -> datetime | None:
    """When the complaint truly arrived, in UTC, if the intake form says so; None means *now*.

    A day without a time counts from its first minute; today means now.
    """
    answer = data.get(package.start.received_at) if package.start.received_at else None
    if not answer:
        return None
    if len(answer) > _DAY_LENGTH:
        return datetime.fromisoformat(answer).astimezone(UTC)
    zone = ZoneInfo(package.company.time_zone)
    day = date.fromisoformat(answer)
    return None if day >= now.astimezone(zone).date() else datetime.combine(day, time.min, zone).astimezone(UTC)
