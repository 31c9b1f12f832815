"""Lists of cases, and what they say that was looked for. Reads a page however many cases there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import CLEAR, Actor, Veil
from engine.deployments import DeploymentStore
from engine.procedures.package import Package
from engine.queries.inbox import after_cursor
from engine.queries.known import is_joined, repeats
from engine.queries.recusals import not_about
from engine.queries.veils import veil_on, veils_over
from engine.search.grams import Pieces, excerpt, folded, says_all, terms_of
from engine.search.index import has_words, newest_with_words, plan_by_words
from engine.search.texts import TextPart
from engine.tables import cases, people, search_texts, urgency_of, user_tasks
from engine.text import Text, whole_number

#: What is due within this time is due soon.
SOON: Final = timedelta(days=2)
#: Places shown of one case.
_HITS: Final = 2
#: Pages looked at for one that says what was asked for: pieces may stand together in other words.
_LOOKS: Final = 10


class State(StrEnum):
    """Whether cases go on, and how their open tasks stand with their dates."""

    OPEN = "open"
    OVERDUE = "overdue"  #: a task is past its date
    SOON = "soon"  #: a task is due soon
    IN_TIME = "in_time"  #: open, and none is past its date
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What narrows a list of cases. Empty values mean everything."""

    text: str = ""  #: words that the case, its answers, letters or files say, all of them
    state: State | None = None
    procedure: str = ""
    outcome: str = ""  #: end event
    elements: tuple[str, ...] = ()  #: one of these steps is open
    person: str = ""  #: login of somebody who has an open task there or completed one
    since: datetime | None = None  #: registered then or later
    until: datetime | None = None  #: and before


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a case that says what was looked for."""

    part: TextPart
    ref: str
    action: str  #: of an event
    step: Text  #: of an event
    name: str  #: subject of a letter, name of a file
    actor: str
    at: datetime
    excerpt: Pieces


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case in a list."""

    id: int
    number: str
    title: str
    customer: str
    procedure: str
    procedure_title: Text
    status: str
    outcome_id: str  #: end event, "" while it goes on
    outcome: Text
    started_at: datetime
    ended_at: datetime | None
    next_due_at: datetime | None  #: the nearest due date of its open tasks
    repeats: int  #: how many earlier cases whoever complained has
    joined: bool  #: to another case
    hits: tuple[Hit, ...]  #: for what number, title and customer do not say themselves


@dataclass(frozen=True, slots=True)
class CasePage:
    """A slice of a list and where the next one begins."""

    rows: tuple[CaseRow, ...]
    next: str  #: cursor, "" = this is the end


def find_cases(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    *,
    where: CaseFilter = CaseFilter(),
    now: datetime,
    cursor: str = "",
    limit: int = 50,
) -> CasePage:
    """Cases of the actor's company, the newest first. Whoever has the number looked for comes before all others.

    What is about the actor is left out, and nothing is found by words that are kept from them.
    """
    company_id = actor.company_id
    scope = [cases.c.company_id == company_id, not_about(actor, cases.c.id)]
    person_id = _person(connection, company_id, where.person) if where.person else 0
    if where.person and where == CaseFilter(person=where.person):
        ids = _latest_of_person(connection, actor, person_id, before=_last(cursor), limit=limit + 1)
        return _page(connection, deployments, actor, _rows_of(connection, scope, ids), limit=limit)
    scope += _narrowed(company_id, where, person_id, now=now)
    if not where.text:
        rows = _rows(connection, scope, cursor=cursor, limit=limit + 1)
        return _page(connection, deployments, actor, rows, limit=limit)
    terms = terms_of(where.text)
    plan_by_words(connection)
    named = [] if cursor else _rows(connection, [*scope, cases.c.number == where.text.upper()], limit=1)
    if not terms:
        return _page(connection, deployments, actor, named, limit=limit)
    scope.append(cases.c.number != where.text.upper())

    def latest(cursor: str) -> _Slice:
        ids = newest_with_words(connection, company_id, terms, before=_last(cursor), limit=limit + 1)
        return _rows_of(connection, scope, ids), f"0.{ids[-1]}" if len(ids) > limit else ""

    def narrowed(cursor: str) -> _Slice:
        has = has_words(connection.dialect.name, company_id, terms)
        rows = _rows(connection, [*scope, has], cursor=cursor, limit=limit + 1)
        return rows, _cursor(rows[-1]) if len(rows) > limit else ""

    look = latest if where == CaseFilter(text=where.text) else narrowed
    return _that_say(connection, deployments, actor, terms, look, found=named, cursor=cursor, limit=limit)


