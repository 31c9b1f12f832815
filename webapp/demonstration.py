"""People to try the software with. They exist only where `create_demonstration` was called, as `make run` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.commands.people import LoginTaken, add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.procedures import Company
from engine.queries.people import all_companies, person_by_login
from engine.text import Text

#: Everyone's password in the demonstration. A real installation has no such people.
DEMONSTRATION_PASSWORD: Final = "shouwen-demo"  # noqa: S105 -- said on the sign-in page
_MARK: Final = "demonstration"


@dataclass(frozen=True, slots=True)
class DemonstrationPerson:
    login: str
    company: Text
    role: Text


def create_demonstration(site: Site) -> int:
    """Create the people named in every company's package, once; how many are new."""
    mark = site.settings.var / _MARK
    mark.touch()
    return sum(_create(site, company) for company in _companies(site))


def demonstration_people(site: Site) -> tuple[DemonstrationPerson, ...]:
    """Whom a visitor may sign in as; nobody on an installation without demonstration."""
    if not (site.settings.var / _MARK).exists():
        return ()
    return tuple(
        DemonstrationPerson(person.login, company.name, company.groups[person.groups[0]].name)
        for company in _companies(site)
        for person in company.people
        if person.groups
    )


def _companies(site: Site) -> tuple[Company, ...]:
    with site.database.reading_every_company() as connection:
        return tuple(site.deployments.company(connection, found) for found in all_companies(connection))


def _create(site: Site, company: Company) -> int:
    with site.database.reading(company.id) as connection:
        new = [p for p in company.people if person_by_login(connection, company.id, p.login) is None]
    created = 0
    for person in new:
        try:
            with site.acting(Actor(company.id, SYSTEM)) as context:
                add_person(
                    context,
                    login=person.login,
                    name=person.name,
                    groups=person.groups,
                    password=DEMONSTRATION_PASSWORD,
                    owner=True,  # so that everything can be tried, and two of them have four eyes
                )
                created += 1
        except LoginTaken:
            continue
    return created
