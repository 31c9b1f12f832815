"""What auditors look at: cases to draw from, what was drawn and found, and cases that deserve a second look."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from engine.complaints import Actor
from engine.deployments import DeploymentStore
from engine.errors import NotFound
from engine.queries.recusals import not_about
from engine.queries.reports import Scope, cases_in
from engine.queries.veils import veil_on, veils_over
from engine.tables import audit_findings, audit_samples, cases, history_events, people, user_tasks
from engine.text import Text

#: What divides the cases of every procedure; ``data:<name>`` divides by one of its own columns.
STRATA: Final = ("procedure", "on_time", "department")
_MOST: Final = 200
#: A case like it that comes so soon after it was closed asks whether it was closed well.
_AGAIN: Final = timedelta(days=30)
#: Time in which nobody reads, checks and closes a case.
_HASTE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class KeptSample:
    """A sample that was drawn."""

    id: int
    title: str
    seed: str
    size: int
    strata: tuple[str, ...]
    since: datetime
    until: datetime
    population: tuple[tuple[str, tuple[str, ...]], ...]
    drawn: tuple[str, ...]
    drawn_at: datetime
    drawn_by: str


@dataclass(frozen=True, slots=True)
class SampledCase:
    """A case of a sample."""

    number: str
    title: str
    procedure: str
    status: str
    outcome: str
    findings: int


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What an auditor found, and what became of it."""

    id: int
    case_id: int
    number: str
    clause: str
    event: int
    severity: str
    text: str
    owner_id: int
    owner: Text
    due_on: str
    status: str
    raised_at: datetime
    raised_by: str
    answer: str
    answered_at: datetime | None
    answered_by: str
    remark: str
    closed_at: datetime | None
    closed_by: str
    correction: str | None  #: number of the case that mends it
    corrected_at: datetime | None  #: when that ended

    @property
    def waits_for_auditor(self) -> bool:
        return self.status == "answered" or (self.status == "correcting" and self.corrected_at is not None)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A case that deserves a second look, and why; it accuses nobody."""

    number: str
    title: str
    kind: str  #: see `SEPARATION` and `CLOSURE`
    event: int  #: that shows it, 0 = none
    at: datetime
    people: tuple[str, ...]  #: logins, whoever they acted for
    other: str  #: number of the case that came again, "" = none


@dataclass(frozen=True, slots=True)
class _Course:
    """When a case went on."""

    id: int
    number: str
    title: str
    started_at: datetime
    ended_at: datetime | None


#: Kinds of doubt about who did what: one person at both ends; as oneself and for an absent colleague.
SEPARATION: Final = ("same-person", "through-substitution")
#: Kinds of doubt about an end: the same customer again soon after; over in no time; steps left out by hand.
CLOSURE: Final = ("came-again", "in-haste", "by-hand")


def population(
    connection: sa.Connection,
    deployments: DeploymentStore,
    actor: Actor,
    *,
    procedures: Sequence[str],
    since: datetime,
    until: datetime,
    strata: Sequence[str],
    now: datetime,
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Number of every case received then that *actor* may read, and the value of each of *strata*, by number."""
    known = [each.package.id for each in deployments.all_current(connection, actor.company_id)]
    wanted = tuple(each for each in known if not procedures or each in procedures)
    scope = Scope(wanted, since, until, reader=actor)
    found = list(cases_in(connection, deployments, actor.company_id, scope, now=now))
    departments = _departments(connection, actor.company_id, since, until) if "department" in strata else {}
    return tuple(
        sorted(
            (facts.number, tuple(_value(name, facts.readable, departments.get(facts.id, "")) for name in strata))
            for facts in found
        )
    )


def samples(connection: sa.Connection, company_id: str) -> tuple[KeptSample, ...]:
    """Samples of the company, the latest first."""
    t = audit_samples.c
    rows = connection.execute(
        sa.select(audit_samples).where(t.company_id == company_id).order_by(t.id.desc()).limit(_MOST)
    )
    return tuple(_sample(row) for row in rows)


def sample_by_id(connection: sa.Connection, company_id: str, sample_id: int) -> KeptSample:
    """Raises NotFound."""
    t = audit_samples.c
    row = connection.execute(
        sa.select(audit_samples).where(t.company_id == company_id, t.id == sample_id)
    ).one_or_none()
    if row is None:
        raise NotFound("sample", sample_id)
    return _sample(row)