#: Cases that may say what was asked for, and where to look on, "" = nowhere.
_Slice = tuple[list[Any], str]


def _that_say(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    terms: Sequence[str],
    look: Callable[[str], _Slice],
    *,
    found: list[Any],
    cursor: str,
    limit: int,
) -> CasePage:
    """The page of those that truly say *terms*, after those that were *found* already."""
    texts = _texts(connection, [row.id for row in found])
    veils = dict(_veils(connection, deployments, actor, found))
    for _ in range(_LOOKS):
        rows, cursor = look(cursor)
        texts |= _texts(connection, [row.id for row in rows])
        veils |= _veils(connection, deployments, actor, rows)
        found += [row for row in rows if _says(texts.get(row.id, ()), veil_on(veils, row.id), terms)]
        if len(found) > limit or not cursor:
            break
    page = _page(connection, deployments, actor, found, limit=limit, terms=terms, texts=texts)
    return page if page.next else CasePage(page.rows, cursor)


def _says(texts: Sequence[Any], veil: Veil, terms: Sequence[str]) -> bool:
    """Whether *texts* of a case say all *terms* where its reader may read them."""
    return says_all([folded(veil.text(text.text)) for text in texts if text.ref not in veil.files], terms)


def _veils(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, rows: Sequence[Any]
) -> Mapping[int, Veil]:
    return veils_over(connection, deployments, actor, [(row.id, row.deployment_id) for row in rows])


def _narrowed(company_id: str, where: CaseFilter, person_id: int, *, now: datetime) -> Iterator[Any]:
    c, t = cases.c, user_tasks.c
    here = (t.case_id == c.id, t.company_id == company_id, t.status == sa.text("'open'"))
    late, soon = urgency_of(now), urgency_of(now + SOON)
    if where.state is State.CLOSED:
        yield c.ended_at.is_not(None)
    elif where.state:
        yield c.ended_at.is_(None)
    match where.state:
        case State.OVERDUE:
            yield sa.exists().where(*here, t.urgency < late)
        case State.SOON:
            yield sa.exists().where(*here, t.urgency >= late, t.urgency < soon)
        case State.IN_TIME:
            yield ~sa.exists().where(*here, t.urgency < late)
    if where.procedure:
        yield c.procedure == where.procedure
    if where.outcome:
        yield c.outcome == where.outcome
        yield c.outcome != sa.text("''")  # as its index says
    if where.elements:
        yield sa.exists().where(*here, t.element.in_(where.elements))
    if where.person:
        mine = (t.company_id == company_id, t.assignee_id == person_id, t.status == sa.text("'open'"))
        done = (t.company_id == company_id, t.ended_by_id == person_id)
        yield c.id.in_(sa.select(t.case_id).where(*mine).union_all(sa.select(t.case_id).where(*done)))
    if where.since:
        yield c.started_at >= where.since
    if where.until:
        yield c.started_at < where.until


def _person(connection: sa.Connection, company_id: str, login: str) -> int:
    """Whose login it is, 0 = nobody's: an id in a statement tells the database how much that person has done."""
    p = people.c
    return connection.execute(sa.select(p.id).where(p.company_id == company_id, p.login == login)).scalar() or 0


def _latest_of_person(
    connection: sa.Connection, actor: Actor, person_id: int, *, before: int | None, limit: int
) -> list[int]:
    """Ids of the newest cases in which that person has an open task or completed one: as many as fill a page."""
    t = user_tasks.c
    here = [t.company_id == actor.company_id, not_about(actor, t.case_id), *([t.case_id < before] if before else [])]
    has = sa.select(t.case_id).where(*here, t.assignee_id == person_id, t.status == sa.text("'open'"))
    done = sa.select(t.case_id).where(*here, t.ended_by_id == person_id)
    heads = [sa.select(each.distinct().order_by(t.case_id.desc()).limit(limit).subquery()) for each in (has, done)]
    both = sa.union(*heads).subquery()
    return list(connection.execute(sa.select(both.c.case_id).order_by(both.c.case_id.desc()).limit(limit)).scalars())


