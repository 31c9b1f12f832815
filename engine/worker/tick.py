"""The heartbeat: wakes the cases and starts the schedules that are due, and reads nothing else."""

from __future__ import annotations

import logging
from datetime import datetime

import sqlalchemy as sa

from engine.commands import cases as case_commands
from engine.commands.alerts import put_look
from engine.commands.choice_lists import adopt_list, check_waiting_list_first, fail_list
from engine.commands.errors import LostRace
from engine.commands.hooks import deliver_due
from engine.commands.mail import send_due
from engine.commands.messages import deliver, fail_delivery
from engine.commands.publications import check_publication_first, fail_publication, put_into_service
from engine.commands.schedules import run_schedule, skip_schedule
from engine.commands.site import Site
from engine.complaints import SCHEDULE, Actor
from engine.database import DatabaseAway
from engine.errors import PackageRefused
from engine.findings import Finding, Severity
from engine.jobs import Repeating
from engine.queries.due import (
    DueCase,
    DueDelivery,
    DueLetter,
    DueList,
    DueMessage,
    DuePublication,
    DueSchedule,
    DueTrigger,
    due_cases,
    due_deliveries,
    due_letters,
    due_lists,
    due_messages,
    due_publications,
    due_schedules,
    due_triggers,
    sandboxes,
)

_log = logging.getLogger(__name__)
#: Cases woken before looking at the clock again.
_BATCH = 100
_SECONDS = 1.0
#: Not the case's fault: the next tick finds it due again.
_TRY_AGAIN = (DatabaseAway, LostRace)


def ticker(site: Site) -> Repeating:
    """Ticks once a second from its `start`, and again at once while there is more than one batch to do."""
    return Repeating("tick", lambda: _tick_all(site), seconds=_SECONDS)


def tick(site: Site) -> int:
    """Do what is due now, one transaction each; how many things were done. Several workers may tick at once."""
    with site.database.reading_every_company() as connection:
        own_clocks = sandboxes(connection)
        due = _due(connection, site.clock())
        unsent = due_letters(connection, now=site.clock(), limit=_BATCH)  # a sandbox sends none
        untold = due_deliveries(connection, now=site.clock(), limit=_BATCH)
    again = sum(_send_again(site, letter) for letter in unsent) + sum(_tell_again(site, each) for each in untold)
    return again + _look_after_all(site, due) + sum(tick_sandbox(site, company_id) for company_id in own_clocks)


def tick_sandbox(site: Site, company_id: str) -> int:
    """Do what is due in a company with a clock of its own; how many things were done."""
    now = site.now(company_id)
    with site.database.reading(company_id) as connection:
        due = _due(connection, now, company_id)
    return _look_after_all(site, due)


_Due = tuple[
    tuple[DueList, ...],
    tuple[DuePublication, ...],
    tuple[DueCase, ...],
    tuple[DueSchedule, ...],
    tuple[DueMessage, ...],
    tuple[DueTrigger, ...],
]


def _due(connection: sa.Connection, now: datetime, company_id: str = "") -> _Due:
    return (
        due_lists(connection, now=now, company_id=company_id),
        due_publications(connection, now=now, company_id=company_id),
        due_cases(connection, now=now, limit=_BATCH, company_id=company_id),
        due_schedules(connection, now=now, company_id=company_id),
        due_messages(connection, now=now, limit=_BATCH, company_id=company_id),
        due_triggers(connection, now=now, company_id=company_id),
    )


def _look_after_all(site: Site, due: _Due) -> int:
    lists, publications, waiting, schedules, messages, triggers = due
    return (
        sum(_adopt(site, each) for each in lists)
        + sum(_publish(site, publication) for publication in publications)
        + sum(_wake(site, case) for case in waiting)
        + sum(_run(site, schedule) for schedule in schedules)
        + sum(_look_after(site, message) for message in messages)
        + sum(_look(site, trigger) for trigger in triggers)
    )


def _tick_all(site: Site) -> None:
    while tick(site) >= _BATCH:
        continue


def _publish(site: Site, due: DuePublication) -> bool:
    """Whether the procedure has a new version. Before everything else: what is due at the same time runs on it."""
    system = Actor.system(due.company_id)
    try:
        check_publication_first(site, due.company_id, due.publication_id)
        with site.acting(system) as context:
            return put_into_service(context, due.publication_id) is not None
    except _TRY_AGAIN:
        _log.warning("not published", extra={"action": "publish_failed", "publication": due.publication_id})
    except Exception as error:  # noqa: BLE001 -- as below
        _log.exception("cannot be published", extra={"action": "publish_failed", "publication": due.publication_id})
        findings = list(error.findings) if isinstance(error, PackageRefused) else [_unexpected(error)]
        with site.acting(system) as context:
            fail_publication(context, due.publication_id, findings)
    return False


