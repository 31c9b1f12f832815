"""What administrators and owners have set, and what stood there before: out of the company's own history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.history import Stream, read_events_before

#: What counts as setting something. That somebody looked, signed in or was refused does not.
SETTINGS: Final = (
    "found_company",
    "deploy_procedure",
    "ask_publication",
    "approve_publication",
    "refuse_publication",
    "adopt_calendar",
    "set_clock",
    "set_list",
    "withdraw_list",
    "set_numbers",
    "ask_support",
    "grant_support",
    "refuse_support",
    "end_support",
    "add_person",
    "change_person",
    "leave",
    "come_back",
    "give_password",
    "take_second_factor",
    "set_provider",
    "link_identity",
    "unlink_identity",
    "arrange_absence",
    "end_absence",
    "create_token",
    "revoke_token",
)
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was set."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str  #: whom or what it is about, "" = the company
    before: Mapping[str, Any]  #: name -> value, of what changed only
    after: Mapping[str, Any]


def settings_log(connection: sa.Connection, company_id: str, *, before: int | None = None) -> tuple[Change, ...]:
    """The latest fifty changes, or those before the event *before*, the newest first."""
    events = read_events_before(connection, Stream(company_id, 0, ""), SETTINGS, before=before, limit=_MOST)
    return tuple(
        Change(event.seq, event.at, event.actor, event.action, event.subject, *_difference(event.content))
        for event in events
    )


def _difference(content: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What stood there and what stands there, as far as they differ; an event that says no before only adds."""
    if not isinstance(content.get("after"), Mapping):
        return {}, {name: value for name, value in content.items() if value not in (None, "", [], {}, False)}
    was, now = content.get("before") or {}, content["after"]
    changed = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    extra = {name: value for name, value in content.items() if name not in {"before", "after"}}
    return {name: was[name] for name in changed if name in was}, {
        **{name: now[name] for name in changed if name in now},
        **extra,
    }
