"""People of a company: who they are, which groups they work in, how they come and go."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.credentials import hashed, readable_secret, token_hash
from engine.commands.positions import positions_among, require_held
from engine.complaints import ANYBODY, CUSTOMER, SCHEDULE, SYSTEM, TRIGGER
from engine.errors import EngineError, NotFound, NotPermitted
from engine.procedures.package import with_their_groups
from engine.tables import (
    auditors,
    failures,
    memberships,
    people,
    recovery_codes,
    security_keys,
    sessions,
    tokens,
    user_tasks,
)
from engine.text import Text

_RESERVED: Final = frozenset({ANYBODY, CUSTOMER, SCHEDULE, SYSTEM, TRIGGER})
_MAIL: Final = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class CopiedPerson:
    """Somebody of one company as another one takes them over, without second factor."""

    login: str
    name: Text
    password_hash: str = field(repr=False)
    password_given: bool
    language: str
    administrator: bool
    owner: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a company keeps of a person beside the name, in its own words."""

    mail: str = ""  #: lets an account of the company's sign-in service be theirs
    department: str = ""
    position: str = ""

    def values(self) -> dict[str, str]:
        return {"mail": self.mail.strip().lower(), "department": self.department, "position": self.position}


NO_PROFILE: Final = Profile()


class LoginTaken(EngineError):
    """A person with that login exists, or the name is one the history uses itself."""

    code = "login-taken"


class StillHasWork(EngineError):
    """Somebody who should leave still works on *tasks* open tasks: those are handed over first."""

    code = "still-has-work"

    def __init__(self, login: str, tasks: int) -> None:
        super().__init__(f"expected {login} to work on nothing, found {tasks} open tasks")
        self.login, self.tasks = login, tasks


class LastAdministrator(EngineError):
    """Without this person nobody would be left who can administer the company."""

    code = "last-administrator"


def is_login(text: str) -> bool:
    """Whether somebody may sign in by that name: letters, digits, dots; none that the history uses itself."""
    return bool(_LOGIN.fullmatch(text)) and text not in _RESERVED


def is_mail(text: str) -> bool:
    """Whether *text* is one plain mail address."""
    return bool(_MAIL.fullmatch(text))


def add_person(
    context: Context,
    *,
    login: str,
    name: Text,
    groups: Iterable[str],
    password: str = "",
    administrator: bool = False,
    owner: bool = False,
    profile: Profile = NO_PROFILE,
) -> int:
    """Create a person of the actor's company; without a password they cannot sign in. Raises LoginTaken."""
    company_id = context.actor.company_id
    if not is_login(login):
        raise LoginTaken(f"expected a login that is free, found {login!r}, which cannot be one")
    taken = sa.select(people.c.id).where(people.c.company_id == company_id, people.c.login == login)
    if context.connection.execute(taken).scalar() is not None:
        raise LoginTaken(f"expected a login that is free, found {login!r} in use")
    person_id: int = context.connection.execute(
        sa.insert(people)
        .values(
            company_id=company_id,
            login=login,
            name=dict(name),
            password_hash=hashed(password) if password else "",
            administrator=administrator,
            owner=owner,
            **profile.values(),
        )
        .returning(people.c.id)
    ).scalar_one()
    _write_groups(context, person_id, groups)
    body = {"groups": sorted(with_their_groups(frozenset(groups))), "administrator": administrator, "owner": owner}
    body |= {name: value for name, value in profile.values().items() if value}
    record_for_company(context, CompanyAction.ADD_PERSON, login, body)
    return person_id


def people_to_copy(connection: sa.Connection, company_id: str) -> tuple[CopiedPerson, ...]:
    """Everyone active of that company; support of the platform was let in there alone."""
    p, m = people.c, memberships.c
    supports = sa.exists().where(auditors.c.person_id == p.id, auditors.c.masked)
    own = (p.company_id == company_id, p.active, ~supports)
    rows = connection.execute(sa.select(people).where(*own).order_by(p.id)).all()
    joined = sa.select(m.person_id, m.group_id).join(people, p.id == m.person_id).where(p.company_id == company_id)
    groups = connection.execute(joined.order_by(m.group_id)).all()
    return tuple(
        CopiedPerson(
            login=row.login,
            name=row.name,
            password_hash=row.password_hash,
            password_given=row.password_given,
            language=row.language,
            administrator=row.administrator,
            owner=row.owner,
            groups=tuple(each.group_id for each in groups if each.person_id == row.id),
        )
        for row in rows
    )


def copy_person(context: Context, copied: CopiedPerson) -> None:
    """Let somebody of another company sign in to the actor's with the same password. Who is there stays as they are."""
    company_id = context.actor.company_id
    there = sa.select(people.c.id).where(people.c.company_id == company_id, people.c.login == copied.login)
    if context.connection.execute(there).scalar() is not None:
        return
    person_id = add_person(
        context,
        login=copied.login,
        name=copied.name,
        groups=copied.groups,
        administrator=copied.administrator,
        owner=copied.owner,
    )
    same = {
        "password_hash": copied.password_hash,
        "password_given": copied.password_given,
        "language": copied.language,
    }
    context.connection.execute(sa.update(people).where(people.c.id == person_id).values(same))


