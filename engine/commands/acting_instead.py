"""Where nobody who holds a position may act, whoever the company says acts instead gets the task."""

from __future__ import annotations

from dataclasses import dataclass

from engine.commands.context import Context
from engine.commands.positions import holders_of
from engine.commands.rights import barred_of_task
from engine.interpreter import OpenTask
from engine.procedures.package import Package


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A task that whoever acts instead got, because nobody who holds the position may."""

    key: str
    was: str
    to: str
    why: str  #: ``vacant``; ``barred``: everybody has to keep out; ``away`` without a substitute who may


def passed_on(context: Context, package: Package, case_id: int, task: OpenTask) -> PassedOn | None:
    """What becomes of a task of a position that nobody may act in now; None where it stays. Asks nothing of others."""
    groups, why, to = package.company.groups, "", task.group
    seen = []
    while (group := groups.get(to)) and group.position and to not in seen:
        seen.append(to)
        instead = package.company.positions[group.position].instead
        reason = _why_nobody(context, package, case_id, task.element, to)
        if not reason or not instead:
            break
        why, to = why or reason, instead
    return PassedOn(task.key, task.group, to, why) if to != task.group else None


def _why_nobody(context: Context, package: Package, case_id: int, element: str, group: str) -> str:
    """Why nobody who holds the position may act, "" = somebody may, or a substitute for them."""
    holders = holders_of(context, group)
    if not holders:
        return "vacant"
    barred = barred_of_task(context.connection, package, case_id, element)
    if all(each.id in barred for each in holders):
        return "barred"
    free = [each for each in holders if each.id not in barred]
    return "" if any(not each.away or each.substitute_id not in {None, *barred} for each in free) else "away"
