"""Who took figures and registers out of the system."""

from __future__ import annotations

from datetime import date

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.complaints import Actor
from engine.errors import NotPermitted
from engine.procedures.package import Report


def require_may_read(actor: Actor, report: Report) -> None:
    """Raises NotPermitted when *report* is for groups the actor is not in. Administrators read every one."""
    if report.groups and not actor.administrator and not actor.auditor and actor.groups.isdisjoint(report.groups):
        raise NotPermitted("read_report", "not-in-group")


def require_may_export(actor: Actor) -> None:
    """Raises NotPermitted unless the actor is an administrator or an owner of procedures."""
    if not actor.administrator and not actor.owner:
        raise NotPermitted(CompanyAction.EXPORT_EVENTS.value, "not-an-owner")


def record_event_log(context: Context, kind: str, *, procedure: str, since: date, until: date, cases: int) -> None:
    """Write down that the actor took the steps of *cases* cases away as a file of that kind."""
    body = {"format": kind, "since": since.isoformat(), "until": until.isoformat(), "cases": cases}
    record_for_company(context, CompanyAction.EXPORT_EVENTS, procedure, body)


def record_export(context: Context, subject: str, *, period: str, rows: int) -> None:
    """Write down that the actor took *rows* lines of the report *subject* away as a file."""
    record_for_company(context, CompanyAction.EXPORT_REPORT, subject, {"period": period, "rows": rows})


def record_print(context: Context, subject: str, *, period: str, rows: int) -> None:
    """The same for a page made to be printed."""
    record_for_company(context, CompanyAction.PRINT_REPORT, subject, {"period": period, "rows": rows})
