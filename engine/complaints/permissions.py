"""May this actor do that? The answer is "" or one stable word that says why not."""

from __future__ import annotations

from engine.complaints.actors import Actor


def refusal_to_act(actor: Actor, *, group: str, assignee_id: int | None) -> str:
    """Why *actor* may not work on a task of *group* that *assignee_id* has claimed: "" = may.

    ``"not-in-group"``: the task is another group's. ``"claimed"``: somebody else has it.
    """
    if actor.person_id is None:
        return "not-a-person"
    if group and group not in actor.groups:
        return "not-in-group"
    if assignee_id is not None and assignee_id != actor.person_id:
        return "claimed"
    return ""


def refusal_to_own(actor: Actor) -> str:
    """Why *actor* may not change the company's procedures: "" = may.

    ``"not-an-owner"``: neither owner nor administrator.
    """
    return "" if actor.person_id is not None and (actor.owner or actor.administrator) else "not-an-owner"
