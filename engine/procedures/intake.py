"""What a package says about registering a case, for everyone who does it: commands and scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.forms import DEPARTMENTS, Form, Option
from engine.procedures.intake_fields import CHANNEL, MAIL
from engine.procedures.package import Company, Package

_DAY_LENGTH = len("2026-03-02")
#: Characters of a mail without a subject that name its case.
_TITLE = 60


def option_lists(company: Company) -> dict[str, Sequence[Option]]:
    """The option lists of forms that come from the company: its departments, in the company's order."""
    groups = (group for group in company.groups.values() if group.department)
    return {DEPARTMENTS: [Option(value=group.id, label=dict(group.name)) for group in groups]}


def said_by_way(package: Package, way: str, *, shop: str = "") -> dict[str, str]:
    """What a case that a customer files by *way* says of itself, *shop* where a shop's code led to the form."""
    rule = package.intake
    asked = {CHANNEL: way} if "channel" in rule.ask else {}
    return {**asked, **rule.answers.get(way, {}), **({rule.shop: shop} if rule.shop and shop else {})}


def said_by_mail(package: Package, *, subject: str, name: str, sender: str, words: str) -> dict[str, str]:
    """What a mail says in the fields of the intake form; whoever takes it up completes the rest."""
    case = package.case
    said = {
        case.title: subject or words[:_TITLE],
        case.customer: name or sender,
        case.contact_mail: sender,
        package.intake.text: words,
    }
    form = package.forms[package.start.form]
    fitting = {field: _fitting(form, field, text) for field, text in said.items() if field and text}
    return {**fitting, **said_by_way(package, MAIL)}


def _fitting(form: Form, name: str, text: str) -> str:
    """*text* as long as its field lets it be."""
    longest = next((getattr(field, "max_length", None) for field in form.fields if field.id == name), None)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


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
