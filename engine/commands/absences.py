"""Who stands in for whom while somebody is away. What a substitute does says on whose behalf it was done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.errands import person_named
from engine.commands.people import login_of
from engine.commands.reasons import reason_errors
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.tables import absences

#: A longer one is a slip of the pen; whoever leaves for good hands their work over.
_LONGEST: Final = timedelta(days=400)


def arrange_absence(
    context: Context, *, login: str, substitute: str, begins_at: datetime, ends_at: datetime, reason: str
) -> int:
    """Let *substitute* do the work of *login* from one moment to the other; the absence's id.

    Everybody arranges their own, administrators anybody's. A substitute who is away too is not represented further:
    nobody acts for somebody whom their colleague did not name. Raises NotPermitted, NotFound, AnswersInvalid.
    """
    if login != context.actor.name and not context.actor.administrator:
        raise NotPermitted(CompanyAction.ARRANGE_ABSENCE.value, "not-an-administrator")
    person_id, substitute_id = person_named(context, login), person_named(context, substitute)
    if person_id is None:
        raise NotFound("person", login)
    errors = [*_errors(begins_at, ends_at, now=context.now), *reason_errors(reason)]
    if substitute_id is None or substitute_id == person_id:
        errors.insert(0, FieldError("substitute", "option" if substitute else "required"))
    if not errors and _overlaps(context, person_id, begins_at, ends_at):
        errors.append(FieldError("begins_at", "absent_already"))
    if errors or context.actor.person_id is None:
        raise AnswersInvalid(errors)
    values = {
        "company_id": context.actor.company_id,
        "person_id": person_id,
        "substitute_id": substitute_id,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "reason": reason.strip(),
        "arranged_at": context.now,
        "arranged_by_id": context.actor.person_id,
    }
    added: int = context.connection.execute(sa.insert(absences).values(values).returning(absences.c.id)).scalar_one()
    period = {"from": begins_at.isoformat(), "to": ends_at.isoformat()}
    body = {"absence": added, "substitute": substitute, "reason": reason.strip(), **period}
    record_for_company(context, CompanyAction.ARRANGE_ABSENCE, login, body)
    return added


def end_absence(context: Context, absence_id: int) -> None:
    """The person is back, or does not go at all. Raises NotFound, NotPermitted, AlreadyDone."""
    t = absences.c
    own = (t.id == absence_id, t.company_id == context.actor.company_id)
    found = context.connection.execute(sa.select(absences).where(*own)).one_or_none()
    if found is None:
        raise NotFound("absence", absence_id)
    if found.person_id != context.actor.person_id and not context.actor.administrator:
        raise NotPermitted(CompanyAction.END_ABSENCE.value, "not-an-administrator")
    if found.ends_at <= context.now:
        raise AlreadyDone("absence", None, found.ends_at.isoformat())
    ends_at = max(context.now, found.begins_at)
    context.connection.execute(sa.update(absences).where(*own).values(ends_at=ends_at))
    login = login_of(context, found.person_id) or ""
    record_for_company(context, CompanyAction.END_ABSENCE, login, {"absence": absence_id})


def _errors(begins_at: datetime, ends_at: datetime, *, now: datetime) -> list[FieldError]:
    if ends_at <= max(begins_at, now):
        return [FieldError("ends_at", "in_the_future" if ends_at <= now else "after_its_begin")]
    return [FieldError("ends_at", "too_long")] if ends_at - begins_at > _LONGEST else []


def _overlaps(context: Context, person_id: int, begins_at: datetime, ends_at: datetime) -> bool:
    t = absences.c
    where = (t.person_id == person_id, t.begins_at < ends_at, t.ends_at > begins_at)
    return context.connection.execute(sa.select(t.id).where(*where).limit(1)).first() is not None
