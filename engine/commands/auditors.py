"""Who audits the company: reads everything for a time, and changes nothing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.people import StillHasWork, change_person, end_sessions, open_tasks_of, person_to_administer
from engine.commands.reasons import require_reason
from engine.database import insert_for
from engine.errors import AnswersInvalid, FieldError
from engine.tables import auditors


def appoint_auditor(context: Context, person_id: int, *, ends_at: datetime, mandate: str) -> None:
    """Let somebody read and export everything until *ends_at*, and change nothing; the mandate says who ordered it.

    They lose groups and rights: an auditor is nobody's colleague. Every session ends, so that the next one knows.
    Raises NotFound, NotPermitted, AnswersInvalid, StillHasWork, LastAdministrator.
    """
    person = person_to_administer(context, person_id)
    require_reason(mandate)
    if ends_at <= context.now:
        raise AnswersInvalid([FieldError("ends_at", "date_min", {"n": f"{context.now:%Y-%m-%d}"})])
    if tasks := open_tasks_of(context, person_id):
        raise StillHasWork(person.login, tasks)
    change_person(context, person_id, name=person.name, groups=(), administrator=False, owner=False)
    row = {"ends_at": ends_at, "mandate": mandate.strip(), "appointed_at": context.now}
    row |= {"appointed_by": context.actor.name}
    insert = insert_for(context.connection.dialect.name, auditors)
    context.connection.execute(
        insert.values(person_id=person_id, company_id=context.actor.company_id, **row).on_conflict_do_update(
            index_elements=["person_id"], set_=row
        )
    )
    end_sessions(context, person_id)
    body = {"until": ends_at.isoformat(), "mandate": mandate.strip()}
    record_for_company(context, CompanyAction.APPOINT_AUDITOR, person.login, body)


def dismiss_auditor(context: Context, person_id: int) -> None:
    """Let the time of an auditor be over now; they may be given groups again. Raises NotFound, NotPermitted."""
    person = person_to_administer(context, person_id)
    t = auditors.c
    gone = context.connection.execute(sa.delete(auditors).where(t.person_id == person_id))
    if gone.rowcount:
        end_sessions(context, person_id)
        record_for_company(context, CompanyAction.DISMISS_AUDITOR, person.login)
