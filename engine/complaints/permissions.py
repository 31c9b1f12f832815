"""May this actor do that? The answer says why not, or on whose behalf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from engine.complaints.actors import SYSTEM, Absent, Actor

#: Person id -> why that person has to keep out: "recused" or "separated".
Barred = Mapping[int, str]
NOBODY: Final[Barred] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Capacity:
    """Whether somebody may act, and as whom. *refusal* "" = may; else one stable word."""

    refusal: str = ""
    on_behalf_of: Absent | None = None  #: None = on their own

    @property
    def behalf(self) -> str:
        """Login of whoever is represented, "" = nobody."""
        return self.on_behalf_of.login if self.on_behalf_of else ""

    @property
    def behalf_id(self) -> int | None:
        return self.on_behalf_of.id if self.on_behalf_of else None


def capacity_to_act(actor: Actor, *, group: str, assignee_id: int | None, barred: Barred = NOBODY) -> Capacity:
    """As whom *actor* may work on a task of *group* that *assignee_id* has, None = nobody yet.

    Who stands in for a colleague may do what that colleague may, and no more: whoever is *barred* neither acts nor is
    represented. Refusals: ``"not-a-person"``, ``"auditor"``,
    ``"recused"``, ``"separated"``, ``"not-in-group"``, ``"claimed"``.
    """
    if actor.person_id is None:
        return Capacity("not-a-person")
    if actor.auditor:
        return Capacity("auditor")
    if actor.person_id in barred:
        return Capacity(barred[actor.person_id])
    if _owns(actor.person_id, actor.groups, group=group, assignee_id=assignee_id):
        return Capacity()
    represented = [
        each for each in actor.stands_in_for if _owns(each.id, each.groups, group=group, assignee_id=assignee_id)
    ]
    for absent in represented:
        if absent.id not in barred:
            return Capacity(on_behalf_of=absent)
    if represented:
        return Capacity(barred[represented[0].id])
    return Capacity("claimed" if assignee_id is not None and _shares(actor, group) else "not-in-group")


def refusal_to_act(actor: Actor, *, group: str, assignee_id: int | None) -> str:
    """Why *actor* may not work on a task that nobody has to keep out of, "" = may."""
    return capacity_to_act(actor, group=group, assignee_id=assignee_id).refusal


def refusal_to_own(actor: Actor) -> str:
    """Why *actor* may not change the company's procedures: "" = may.

    ``"not-an-owner"``: neither owner nor administrator.
    """
    return "" if actor.person_id is not None and (actor.owner or actor.administrator) else "not-an-owner"


def refusal_to_export(actor: Actor) -> str:
    """Why *actor* may not take a case away as a file: "" = may. ``"not-an-administrator"``: nor an auditor."""
    if actor.supports:
        return "support"
    return "" if actor.administrator or actor.auditor else "not-an-administrator"


def refusal_to_audit(actor: Actor) -> str:
    """Why *actor* may not draw samples and look for doubtful cases: "" = may. ``"not-an-auditor"``: nor administers."""
    if actor.supports:
        return "support"
    return "" if actor.auditor or actor.administrator or actor.name == SYSTEM else "not-an-auditor"


def _owns(person_id: int, groups: frozenset[str], *, group: str, assignee_id: int | None) -> bool:
    """Whether the task is that person's, or waits for their group."""
    return assignee_id == person_id if assignee_id is not None else not group or group in groups


def _shares(actor: Actor, group: str) -> bool:
    return not group or group in actor.groups or any(group in absent.groups for absent in actor.stands_in_for)
