"""What people may choose: categories, causes, severities as lists or trees that administrators keep, with versions.

A list comes into force as a new version of every procedure whose forms ask by it: new cases choose from it, cases that
run keep the one they began with, and whatever a rule of a procedure names cannot be taken out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.deployments import check_first, deploy
from engine.commands.reasons import require_reason
from engine.commands.site import Site
from engine.deployments import Deployment, DeploymentStore, with_profile
from engine.errors import AlreadyDone, EngineError, NotFound, NotPermitted
from engine.findings import Finding
from engine.forms import Option, load_lists
from engine.procedures.form_files import kept_list_file, lists_of, lists_used, options_from_json, options_to_json
from engine.tables import choice_lists, drafts, publications
from engine.text import in_language


class ListStatus(StrEnum):
    """Where a version of a list stands."""

    WAITING = "waiting"  #: its day has not come yet
    IN_FORCE = "in_force"
    PAST = "past"  #: a later one took its place
    WITHDRAWN = "withdrawn"
    FAILED = "failed"  #: on its day it did not fit the procedures; *findings* says why


class NothingToSet(EngineError):
    """What was set is what stands there already."""

    code = "nothing-to-set"


@dataclass(frozen=True, slots=True)
class ListPreview:
    """What a list would do."""

    added: tuple[Option, ...]
    removed: tuple[Option, ...]
    changed: tuple[tuple[Option, Option], ...]  #: before and after: other words, or under another one
    procedures: tuple[Deployment, ...]  #: that get a new version


def list_in_force(
    connection: sa.Connection, deployments: DeploymentStore, company_id: str, name: str
) -> tuple[Option, ...]:
    """The options of that list in the procedures in service. Raises NotFound for a list that no form asks by."""
    using = _using(connection, deployments, company_id, name)
    found = next((lists[name] for each in using if name in (lists := lists_of(each.package.files, []))), None)
    if found is None:
        raise NotFound("list", name[:100])
    return found


def preview_list(context: Context, name: str, options: Sequence[Option]) -> ListPreview:
    """What setting the list would change. Raises NotPermitted, NotFound, FormRefused."""
    _require_administrator(context)
    company_id = context.actor.company_id
    stands = list_in_force(context.connection, context.deployments, company_id, name)
    before = {each.value: each for each in stands if not each.gone}
    after = {each.value: each for each in _sound(name, options, stands) if not each.gone}
    return ListPreview(
        added=tuple(each for value, each in after.items() if value not in before),
        removed=tuple(each for value, each in before.items() if value not in after),
        changed=tuple((before[value], each) for value, each in after.items() if before.get(value, each) != each),
        procedures=tuple(_using(context.connection, context.deployments, company_id, name)),
    )


def check_list_first(site: Site, company_id: str, name: str, options: Sequence[Option]) -> None:
    """What `check_first` does, for the procedures as they would be with that list. Raises PackageRefused."""
    with site.database.reading(company_id) as connection:
        sound = _sound(name, options, list_in_force(connection, site.deployments, company_id, name))
        packages = [
            _with_list(connection, company_id, each, name, sound)
            for each in _using(connection, site.deployments, company_id, name)
        ]
    check_first(site, company_id, packages)


def check_waiting_list_first(site: Site, company_id: str, list_id: int) -> None:
    """The same for a list that waits for its day. One that is not there has nothing to check."""
    t = choice_lists.c
    with site.database.reading(company_id) as connection:
        where = (t.company_id == company_id, t.id == list_id)
        row = connection.execute(sa.select(t.name, t.options).where(*where)).one_or_none()
    if row is not None:
        check_list_first(site, company_id, row.name, options_from_json(row.options))


def set_list(
    context: Context, name: str, options: Sequence[Option], *, reason: str, effective_at: datetime | None
) -> int:
    """Keep *options* as that list from *effective_at* on, None = at once; its id.

    Takes the place of one that waits for its day. Raises NotPermitted, AnswersInvalid, NotFound, FormRefused,
    NothingToSet, and PackageRefused when a procedure would not be sound with it.
    """
    _require_administrator(context)
    require_reason(reason)
    before = list_in_force(context.connection, context.deployments, context.actor.company_id, name)
    sound = _sound(name, options, before)
    if sound == before and (effective_at is None or effective_at <= context.now):
        raise NothingToSet(f"expected another list than the one in force, found the same {len(sound)} options")
    _end(context, name, ListStatus.WAITING, ListStatus.WITHDRAWN)
    day = max(effective_at or context.now, context.now)
    list_id: int = context.connection.execute(
        sa.insert(choice_lists)
        .values(
            company_id=context.actor.company_id,
            name=name,
            options=options_to_json(sound),
            status=str(ListStatus.WAITING),
            reason=reason,
            effective_at=day,
            set_at=context.now,
            set_by=context.actor.name,
        )
        .returning(choice_lists.c.id)
    ).scalar_one()
    body = {
        "reason": reason,
        "effective_at": day.isoformat(),
        "before": {"options": _said(before)},
        "after": {"options": _said(sound)},
    }
    record_for_company(context, CompanyAction.SET_LIST, name, body)
    if day <= context.now:
        adopt_list(context, list_id)
    return list_id


def withdraw_list(context: Context, list_id: int) -> str:
    """Take back a list before its day; its name. Raises NotPermitted, NotFound, AlreadyDone."""
    _require_administrator(context)
    row = _lock(context, list_id)
    _write(context, list_id, status=str(ListStatus.WITHDRAWN))
    record_for_company(context, CompanyAction.WITHDRAW_LIST, row.name, {"list": list_id})
    return str(row.name)


def adopt_list(context: Context, list_id: int) -> bool:
    """Put a list whose day has come into force: a new version of every procedure that asks by it.

    False when it does not wait any more. Raises PackageRefused when a procedure would not be sound with it; then see
    `fail_list`. NotFound.
    """
    row, company_id = _row(context, list_id), context.actor.company_id
    if row.status != ListStatus.WAITING:
        return False
    using = _using(context.connection, context.deployments, company_id, row.name)
    _end(context, row.name, ListStatus.IN_FORCE, ListStatus.PAST)
    _write(context, list_id, status=str(ListStatus.IN_FORCE))
    versions = {}
    for each in using:
        done = deploy(context, with_profile(context.connection, company_id, each.package.files))
        _move_bases(context, done.procedure, each.version, done.version)
        versions[done.procedure] = done.version
    _write(context, list_id, versions=versions)
    record_for_company(context, CompanyAction.ADOPT_LIST, row.name, {"list": list_id, "versions": versions})
    return True


def fail_list(context: Context, list_id: int, findings: Sequence[Finding]) -> None:
    """Write down why a list could not come into force: somebody has to look."""
    row = _lock(context, list_id)
    said = [{"rule": each.rule, "file": each.file, "line": each.line, "message": each.message} for each in findings]
    _write(context, list_id, status=str(ListStatus.FAILED), findings=said)
    record_for_company(context, CompanyAction.FAIL_LIST, row.name, {"list": list_id, "findings": said})


def _move_bases(context: Context, procedure: str, before: int, now: int) -> None:
    """Work on the version before goes on over the new one: it differs by what no draft changes."""
    for table in (drafts, publications):
        t = table.c
        where = (t.company_id == context.actor.company_id, t.procedure == procedure, t.base_version == before)
        waits = (publications.c.status.in_(["asked", "approved"]),) if table is publications else ()
        context.connection.execute(sa.update(table).where(*where, *waits).values(base_version=now))


def _using(connection: sa.Connection, deployments: DeploymentStore, company_id: str, name: str) -> Sequence[Deployment]:
    """The procedures in service with a form that asks by that list."""
    found = deployments.all_current(connection, company_id)
    return [each for each in found if name in lists_used(each.package.files)]


def _with_list(
    connection: sa.Connection, company_id: str, deployment: Deployment, name: str, options: Sequence[Option]
) -> Mapping[str, bytes]:
    path, content = kept_list_file(name, options)
    return {**with_profile(connection, company_id, deployment.package.files), path: content}


def _sound(name: str, options: Sequence[Option], before: Sequence[Option]) -> tuple[Option, ...]:
    """*options*, and what is taken out of *before* as gone, because cases have it. Raises FormRefused."""
    kept = {each.value for each in options}
    gone = [each.model_copy(update={"gone": True}) for each in before if each.value not in kept]
    known = kept | {each.value for each in gone}
    # What stood under a heading that is there no more stands at the top.
    loose = [each if each.under in known else each.model_copy(update={"under": ""}) for each in gone]
    path, content = kept_list_file(name, [*options, *loose])
    return load_lists(content, path)[name]


def _said(options: Sequence[Option]) -> list[str]:
    """The list as the history says it: one line an option."""
    return [
        f"{each.under + ' › ' if each.under else ''}{each.value} {in_language(each.label, 'zh-Hans')}"
        for each in options
        if not each.gone
    ]


def _end(context: Context, name: str, status: ListStatus, then: ListStatus) -> None:
    t = choice_lists.c
    where = (t.company_id == context.actor.company_id, t.name == name, t.status == str(status))
    context.connection.execute(sa.update(choice_lists).where(*where).values(status=str(then)))


def _lock(context: Context, list_id: int) -> Any:
    """The waiting list's row, held until the transaction ends. Raises NotFound, AlreadyDone."""
    row = _row(context, list_id)
    if row.status != ListStatus.WAITING:
        raise AlreadyDone(f"list {list_id}", row.set_by, row.set_at.isoformat())
    return row


def _row(context: Context, list_id: int) -> Any:
    t = choice_lists.c
    where = (t.company_id == context.actor.company_id, t.id == list_id)
    row = context.connection.execute(
        sa.select(choice_lists).where(*where).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NotFound("list", list_id)
    return row


def _write(context: Context, list_id: int, **values: Any) -> None:
    t = choice_lists.c
    where = (t.company_id == context.actor.company_id, t.id == list_id)
    context.connection.execute(sa.update(choice_lists).where(*where).values(**values))


def _require_administrator(context: Context) -> None:
    if not context.actor.administrator:
        raise NotPermitted(CompanyAction.SET_LIST.value, "not-an-administrator")
