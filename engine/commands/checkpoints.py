"""Signing the history: what has happened goes into the company's tree, and a checkpoint says how it stands."""

from __future__ import annotations

from datetime import datetime

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.history.chain import instant
from engine.history.checkpoint import origin_of, public_key, unchecked
from engine.history.growing import keep_stamp, last_key, sign_tree, take_in, use_key


def take_in_events(context: Context, seed: bytes, *, everything: bool = False) -> int:
    """Put events that are not in the tree into it; how many, 0 when none are left. May be repeated.

    A key that signs for the first time is itself an event, so that nobody can exchange it unseen.
    """
    company_id = context.actor.company_id
    key = public_key(seed, origin_of(company_id))
    if last_key(context.connection, company_id) != key:
        record_for_company(context, CompanyAction.USE_KEY, "", {"key": key})
        use_key(context.connection, company_id, key)
    return take_in(context.connection, company_id, now=context.now, everything=everything)


def sign_history(context: Context, seed: bytes, *, known: str | None = None) -> str:
    """A note over everything that was taken in. Raises HistoryForked when it does not go on from the note *known*."""
    return sign_tree(context.connection, context.actor.company_id, seed, now=context.now, known=known)


def keep_time_stamp(context: Context, note: str, stamp: bytes, *, at: datetime, authority: str) -> None:
    """Keep what *authority* answered about *note*: that it saw it *at* that time."""
    keep_stamp(context.connection, context.actor.company_id, note, stamp, at=at)
    body = {"size": unchecked(note).size, "at": instant(at), "authority": authority}
    record_for_company(context, CompanyAction.STAMP_HISTORY, "", body)


def go_on_after_restore(context: Context, *, reason: str, lost: int) -> None:
    """Write down that an older copy of the database goes on; *lost* is the size that was signed before."""
    record_for_company(context, CompanyAction.RESTORE, "", {"reason": reason, "signed": lost})
