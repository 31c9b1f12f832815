"""The histories are signed once a minute, behind the actions."""

from __future__ import annotations

import logging
from pathlib import Path

from engine.commands.checkpoints import sign_history, take_in_events
from engine.commands.site import Site, signing_seed
from engine.complaints import Actor
from engine.database import DatabaseAway
from engine.history.checkpoint import unchecked
from engine.history.growing import HistoryForked
from engine.history.kept_notes import keep_note, kept_notes
from engine.jobs import Repeating
from engine.queries.people import all_companies

_log = logging.getLogger(__name__)
_SECONDS = 60.0


def checkpointer(site: Site) -> Repeating:
    """Signs what has happened once a minute from its `start`; the first round looks at everything."""
    begun: set[str] = set()
    return Repeating("checkpoint", lambda: _round(site, begun), seconds=_SECONDS)


def checkpoint(site: Site, company_id: str, *, everything: bool = True) -> str:
    """A signed note over the whole history of the company, kept beside the database too.

    Raises HistoryForked when the database has been set back behind a note that was kept.
    """
    seed, folder = signing_seed(site.settings.keys), notes_folder(site, company_id)
    known = kept_notes(folder)[-1:]
    system = Actor.system(company_id)
    while True:
        with site.acting(system) as context:
            if not take_in_events(context, seed, everything=everything):
                note = sign_history(context, seed, known=known[0] if known else None)
                break
    if note not in known:
        keep_note(folder, unchecked(note), note)
    return note


def notes_folder(site: Site, company_id: str) -> Path:
    """Where the notes of that company are kept."""
    return site.settings.var / "checkpoints" / company_id


def _round(site: Site, begun: set[str]) -> None:
    with site.database.reading_every_company() as connection:
        companies = all_companies(connection)
    for company_id in companies:
        try:
            checkpoint(site, company_id, everything=company_id not in begun)
            begun.add(company_id)
        except HistoryForked:
            _log.critical(
                "history not signed", extra={"action": "history_forked", "company": company_id}, exc_info=True
            )
        except DatabaseAway:
            raise
        except Exception:  # noqa: BLE001 -- a company that cannot be signed must not keep the others from it
            _log.exception("history not signed", extra={"action": "checkpoint_failed", "company": company_id})
