"""Taking a backup: one consistent view of everything, while people go on working."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.backups.archive import FORMAT, BackupRefused, Manifest, Part, Writer, writing
from engine.backups.rows import let_it_take_long, raw_rows, tables_in
from engine.commands.site import Site
from engine.history import history_roots, instant
from engine.jobs import Job
from engine.migrations import newest, revision_of
from engine.storage import FileDamaged

#: Hears what is being done and how far it is.
Progress = Callable[[str, int], None]
#: Left out of what one company takes with it: who signs in here and how, and answers that name ids of this database.
STAY_BEHIND = frozenset({"installation", "sessions", "idempotency", "failures", "recovery_codes"})
#: Made again from the history, by triggers and the worker.
DERIVED = frozenset({"search_queue", "search_texts"})
_JOB = ("kind", "id", "argument")


def take(site: Site, path: Path, *, now: datetime, company_id: str = "", progress: Progress) -> Manifest:
    """Write a backup of the installation, or of one company, to *path*.

    Everything in it is as one instant saw it. Uploads are read afterwards: no file that a row names is ever changed.
    Raises BackupRefused.
    """
    with writing(path) as writer:
        with _view(site, company_id) as connection:
            let_it_take_long(connection)
            revision = revision_of(connection)
            if revision != newest():
                raise BackupRefused(f"expected tables of migration {newest()}, found {revision}: shouwen db upgrade")
            tables = _tables(connection, writer, company_id, progress)
            if company_id and not tables["companies"].rows:
                raise BackupRefused(f"expected a company of this installation, found none called {company_id!r}")
            jobs = writer.lines("jobs", _JOB, _jobs(site, connection, company_id))
            progress("history", 0)
            roots = history_roots(connection, company_id)
            named = _files(connection, company_id)
        kept, gone = _copy_files(site, writer, named, progress)
        missing = _still_named(site, company_id, gone)
        manifest = Manifest(FORMAT, instant(now), revision, company_id, tables, jobs, roots, kept, missing)
        writer.manifest(manifest)
    return manifest


def _copy_files(
    site: Site, writer: Writer, named: Iterable[tuple[str, str]], progress: Progress
) -> tuple[int, list[tuple[str, str]]]:
    """Copy uploads; how many, and those that are not there."""
    copied, missing = 0, []
    for done, (owner, sha256) in enumerate(named, start=1):
        try:
            writer.file(owner, sha256, site.storage.read(owner, sha256))
            copied += 1
        except FileDamaged:
            missing.append((owner, sha256))
        progress("files", done)
    return copied, missing


def _still_named(site: Site, company_id: str, gone: list[tuple[str, str]]) -> tuple[str, ...]:
    """Which of them are lost. What was erased or forgotten since the rows were read is not."""
    if not gone:
        return ()
    with _view(site, company_id) as connection:
        named = set(_files(connection, company_id))
    return tuple(f"{owner}/{sha256}" for owner, sha256 in gone if (owner, sha256) in named)


def _view(site: Site, company_id: str) -> AbstractContextManager[sa.Connection]:
    return site.database.reading(company_id) if company_id else site.database.reading_every_company()


def _tables(connection: sa.Connection, writer: Writer, company_id: str, progress: Progress) -> dict[str, Part]:
    parts = {}
    for name, table in tables_in(connection).items():
        if name in DERIVED or (company_id and name in STAY_BEHIND):
            continue
        columns = tuple(map(str, table.c.keys()))  # SQLAlchemy's names are more than texts
        rows = _told(raw_rows(connection, table, columns, company_id=company_id), name, progress)
        parts[name] = writer.lines(name, columns, rows)
    return parts


def _told(rows: Iterator[list[Any]], name: str, progress: Progress) -> Iterator[list[Any]]:
    for done, row in enumerate(rows, start=1):
        if done % 1000 == 1:
            progress(name, done)
        yield row


def _jobs(site: Site, connection: sa.Connection, company_id: str) -> Iterator[list[Any]]:
    for job in site.jobs.unfinished(connection):
        if not company_id or _is_of(job, company_id):
            yield [job.kind, job.id, dict(job.argument)]


def _is_of(job: Job, company_id: str) -> bool:
    return bool(job.argument.get("company") == company_id)


def _files(connection: sa.Connection, company_id: str) -> list[tuple[str, str]]:
    """Company and hash of every upload that a row names, each once."""
    t = tables_in(connection)["attachments"].c
    statement = sa.select(t.company_id, t.sha256).distinct().order_by(t.company_id, t.sha256)
    if company_id:
        statement = statement.where(t.company_id == company_id)
    return [(row.company_id, row.sha256) for row in connection.execute(statement)]
