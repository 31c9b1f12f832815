"""Who is asking."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.prepared import Prepared
from engine.tables import (
    absences,
    auditors,
    companies,
    identities,
    memberships,
    people,
    security_keys,
    sessions,
    tokens,
    user_tasks,
)
from engine.text import Text


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a running session or a valid token."""

    actor: Actor
    name: Text
    language: str  #: "" = not chosen yet
    seen_at: datetime | None = None  #: when the session was last noted to be in use
    password_given: bool = False  #: by an administrator: to be changed before anything else
    second_factor: bool = False
    substitutes: bool = False  #: some absence, of any time, names this person as who stands in


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as whoever administers the company sees them."""

    id: int
    login: str
    name: Text
    groups: tuple[str, ...]  #: ids, in order
    administrator: bool
    owner: bool
    active: bool
    audits_until: datetime | None  #: an auditor until then
    mandate: str  #: of the auditor
    can_sign_in: bool  #: has a password
    second_factor: bool
    seen_at: datetime | None  #: last use of a session that has not ended
    open_tasks: int  #: that the person works on
    mail: str
    department: str
    position: str
    linked: bool  #: signs in with an account of the company's provider


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One browser in which somebody is signed in."""

    key: str  #: the beginning of the token's hash, to tell them apart
    device: str  #: the browser as it names itself
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LiveToken:
    """An API token that was not revoked."""

    key: str
    name: str
    created_at: datetime


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


def colleagues(connection: sa.Connection, company_id: str) -> tuple[Colleague, ...]:
    """Everybody of the company, those who left too, by login."""
    t = people.c
    works, last = user_tasks.c, sessions.c
    open_tasks = (
        sa.select(works.assignee_id, sa.func.count().label("open_tasks"))
        .where(works.company_id == company_id, works.status == "open", works.assignee_id.is_not(None))
        .group_by(works.assignee_id)
        .subquery()
    )
    seen = sa.select(last.person_id, sa.func.max(last.seen_at).label("seen_at")).group_by(last.person_id).subquery()
    rows = connection.execute(
        sa.select(
            t.id, t.login, t.name, t.administrator, t.owner, t.active, t.password_hash,
            t.mail, t.department, t.position,
            sa.or_(t.second_factor != "", sa.exists().where(security_keys.c.person_id == t.id)).label("second_factor"),
            sa.exists().where(identities.c.person_id == t.id).label("linked"),
            sa.type_coerce(seen.c.seen_at, last.seen_at.type).label("seen_at"), open_tasks.c.open_tasks,
            auditors.c.ends_at, auditors.c.mandate,
        )
        .outerjoin(open_tasks, open_tasks.c.assignee_id == t.id)
        .outerjoin(auditors, auditors.c.person_id == t.id)
        .outerjoin(seen, seen.c.person_id == t.id)
        .where(t.company_id == company_id)
        .order_by(t.login)
    )  # fmt: skip
    groups: dict[int, list[str]] = {}
    of_company = sa.select(memberships).join(people, t.id == memberships.c.person_id).where(t.company_id == company_id)
    for row in connection.execute(of_company.order_by(memberships.c.group_id)):
        groups.setdefault(row.person_id, []).append(row.group_id)
    return tuple(
        Colleague(
            id=row.id,
            login=row.login,
            name=row.name,
            groups=tuple(groups.get(row.id, ())),
            administrator=row.administrator,
            owner=row.owner,
            active=row.active,
            audits_until=row.ends_at,
            mandate=row.mandate or "",
            can_sign_in=bool(row.password_hash),
            second_factor=bool(row.second_factor),
            seen_at=row.seen_at,
            open_tasks=row.open_tasks or 0,
            mail=row.mail,
            department=row.department,
            position=row.position,
            linked=bool(row.linked),
        )
        for row in rows
    )


def sessions_of(connection: sa.Connection, person_id: int) -> tuple[OpenSession, ...]:
    """Where a person is signed in, the one used last first."""
    t = sessions.c
    rows = connection.execute(
        sa.select(t.token_hash, t.device, t.created_at, t.seen_at)
        .where(t.person_id == person_id, ~t.awaits_code)
        .order_by(t.seen_at.desc())
    )
    return tuple(OpenSession(row.token_hash[:16], row.device, row.created_at, row.seen_at) for row in rows)


def tokens_of(connection: sa.Connection, person_id: int) -> tuple[LiveToken, ...]:
    """The API tokens that act as a person, the newest first."""
    t = tokens.c
    rows = connection.execute(
        sa.select(t.token_hash, t.name, t.created_at)
        .where(t.person_id == person_id, t.revoked_at.is_(None))
        .order_by(t.created_at.desc())
    )
    return tuple(LiveToken(row.token_hash[:16], row.name, row.created_at) for row in rows)


