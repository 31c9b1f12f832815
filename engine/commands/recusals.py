"""Whom a case is about: the person complained about never handles, reads or approves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.context import Context
from engine.deployments import Deployment
from engine.tables import people, recusals
from engine.text import Text

#: Names shorter than this stand inside too many other words.
_SHORTEST_NAME: Final = 2


def write_recusals(context: Context, case_id: int, deployment: Deployment, data: Mapping[str, Any]) -> None:
    """Note whom *data* names in the fields that say who is complained about. Who was named once stays recused."""
    fields = deployment.package.work.respondent
    said = [str(value) for name in fields if (value := data.get(name))]
    if not said:
        return
    t = people.c
    everyone = context.connection.execute(
        sa.select(t.id, t.login, t.name).where(t.company_id == context.actor.company_id)
    )
    named = {row.id for row in everyone if any(_names(text, row.login, row.name) for text in said)}
    for person_id in sorted(named - recused_from(context.connection, case_id)):
        row = {"case_id": case_id, "person_id": person_id, "company_id": context.actor.company_id}
        context.connection.execute(sa.insert(recusals).values(**row, since=context.now))


def _names(text: str, login: str, name: Text) -> bool:
    """Whether *text*, as somebody wrote it, names that person."""
    called = {word for word in name.values() if len(word) >= _SHORTEST_NAME}
    return text.strip() == login or any(word in text for word in called)


def recused_from(connection: sa.Connection, case_id: int) -> frozenset[int]:
    """Ids of the people whom the case is about."""
    return frozenset(connection.execute(sa.select(recusals.c.person_id).where(recusals.c.case_id == case_id)).scalars())
