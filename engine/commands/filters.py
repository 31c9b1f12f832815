"""Filters of the inbox that somebody keeps, for themselves or for a group of theirs."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.context import Context
from engine.complaints.inbox import Filter, View
from engine.database import insert_for
from engine.errors import AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.history import Entry, append_to_company
from engine.tables import saved_filters

#: Filters that one person keeps at most: each is counted whenever an inbox is opened that shows it.
MOST_FILTERS: Final = 12
_LONGEST: Final = 40
#: Name and text may be somebody's.
_PERSONAL: Final = frozenset({"name", "text"})


def save_filter(context: Context, name: str, *, view: View, where: Filter, group: str = "") -> None:
    """Keep *where* for *view* under *name*, in place of the actor's filter of that name; *group* sees it too.

    Raises AnswersInvalid without a name or for one filter too many, NotPermitted for a group that is not the actor's.
    """
    actor, name = context.actor, " ".join(name.split())
    if group and group not in actor.groups:
        raise NotPermitted(CompanyAction.SAVE_FILTER.value, "not-in-group")
    if errors := _errors(context, name):
        raise AnswersInvalid(errors)
    keys = {"person_id": actor.person_id, "name": name}
    values = {
        "group_id": group,
        "view": str(view),
        "procedure": where.procedure,
        "element": where.element,
        "text": where.text,
        "late": where.late,
    }
    insert = insert_for(context.connection.dialect.name, saved_filters).values(
        company_id=actor.company_id, **keys, **values
    )
    context.connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=values))
    _record(context, CompanyAction.SAVE_FILTER, {"name": name, **values})


def remove_filter(context: Context, filter_id: int) -> None:
    """Keep it no longer. People remove their own, administrators everybody's. Raises NotFound."""
    t = saved_filters.c
    where = [t.id == filter_id, t.company_id == context.actor.company_id]
    where += [] if context.actor.administrator else [t.person_id == context.actor.person_id]
    name = context.connection.execute(sa.delete(saved_filters).where(*where).returning(t.name)).scalar()
    if name is None:
        raise NotFound("filter", filter_id)
    _record(context, CompanyAction.REMOVE_FILTER, {"name": name})


def _errors(context: Context, name: str) -> list[FieldError]:
    if not name:
        return [FieldError("name", "required")]
    if len(name) > _LONGEST:
        return [FieldError("name", "max_length", {"n": _LONGEST})]
    t = saved_filters.c
    others = (t.person_id == context.actor.person_id, t.name != name)
    count = context.connection.execute(
        sa.select(sa.func.count()).select_from(saved_filters).where(*others)
    ).scalar_one()
    return [FieldError("name", "too_many_filters", {"n": MOST_FILTERS})] if count >= MOST_FILTERS else []


def _record(context: Context, action: CompanyAction, body: dict[str, object]) -> None:
    entry = Entry(context.now, context.actor.name, action, "", body, personal=_PERSONAL)
    append_to_company(context.connection, context.actor.company_id, [entry])
