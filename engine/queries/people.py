"""Who is asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.tables import companies, memberships, people, sessions, tokens
from engine.text import Text


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a running session or a valid token."""

    actor: Actor
    name: Text
    language: str  #: "" = not chosen yet
    seen_at: datetime | None = None  #: when the session was last noted to be in use


def person_of_session(
    connection: sa.Connection, token_hash: str, *, now: datetime, idle: timedelta, longest: timedelta
) -> SignedIn | None:
    """The person of a session that is neither idle for too long nor too old, in one statement."""
    given = {"token": token_hash, "seen_since": now - idle, "created_since": now - longest}
    return _person(connection, _BY_SESSION, given)


def person_of_token(connection: sa.Connection, token_hash: str) -> SignedIn | None:
    """The person an API token acts as."""
    return _person(connection, _BY_TOKEN, {"token": token_hash})


def person_by_login(connection: sa.Connection, company_id: str, login: str) -> SignedIn | None:
    """The person with that login."""
    return _person(connection, _BY_LOGIN, {"company": company_id, "wanted": login})


def companies_of_login(connection: sa.Connection, login: str) -> tuple[str, ...]:
    """Companies in which somebody active has that login."""
    where = (people.c.login == login, people.c.active)
    return tuple(
        connection.execute(sa.select(people.c.company_id).where(*where).order_by(people.c.company_id)).scalars()
    )


def all_companies(connection: sa.Connection) -> tuple[str, ...]:
    """Ids of all companies of this installation, in order."""
    return tuple(connection.execute(sa.select(companies.c.id).order_by(companies.c.id)).scalars())


def names_of(connection: sa.Connection, company_id: str) -> dict[str, Text]:
    """Login -> name of everyone of the company."""
    rows = connection.execute(sa.select(people.c.login, people.c.name).where(people.c.company_id == company_id))
    return {row.login: row.name for row in rows}


def _person(connection: sa.Connection, statement: sa.Select[Any], given: Mapping[str, Any]) -> SignedIn | None:
    rows = connection.execute(statement, given).all()
    if not rows:
        return None
    first = rows[0]
    actor = Actor(
        company_id=first.company_id,
        name=first.login,
        person_id=first.id,
        groups=frozenset(row.group_id for row in rows if row.group_id),
        administrator=first.administrator,
        owner=first.owner,
    )
    return SignedIn(actor, first.name, first.language, first.seen_at)


def _statement(source: Any, seen_at: Any, *where: Any) -> sa.Select[Any]:
    """Built once: every request asks who it is, and building a statement costs more than SQLite's work on it."""
    p = people.c
    return (
        sa.select(
            p.id,
            p.company_id,
            p.login,
            p.name,
            p.language,
            p.administrator,
            p.owner,
            memberships.c.group_id,
            sa.type_coerce(seen_at, sessions.c.seen_at.type).label("seen_at"),
        )
        .select_from(source.outerjoin(memberships, memberships.c.person_id == p.id))
        .where(p.active, *where)
    )


_BY_SESSION: Final = _statement(
    sessions.join(people, people.c.id == sessions.c.person_id),
    sessions.c.seen_at,
    sessions.c.token_hash == sa.bindparam("token"),
    sessions.c.seen_at >= sa.bindparam("seen_since"),
    sessions.c.created_at >= sa.bindparam("created_since"),
)
_BY_TOKEN: Final = _statement(
    tokens.join(people, people.c.id == tokens.c.person_id),
    sa.null(),
    tokens.c.token_hash == sa.bindparam("token"),
    tokens.c.revoked_at.is_(None),
)
_BY_LOGIN: Final = _statement(
    people, sa.null(), people.c.company_id == sa.bindparam("company"), people.c.login == sa.bindparam("wanted")
)
