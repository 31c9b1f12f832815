"""The append-only record: chained in the transaction that it records, verified and replayed afterwards.

Belongs here: hashing, sealing of personal values, reading, verifying, replaying. Does not: deciding what is worth
recording (commands do) or words for people (pages do). The format is specified in ``docs/history-format.md``.
"""

from engine.history.chain import (
    DIGESTS,
    Chained,
    Entry,
    Head,
    Stream,
    chain,
    digest_of_letter,
    genesis,
    instant,
    letter_text,
)
from engine.history.months import open_months, open_months_of
from engine.history.records import (
    Event,
    append,
    append_to_company,
    find_events,
    read_events,
    read_events_before,
    read_latest_events,
    values_of,
)
from engine.history.replay import Difference, replay_case, replay_moves
from engine.history.roots import Root, history_roots
from engine.history.verification import Break, verify_events

__all__ = [
    "DIGESTS",
    "Break",
    "Chained",
    "Difference",
    "Entry",
    "Event",
    "Head",
    "Root",
    "Stream",
    "append",
    "append_to_company",
    "chain",
    "digest_of_letter",
    "find_events",
    "genesis",
    "history_roots",
    "instant",
    "letter_text",
    "open_months",
    "open_months_of",
    "read_events",
    "read_events_before",
    "read_latest_events",
    "replay_case",
    "replay_moves",
    "values_of",
    "verify_events",
]
