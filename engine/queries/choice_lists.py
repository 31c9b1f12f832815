"""The lists that the company's forms ask by: what they hold, where they are used, and every version of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.deployments import Deployment, DeploymentStore
from engine.errors import NotFound
from engine.forms import DEPARTMENTS, Option
from engine.procedures.form_files import lists_of as lists_of_files
from engine.procedures.form_files import lists_used, options_from_json
from engine.tables import cases, choice_lists
from engine.text import Text


@dataclass(frozen=True, slots=True)
class ListVersion:
    """What a list was, is or will be from a day on."""

    id: int
    options: tuple[Option, ...]
    status: str  #: ListStatus
    reason: str
    effective_at: datetime
    set_at: datetime
    set_by: str  #: login
    versions: Mapping[str, int]  #: procedure -> version it became
    findings: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """A list that forms ask by."""

    name: str
    options: tuple[Option, ...]  #: in force now
    asked: tuple[Text, ...]  #: the labels of the fields that ask by it
    procedures: tuple[tuple[str, Text], ...]  #: id and title of those that use it
    kept: bool  #: by administrators; else it stands in the package
    open_cases: int  #: that run with the list as it was when they began
    changes: tuple[ListVersion, ...] = field(default=())  #: the newest first


def lists_of(connection: sa.Connection, deployments: DeploymentStore, company_id: str) -> tuple[ChoiceList, ...]:
    """Every list that a form in service asks by, by name; what is in one form alone is changed with the form."""
    current = deployments.all_current(connection, company_id)
    used = {each.package.id: lists_used(each.package.files) for each in current}
    held = {each.package.id: lists_of_files(each.package.files, []) for each in current}
    names = sorted({name for found in used.values() for name in found if name != DEPARTMENTS})
    versions, open_cases = _versions(connection, company_id), _open_cases(connection, company_id)
    found = []
    for name in names:
        using = [each for each in current if name in used[each.package.id]]
        options = next((held[each.package.id][name] for each in using if name in held[each.package.id]), ())
        found.append(
            ChoiceList(
                name=name,
                options=options,
                asked=_labels(using, used, name),
                procedures=tuple((each.package.id, each.package.title) for each in using),
                kept=any(each.status == "in_force" for each in versions.get(name, ())),
                open_cases=sum(open_cases.get(each.package.id, 0) for each in using),
                changes=tuple(versions.get(name, ())),
            )
        )
    return tuple(found)


def list_of(connection: sa.Connection, deployments: DeploymentStore, company_id: str, name: str) -> ChoiceList:
    """Raises NotFound for a list that no form asks by."""
    found = next((each for each in lists_of(connection, deployments, company_id) if each.name == name), None)
    if found is None:
        raise NotFound("list", name[:100])
    return found


def _labels(
    using: Sequence[Deployment], used: Mapping[str, Mapping[str, list[Mapping[str, Any]]]], name: str
) -> tuple[Text, ...]:
    labels = [each.get("label") for found in using for each in used[found.package.id][name]]
    return tuple({str(label): label for label in labels if isinstance(label, dict)}.values())


def _versions(connection: sa.Connection, company_id: str) -> dict[str, list[ListVersion]]:
    t = choice_lists.c
    rows = connection.execute(sa.select(choice_lists).where(t.company_id == company_id).order_by(t.id.desc()))
    found: dict[str, list[ListVersion]] = {}
    for row in rows:
        version = ListVersion(
            row.id, options_from_json(row.options), row.status, row.reason, row.effective_at, row.set_at, row.set_by,
            row.versions, row.findings,
        )  # fmt: skip
        found.setdefault(row.name, []).append(version)
    return found


def _open_cases(connection: sa.Connection, company_id: str) -> Mapping[str, int]:
    c = cases.c
    counted = sa.select(c.procedure, sa.func.count()).where(c.company_id == company_id, c.status == "open")
    return {row[0]: row[1] for row in connection.execute(counted.group_by(c.procedure))}
