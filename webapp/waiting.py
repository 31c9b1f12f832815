"""What lies in somebody's inbox beside tasks: reminders to accept, requests for more time to decide."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from engine.calendars import Calendar
from engine.queries.alerts import KeptAlert, alerts_to_decide
from engine.queries.audits import AuditFinding, findings_to_answer
from engine.queries.drafts import Awaited, publications_to_approve
from engine.queries.errands import waiting_errands
from engine.queries.filings import count_held
from engine.queries.time_limits import ExtensionRequest, Reminder, open_reminders, requests_to_decide
from webapp.access import actor, site
from webapp.alert_words import noticed_words
from webapp.due import due_of
from webapp.errand_view import errand_rows
from webapp.presentation import moment
from webapp.shell import current_translator, reader, words
from webapp.time_limit_form import unit_words


def waiting_for_me(connection: sa.Connection, *, now: datetime, calendar: Calendar) -> dict[str, Any]:
    """What `_waiting.html` asks for: held, reminders, errands, requests, drafts, alerts, findings."""
    deployments = site().deployments
    return {
        "held": count_held(connection, deployments, actor()),
        "reminders": [
            _reminder(each, now=now, calendar=calendar) for each in open_reminders(connection, deployments, actor())
        ],
        "errands": errand_rows(waiting_errands(connection, deployments, actor()), now=now, zone=calendar.time_zone),
        "requests": [
            _request(each, now=now, calendar=calendar) for each in requests_to_decide(connection, deployments, actor())
        ],
        "drafts": [_draft(each, now=now, calendar=calendar) for each in publications_to_approve(connection, actor())],
        "alerts": [
            _alert(each, now=now, calendar=calendar) for each in alerts_to_decide(connection, deployments, actor())
        ],
        "findings": [_finding(each, now=now, calendar=calendar) for each in findings_to_answer(connection, actor())],
    }


def _reminder(reminder: Reminder, *, now: datetime, calendar: Calendar) -> SimpleNamespace:
    gettext = current_translator().gettext
    late = reminder.share >= 1
    used = gettext("%(share)s%% of the time used") % {"share": round(reminder.share * 100)}
    return SimpleNamespace(
        id=reminder.id,
        number=reminder.number,
        title=reminder.title,
        limit=words(reminder.deadline),
        words=gettext("Time is over") if late else used,
        tone="bad" if late else "warn",
        due=due_of(reminder.due_at, now=now, calendar=calendar),
        since=moment(reminder.raised_at, now, reader=reader(calendar.time_zone)),
    )


def _request(asked: ExtensionRequest, *, now: datetime, calendar: Calendar) -> SimpleNamespace:
    return SimpleNamespace(
        id=asked.id,
        number=asked.number,
        title=asked.title,
        limit=words(asked.deadline),
        amount=f"+ {asked.amount} {words(unit_words(asked.unit))}",
        who=words(asked.asked_by),
        since=moment(asked.asked_at, now, reader=reader(calendar.time_zone)),
    )


def _alert(alert: KeptAlert, *, now: datetime, calendar: Calendar) -> SimpleNamespace:
    return SimpleNamespace(
        id=alert.id,
        title=" · ".join(part for part in (words(alert.title) or alert.procedure, words(alert.words)) if part),
        noticed=noticed_words(alert),
        count=len(alert.numbers),
        since=moment(alert.raised_at, now, reader=reader(calendar.time_zone)),
    )


def _finding(found: AuditFinding, *, now: datetime, calendar: Calendar) -> SimpleNamespace:
    return SimpleNamespace(
        id=found.id,
        number=found.number,
        text=found.text,
        due_on=found.due_on,
        late=found.due_on < now.astimezone(calendar.time_zone).date().isoformat(),
        since=moment(found.raised_at, now, reader=reader(calendar.time_zone)),
    )


def _draft(asked: Awaited, *, now: datetime, calendar: Calendar) -> SimpleNamespace:
    return SimpleNamespace(
        id=asked.id,
        procedure=asked.procedure,
        title=words(asked.title),
        who=words(asked.asked_by),
        reason=asked.reason,
        since=moment(asked.asked_at, now, reader=reader(calendar.time_zone)),
    )
