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
#: Who administers each company of the demonstration.
ADMINISTRATOR: Final = "admin"
_ADMINISTRATOR_NAME: Final[Text] = {"zh-Hans": "系统管理员", "zh-Hant": "系統管理員", "en": "Administrator"}


@dataclass(frozen=True, slots=True)
class DemonstrationPerson:
    login: str
    company: Text
    role: Text


def create_demonstration(site: Site, *, only: str = "") -> int:
    """Create the people named in every company's package, or in that of *only*, once; how many are new."""
    mark = site.settings.var / _MARK
    mark.touch()
    return sum(_create(site, company) for company in _companies(site) if only in {"", company.id})


def is_demonstration(site: Site) -> bool:
    """Whether this installation is there to be tried by anybody."""
    return (site.settings.var / _MARK).exists()


def demonstration_people(site: Site) -> tuple[DemonstrationPerson, ...]:
    """Whom a visitor may sign in as; nobody on an installation without demonstration."""
    if not is_demonstration(site):
        return ()
    return tuple(
        person
        for company in _companies(site)
        for person in (
            *(
                DemonstrationPerson(person.login, company.name, company.groups[person.groups[0]].name)
                for person in company.people
                if person.groups
            ),
            DemonstrationPerson(f"{ADMINISTRATOR}@{company.id}", company.name, _ADMINISTRATOR_NAME),
        )
    )


def _companies(site: Site) -> tuple[Company, ...]:
    with site.database.reading_every_company() as connection:
        return tuple(site.deployments.company(connection, found) for found in all_companies(connection))


def _create(site: Site, company: Company) -> int:
    wanted = [(person.login, person.name, person.groups) for person in company.people]
    wanted.append((ADMINISTRATOR, _ADMINISTRATOR_NAME, ()))
    with site.database.reading(company.id) as connection:
        new = [one for one in wanted if person_by_login(connection, company.id, one[0]) is None]
    created = 0
    for login, name, groups in new:
        try:
            with site.acting(Actor(company.id, SYSTEM)) as context:
                add_person(
                    context,
                    login=login,
                    name=name,
                    groups=groups,
                    password=DEMONSTRATION_PASSWORD,
                    owner=True,  # so that everything can be tried, and two of them have four eyes
                    administrator=login == ADMINISTRATOR,
                )
                created += 1
        except LoginTaken:
            continue
    return created
