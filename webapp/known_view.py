"""What is known already beside a complaint that comes in, and what cases have to do with each other, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.cases import intake_form
from engine.commands.relations import Relation
from engine.commands.steps import LinkKind
from engine.complaints import caller_number
from engine.deployments import Deployment
from engine.procedures.package import Joined
from engine.queries.cases import Case
from engine.queries.known import CaseRelation, KnownCase, cases_of_caller, relations_of, similar_cases, told_fields
from engine.text import Text
from webapp.access import actor, site
from webapp.case_view import case_status, who
from webapp.presentation import moment
from webapp.rules_preview import rules_preview, tables_of_intake
from webapp.shell import current_translator, own_time_zone, reader, words

#: Names of what the panel sends along with the form beside it.
RELATION: Final = "relation"
REASON: Final = "relation_reason"


def caller_typed(deployment: Deployment, raw: Mapping[str, Any]) -> str:
    """The telephone number in what was typed, as digits."""
    return next(filter(None, (caller_number(raw.get(name)) for name in deployment.caller_fields)), "")


def known_panel(
    deployment: Deployment, raw: Mapping[str, Any], *, chosen: str, reason: str, found: Collection[str] = ()
) -> SimpleNamespace:
    """What the panel beside the intake form shows; *found* are the numbers it showed before."""
    number = caller_typed(deployment, raw)
    said = [str(raw[name]) for name in told_fields(deployment) if raw.get(name)]
    with site().database.reading(actor().company_id) as connection:
        theirs = cases_of_caller(connection, site().deployments, actor(), number)
        seen = [each.number for each in theirs]
        alike = similar_cases(connection, site().deployments, actor(), said, but=seen)
    now = site().now(actor().company_id)
    numbers = [*seen, *(each.number for each in alike)]
    return SimpleNamespace(
        caller=number,
        theirs=[known_row(each, now=now) for each in theirs],
        alike=[known_row(each, now=now) for each in alike],
        chosen=chosen if chosen.partition(":")[2] in numbers else "",
        reason=reason or current_translator().gettext("The same matter, found while registering."),
        numbers=numbers,
        new=bool(set(numbers) - set(found)),
        rules=rules_preview(deployment, raw),
        has_rules=any(tables_of_intake(deployment, intake_form(deployment, public=False))),
        may_join=deployment.package.work.joined is not Joined.NO,
    )


def known_row(case: KnownCase, *, now: datetime) -> SimpleNamespace:
    """One case that is there already."""
    status, tone = case_status(case.status, case.outcome, joined=case.joined)
    return SimpleNamespace(
        number=case.number,
        title=case.title or case.number,
        customer=case.customer,
        procedure=words(case.procedure_title),
        status=status,
        tone=tone,
        open=case.ended_at is None,
        received=moment(case.received_at, now, reader=reader(own_time_zone())),
        same="、".join(case.same),
    )


def chosen_relation(chosen: str, reason: str) -> Relation | None:
    """What somebody chose in the panel, None = it is a new complaint."""
    kind, _, number = chosen.partition(":")
    return Relation(LinkKind(kind), number, reason) if kind in set(LinkKind) and number else None


def about_caller(connection: sa.Connection, case: Case, *, now: datetime) -> list[SimpleNamespace]:
    """The other cases of whoever complained."""
    found = cases_of_caller(connection, site().deployments, actor(), case.caller, but=case.id)
    return [SimpleNamespace(**vars(known_row(each, now=now)), earlier=each.id < case.id) for each in found]


def relation_rows(
    connection: sa.Connection, case: Case, names: Mapping[str, Text], *, now: datetime
) -> list[SimpleNamespace]:
    """What the case has to do with others."""
    found = relations_of(connection, site().deployments, actor(), case.id)
    return [_relation(each, case, names, now=now) for each in found]


def similar_to(connection: sa.Connection, case: Case, *, now: datetime) -> list[SimpleNamespace]:
    """Open cases that *case* might have to do with: those of the same caller, and those that say much the same."""
    said = [str(case.data[name]) for name in told_fields(case.deployment) if case.data.get(name)]
    theirs = cases_of_caller(connection, site().deployments, actor(), case.caller, but=case.id)
    seen = [case.number, *(each.number for each in theirs)]
    alike: Sequence[KnownCase] = similar_cases(connection, site().deployments, actor(), said, but=seen)
    return [known_row(each, now=now) for each in (*theirs, *alike)]


def _relation(relation: CaseRelation, case: Case, names: Mapping[str, Text], *, now: datetime) -> SimpleNamespace:
    gettext = current_translator().gettext
    related = gettext("led to the corrective action") if relation.corrective else gettext("has to do with")
    if case.deployment.package.corrective and not relation.corrective:
        related = gettext("was begun because of")
    said = {
        (LinkKind.RELATED, True): related,
        (LinkKind.RELATED, False): related,
        (LinkKind.JOINED, True): gettext("joined to"),
        (LinkKind.JOINED, False): gettext("goes on for"),
        (LinkKind.SPLIT, True): gettext("split off from"),
        (LinkKind.SPLIT, False): gettext("split into"),
    }
    undo = {LinkKind.RELATED: "unlink", LinkKind.JOINED: "part" if relation.first and case.ended_at is None else ""}
    return SimpleNamespace(
        words=said[LinkKind(relation.kind), relation.first],
        leads=relation.kind == LinkKind.JOINED and relation.first,
        number=relation.number,
        title=relation.title or relation.number,
        open=relation.ended_at is None,
        reason=relation.reason,
        who=who(relation.made_by, names),
        at=moment(relation.made_at, now, reader=reader(own_time_zone())),
        undo=undo.get(LinkKind(relation.kind), ""),
    )
