"""Somebody who audits the small company."""

from __future__ import annotations

from datetime import timedelta

from engine.commands.auditors import appoint_auditor
from engine.commands.people import add_person
from engine.commands.site import Site
from tests.support.site import ADMINISTRATOR, PASSWORD, actor_of


def an_auditor(site: Site, login: str = "shen.ji", *, days: int = 30) -> int:
    """The id of a person who audits for so many days from now."""
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        name = {"zh-Hans": login, "en": login}
        person_id = add_person(context, login=login, name=name, groups=("front",), password=PASSWORD)
        appoint_auditor(context, person_id, ends_at=site.clock() + timedelta(days=days), mandate="ordered by the board")
    return person_id