def person_awaiting_code(connection: sa.Connection, token_hash: str) -> tuple[str, str] | None:
    """Company and login of whoever's session with that token waits for its code."""
    t = people.c
    row = connection.execute(
        sa.select(t.company_id, t.login)
        .join(sessions, sessions.c.person_id == t.id)
        .where(sessions.c.token_hash == token_hash, sessions.c.awaits_code, t.active)
    ).one_or_none()
    return (row.company_id, row.login) if row else None


def companies_of_login(connection: sa.Connection, login: str) -> tuple[str, ...]:
    """Companies in which somebody active has that login."""
    where = (people.c.login == login, people.c.active)
    return tuple(
        connection.execute(sa.select(people.c.company_id).where(*where).order_by(people.c.company_id)).scalars()
    )


def all_companies(connection: sa.Connection) -> tuple[str, ...]:
    """Ids of all companies of this installation, in order."""
    return tuple(connection.execute(sa.select(companies.c.id).order_by(companies.c.id)).scalars())


def members_of_groups(connection: sa.Connection, company_id: str) -> Mapping[str, int]:
    """How many active people each group has; groups without anybody are missing."""
    m, p = memberships.c, people.c
    counted = (
        sa.select(m.group_id, sa.func.count())
        .join(people, p.id == m.person_id)
        .where(p.company_id == company_id, p.active)
        .group_by(m.group_id)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def names_of(connection: sa.Connection, company_id: str) -> dict[str, Text]:
    """Login -> name of everyone of the company."""
    rows = connection.execute(sa.select(people.c.login, people.c.name).where(people.c.company_id == company_id))
    return {row.login: row.name for row in rows}


def people_to_ask(connection: sa.Connection, company_id: str) -> tuple[tuple[str, Text], ...]:
    """Login and name of everyone who works in the company, in the order of their logins; auditors only read."""
    t = people.c
    audits = sa.exists().where(auditors.c.person_id == t.id)
    where = (t.company_id == company_id, t.active, ~audits)
    rows = connection.execute(sa.select(t.login, t.name).where(*where).order_by(t.login))
    return tuple((row.login, row.name) for row in rows)


def people_of_groups(
    connection: sa.Connection, company_id: str, groups: Collection[str] | None
) -> tuple[tuple[str, Text], ...]:
    """Login and name of everyone who works in one of *groups*, None = in the company, in the order of their logins."""
    t, m = people.c, memberships.c
    member = sa.exists().where(m.person_id == t.id, *([] if groups is None else [m.group_id.in_(sorted(groups))]))
    rows = connection.execute(
        sa.select(t.login, t.name).where(t.company_id == company_id, t.active, member).order_by(t.login)
    )
    return tuple((row.login, row.name) for row in rows)


def _person(connection: sa.Connection, statement: Prepared, given: Mapping[str, Any]) -> SignedIn | None:
    rows = statement.rows(connection, given)
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
        audits_until=first.audits_until,
        supports=bool(first.supports),
    )
    return SignedIn(
        actor,
        first.name,
        first.language,
        first.seen_at,
        first.password_given,
        second_factor=first.second_factor,
        substitutes=first.substitutes,
    )


_TRUE: Final = sa.true()


def _statement(source: Any, seen_at: Any, *where: Any, by_password: Any = _TRUE) -> Prepared:
    """Built once: every request asks who it is, and building a statement costs more than SQLite's work on it."""
    p = people.c
    return Prepared(
        sa.select(
            p.id,
            p.company_id,
            p.login,
            p.name,
            p.language,
            p.administrator,
            p.owner,
            sa.and_(p.password_given, by_password).label("password_given"),
            sa.or_(p.second_factor != "", sa.exists().where(security_keys.c.person_id == p.id)).label("second_factor"),
            sa.exists().where(absences.c.substitute_id == p.id).label("substitutes"),
            memberships.c.group_id,
            auditors.c.ends_at.label("audits_until"),
            auditors.c.masked.label("supports"),
            sa.type_coerce(seen_at, sessions.c.seen_at.type).label("seen_at"),
        )
        .select_from(
            source.outerjoin(memberships, memberships.c.person_id == p.id).outerjoin(
                auditors, auditors.c.person_id == p.id
            )
        )
        .where(p.active, *where)
    )


_BY_SESSION: Final = _statement(
    sessions.join(people, people.c.id == sessions.c.person_id),
    sessions.c.seen_at,
    sessions.c.token_hash == sa.bindparam("token"),
    sessions.c.seen_at >= sa.bindparam("seen_since"),
    sessions.c.created_at >= sa.bindparam("created_since"),
    ~sessions.c.awaits_code,
    by_password=sessions.c.how == "",
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
