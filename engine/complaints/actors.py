"""Who does something: a person of the company, a customer, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

#: Names the history uses for actors that are no person of the company. Logins may not be one of them.
CUSTOMER: Final = "customer"
SYSTEM: Final = "system"
SCHEDULE: Final = "schedule"
TRIGGER: Final = "trigger"
#: Whoever has a letter with its code in hand.
ANYBODY: Final = "anybody"


@dataclass(frozen=True, slots=True)
class Absent:
    """A colleague who is away now and whom somebody stands in for."""

    id: int
    login: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody within one company. Everything an actor touches is looked up with *company_id*."""

    company_id: str
    name: str  #: login, CUSTOMER, SYSTEM, SCHEDULE, TRIGGER or ANYBODY
    person_id: int | None = None
    groups: frozenset[str] = frozenset()
    administrator: bool = False
    owner: bool = False  #: of procedures: may change and publish them
    audits_until: datetime | None = None  #: an auditor until then: reads everything, changes nothing
    supports: bool = False  #: of the platform, let in by the company: an auditor to whom all that was written is masked
    stands_in_for: tuple[Absent, ...] = ()  #: whose work is this person's too for now

    @property
    def auditor(self) -> bool:
        return self.audits_until is not None

    @classmethod
    def system(cls, company_id: str) -> Actor:
        return cls(company_id, SYSTEM)

    @classmethod
    def customer(cls, company_id: str) -> Actor:
        return cls(company_id, CUSTOMER)
