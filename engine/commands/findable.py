"""Making cases findable by their words, and what is recorded of those who look."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.context import Context
from engine.history import Entry, append_to_company
from engine.prepared import Prepared
from engine.search.index import keep_words
from engine.search.texts import CaseText, TextPart, Unread
from engine.tables import search_queue, search_texts

#: What somebody looked for may be a name.
_PERSONAL: Final = frozenset({"text"})


def keep_texts(context: Context, unread: Unread, texts: Collection[CaseText]) -> bool:
    """Let the case be found by *texts* and by what was known before.

    False, and nothing changes, when the case has moved since *unread* was read, or somebody else has done it.
    """
    case = {"case": unread.case_id}
    place = {**case, "company": unread.company_id, "known_changes": unread.changes}
    if not _TAKE.execute(context.connection, place):
        return False
    forget = _FORGET_ALL if unread.from_the_start else _FORGET_NAME
    forget.execute(context.connection, case)
    for text in texts:
        _KEEP.execute(context.connection, _row(unread, text))
    said = [*unread.known, *(text.text for text in texts)]
    keep_words(context.connection, unread.company_id, unread.case_id, said)
    return True


def record_search(context: Context, given: Mapping[str, Any], found: Sequence[str]) -> None:
    """Write into the company's history what the actor looked for and which cases were shown."""
    body = {"request": dict(given), "found": list(found)}
    entry = Entry(context.now, context.actor.name, CompanyAction.SEARCH, "", body, personal=_PERSONAL)
    append_to_company(context.connection, context.actor.company_id, [entry])


def _row(unread: Unread, text: CaseText) -> Mapping[str, Any]:
    return {
        "case_id": unread.case_id,
        "company_id": unread.company_id,
        "part": text.part,
        "ref": text.ref,
        "at": text.at,
        "actor": text.actor,
        "about": text.about,
        "text": text.text,
    }


def _forgetting(*parts: TextPart) -> Prepared:
    t = search_texts.c
    of_case = t.case_id == sa.bindparam("case")
    return Prepared(sa.delete(search_texts).where(of_case, sa.or_(*(t.part == part for part in parts))))


_TAKE: Final = Prepared(
    sa.delete(search_queue).where(
        search_queue.c.company_id == sa.bindparam("company"),
        search_queue.c.case_id == sa.bindparam("case"),
        search_queue.c.changes == sa.bindparam("known_changes"),
    )
)
_FORGET_ALL: Final = _forgetting(TextPart.CASE, TextPart.EVENT)
_FORGET_NAME: Final = _forgetting(TextPart.CASE)
_KEEP: Final = Prepared(sa.insert(search_texts))
