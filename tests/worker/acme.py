"""The small package of tests/procedures on a real site, changed where a test needs it."""

from __future__ import annotations

from typing import Any

from engine.commands import cases, user_tasks
from engine.commands.cases import Started
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.queries.cases import Case, case_by_id
from engine.queries.people import person_by_login
from tests.procedures.packages import files

ACME = "acme"


def deploy_acme(site: Site, **changes: str | bytes) -> None:
    with site.acting(Actor(ACME, SYSTEM)) as context:
        deploy(context, files(**changes))


def person(site: Site) -> Actor:
    with site.database.reading_every_company() as connection:
        found = person_by_login(connection, ACME, "li.min")
    if found is None:
        with site.acting(Actor(ACME, SYSTEM)) as context:
            add_person(context, login="li.min", name={"en": "Li"}, groups=("service", "repair"), password="x" * 12)
        return person(site)
    return found.actor


def start(site: Site, **answers: Any) -> Started:
    actor = person(site)
    with site.acting(actor) as context:
        return cases.start(context, "complaint", {"customer_name": "Wang", "summary": "leaks", **answers})


def complete(site: Site, case_id: int, element: str, **answers: Any) -> None:
    task = next(t for t in the_case(site, case_id).tasks if t.element == element and t.status == "open")
    with site.acting(person(site)) as context:
        user_tasks.complete(context, task.id, answers)


def the_case(site: Site, case_id: int) -> Case:
    with site.database.reading_every_company() as connection:
        return case_by_id(connection, site.deployments, ACME, case_id)
