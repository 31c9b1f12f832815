"""Reads the words of cases that have changed, so that they can be found by them a moment later."""

from __future__ import annotations

import logging
from typing import Final

from engine.commands.findable import keep_texts
from engine.commands.site import Site
from engine.complaints import Actor
from engine.database import DatabaseAway
from engine.jobs import Repeating
from engine.queries.unread import UnreadCase, unread_cases, unread_in
from engine.search.file_text import words_of_file
from engine.search.texts import CaseText, TextPart, Unread, UnreadFile
from engine.storage import FileDamaged

_log = logging.getLogger(__name__)
#: A case that is worked on quickly is read once for several steps.
_SECONDS: Final = 2.0
_BATCH: Final = 200


def word_reader(site: Site) -> Repeating:
    """Reads what has changed every other second from its `start`; any number of workers may."""
    return Repeating("read_words", lambda: read_words(site), seconds=_SECONDS)


def read_words(site: Site) -> int:
    """Read every case that waits for it now, one transaction each; how many were read."""
    last, done = 0, 0
    while True:
        with site.database.reading_every_company() as connection:
            waiting = unread_cases(connection, after=last, limit=_BATCH)
        if not waiting:
            return done
        done += sum(_read(site, case) for case in waiting)
        last = waiting[-1].case_id


def _read(site: Site, case: UnreadCase) -> bool:
    try:
        with site.database.reading(case.company_id) as connection:
            unread = unread_in(connection, site.deployments, case.company_id, case.case_id)
        if unread is None:
            return False
        texts = [*unread.texts, *(_file(site, unread, file) for file in unread.files)]
        with site.acting(Actor.system(case.company_id)) as context:
            return keep_texts(context, unread, texts)
    except DatabaseAway:
        raise
    except Exception:  # noqa: BLE001 -- one case that cannot be read must not hide the others
        _log.exception("case cannot be read", extra={"action": "read_words_failed", "case": case.case_id})
        return False


def _file(site: Site, unread: Unread, file: UnreadFile) -> CaseText:
    try:
        with site.storage.on_disk(unread.company_id, file.sha256) as path:
            words = words_of_file(path, file.media_type)
    except FileDamaged:
        words = ""
    said = f"{file.name}\n{words}"
    return CaseText(TextPart.FILE, file.id, file.uploaded_at, file.uploaded_by, file.name, said)