def change_person(
    context: Context,
    person_id: int,
    *,
    name: Text,
    groups: Iterable[str],
    administrator: bool,
    owner: bool,
    profile: Profile | None = None,
) -> None:
    """Give a person another name, other groups or other rights; the history keeps both states.

    What *name* does not say in a third language stays; without ``en`` there is no English name any more.
    *profile* None leaves it as it is. Takes effect with the next request. Whoever gives up a position hands over what
    they claimed by it, and the last one who held it is followed by somebody while tasks wait. Raises NotFound,
    NotPermitted, LastAdministrator, StillHasWork, PositionVacant.
    """
    lost = write_change(
        context, person_id, name=name, groups=groups, administrator=administrator, owner=owner, profile=profile
    )
    require_held(context, lost)


def write_change(
    context: Context,
    person_id: int,
    *,
    name: Text,
    groups: Iterable[str],
    administrator: bool,
    owner: bool,
    profile: Profile | None = None,
) -> frozenset[str]:
    """The same for one of many who change together; the positions given up, which somebody has to hold in the end."""
    was = person_to_administer(context, person_id)
    if was.administrator and not administrator:
        _require_another_administrator(context, person_id)
    name = {**{tag: said for tag, said in was.name.items() if tag not in name and tag != "en"}, **name}
    before = {"name": was.name, "groups": _groups(context, person_id)}
    before |= {"administrator": was.administrator, "owner": was.owner}
    groups = with_their_groups(frozenset(groups))
    after = {"name": dict(name), "groups": sorted(groups), "administrator": administrator, "owner": owner}
    if profile is not None:
        before |= {"mail": was.mail, "department": was.department, "position": was.position}
        after |= profile.values()
    if before == after:
        return frozenset()
    lost = positions_among(before["groups"]) - groups
    if lost and (tasks := open_tasks_of(context, person_id, groups=lost)):
        raise StillHasWork(was.login, tasks)
    values = {"name": dict(name), "administrator": administrator, "owner": owner}
    values |= profile.values() if profile else {}
    context.connection.execute(sa.update(people).where(people.c.id == person_id).values(values))
    context.connection.execute(sa.delete(memberships).where(memberships.c.person_id == person_id))
    _write_groups(context, person_id, groups)
    record_for_company(context, CompanyAction.CHANGE_PERSON, was.login, {"before": before, "after": after})
    return lost


def leave(context: Context, person_id: int) -> None:
    """Somebody no longer works here: they are signed out everywhere and cannot come in again; what they did stays.

    Raises NotFound, NotPermitted, LastAdministrator, StillHasWork while open tasks are theirs, and PositionVacant.
    """
    person = person_to_administer(context, person_id)
    if not person.active:
        return
    if person.administrator:
        _require_another_administrator(context, person_id)
    if tasks := open_tasks_of(context, person_id):
        raise StillHasWork(person.login, tasks)
    context.connection.execute(sa.update(people).where(people.c.id == person_id).values(active=False))
    require_held(context, positions_among(_groups(context, person_id)))
    end_sessions(context, person_id)
    context.connection.execute(
        sa.update(tokens)
        .where(tokens.c.person_id == person_id, tokens.c.revoked_at.is_(None))
        .values(revoked_at=context.now)
    )
    record_for_company(context, CompanyAction.LEAVE, person.login)


def come_back(context: Context, person_id: int) -> None:
    """Let somebody who left sign in again, with the password they had. Raises NotFound, NotPermitted."""
    person = person_to_administer(context, person_id)
    if person.active:
        return
    context.connection.execute(sa.update(people).where(people.c.id == person_id).values(active=True))
    record_for_company(context, CompanyAction.COME_BACK, person.login)


def give_password(context: Context, person_id: int) -> str:
    """A new password for somebody who forgot theirs, to be told to them; they have to change it when they use it.

    Ends their sessions. The second factor stays: see `take_second_factor`.
    Raises NotFound, NotPermitted.
    """
    person = person_to_administer(context, person_id)
    password = readable_secret(3)
    keep_given_password(context, person_id, person.login, hashed(password))
    return password


def keep_given_password(context: Context, person_id: int, login: str, password_hash: str) -> None:
    """Let a person of the actor's company sign in with a password that somebody else gave, once, to change it."""
    context.connection.execute(
        sa.update(people).where(people.c.id == person_id).values(password_hash=password_hash, password_given=True)
    )
    end_sessions(context, person_id)
    _forget_failures(context, login)
    record_for_company(context, CompanyAction.GIVE_PASSWORD, login)