def cases_of_sample(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, sample: KeptSample
) -> tuple[SampledCase, ...]:
    """The drawn cases in the order in which they are read; one that is about the reader is left out."""
    c, f = cases.c, audit_findings.c
    count = sa.select(sa.func.count()).where(f.case_id == c.id).scalar_subquery()
    rows = connection.execute(
        sa.select(
            c.id, c.deployment_id, c.number, c.title, c.procedure, c.status, c.outcome, count.label("findings")
        ).where(c.company_id == actor.company_id, c.number.in_(sample.drawn), not_about(actor, c.id))
    ).all()
    titles = _titles(connection, deployments, actor, [(row.id, row.deployment_id, row.title) for row in rows])
    by_number = {
        row.number: SampledCase(row.number, titles[row.id], row.procedure, row.status, row.outcome, row.findings)
        for row in rows
    }
    return tuple(by_number[number] for number in sample.drawn if number in by_number)


def findings(connection: sa.Connection, actor: Actor, *, case_id: int | None = None) -> tuple[AuditFinding, ...]:
    """Findings of the company or of one case: what is not closed first, then by date."""
    t = audit_findings.c
    where = [t.company_id == actor.company_id, not_about(actor, t.case_id)]
    where += [t.case_id == case_id] if case_id is not None else []
    order = sa.case((t.status == "closed", 1), else_=0)
    return _findings(connection, *where, order=(order, t.due_on, t.id))


def findings_to_answer(connection: sa.Connection, actor: Actor) -> tuple[AuditFinding, ...]:
    """What waits for the actor's answer, or for that of a colleague whom they stand in for."""
    t = audit_findings.c
    theirs = [actor.person_id, *(absent.id for absent in actor.stands_in_for)]
    return _findings(connection, t.owner_id.in_(theirs), t.status == "open", order=(t.due_on, t.id))


def findings_mended_by(connection: sa.Connection, actor: Actor, case_id: int) -> tuple[AuditFinding, ...]:
    """The findings because of which that case, a corrective action, was begun."""
    t = audit_findings.c
    where = (t.company_id == actor.company_id, t.correction_id == case_id, not_about(actor, t.case_id))
    return _findings(connection, *where, order=(t.id,))


def finding_by_id(connection: sa.Connection, actor: Actor, finding_id: int) -> AuditFinding:
    """Raises NotFound."""
    t = audit_findings.c
    where = (t.id == finding_id, t.company_id == actor.company_id, not_about(actor, t.case_id))
    found = _findings(connection, *where, order=(t.id,))
    if not found:
        raise NotFound("finding", finding_id)
    return found[0]


def separation_doubts(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, *, since: datetime, until: datetime
) -> tuple[Doubt, ...]:
    """Cases received then in which one pair of hands did what is better kept apart.

    Who acted for an absent colleague is still the one who acted.
    """
    doubts = []
    for case, events in _streams(connection, deployments, actor, since, until):
        started = next((e for e in events if e.action.startswith("start_")), None)
        done = [e for e in events if e.action == "complete_task"]
        if case.ended_at and started and done and len(done) > 1 and started.actor == done[-1].actor:
            doubts.append(_doubt(case, "same-person", done[-1], [started.actor]))
        for e in done:
            own = [each for each in done if each.actor == e.actor and not each.on_behalf_of]
            if e.on_behalf_of and own:
                doubts.append(_doubt(case, "through-substitution", e, [e.actor, e.on_behalf_of]))
                break
    return tuple(doubts)


def closure_doubts(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, *, since: datetime, until: datetime
) -> tuple[Doubt, ...]:
    """Cases received then whose end may not have been one: see `CLOSURE`."""
    doubts = []
    again = _came_again(connection, actor, since, until)
    for case, events in _streams(connection, deployments, actor, since, until):
        if case.ended_at is None:
            continue
        last = next((e for e in reversed(events) if e.action not in _LOOKS), None)
        if case.id in again:
            doubts.append(_doubt(case, "came-again", last, [], other=again[case.id]))
        by_people = [e for e in events if e.action == "complete_task"]
        if by_people and case.ended_at - case.started_at < _HASTE:
            doubts.append(_doubt(case, "in-haste", by_people[-1], [by_people[-1].actor]))
        if skipped := [e for e in events if e.action in {"skip_step", "cancel_branch"}]:
            doubts.append(_doubt(case, "by-hand", skipped[-1], [skipped[-1].actor]))
    return tuple(doubts)


_LOOKS: Final = frozenset({"read_case", "export_case", "raise_finding", "answer_finding", "return_finding"})


def _titles(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, of: Sequence[tuple[int, int, str]]
) -> Mapping[int, str]:
    """What each case is called, as *actor* may read it; *of* are ids of cases and of their deployments, and titles."""
    veils = veils_over(connection, deployments, actor, [(case_id, deployment) for case_id, deployment, _ in of])
    field = {deployment: deployments.load(connection, deployment).package.case.title for _, deployment, _ in of}
    return {case_id: veil_on(veils, case_id).value(field[deployment], title) for case_id, deployment, title in of}


