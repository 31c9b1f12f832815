"""The append-only record: chained in the transaction that it records, verified and replayed afterwards.

Belongs here: hashing, sealing of personal values, reading, verifying, replaying. Does not: deciding what is worth
recording (commands do) or words for people (pages do). The format is specified in ``docs/history-format.md``.
"""

from engine.history.chain import DIGESTS, Chained, Entry, Head, Stream, chain, digest_of_letter, genesis, letter_text
from engine.history.months import open_months
from engine.history.records import (
    Event,
    append,
    append_to_company,
    find_events,
    read_events,
    read_latest_events,
    values_of,
)
from engine.history.replay import Difference, replay_case
from engine.history.verification import Break, verify_events

__all__ = [
    "DIGESTS",
    "Break",
    "Chained",
    "Difference",
    "Entry",
    "Event",
    "Head",
    "Stream",
    "append",
    "append_to_company",
    "chain",
    "digest_of_letter",
    "find_events",
    "genesis",
    "letter_text",
    "open_months",
    "read_events",
    "read_latest_events",
    "replay_case",
    "values_of",
    "verify_events",
]
