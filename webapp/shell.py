"""What the frame of every page shows, and for whom words are made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request

from engine.calendars import Calendar
from engine.commands.test_clock import clock_of
from engine.complaints import refusal_to_own
from engine.complaints.inbox import View
from engine.procedures import Company
from engine.queries.inbox import counts
from engine.text import LANGUAGES, Text, in_language
from webapp import csrf
from webapp.access import actor, company_of, person, site
from webapp.presentation import Reader, full_instant, initial
from webapp.translate import Translator, choose_language, translator

LANGUAGE_COOKIE = "shouwen_language"
THEME_COOKIE = "shouwen_theme"


def language() -> str:
    """The language of this answer: chosen on the page, the person's own, what the browser asks for, else Chinese."""
    if "language" not in g:
        found = person()
        chosen = request.cookies.get(LANGUAGE_COOKIE) or (found.language if found else "")
        g.language = choose_language(
            cookie=chosen, accept_language=request.headers.get("Accept-Language"), default=LANGUAGES[0]
        )
    return str(g.language)


def current_translator() -> Translator:
    return translator(language())


def words(text: Text) -> str:
    """A company's words in the reader's language."""
    return in_language(text, language())


def company() -> Company:
    """The company of whoever is signed in."""
    return company_of(actor())


def own_calendar() -> Calendar:
    """What the company of whoever is signed in counts its time limits over."""
    with site().database.reading(actor().company_id) as connection:
        return site().deployments.calendars(connection, actor().company_id).own


def own_time_zone() -> ZoneInfo:
    return ZoneInfo(company().time_zone)


def reader(time_zone: ZoneInfo) -> Reader:
    """For whom instants are put into words."""
    return Reader(current_translator(), time_zone)


def install(app: Flask) -> None:
    """Give every template its ``shell``."""
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    found = person()
    theme = request.cookies.get(THEME_COOKIE)
    return {
        "shell": SimpleNamespace(
            language=language(),
            theme=theme if theme in {"light", "dark"} else None,
            here=g.get("here") or request.full_path.rstrip("?"),
            csrf_token=csrf.token(),
            person=_person_card() if found else None,
            open_tasks=_open_tasks() if found else 0,
            sandbox=_sandbox(),
            about_company=g.get("about_company", ""),
            search=request.args.get("text", "") if request.endpoint == "cases.index" else "",
        )
    }


def _person_card() -> SimpleNamespace:
    found = person()
    assert found is not None
    name = words(found.name)
    groups = company().groups
    roles = [words(groups[group].name) for group in sorted(found.actor.groups) if group in groups]
    return SimpleNamespace(
        name=name,
        initial=initial(name),
        roles=" · ".join(roles),
        owner=not refusal_to_own(found.actor),
        administrator=found.actor.administrator,
        supports=found.actor.supports,
        audits_until=full_instant(found.actor.audits_until, reader=reader(own_time_zone()))
        if found.actor.audits_until
        else "",
    )


def _sandbox() -> SimpleNamespace | None:
    """What time it is in a sandbox, for whoever works there or files a complaint to it; None where time is true."""
    found = person()
    company_id = found.actor.company_id if found else (request.view_args or {}).get("company", "")
    if not company_id or site().clocks.is_ordinary(company_id):
        return None
    with site().database.reading(company_id) as connection:
        clock = clock_of(connection, company_id)
        if clock is None:
            return None
        zone = ZoneInfo(site().deployments.company(connection, company_id).time_zone)
    state = "runs" if clock.runs_to else "stands" if clock.stands_at else "goes"
    return SimpleNamespace(time=full_instant(clock.now(site().clock()), reader=reader(zone)), state=state)


def _open_tasks() -> int:
    if "counts" not in g:
        with site().database.reading(actor().company_id) as connection:
            g.counts = counts(connection, actor(), View.MINE, now=site().now(actor().company_id))
    return int(g.counts[View.MINE])