def _adopt(site: Site, due: DueList) -> bool:
    """Whether what people may choose has changed."""
    system = Actor.system(due.company_id)
    try:
        check_waiting_list_first(site, due.company_id, due.list_id)
        with site.acting(system) as context:
            return adopt_list(context, due.list_id)
    except _TRY_AGAIN:
        _log.warning("list not in force", extra={"action": "adopt_list_failed", "list": due.list_id})
    except Exception as error:  # noqa: BLE001 -- as below
        _log.exception("list cannot come into force", extra={"action": "adopt_list_failed", "list": due.list_id})
        findings = list(error.findings) if isinstance(error, PackageRefused) else [_unexpected(error)]
        with site.acting(system) as context:
            fail_list(context, due.list_id, findings)
    return False


def _unexpected(error: Exception) -> Finding:
    message = f"expected the procedure to be put into service, found: {_reason(error)}; report this"
    return Finding("rule-error", Severity.ERROR, message, "", params={"rule": "deploy"})


def _wake(site: Site, due: DueCase) -> bool:
    """Whether the case moved."""
    system = Actor.system(due.company_id)
    try:
        with site.acting(system) as context:
            return case_commands.wake(context, due.case_id)
    except _TRY_AGAIN:
        _log.warning("case not woken", extra={"action": "wake_failed", "case": due.case_id})
    except Exception as error:  # noqa: BLE001 -- it would stay due and be tried for ever: somebody has to look first
        _log.exception("case cannot be woken", extra={"action": "wake_failed", "case": due.case_id})
        with site.acting(system) as context:
            case_commands.stop_waking(context, due.case_id, _reason(error))
    return False


def _run(site: Site, due: DueSchedule) -> bool:
    """Whether the schedule started a case."""
    schedule = Actor(due.company_id, SCHEDULE)
    try:
        with site.acting(schedule) as context:
            return run_schedule(context, due.procedure, due.schedule) is not None
    except _TRY_AGAIN:
        _log.warning("schedule not run", extra={"action": "schedule_failed", "schedule": due.schedule})
    except Exception as error:  # noqa: BLE001 -- as above
        _log.exception("schedule cannot be run", extra={"action": "schedule_failed", "schedule": due.schedule})
        with site.acting(schedule) as context:
            skip_schedule(context, due.procedure, due.schedule, _reason(error))
    return False


def _look_after(site: Site, due: DueMessage) -> bool:
    """Whether the message was taken. Its job and this meet nobody twice: whoever comes second finds it taken.

    Jobs deliver; this finds what a job could not see, because two transactions that ran side by side did not see each
    other, and what has expired.
    """
    system = Actor.system(due.company_id)
    try:
        with site.acting(system) as context:
            return deliver(context, due.message_id) is not None
    except _TRY_AGAIN:
        _log.warning("message not delivered", extra={"action": "delivery_failed", "message_id": due.message_id})
    except Exception as error:  # noqa: BLE001 -- as above
        _log.exception("message cannot be delivered", extra={"action": "delivery_failed", "message_id": due.message_id})
        with site.acting(system) as context:
            fail_delivery(context, due.message_id, _reason(error))
    return False


def _send_again(site: Site, due: DueLetter) -> bool:
    """Whether the letter is tried again."""
    try:
        with site.acting(Actor.system(due.company_id)) as context:
            return send_due(context, due.letter_id)
    except _TRY_AGAIN:
        _log.warning("letter not tried", extra={"action": "mail_failed", "letter": due.letter_id})
        return False


def _look(site: Site, due: DueTrigger) -> bool:
    """Whether the job that looks was put."""
    try:
        with site.acting(Actor.system(due.company_id)) as context:
            return put_look(context, due.procedure, due.trigger, seen=due.looked_at)
    except _TRY_AGAIN:
        _log.warning("trigger not looked for", extra={"action": "look_failed"})
    return False


def _tell_again(site: Site, due: DueDelivery) -> bool:
    """Whether a web hook is told again."""
    try:
        with site.acting(Actor.system(due.company_id)) as context:
            return deliver_due(context, due.delivery_id)
    except _TRY_AGAIN:
        _log.warning("web hook not told", extra={"action": "hook_failed", "delivery": due.delivery_id})
        return False


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
