"""What happens without anybody clicking: timers fire, schedules start cases, letters leave.

The only part of the engine that touches the world, and only from job handlers.
"""

from engine.worker.checkpoints import checkpoint, checkpointer, notes_folder
from engine.worker.fast_forward import fast_forward, run_sandboxes, runner
from engine.worker.handlers import handlers, on_failure
from engine.worker.keeping import ask_for_due_erasures, keeper
from engine.worker.leftovers import forget_leftovers, forget_unnamed, sweeper
from engine.worker.mailbox import mailbox_reader, read_mailbox
from engine.worker.months import month_opener
from engine.worker.presence import Presence, worker_name
from engine.worker.stamps import NotStamped, stamp, stamp_where_due, stamper
from engine.worker.tick import tick, ticker
from engine.worker.words import read_words, word_reader

__all__ = [
    "NotStamped",
    "Presence",
    "ask_for_due_erasures",
    "checkpoint",
    "checkpointer",
    "fast_forward",
    "forget_leftovers",
    "forget_unnamed",
    "handlers",
    "keeper",
    "mailbox_reader",
    "month_opener",
    "notes_folder",
    "on_failure",
    "read_mailbox",
    "read_words",
    "run_sandboxes",
    "runner",
    "stamp",
    "stamp_where_due",
    "stamper",
    "sweeper",
    "tick",
    "ticker",
    "word_reader",
    "worker_name",
]
