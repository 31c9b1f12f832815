"""The deployed procedures, as lists show them."""

from __future__ import annotations

import sqlalchemy as sa

from engine.procedures.card import Card, card_from_json
from engine.tables import companies, procedures


def procedure_cards(connection: sa.Connection, company_id: str) -> tuple[Card, ...]:
    """The company's procedures in the order of their ids."""
    return _cards(connection, procedures.c.company_id == company_id)


def all_procedure_cards(connection: sa.Connection) -> tuple[Card, ...]:
    """The procedures of all companies but sandboxes, company by company."""
    return _cards(connection, procedures.c.company_id.not_in(sa.select(companies.c.id).where(companies.c.sandbox)))


def _cards(connection: sa.Connection, where: sa.ColumnElement[bool]) -> tuple[Card, ...]:
    t = procedures.c
    rows = connection.execute(sa.select(t.card).where(where).order_by(t.company_id, t.procedure)).scalars()
    return tuple(card_from_json(row) for row in rows)
