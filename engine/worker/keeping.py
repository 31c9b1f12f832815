"""The time of keeping is over: where its procedure wants it the erasure is asked for, and somebody confirms it."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from engine.commands.data_requests import begin_postponed
from engine.commands.erasures import ask_erasure, obstacles
from engine.commands.site import Site
from engine.complaints import SCHEDULE, Actor
from engine.errors import AlreadyDone
from engine.jobs import Repeating
from engine.queries.erasures import all_erasures, due_cases
from engine.queries.people import all_companies

_SECONDS: Final = 3600.0
#: Nobody reads it: pages say it in the reader's words.
_REASON: Final = "the time of keeping is over"


def keeper(site: Site) -> Repeating:
    """Asks every hour from its `start`; any number of workers may."""
    return Repeating("keeping", lambda: _ask_everywhere(site), seconds=_SECONDS)


def ask_for_due_erasures(site: Site, company_id: str) -> int:
    """Ask for the erasure of what its procedures want erased by now; how many cases. Nothing is erased by it."""
    now = site.now(company_id)
    with site.database.reading(company_id) as connection:
        zone = ZoneInfo(site.deployments.company(connection, company_id).time_zone)
        today = now.astimezone(zone).date()
        due = due_cases(connection, site.deployments, company_id, now=now, today=today)
        asked = {number for each in all_erasures(connection, company_id) for number in each.numbers}
    wanted = {each.number: each.id for each in due if each.erases_itself and each.number not in asked}
    if not wanted:
        return 0
    with site.acting(Actor(company_id, SCHEDULE)) as context:
        in_the_way = {each.number for each in obstacles(context, tuple(wanted.values()))}
        ids = [case_id for number, case_id in wanted.items() if number not in in_the_way]
        if ids:
            ask_erasure(context, ids, reason=_REASON)
    return len(ids)


def _ask_everywhere(site: Site) -> int:
    with site.database.reading_every_company() as connection:
        companies = all_companies(connection)
    return sum(_ask(site, company_id) for company_id in companies)


def ask_for_postponed_erasures(site: Site, company_id: str) -> int:
    """Ask for the erasures that customers were promised for the day on which nothing stands in the way; how many."""
    with site.acting(Actor(company_id, SCHEDULE)) as context:
        return begin_postponed(context)


def _ask(site: Site, company_id: str) -> int:
    try:
        return ask_for_postponed_erasures(site, company_id) + ask_for_due_erasures(site, company_id)
    except AlreadyDone:  # another worker was faster
        return 0
