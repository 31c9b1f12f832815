"""The first company of an installation: its procedures, its calendar, its first administrator."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.credentials import readable_code
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.errors import EngineError
from engine.tables import companies
from engine.text import Text


class CompanyExists(EngineError):
    """A company with that id is there already."""

    code = "company-exists"


def setup_code(secret: bytes) -> str:
    """What proves that somebody who sets up the installation can read its console: the same for all its processes."""
    return readable_code(secret, "set up", groups=3)


def is_setup_code(secret: bytes, typed: str) -> bool:
    """Whether *typed* is the code of this installation, which serves until the first company is there."""
    return secrets.compare_digest(setup_code(secret).encode(), typed.strip().lower().encode())


def found_company(
    context: Context,
    packages: Sequence[Mapping[str, bytes]],
    *,
    login: str,
    administrator: Text,
    password: str,
) -> int:
    """Bring the actor's company to life with the procedures *packages*, see `files_of`; the administrator's id.

    Everybody starts outside every group but the administrator, who is in all: so that the first case can be tried.
    Raises CompanyExists, LoginTaken, PackageRefused.
    """
    company_id = context.actor.company_id
    if context.connection.execute(sa.select(companies.c.id).where(companies.c.id == company_id)).scalar():
        raise CompanyExists(f"expected no company {company_id!r} yet, found one")
    for files in packages:
        deploy(context, files)
    groups = context.deployments.company(context.connection, company_id).groups
    record_for_company(context, CompanyAction.FOUND_COMPANY, company_id, {"procedures": len(packages)})
    return add_person(
        context, login=login, name=administrator, groups=groups, password=password, administrator=True, owner=True
    )