def _value(name: str, context: Mapping[str, Any], department: str) -> str:
    case = context["case"]
    if name == "procedure":
        return str(case["procedure"])
    if name == "department":
        return department
    if name == "on_time":
        return {True: "yes", False: "no"}.get(case["on_time"], "")
    found = context.get(name.removeprefix("data:"))
    return "" if found is None else str(found)


def _departments(connection: sa.Connection, company_id: str, since: datetime, until: datetime) -> Mapping[int, str]:
    """The group that completed most steps of each case; of equals the first by name."""
    t, c = user_tasks.c, cases.c
    rows = connection.execute(
        sa.select(t.case_id, t.group_id, sa.func.count().label("steps"))
        .select_from(user_tasks.join(cases, c.id == t.case_id))
        .where(c.company_id == company_id, c.received_at >= since, c.received_at < until, t.status == "completed")
        .group_by(t.case_id, t.group_id)
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found[row.case_id][row.group_id] = row.steps
    return {case: min(groups, key=lambda group: (-groups[group], group)) for case, groups in found.items()}


def _sample(row: Any) -> KeptSample:
    return KeptSample(
        id=row.id,
        title=row.title,
        seed=row.seed,
        size=row.size,
        strata=tuple(row.strata),
        since=row.since,
        until=row.until,
        population=tuple((number, tuple(values)) for number, values in row.population),
        drawn=tuple(row.drawn),
        drawn_at=row.drawn_at,
        drawn_by=row.drawn_by,
    )


def _findings(connection: sa.Connection, *where: Any, order: tuple[Any, ...]) -> tuple[AuditFinding, ...]:
    t, mending = audit_findings.c, cases.alias()
    mended = (mending.c.number.label("correction"), mending.c.ended_at.label("corrected_at"))
    tables = audit_findings.join(cases, cases.c.id == t.case_id).join(people, people.c.id == t.owner_id)
    rows = connection.execute(
        sa.select(audit_findings, cases.c.number, people.c.name.label("owner"), *mended)
        .select_from(tables.outerjoin(mending, mending.c.id == t.correction_id))
        .where(*where)
        .order_by(*order)
        .limit(_MOST)
    )
    names = AuditFinding.__slots__
    return tuple(AuditFinding(**{name: getattr(row, name) for name in names}) for row in rows)


def _streams(
    connection: sa.Connection, deployments: DeploymentStore, actor: Actor, since: datetime, until: datetime
) -> Iterable[tuple[_Course, list[Any]]]:
    """Each case received then, with what people and the procedure did in it, without what the events say."""
    c, e = cases.c, history_events.c
    inside = (c.company_id == actor.company_id, c.received_at >= since, c.received_at < until, not_about(actor, c.id))
    rows = connection.execute(
        sa.select(c.id, c.number, c.title, c.deployment_id, c.started_at, c.ended_at)
        .where(*inside)
        .order_by(c.received_at, c.id)
    ).all()
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        events: dict[int, list[Any]] = defaultdict(list)
        where = (e.company_id == actor.company_id, e.stream.in_([row.id for row in batch]))
        columns = (e.stream, e.seq, e.at, e.actor, e.on_behalf_of, e.action)
        for event in connection.execute(sa.select(*columns).where(*where).order_by(e.stream, e.seq)):
            events[event.stream].append(event)
        titles = _titles(connection, deployments, actor, [(row.id, row.deployment_id, row.title) for row in batch])
        for row in batch:
            yield _Course(row.id, row.number, titles[row.id], row.started_at, row.ended_at), events[row.id]


_BATCH: Final = 500


def _came_again(connection: sa.Connection, actor: Actor, since: datetime, until: datetime) -> Mapping[int, str]:
    """Closed cases whose customer opened another one of the same procedure soon after: its number."""
    c, later = cases.c, cases.alias("later")
    ended, begun = (sa.type_coerce(at, sa.BigInteger) for at in (c.ended_at, later.c.started_at))
    same = [getattr(later.c, name) == c[name] for name in ("company_id", "procedure", "customer")]
    soon = sa.and_(*same, later.c.id != c.id, begun >= ended, begun < ended + round(_AGAIN.total_seconds() * 1000))
    own = (c.company_id == actor.company_id, c.received_at >= since, c.received_at < until, c.customer != "")
    rows = connection.execute(
        sa.select(c.id, sa.func.min(later.c.number).label("number"))
        .select_from(cases.join(later, soon))
        .where(*own, not_about(actor, c.id), not_about(actor, later.c.id))
        .group_by(c.id)
    )
    return {row.id: row.number for row in rows}


def _doubt(case: _Course, kind: str, event: Any, who: Iterable[str], *, other: str = "") -> Doubt:
    at = event.at if event else case.ended_at or case.started_at
    return Doubt(case.number, case.title, kind, event.seq if event else 0, at, tuple(dict.fromkeys(who)), other)
