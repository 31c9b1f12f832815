"""Checkpoints beside the database, one file a day: a database that is set back does not set back these.

``var/checkpoints/COMPANY/2026-03-02.txt`` holds the last note of that day. Copies elsewhere (a mail, a print-out, an
auditor's disk) are as good, and better against whoever owns the machine.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from engine.history.checkpoint import Checkpoint


def keep_note(folder: Path, checkpoint: Checkpoint, note: str) -> None:
    """Keep *note* as the last one of its day (UTC)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{checkpoint.at:%Y-%m-%d}.txt"
    partial = path.with_suffix(f".{secrets.token_hex(4)}")
    with partial.open("w", encoding="utf-8") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())  # an empty note after a power cut would look like a history that was tampered with
    partial.replace(path)


def kept_notes(folder: Path) -> tuple[str, ...]:
    """The notes of all days, the oldest first."""
    return tuple(path.read_text("utf-8") for path in sorted(folder.glob("*.txt")))


def set_aside(folder: Path, notes: frozenset[str]) -> None:
    """Keep *notes* as what was lost: they are not held against the history any more."""
    for path in folder.glob("*.txt"):
        if path.read_text("utf-8") in notes:
            path.replace(path.with_suffix(f".lost-{secrets.token_hex(4)}"))