def take_second_factor(context: Context, person_id: int) -> None:
    """Let somebody who lost telephone or keys sign in by password alone. Raises NotFound, NotPermitted."""
    person = person_to_administer(context, person_id)
    keys = context.connection.execute(sa.delete(security_keys).where(security_keys.c.person_id == person_id)).rowcount
    if not person.second_factor and not keys:
        return
    context.connection.execute(sa.update(people).where(people.c.id == person_id).values(second_factor=""))
    context.connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.person_id == person_id))
    end_sessions(context, person_id)
    record_for_company(context, CompanyAction.TAKE_SECOND_FACTOR, person.login)


def end_sessions(context: Context, person_id: int, *, but: str = "") -> int:
    """End all sessions of a person, except the one with the token *but*. How many there were."""
    t = sessions.c
    where = [t.person_id == person_id, *([t.token_hash != token_hash(but)] if but else [])]
    return context.connection.execute(sa.delete(sessions).where(*where)).rowcount


def set_language(context: Context, language: str) -> None:
    """Remember the language the actor reads."""
    context.connection.execute(
        sa.update(people).where(people.c.id == context.actor.person_id).values(language=language)
    )


def create_token(context: Context, *, login: str, name: str) -> str:
    """An API token that acts as the person with *login*. Shown once. Raises NotFound."""
    t = people.c
    person_id = context.connection.execute(
        sa.select(t.id).where(t.company_id == context.actor.company_id, t.login == login, t.active)
    ).scalar()
    if person_id is None:
        raise NotFound("person", login)
    token = secrets.token_urlsafe(32)
    context.connection.execute(
        sa.insert(tokens).values(token_hash=token_hash(token), person_id=person_id, name=name, created_at=context.now)
    )
    record_for_company(context, CompanyAction.CREATE_TOKEN, body={"name": name, "for": login})
    return token


def revoke_token(context: Context, key: str) -> None:
    """Let one of the actor's own tokens open nothing any more; *key* begins its hash. Raises NotFound."""
    t = tokens.c
    found = context.connection.execute(
        sa.select(t.token_hash, t.name).where(
            t.person_id == context.actor.person_id, t.revoked_at.is_(None), sa.func.substr(t.token_hash, 1, 16) == key
        )
    ).one_or_none()
    if found is None:
        raise NotFound("token", key)
    context.connection.execute(sa.update(tokens).where(t.token_hash == found.token_hash).values(revoked_at=context.now))
    record_for_company(context, CompanyAction.REVOKE_TOKEN, body={"name": found.name})


def login_of(context: Context, person_id: int | None) -> str | None:
    """The login of the person with that id, None for nobody."""
    if person_id is None:
        return None
    return str(context.connection.execute(sa.select(people.c.login).where(people.c.id == person_id)).scalar_one())


def person_to_administer(context: Context, person_id: int) -> sa.Row[str, Text, bool, bool, bool, str, str, str, str]:
    """The row of somebody of the actor's company, held to the end of the transaction. Raises NotFound, NotPermitted."""
    if not context.actor.administrator:
        raise NotPermitted("administer_people", "not-administrator")
    t = people.c
    found = context.connection.execute(
        sa.select(
            t.login, t.name, t.administrator, t.owner, t.active, t.second_factor, t.mail, t.department, t.position
        )
        .where(t.company_id == context.actor.company_id, t.id == person_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if found is None:
        raise NotFound("person", person_id)
    return found


def _groups(context: Context, person_id: int) -> list[str]:
    t = memberships.c
    return sorted(context.connection.execute(sa.select(t.group_id).where(t.person_id == person_id)).scalars())


def _write_groups(context: Context, person_id: int, groups: Iterable[str]) -> None:
    rows = [{"person_id": person_id, "group_id": group} for group in sorted(with_their_groups(frozenset(groups)))]
    if rows:
        context.connection.execute(sa.insert(memberships), rows)


def _require_another_administrator(context: Context, person_id: int) -> None:
    """All of them are held: two who give up their rights at the same time do not both see the other."""
    t = people.c
    administrators = context.connection.execute(
        sa.select(t.id)
        .where(t.company_id == context.actor.company_id, t.administrator, t.active, t.password_hash != "")
        .order_by(t.id)
        .with_for_update(key_share=True)
    ).scalars()
    if set(administrators) <= {person_id}:
        raise LastAdministrator("expected another administrator who can sign in, found none")


def open_tasks_of(context: Context, person_id: int, *, groups: Collection[str] | None = None) -> int:
    """How many open tasks somebody of the actor's company works on; *groups* None = of any group."""
    t = user_tasks.c
    within = () if groups is None else (t.group_id.in_(sorted(groups)),)
    return int(
        context.connection.execute(
            sa.select(sa.func.count()).where(
                t.company_id == context.actor.company_id, t.assignee_id == person_id, t.status == "open", *within
            )
        ).scalar_one()
    )


def _forget_failures(context: Context, login: str) -> None:
    t = failures.c
    context.connection.execute(sa.delete(failures).where(t.company_id == context.actor.company_id, t.login == login))
