"""Cases counted by the database: those that look alike to the expressions that are asked come as one row.

What an expression reads is seen in its tree. Where that is answers, and what the platform knows of a case without
looking at its steps, the database groups the cases by it and the expression is asked once for each group, whatever it
says. Anything else is read case by case, as `cases_in` does, and counts the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.deployments import Deployment, DeploymentStore
from engine.feel import FeelError, compile_expression
from engine.feel.nodes import Call, Name, Path
from engine.interpreter import CaseStatus
from engine.procedures.confidential import rules_against
from engine.procedures.package import Report
from engine.queries.reports.facts import (
    BATCH,
    CUSTOMER,
    CaseFacts,
    Scope,
    as_told,
    branches,
    cases_in,
    dated_by,
    hours_between,
    inside,
    is_on_time,
    status_of,
)
from engine.tables import cases, clocks, letters
from engine.tables.columns import Instant

_CASE: Final = "case"
#: What each attribute of ``case`` is made of.
_MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number",),
    "title": ("title",),
    "customer": ("customer",),
    "procedure": ("procedure",),
    "received": ("received_at",),
    "started": ("started_at",),
    "closed": ("ended_at",),
    "is_closed": ("ended",),
    "status": ("ended", "limits"),
    "outcome": ("outcome",),
    "withdrawn": ("status",),
    "days": ("received_at", "ended_at"),
    "working_hours": ("received_at", "ended_at"),
    "answered": ("answered_at",),
    "answer_hours": ("received_at", "answered_at"),
    "limits": ("limits",),
    "on_time": ("ended", "limits"),
    "branches": (),
}
_OF_LIMITS: Final = frozenset({"status", "late", "rounds"})  #: the others are instants
#: What differs from case to case: figures of these are counted apart, so that nothing else comes in as many rows.
_OWN: Final = frozenset({"number", "title", "customer", "received", "started", "closed", "days", "working_hours",
                         "answered", "answer_hours"})  # fmt: skip
_BETWEEN: Final = "\x1f"
_BEHIND: Final = "\x1e"
#: Cases that are read whole at first: a page and the one behind it.
_FIRST: Final = 51
_LEAN_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class Needs:
    """What some expressions read of a case."""

    answers: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()  #: attributes of ``case``

    def __or__(self, other: Needs) -> Needs:
        return Needs(self.answers | other.answers, self.facts | other.facts)


def needs_of(texts: Iterable[str]) -> Needs | None:
    """What the expressions *texts* read; None where that has to be looked up case by case."""
    needed = Needs()
    for text in texts:
        if not text:
            continue
        try:
            own = _needs(compile_expression(text).tree)
        except FeelError:
            return None
        if own is None:
            return None
        needed |= own
    return needed


def _needs(node: Any) -> Needs | None:
    if (chain := _chain(node)) and chain[0] == _CASE:
        return _of_case(chain[1:])
    if isinstance(node, Name):
        return Needs(answers=frozenset({node.name})) if _is_plain(node.name) else None
    needed = Needs()
    for part in _parts(node):
        own = _needs(part)
        if own is None:
            return None
        needed |= own
    return needed


def _parts(value: Any) -> Iterator[Any]:
    """The nodes right below; what is called by its name is no answer."""
    if isinstance(value, Call) and isinstance(value.function, Name):
        yield from _nodes((value.positional, value.named))
    elif is_dataclass(value):
        for each in fields(value):
            yield from _nodes(getattr(value, each.name))


def _nodes(value: Any) -> Iterator[Any]:
    if is_dataclass(value):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)


def _chain(node: Any) -> tuple[str, ...]:
    """``("case", "limits", "reply")`` of ``case.limits.reply``; empty for what is no path from a name."""
    names: list[str] = []
    while isinstance(node, Path):
        names.append(node.name)
        node = node.base
    return (node.name, *reversed(names)) if isinstance(node, Name) else ()


def _of_case(names: Sequence[str]) -> Needs | None:
    if not names or names[0] not in _MADE_OF:
        return None
    if names[0] == "branches":
        known = len(names) > 1 and _is_plain(names[1])
        return Needs(frozenset({names[1]}), frozenset({"branches"})) if known else None
    if names[0] == "limits" and (len(names) < 3 or names[2] not in _OF_LIMITS):  # noqa: PLR2004 -- limits, which, what
        return None
    return Needs(facts=frozenset({names[0]}))


def _is_plain(name: str) -> bool:
    return '"' not in name and "\\" not in name


def tallied(
    connection: sa.Connection,
    deployments: DeploymentStore,
    company_id: str,
    scope: Scope,
    texts: Collection[str],
    *,
    now: datetime,
    edges: Sequence[datetime] = (),
) -> list[CaseFacts]:
    """The cases of *scope* for counting with the expressions *texts*, and with no others; each with how many it is.

    *edges* are instants that nobody counts across: cases are dated at the last of them, or the scope's first instant.
    """
    reading = _reading(connection, deployments, company_id, scope, texts, now=now)
    if reading is None:
        return list(cases_in(connection, deployments, company_id, scope, now=now))
    since = sorted({scope.since, *(each for each in edges if scope.since < each < scope.until)})
    return [reading.facts(row, row.cases, since[row.part]) for row in reading.groups(since)]


def cases_where(
    connection: sa.Connection,
    deployments: DeploymentStore,
    company_id: str,
    scope: Scope,
    *,
    test: Callable[[CaseFacts], bool],
    asks: Collection[str],
    now: datetime,
    before: tuple[int, int] | None = None,
) -> Iterator[CaseFacts]:
    """The cases of *scope* that pass *test*, which asks only the expressions *asks*, the latest first.

    Of the others no more is read than what the test looks at. *before*: as for `cases_in`.
    """
    reading = _reading(connection, deployments, company_id, scope, asks, now=now)
    if reading is None:
        found = cases_in(connection, deployments, company_id, scope, now=now, before=before)
        yield from (facts for facts in found if test(facts))
        return
    passed: dict[tuple[Any, ...], bool] = {}
    wanted: list[int] = []
    batch = _FIRST
    for row in reading.cases(before):
        alike = tuple(row)[2:]
        if alike not in passed:
            passed[alike] = test(reading.facts(row, 1, scope.since))
        if passed[alike]:
            wanted.append(row.id)
        if len(wanted) == batch:
            yield from cases_in(connection, deployments, company_id, scope, now=now, only=wanted)
            wanted, batch = [], BATCH
    if wanted:
        yield from cases_in(connection, deployments, company_id, scope, now=now, only=wanted)


@dataclass(frozen=True, slots=True)
class Counted:
    """The cases of a report, ready to be counted."""

    found: list[CaseFacts]  #: for the table and whatever figures *others* does not name
    numbers: list[CaseFacts]  #: the same cases, for figures of what differs from case to case
    others: Mapping[str, list[CaseFacts]]  #: figure -> the cases it is counted over


def counted(
    connection: sa.Connection,
    deployments: DeploymentStore,
    company_id: str,
    report: Report,
    scope: Scope,
    *,
    now: datetime,
    admits: Callable[[CaseFacts], bool] | None = None,
    asks: Collection[str] = (),
    of_numbers: Collection[str] = (),
    edges: Sequence[datetime] = (),
) -> Counted:
    """The cases of *scope* that *admits*, which asks the expressions *asks*; without it those that *report* is about.

    *of_numbers*: what else is asked of each of ``numbers``. *edges*: as for `tallied`. Figures of other procedures are
    not read here.
    """
    if admits is None:
        admits, asks = lambda facts: facts.holds(report.where), (report.where,)
    plain, own = [report.rows, report.across, *asks], [*of_numbers, *asks]
    apart = []
    for figure in report.figures:
        if figure.value or figure.of:
            continue
        texts = [figure.count, figure.among, figure.sum, figure.mean]
        needs = needs_of(texts)
        if figure.count and needs is not None and needs.facts.isdisjoint(_OWN):
            plain += texts
        else:
            own += texts
            apart.append(figure.id)
    both = _reading(connection, deployments, company_id, scope, [*plain, *own], now=now)
    if both is None:
        whole = [each for each in cases_in(connection, deployments, company_id, scope, now=now) if admits(each)]
        return Counted(whole, whole, {})

    def of(texts: Collection[str]) -> list[CaseFacts]:
        found = tallied(connection, deployments, company_id, scope, texts, now=now, edges=edges)
        return [each for each in found if admits(each)]

    found, numbers = of(plain), of(own) if apart or of_numbers else []
    return Counted(found, numbers, dict.fromkeys(apart, numbers))


def versions_in(
    connection: sa.Connection, deployments: DeploymentStore, company_id: str, scope: Scope
) -> tuple[Deployment, ...]:
    """The versions that the cases of *scope* run on."""
    ids = sa.select(cases.c.deployment_id).where(*inside(company_id, scope)).distinct()
    return tuple(deployments.load(connection, each) for each in connection.execute(ids).scalars())


def _reading(
    connection: sa.Connection,
    deployments: DeploymentStore,
    company_id: str,
    scope: Scope,
    texts: Collection[str],
    *,
    now: datetime,
) -> _Reading | None:
    """How to read no more than is needed; None where cases have to be read whole."""
    needs = needs_of(texts)
    if needs is None or scope.as_of is not None:
        return None
    reading = _Reading(connection, deployments, company_id, scope, needs=needs, now=now)
    return None if reading.is_covered() else reading


class _Reading:
    def __init__(
        self,
        connection: sa.Connection,
        deployments: DeploymentStore,
        company_id: str,
        scope: Scope,
        *,
        needs: Needs,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._deployments = deployments
        self._company_id = company_id
        self._scope = scope
        self._needs = needs
        self._now = now
        self._own = deployments.calendars(connection, company_id).own
        self._loaded: dict[int, Deployment] = {}
        self._answers = {f"answer_{place}": name for place, name in enumerate(sorted(needs.answers))}

    def is_covered(self) -> bool:
        """Whether a case may keep something from the reader: what is shown of it then differs from what is counted."""
        if self._scope.reader is None:
            return False
        versions = versions_in(self._connection, self._deployments, self._company_id, self._scope)
        return any(rules_against(each.package, self._scope.reader) for each in versions)

    def groups(self, since: Sequence[datetime]) -> tuple[Any, ...]:
        """What is asked of the cases, and how many say the same; ``part`` is the place in *since*."""
        at = dated_by(self._scope)
        whens = [(at < edge, place) for place, edge in enumerate(since[1:])]
        part = sa.case(*whens, else_=len(since) - 1) if whens else sa.literal(0)
        lean = sa.select(part.label("part"), *self._columns()).where(*inside(self._company_id, self._scope)).subquery()
        statement = sa.select(*lean.c, sa.func.count().label("cases")).group_by(*lean.c)
        return tuple(self._connection.execute(statement))

    def cases(self, before: tuple[int, int] | None) -> Iterator[Any]:
        """Each case with what is asked of it, the latest first: ``dated_ms``, ``id`` and the rest."""
        raw = sa.type_coerce(dated_by(self._scope), sa.BigInteger)
        asked = sa.select(raw.label("dated_ms"), cases.c.id, *self._columns())
        asked = asked.where(*inside(self._company_id, self._scope)).order_by(raw.desc(), cases.c.id.desc())
        batch = BATCH
        while True:
            statement = asked.where(sa.tuple_(raw, cases.c.id) < sa.tuple_(*before)) if before else asked
            rows = self._connection.execute(statement.limit(batch)).all()
            yield from rows
            if len(rows) < batch:
                return
            before, batch = (rows[-1].dated_ms, rows[-1].id), _LEAN_BATCH

    def facts(self, row: Any, count: int, dated_at: datetime) -> CaseFacts:
        deployment, said = self._deployment(row.deployment_id), row._asdict()
        data = {name: orjson.loads(said[key]) for key, name in self._answers.items() if said[key] is not None}
        context = {**data, _CASE: self._case(said, deployment, data)}
        now = self._now.astimezone(deployment.time_zone)
        return CaseFacts(0, "", "", deployment, dated_at, context, now, context, count)

    def _deployment(self, deployment_id: int) -> Deployment:
        if deployment_id not in self._loaded:
            self._loaded[deployment_id] = self._deployments.load(self._connection, deployment_id)
        return self._loaded[deployment_id]

    def _columns(self) -> list[sa.ColumnElement[Any]]:
        c = cases.c
        wanted = {part for name in self._needs.facts for part in _MADE_OF[name]}
        if "ended_at" in wanted:
            wanted.discard("ended")
        known: dict[str, sa.ColumnElement[Any]] = {
            "ended": c.ended_at.is_not(None),
            "limits": _limits(self._now),
            "answered_at": _answered_at(),
            **{name: c[name] for name in ("number", "title", "customer", "procedure", "outcome", "status")},
            **{name: c[name] for name in ("received_at", "started_at", "ended_at")},
        }
        answers = [self._answer(name).label(key) for key, name in self._answers.items()]
        return [c.deployment_id, *(known[name].label(name) for name in sorted(wanted)), *answers]

    def _answer(self, name: str) -> sa.ColumnElement[str]:
        """The answer as its JSON, null where it was not given."""
        text = sa.type_coerce(cases.c.data, sa.Text)
        if self._connection.dialect.name == "sqlite":
            return text.op("->", return_type=sa.Text())(f'$."{name}"')
        return sa.cast(sa.func.json_extract_path(sa.cast(text, sa.JSON), name), sa.Text)

    def _case(self, said: Mapping[Any, Any], deployment: Deployment, data: Mapping[str, Any]) -> dict[str, Any]:
        needed, zone = self._needs.facts, deployment.time_zone
        ended_at = said.get("ended_at")
        closed = ended_at is not None if "ended_at" in said else bool(said.get("ended"))
        limits = _read_limits(said["limits"]) if "limits" in said else {}
        received, answered = said.get("received_at", self._now), said.get("answered_at")
        end = ended_at or self._now

        def local(at: datetime | None) -> datetime | None:
            return at.astimezone(zone) if at else None

        made: dict[str, Callable[[], Any]] = {
            **{name: lambda name=name: said[name] for name in ("number", "title", "customer", "procedure", "outcome")},  # type: ignore[misc]
            "received": lambda: local(received),
            "started": lambda: local(said["started_at"]),
            "closed": lambda: local(ended_at),
            "is_closed": lambda: closed,
            "status": lambda: status_of(limits, closed=closed),
            "withdrawn": lambda: said["status"] == CaseStatus.WITHDRAWN,
            "days": lambda: (end.astimezone(zone).date() - received.astimezone(zone).date()).days,
            "working_hours": lambda: hours_between(received, end, self._own),
            "answered": lambda: local(answered),
            "answer_hours": lambda: hours_between(received, answered, self._own) if answered else None,
            "limits": lambda: limits,
            "on_time": lambda: is_on_time(deployment, limits, closed=closed),
            "branches": lambda: branches(deployment, data),
        }
        return {name: made[name]() for name in needed}


def _limits(now: datetime) -> sa.ScalarSelect[str]:
    """Every round of every time limit of the case, as one text."""
    t = clocks.c
    late = sa.and_(t.status == "running", t.due_at < now)
    told = t.deadline + _BETWEEN + sa.cast(t.round, sa.Text) + _BETWEEN + sa.case((late, "overdue"), else_=t.status)
    told = sa.func.aggregate_strings(told, _BEHIND)
    return sa.select(told).where(t.case_id == cases.c.id).correlate(cases).scalar_subquery()


def _read_limits(told: str | None) -> dict[str, Any]:
    rounds = sorted(_round(each) for each in told.split(_BEHIND)) if told else []
    found: dict[str, list[str]] = defaultdict(list)
    for deadline, _, status in rounds:
        found[deadline].append(status)
    return {deadline: as_told(statuses) for deadline, statuses in found.items()}


def _round(told: str) -> tuple[str, int, str]:
    deadline, number, status = told.split(_BETWEEN)
    return deadline, int(number), status


def _answered_at() -> sa.ScalarSelect[datetime]:
    t = letters.c
    first = sa.func.min(t.written_at, type_=Instant())
    return sa.select(first).where(t.case_id == cases.c.id, t.recipient == CUSTOMER).correlate(cases).scalar_subquery()
