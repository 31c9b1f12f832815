"""Jobs for what crosses from case to case. Each delivery is a transaction of its own and bears repetition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.commands.errors import ProcedureFailed
from engine.commands.messages import deliver, fail_delivery
from engine.commands.signals import fail_hearing, hear, spread
from engine.commands.site import Site
from engine.commands.subscriptions import messages_for
from engine.complaints import Actor
from engine.queries.due import awaited_by

#: Messages tried for one case. It takes one at a time; when it waits again, a new job tries the next.
_MOST_TRIED: Final = 100


def deliver_message(site: Site, argument: Mapping[str, Any]) -> None:
    _deliver(site, argument["company"], argument["message"])


def give_waiting_messages(site: Site, argument: Mapping[str, Any]) -> None:
    """Deliver the messages that a case could have, until it has got one."""
    company_id, case_id = argument["company"], argument["case"]
    with site.database.reading(company_id) as connection:
        awaits = awaited_by(connection, company_id, case_id)
        waiting = messages_for(connection, company_id, case_id, awaits, now=site.now(company_id), limit=_MOST_TRIED)
    for message_id in waiting:
        if _deliver(site, company_id, message_id) == case_id:
            return


def spread_signal(site: Site, argument: Mapping[str, Any]) -> None:
    with site.acting(Actor.system(argument["company"])) as context:
        spread(context, argument["signal"])


def let_hear(site: Site, argument: Mapping[str, Any]) -> None:
    system = Actor.system(argument["company"])
    try:
        with site.acting(system) as context:
            hear(context, argument["hearing"])
    except ProcedureFailed as error:
        with site.acting(system) as context:
            fail_hearing(context, argument["hearing"], str(error))


def _deliver(site: Site, company_id: str, message_id: int) -> int | None:
    """The case that took the message. What the procedure does wrong will not mend itself: it is not tried again."""
    system = Actor.system(company_id)
    try:
        with site.acting(system) as context:
            return deliver(context, message_id)
    except ProcedureFailed as error:
        with site.acting(system) as context:
            fail_delivery(context, message_id, str(error))
    return None