def _last(cursor: str) -> int | None:
    """The id at the end of *cursor*, in lists that go by it alone."""
    return whole_number(cursor.partition(".")[2])


_NEXT_DUE: Final = (
    sa.select(sa.func.min(user_tasks.c.due_at))
    .where(user_tasks.c.case_id == cases.c.id, user_tasks.c.status == sa.text("'open'"))
    .scalar_subquery()
    .label("next_due_at")
)
_COLUMNS: Final = tuple(
    cases.c[name]
    for name in (
        "id", "number", "title", "customer", "procedure", "deployment_id", "status", "outcome", "started_at",
        "ended_at",
    )
)  # fmt: skip
_LIST: Final = sa.select(*_COLUMNS, _NEXT_DUE, repeats().label("repeats"), is_joined().label("joined"))


def _rows(connection: sa.Connection, scope: list[Any], *, cursor: str = "", limit: int) -> list[Any]:
    c = cases.c
    beyond = after_cursor(cursor, lambda at, last: sa.tuple_(c.started_at, c.id) < sa.tuple_(at, last))
    statement = _LIST.where(*scope, *beyond).order_by(c.started_at.desc(), c.id.desc()).limit(limit)
    return list(connection.execute(statement))


def _rows_of(connection: sa.Connection, scope: list[Any], ids: Sequence[int]) -> list[Any]:
    """Those of the cases *ids* that are in *scope*, in the order of their ids, the newest first."""
    if not ids:
        return []
    return list(connection.execute(_LIST.where(*scope, cases.c.id.in_(ids)).order_by(cases.c.id.desc())))


def _cursor(row: Any) -> str:
    return f"{round(row.started_at.timestamp() * 1000)}.{row.id}"


def _page(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    rows: Sequence[Any],
    *,
    limit: int,
    terms: Sequence[str] = (),
    texts: Mapping[int, Sequence[Any]] = {},
) -> CasePage:
    veils = _veils(connection, deployments, actor, rows[:limit])
    shown = [
        _case_row(
            deployments.load(connection, row.deployment_id).package,
            row,
            terms,
            texts.get(row.id, ()),
            veil_on(veils, row.id),
        )
        for row in rows[:limit]
    ]
    return CasePage(tuple(shown), _cursor(rows[limit - 1]) if len(rows) > limit else "")


def _texts(connection: sa.Connection, ids: Sequence[int]) -> dict[int, list[Any]]:
    """The texts of the cases *ids*, the newest first."""
    found: dict[int, list[Any]] = {}
    if not ids:  # PostgreSQL would look through all texts for none
        return found
    t = search_texts.c
    for row in connection.execute(sa.select(search_texts).where(t.case_id.in_(ids)).order_by(t.at.desc(), t.ref)):
        found.setdefault(row.case_id, []).append(row)
    return found


def _case_row(package: Package, row: Any, terms: Sequence[str], texts: Sequence[Any], veil: Veil) -> CaseRow:
    title = veil.value(package.case.title, row.title)
    customer = veil.value(package.case.customer, row.customer)
    shown = folded(f"{row.number}\n{title}\n{customer}")
    found = _hits(texts, [term for term in terms if term not in shown], package.element_names, veil)
    return CaseRow(
        id=row.id,
        number=row.number,
        title=title,
        customer=customer,
        procedure=row.procedure,
        procedure_title=package.title,
        status=row.status,
        outcome_id=row.outcome,
        outcome=package.outcomes.get(row.outcome, {}),
        started_at=row.started_at,
        ended_at=row.ended_at,
        next_due_at=row.next_due_at,
        repeats=row.repeats,
        joined=bool(row.joined),
        hits=tuple(hit for hit, _ in zip(found, range(_HITS), strict=False)),
    )


def _hits(texts: Sequence[Any], terms: Sequence[str], names: Mapping[str, Text], veil: Veil = CLEAR) -> Iterator[Hit]:
    for text in texts:
        if text.part == TextPart.CASE or text.ref in veil.files:
            continue
        if (place := excerpt(veil.text(text.text), terms)) is None:
            continue
        is_event = text.part == TextPart.EVENT
        action, _, element = text.about.partition(" ") if is_event else ("", "", "")
        yield Hit(
            part=TextPart(text.part),
            ref=text.ref,
            action=action,
            step=names.get(element, {}),
            name="" if is_event else veil.text(text.about),
            actor=text.actor,
            at=text.at,
            excerpt=place,
        )
