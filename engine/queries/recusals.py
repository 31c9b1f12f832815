"""Keeping from everybody what is about them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from engine.complaints import Actor
from engine.tables import recusals


def not_about(actor: Actor, case_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The condition that the case *case_id* is not about *actor*."""
    return not_about_person(actor.person_id, case_id)


def not_about_person(person_id: object, case_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The same for a person's id, or what stands for it."""
    r = recusals.c
    return ~sa.exists().where(r.case_id == case_id, r.person_id == person_id)
