"""How cases are numbered: the packages' patterns, or those that administrators put in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.complaints import case_number, counter_scope, is_number_pattern
from engine.database import insert_for
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.prepared import Prepared
from engine.tables import cases, counters, number_patterns

_CODE: Final = re.compile(r"[A-Za-z0-9]{1,8}")
_DEPARTMENT: Final = "{department}"


def next_number(context: Context, deployment: Deployment, data: Mapping[str, Any]) -> str:
    """A number that no case of the company has or gets: two that begin at the same time wait for each other."""
    kept = _kept(context, deployment.package.company.id)
    scope = _scope(context, deployment, data, kept)
    while True:
        number = case_number(scope, _count(context, deployment.package.company.id, scope))
        # Two patterns may give the same number: "A0{seq}" the third time what "A{seq:02}" gave.
        if not kept or not _is_taken(context, deployment.package.company.id, number):
            return number


def preview_number(context: Context, deployment: Deployment, pattern: str, codes: Mapping[str, str]) -> str:
    """The number that the next case of that procedure would get; nothing is counted. Raises AnswersInvalid."""
    _require_sound(pattern, codes)
    scope = _scope(context, deployment, {}, {deployment.package.id: (pattern, {}), "": ("", codes)})
    t = counters.c
    where = (t.company_id == deployment.package.company.id, t.scope == scope)
    last = context.connection.execute(sa.select(t.last).where(*where)).scalar() or 0
    return case_number(scope, last + 1)


def pattern_in_force(deployment: Deployment, kept: Mapping[str, tuple[str, Mapping[str, str]]]) -> str:
    """The procedure's own pattern, else the company's; of each what administrators put there before the package's."""
    package = deployment.package
    own, company = (kept.get(name, ("", {}))[0] for name in (package.id, ""))
    return own or package.case_number or company or package.company.case_number


def set_numbers(context: Context, procedure: str, pattern: str, codes: Mapping[str, str] | None = None) -> None:
    """Number the cases of *procedure* from now on by *pattern*, "" = as the package says; "" names the company.

    *codes* say for the whole company what {department} stands for, by group. Cases keep the numbers they have. The
    same again changes nothing. Raises NotPermitted, NotFound, AnswersInvalid.
    """
    if not context.actor.administrator:
        raise NotPermitted(CompanyAction.SET_NUMBERS.value, "not-an-administrator")
    company_id = context.actor.company_id
    if procedure:
        context.deployments.current(context.connection, company_id, procedure)
    said = {group: code for group, code in (codes or {}).items() if code}
    known = context.deployments.company(context.connection, company_id).groups
    if strange := said.keys() - known.keys():
        raise NotFound("group", min(strange)[:100])
    if pattern:
        _require_sound(pattern, said)
    elif said:
        _require_codes(said)
    before = _kept(context, company_id).get(procedure, ("", {}))
    if before == (pattern, said):
        return
    values = {"pattern": pattern, "codes": said, "set_at": context.now, "set_by": context.actor.name}
    keys = {"company_id": company_id, "procedure": procedure}
    insert = insert_for(context.connection.dialect.name, number_patterns).values(**keys, **values)
    context.connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=values))
    body = {"before": _said(*before), "after": _said(pattern, said)}
    record_for_company(context, CompanyAction.SET_NUMBERS, procedure, body)


def kept_patterns(connection: sa.Connection, company_id: str) -> dict[str, tuple[str, Mapping[str, str]]]:
    """What administrators have put in place of the packages' patterns: procedure ("" = company) -> pattern, codes."""
    rows = _PATTERNS.rows(connection, {"company": company_id})
    return {row.procedure: (row.pattern, row.codes) for row in rows}


def _kept(context: Context, company_id: str) -> dict[str, tuple[str, Mapping[str, str]]]:
    return kept_patterns(context.connection, company_id)


def _scope(
    context: Context,
    deployment: Deployment,
    data: Mapping[str, Any],
    kept: Mapping[str, tuple[str, Mapping[str, str]]],
) -> str:
    pattern = pattern_in_force(deployment, kept)
    today = context.now.astimezone(deployment.time_zone).date()
    if _DEPARTMENT not in pattern:
        return counter_scope(pattern, today)
    group = _department(context, deployment, data)
    return counter_scope(pattern, today, kept.get("", ("", {}))[1].get(group) or group)


def _department(context: Context, deployment: Deployment, data: Mapping[str, Any]) -> str:
    """The department a case begins with: the one answered, else of who registers it, else that registers such."""
    package = deployment.package
    answered = data.get(package.case.department) if package.case.department else None
    own = [group.id for group in package.company.groups.values() if group.id in context.actor.groups and not group.of]
    registering = [group for group in package.start.groups if group in package.company.groups]
    offered = [answered if isinstance(answered, str) else "", *own, *registering, *package.company.groups]
    return next((group for group in offered if group in package.company.groups), "0")


def _count(context: Context, company_id: str, scope: str) -> int:
    row = {"company_id": company_id, "scope": scope, "last": 1}
    (counted,) = _counting(context.connection.dialect.name).rows(context.connection, row)
    return int(counted.last)


def _is_taken(context: Context, company_id: str, number: str) -> bool:
    where = (cases.c.company_id == company_id, cases.c.number == number)
    return context.connection.execute(sa.select(cases.c.id).where(*where)).scalar() is not None


def _require_sound(pattern: str, codes: Mapping[str, str]) -> None:
    if not is_number_pattern(pattern):
        raise AnswersInvalid([FieldError("pattern", "pattern")])
    _require_codes(codes)


def _require_codes(codes: Mapping[str, str]) -> None:
    if wrong := [group for group, code in codes.items() if code and not _CODE.fullmatch(code)]:
        raise AnswersInvalid([FieldError(f"code-{group}", "pattern") for group in wrong])


def _said(pattern: str, codes: Mapping[str, str]) -> dict[str, Any]:
    return {"pattern": pattern, "codes": [f"{group} {code}" for group, code in sorted(codes.items())]}


_PATTERNS: Final = Prepared(
    sa.select(number_patterns.c.procedure, number_patterns.c.pattern, number_patterns.c.codes).where(
        number_patterns.c.company_id == sa.bindparam("company")
    )
)


@cache
def _counting(dialect: str) -> Prepared:
    statement = insert_for(dialect, counters)
    more = statement.on_conflict_do_update(index_elements=["company_id", "scope"], set_={"last": counters.c.last + 1})
    return Prepared(more.returning(counters.c.last))
