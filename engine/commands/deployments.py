"""Putting a procedure package into service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.alerts import write_triggers
from engine.commands.calendars import adopt_profile
from engine.commands.context import Context
from engine.commands.schedules import next_time
from engine.commands.site import Site
from engine.database import insert_for
from engine.deployments import next_revision, pack_files, with_kept_lists
from engine.errors import PackageRefused
from engine.findings import Finding, Severity
from engine.history import append_to_company
from engine.interpreter import compile_definition
from engine.procedures import Package, digest_of, identity_of, package_from_files
from engine.procedures.card import card_of, card_to_json
from engine.procedures.diagram import read_diagram
from engine.procedures.messages import takes
from engine.publishing import check
from engine.tables import companies, deployments, entrances, known_messages, procedures, schedules


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where a package stands after `deploy`."""

    company_id: str
    procedure: str
    version: int
    new: bool  #: False when the newest deployment had the same content already


def check_first(site: Site, company_id: str, packages: Iterable[Mapping[str, bytes]]) -> None:
    """Check *packages* before the transaction that deploys them, which then does not wait for it.

    A check takes seconds, and what stands still in a transaction for fifteen loses it. What is in service already is
    not checked. Raises PackageRefused with all findings of the first that has an error.
    """
    with site.database.reading(company_id) as connection:
        t = deployments.c
        known = set(connection.execute(sa.select(t.digest).where(t.company_id == company_id)).scalars())
        # A kept list that comes with them is the one that shall be checked.
        complete = [{**with_kept_lists(connection, company_id, files), **files} for files in packages]
    for files in complete:
        digest = digest_of(files)
        if digest not in known and not site.deployments.is_sound(digest):
            _require_sound(files)
            site.deployments.remember_sound(digest)


def deploy(context: Context, files: Mapping[str, bytes]) -> Deployed:
    """Check *files*, where `check_first` has not, and store them as the newest deployment of their procedure.

    Lists that administrators keep take the place of its own. The same content twice changes nothing.

    New cases run it; running cases stay on theirs. Raises PackageRefused with all findings when one is an error.
    """
    try:
        company_id, procedure = identity_of(files)
    except PackageRefused as error:
        raise PackageRefused(_errors(files)) from error
    files = with_kept_lists(context.connection, company_id, files)
    newest = _newest(context, company_id, procedure)
    digest = digest_of(files)
    if newest is not None and newest.digest == digest:
        return Deployed(company_id, procedure, newest.version, new=False)
    if not context.deployments.is_sound(digest):
        _require_sound(files)
    package = package_from_files(files)
    _write_company(context, package, files["company.toml"])
    version = (newest.version if newest else 0) + 1
    _write_deployment(context, package, version)
    _write_schedules(context, package)
    _write_entrances(context, package)
    write_triggers(context, package)
    body = {"procedure": package.id, "version": version, "digest": package.digest}
    append_to_company(
        context.connection, package.company.id, [context.entry(CompanyAction.DEPLOY_PROCEDURE, package.id, body)]
    )
    adopt_profile(context, package.company)
    return Deployed(package.company.id, package.id, version, new=True)


def _require_sound(files: Mapping[str, bytes]) -> None:
    if errors := _errors(files):
        raise PackageRefused(errors)


def _errors(files: Mapping[str, bytes]) -> list[Finding]:
    return [finding for finding in check(files) if finding.severity is Severity.ERROR]


def _newest(context: Context, company_id: str, procedure: str) -> sa.Row[int, str] | None:
    """The row of the newest deployment, None before the first."""
    t = deployments.c
    return context.connection.execute(
        sa.select(t.version, t.digest)
        .where(t.company_id == company_id, t.procedure == procedure)
        .order_by(t.version.desc())
        .limit(1)
    ).one_or_none()


def _write_company(context: Context, package: Package, profile: bytes) -> None:
    _upsert(context, companies, {"id": package.company.id}, {"profile": profile})


def _write_deployment(context: Context, package: Package, version: int) -> None:
    deployment_id = context.connection.execute(
        sa.insert(deployments)
        .values(
            company_id=package.company.id,
            procedure=package.id,
            version=version,
            digest=package.digest,
            files=pack_files(package.files),
            deployed_at=context.now,
            deployed_by=context.actor.name,
        )
        .returning(deployments.c.id)
    ).scalar_one()
    keys = {"company_id": package.company.id, "procedure": package.id}
    _upsert(
        context, procedures, keys, {"deployment_id": deployment_id, "card": card_to_json(card_of(package, version))}
    )
    if version > 1:
        next_revision(context.connection, package.company.id, package.id)


def _write_schedules(context: Context, package: Package) -> None:
    """The next time of every schedule; those the new version no longer has are gone."""
    t = schedules.c
    context.connection.execute(
        sa.delete(schedules).where(t.company_id == package.company.id, t.procedure == package.id)
    )
    calendar = context.deployments.calendars(context.connection, package.company.id).own
    for schedule in package.schedules.values():
        context.connection.execute(
            sa.insert(schedules).values(
                company_id=package.company.id,
                procedure=package.id,
                schedule=schedule.id,
                next_at=next_time(schedule, calendar, after=context.now),
            )
        )


def _write_entrances(context: Context, package: Package) -> None:
    """What begins by a message or signal, and which messages something in the procedure can take."""
    own: dict[str, object] = {"company_id": package.company.id, "procedure": package.id}
    for table in (entrances, known_messages):
        where = (table.c.company_id == package.company.id, table.c.procedure == package.id)
        context.connection.execute(sa.delete(table).where(*where))
    doors = [
        own | {"element": door.element, "trigger": door.trigger, "name": door.name}
        for door in compile_definition(package).entrances
    ]
    known = [own | {"name": name, "keep": _seconds(package, name)} for name in takes(read_diagram(package.diagrams))]
    for table, rows in ((entrances, doors), (known_messages, known)):
        if rows:
            context.connection.execute(sa.insert(table), rows)


def _seconds(package: Package, message: str) -> int | None:
    keep = package.keeps.get(message)
    return None if keep is None else round(keep.total_seconds())


def _upsert(context: Context, table: sa.Table, keys: Mapping[str, object], values: Mapping[str, object]) -> None:
    insert = insert_for(context.connection.dialect.name, table).values(**keys, **values)
    context.connection.execute(insert.on_conflict_do_update(index_elements=list(keys), set_=dict(values)))
