"""``erasure list|ask|confirm|refuse``: erasing personal data, for scripts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from engine.commands.context import Context
from engine.commands.erasures import ask_erasure, confirm_erasure, refuse_erasure
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import AlreadyDone, AnswersInvalid, NotFound
from engine.queries.erasures import all_erasures, due_cases, erasable_cases, standing_holds
from engine.queries.people import person_by_login
from webapp.cli.site import opened


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = verbs.add_parser("erasure", help="erase personal data, with four eyes")
    kinds = actions.add_subparsers(required=True, metavar="ACTION")
    shown = kinds.add_parser("list", help="requests, cases that are no longer to be kept, legal holds")
    shown.add_argument("company")
    shown.set_defaults(run=_list)
    ask = kinds.add_parser("ask", help="ask another administrator to confirm the erasure of cases")
    ask.add_argument("company")
    ask.add_argument("number", nargs="+")
    ask.set_defaults(run=_ask)
    confirm = kinds.add_parser("confirm", help="erase what another administrator asked for: it cannot be brought back")
    refuse = kinds.add_parser("refuse", help="say why it shall not be erased")
    for each, run in ((confirm, _confirm), (refuse, _refuse)):
        each.add_argument("company")
        each.add_argument("erasure", type=int)
        each.set_defaults(run=run)
    for each in (ask, confirm, refuse):
        each.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="the administrator who acts")
        each.add_argument("--reason", required=True, help="stays in the history: name nobody")


def _list(given: argparse.Namespace) -> int:
    with opened() as site:
        now = site.now(given.company)
        with site.database.reading(given.company) as connection:
            zone = ZoneInfo(site.deployments.company(connection, given.company).time_zone)
            today = now.astimezone(zone).date()
            asked = all_erasures(connection, given.company)
            due = due_cases(connection, site.deployments, given.company, now=now, today=today)
            held = standing_holds(connection, given.company)
    if not (asked or due or held):
        print("no requests, nothing that need not be kept any longer, no legal holds")
    for each in asked:
        print(f"erasure {each.id}: {each.status}, asked by {each.asked_by}: {', '.join(each.numbers)}")
    for case in due:
        print(f"due: {case.number}, to be kept until {case.kept_until}{', held' if case.held else ''}")
    for hold in held:
        print(f"held: {hold.number} by {hold.held_by}: {hold.reason}")
    return 0


def _ask(given: argparse.Namespace) -> int:
    with opened() as site:
        with site.database.reading(given.company) as connection:
            found = erasable_cases(connection, site.deployments, given.company, tuple(given.number))
        if missing := sorted(set(given.number) - {each.number for each in found}):
            raise NotFound("case", missing[0])
        ids = [each.id for each in found]
        actor = _actor(site, given)
        try:
            made = _acted(site, actor, lambda context: ask_erasure(context, ids, reason=given.reason))
        except AlreadyDone as error:
            raise ValueError(f"{error.subject}, asked by {error.by}, has some of them: confirm or refuse it") from error
    print(f"asked: erasure {made} of {len(ids)} cases; another administrator confirms it")
    return 0


def _confirm(given: argparse.Namespace) -> int:
    with opened() as site:
        actor = _actor(site, given)
        _acted(site, actor, lambda context: confirm_erasure(context, given.erasure, answer=given.reason))
    print(f"erased: {given.erasure}; the worker cleans files and free space, backups are left to you")
    return 0


def _refuse(given: argparse.Namespace) -> int:
    with opened() as site:
        actor = _actor(site, given)
        _acted(site, actor, lambda context: refuse_erasure(context, given.erasure, answer=given.reason))
    print(f"refused: {given.erasure}")
    return 0


def _acted(site: Site, actor: Actor, command: Callable[[Context], Any]) -> Any:
    """What *command* gives. Raises ValueError that says what is wrong with the reason."""
    try:
        return site.act(actor, command)
    except AnswersInvalid as error:
        names = error.errors[0].rule == "names_somebody"
        said = "without words of what is to be erased, for it stays for good" if names else "of at most 2000 characters"
        raise ValueError(f"expected a --reason {said}") from error


def _actor(site: Site, given: argparse.Namespace) -> Actor:
    with site.database.reading(given.company) as connection:
        found = person_by_login(connection, given.company, given.login)
    if found is None:
        raise NotFound("person", given.login)
    return found.actor
