"""Making a sandbox of a company: its procedures, people and calendars under another id, with a clock of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from engine.commands.calendars import adopt_profile
from engine.commands.deployments import check_first, deploy
from engine.commands.people import copy_person, people_to_copy
from engine.commands.site import Site
from engine.commands.test_clock import clock_of, make_sandbox
from engine.complaints import SYSTEM, Actor
from engine.errors import NotFound
from engine.queries.people import all_companies
from engine.tables import notices

_SUFFIX: Final = "-sandbox"


def sandbox_of(company_id: str) -> str:
    """The id of that company's sandbox, whether there is one or not."""
    return f"{company_id}{_SUFFIX}"


def has_sandbox(site: Site, company_id: str) -> bool:
    with site.database.reading_every_company() as connection:
        return sandbox_of(company_id) in all_companies(connection)


def create_sandbox(site: Site, company_id: str) -> int:
    """Copy the company's procedures, people and holiday notices into its sandbox; how many procedures there are.

    People sign in there with the passwords they have. No case is copied. Made again, what has changed is copied again;
    people stay as they are there. Raises NotFound for a company without procedures, ClockRefused, PackageRefused.
    """
    copy = sandbox_of(company_id)
    with site.database.reading(company_id) as connection:
        deployed = site.deployments.all_current(connection, company_id)
        found = people_to_copy(connection, company_id)
        loaded = [dict(row) for row in connection.execute(_LOADED, {"company": company_id}).mappings()]
    if not deployed:
        raise NotFound("company", company_id)
    packages = [
        {**each.package.files, "company.toml": _renamed(each.package.files["company.toml"], company_id, copy)}
        for each in deployed
    ]
    check_first(site, copy, packages)
    system = Actor(copy, SYSTEM)
    with site.acting(system) as context:
        for files in packages:
            deploy(context, files)
        if clock_of(context.connection, copy) is None:
            make_sandbox(context)
        for person in found:
            copy_person(context, person)
        context.connection.execute(sa.delete(notices).where(notices.c.company_id == copy))
        for row in loaded:
            context.connection.execute(sa.insert(notices).values({**row, "company_id": copy}))
        adopt_profile(context, context.deployments.company(context.connection, copy))
    return len(deployed)


def put_into_sandbox(site: Site, company_id: str, files: Mapping[str, bytes]) -> int:
    """Let *files*, a draft of the company's, run in its sandbox, which is made where there is none; the version there.

    Cases that are opened there from now on run it. Raises PackageRefused, and as `create_sandbox`.
    """
    if not has_sandbox(site, company_id):
        create_sandbox(site, company_id)
    copy = sandbox_of(company_id)
    with site.acting(Actor(copy, SYSTEM)) as context:
        return deploy(context, {**files, "company.toml": _renamed(files["company.toml"], company_id, copy)}).version


def _renamed(profile: bytes, company: str, copy: str) -> bytes:
    """company.toml under the id *copy*."""
    text = profile.decode()
    line = f'id = "{company}"'
    if text.count(line) != 1:
        raise ValueError(f"expected company.toml to say {line} once, found it {text.count(line)} times")
    return text.replace(line, f'id = "{copy}"').encode()


_LOADED: Final = sa.select(notices).where(notices.c.company_id == sa.bindparam("company"))
