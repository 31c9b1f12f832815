"""The codes on letters, by which whoever has one asks whether it is genuine."""

from __future__ import annotations

import sqlalchemy as sa

from engine.commands.context import Context
from engine.complaints import letter_code, letter_hash
from engine.tables import letters


def code_of_letter(context: Context, case_id: int, number: str, key: str) -> str:
    """The code to print on that letter of case *number*.

    Letters that were written before there were codes get theirs now: copies that left until then carry none. The code
    that copies carry from before the company moved, or its secret changed, stays good.
    """
    code = letter_code(context.secret, context.actor.company_id, number, key)
    t = letters.c
    own = (t.company_id == context.actor.company_id, t.case_id == case_id, t.key == key)
    stale = t.code_hash.is_(None) | (t.code_hash != letter_hash(code))
    values = {"code_hash": letter_hash(code), "earlier_code_hash": sa.func.coalesce(t.code_hash, t.earlier_code_hash)}
    context.connection.execute(sa.update(letters).where(*own, stale).values(values))
    return code
