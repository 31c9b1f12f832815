"""Bringing a backup in: whole or not at all, and only as what the file says and the database gives back agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.backups.archive import BackupRefused, Manifest, Reader, reading
from engine.backups.rows import (
    batches,
    counted_key,
    decoded,
    insert_rows,
    let_it_take_long,
    raw_rows,
    references,
    tables_in,
)
from engine.backups.taking import DERIVED, STAY_BEHIND, Progress
from engine.commands.site import Site
from engine.complaints import letter_code, letter_hash, tracking_code, tracking_hash
from engine.history import history_roots, open_months_of
from engine.jobs import Job
from engine.migrations import newest, revision_of, upgrade_within
from engine.tables import companies, installation

_Row = dict[str, Any]
#: What the argument of a job names by a counted key.
_IN_JOBS: Final = {"case": "cases", "message": "messages", "signal": "signals", "hearing": "hearings"}
_DAY: Final = 86_400_000
_SEQUENCE: Final = "CAST(pg_get_serial_sequence(:table, :key) AS regclass)"
_COUNT_ON: Final = sa.text(f"SELECT nextval({_SEQUENCE}) FROM generate_series(1, :n)")  # noqa: S608 -- a constant
_COUNT_FROM: Final = sa.text(f"SELECT setval({_SEQUENCE}, CAST(:last AS bigint))")
#: Days since 1970 that history may lie in, and on how many of them.
_LAST_DAY: Final = 65_000
_MAX_DAYS: Final = 20_000


def restore(site: Site, path: Path, *, progress: Progress) -> Manifest:
    """Bring a backup of a whole installation into *site*, whose database must be empty: no tables, or no company.

    What was there before a refusal, an error or a crash is there after it: old data are never touched, and a database
    that was to take the backup is empty again. Raises BackupRefused.
    """
    with reading(path) as reader:
        manifest = reader.manifest
        if manifest.company:
            raise BackupRefused(f"expected a whole installation, found the company {manifest.company}: use --company")
        if manifest.revision > newest():
            raise BackupRefused(f"expected migrations up to {newest()}, found {manifest.revision}: install its version")
        _bring_files(site, reader, progress)
        with site.database.migrating() as connection:
            let_it_take_long(connection)
            _make_tables(connection, manifest.revision)
            _refuse_unless_empty(connection)
            tables = tables_in(connection)
            connection.execute(sa.delete(installation))
            open_months_of(connection, _instants(reader))
            for table in _announced(tables, manifest):
                _insert(connection, table, _rows(reader, table), progress)
            _go_on_counting(connection, tables)
            for row in reader.lines("jobs", manifest.jobs):
                site.jobs.put(connection, _job(row))
            _compare(connection, tables, manifest, progress)
            upgrade_within(connection, to="head")
    return manifest


def bring_in(site: Site, path: Path, company_id: str, *, progress: Progress) -> Manifest:
    """Bring one company into *site* beside those that are there. Its rows get ids of this installation.

    Raises BackupRefused when the company is there already, or the file holds anything that is not the company's.
    """
    with reading(path) as reader:
        manifest = reader.manifest
        if manifest.company != company_id:
            raise BackupRefused(f"expected a backup of {company_id}, found one of {manifest.company or 'everything'}")
        if manifest.revision != newest():
            raise BackupRefused(f"expected tables of migration {newest()}, found {manifest.revision}: upgrade there")
        if strangers := {owner for owner, _ in reader.files} - {company_id}:
            raise BackupRefused(f"expected files of {company_id}, found files of {sorted(strangers)}")
        if strange := manifest.tables.keys() & (STAY_BEHIND | DERIVED):
            raise BackupRefused(f"expected the tables of a company, found {', '.join(sorted(strange))}")
        _bring_files(site, reader, progress)
        with site.database.migrating() as connection:  # by itself: whoever reads history waits for it
            open_months_of(connection, _instants(reader))
        with site.database.transaction(company_id) as connection:
            let_it_take_long(connection)
            if connection.execute(sa.select(companies.c.id).where(companies.c.id == company_id)).first():
                raise BackupRefused(f"expected {company_id} not to be here yet, found it")
            moving = _Moving(site, connection, company_id)
            for table in _announced(tables_in(connection), manifest):
                _insert(connection, table, moving.rows(table, _rows(reader, table)), progress)
            for row in reader.lines("jobs", manifest.jobs):
                site.jobs.put(connection, moving.job(_job(row), mark=manifest.jobs.sha256[:12]))
            progress("history", 0)
            _compare_roots(connection, manifest, company_id)
    return manifest


class _Moving:
    """Gives the rows of one company ids of this installation, and refuses rows that are not the company's."""

    def __init__(self, site: Site, connection: sa.Connection, company_id: str) -> None:
        self._site = site
        self._connection = connection
        self._company_id = company_id
        self._ids: dict[str, dict[int, int]] = {}
        self._numbers: dict[int, str] = {}  #: of cases, by their ids here

    def rows(self, table: sa.Table, rows: Iterable[_Row]) -> Iterator[_Row]:
        for batch in batches(rows):
            if own := counted_key(table):
                self._count(table, own, [row[own] for row in batch])
            for row in batch:
                yield self._moved(table, row)

    def job(self, job: Job, *, mark: str) -> Job:
        """*job* for the ids of here, under an id that no job of here has."""
        if job.argument.get("company") != self._company_id:
            raise BackupRefused(f"expected jobs of {self._company_id}, found {job.id}")
        argument = {
            name: self._id(_IN_JOBS[name], value) if name in _IN_JOBS else value for name, value in job.argument.items()
        }
        return Job(job.kind, f"{job.id}:from-{mark}", argument)

    def _moved(self, table: sa.Table, row: _Row) -> _Row:
        for name, target in references(table).items():
            row[name] = self._id(target, row[name])
        if own := counted_key(table):
            row[own] = self._ids[table.name][row[own]]
        owner = row["id"] if table.name == "companies" else row.get("company_id", self._company_id)
        if owner != self._company_id:
            raise BackupRefused(f"expected rows of {self._company_id} in {table.name}, found one of {owner!r}")
        if table.name == "people":
            row["second_factor"] = ""  # sealed with the secret of where it came from
        if table.name == "web_hooks":
            row["ended_at"] = row["ended_at"] or row["created_at"]  # signed with the secret of where it came from
        if table.name == "cases":
            self._numbers[row["id"]] = row["number"]
            return self._tracked(row)
        return self._checkable(row) if table.name == "letters" else row

    def _checkable(self, letter: _Row) -> _Row:
        """Copies printed here carry codes of here; those that people have on paper stay good."""
        code = letter_code(self._site.secret, self._company_id, self._numbers[letter["case_id"]], letter["key"])
        if letter.get("code_hash") in {None, letter_hash(code)}:
            return letter
        return letter | {"earlier_code_hash": letter["code_hash"], "code_hash": letter_hash(code)}

    def _tracked(self, case: _Row) -> _Row:
        """Letters written here carry codes of here; those the customers have stay good."""
        if case["tracking_hash"] is None:
            return case
        here = tracking_hash(tracking_code(self._site.secret, self._company_id, case["number"]))
        if here == case["tracking_hash"]:  # the same secret: nothing changes, and an earlier code stays good
            return case
        return case | {"earlier_tracking_hash": case["tracking_hash"], "tracking_hash": here}

    def _id(self, table: str, old: Any) -> int | None:
        if old is None or (table == "cases" and old == 0):
            return old  # type: ignore[no-any-return]
        try:
            return self._ids[table][old]
        except (KeyError, TypeError):
            raise BackupRefused(f"expected row {old!r} of {table} in the backup, found it only named") from None

    def _count(self, table: sa.Table, key: str, old: list[int]) -> None:
        known = self._ids.setdefault(table.name, {})
        if len(known.keys() | set(old)) < len(known) + len(old) or not all(type(one) is int and one > 0 for one in old):
            raise BackupRefused(f"expected each id of {table.name} once, found one again, or what is none")
        known.update(zip(old, _new_ids(self._connection, table, key, len(old)), strict=True))


def _new_ids(connection: sa.Connection, table: sa.Table, key: str, count: int) -> list[int]:
    """*count* ids that no row of *table* has or will get."""
    if connection.dialect.name == "sqlite":  # one writer: what is free now stays free until the commit
        last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c[key]), 0))).scalar_one()
        return list(range(last + 1, last + 1 + count))
    return list(connection.execute(_COUNT_ON, {"table": table.name, "key": key, "n": count}).scalars())


def _insert(connection: sa.Connection, table: sa.Table, rows: Iterable[_Row], progress: Progress) -> None:
    done = 0
    for batch in batches(rows):
        try:
            insert_rows(connection, table, batch)
        except (sa.exc.IntegrityError, sa.exc.DataError, sa.exc.StatementError) as error:
            found = str(getattr(error, "orig", error)).splitlines()[0]
            raise BackupRefused(f"expected rows that {table.name} takes, found: {found}") from error
        done += len(batch)
        progress(table.name, done)


def _rows(reader: Reader, table: sa.Table) -> Iterator[_Row]:
    part = reader.manifest.tables[table.name]
    for row in reader.lines(table.name, part):
        try:
            yield decoded(table, part.columns, row)
        except ValueError as error:
            raise BackupRefused(f"expected bytes as base64 in {table.name}, found: {error}") from error


def _instants(reader: Reader) -> set[int]:
    """A moment of every month that the history has events of."""
    part = reader.manifest.tables.get("history_events")
    if part is None or "at" not in part.columns:
        return set()
    at = part.columns.index("at")
    days = {row[at] // _DAY for row in reader.lines("history_events", part) if type(row[at]) is int}
    if len(days) > _MAX_DAYS or any(not 0 < day < _LAST_DAY for day in days):
        raise BackupRefused("expected a history of some decades, found another")
    return {day * _DAY for day in days}


def _announced(tables: Mapping[str, sa.Table], manifest: Manifest) -> Iterator[sa.Table]:
    """The tables of the backup, each after those it refers to. Raises BackupRefused unless they are as ours."""
    if strange := manifest.tables.keys() - tables.keys():
        raise BackupRefused(f"expected tables of ours, found {sorted(strange)[:5]}")
    for name, table in tables.items():
        if part := manifest.tables.get(name):
            if sorted(part.columns) != sorted(table.c.keys()):
                raise BackupRefused(f"expected the columns of {name}, found {list(part.columns)[:50]}")
            yield table


def _make_tables(connection: sa.Connection, revision: str) -> None:
    """The tables as they were when the backup was taken; what has changed since comes after its rows."""
    if (found := revision_of(connection)) > revision:
        raise BackupRefused(f"expected a database without tables, or with those of {revision}, found those of {found}")
    upgrade_within(connection, to=revision)


def _refuse_unless_empty(connection: sa.Connection) -> None:
    if found := connection.execute(sa.select(companies.c.id)).scalars().all():
        raise BackupRefused(
            f"expected an empty database, found {len(found)} companies. Restore into a new one: let SHOUWEN_VAR or "
            "SHOUWEN_DATABASE_URL name where there is none, and use it from then on; the old data stay as they are"
        )


def _go_on_counting(connection: sa.Connection, tables: Mapping[str, sa.Table]) -> None:
    """The next row gets an id above those that came. SQLite sees to it by itself."""
    if connection.dialect.name == "sqlite":
        return
    for name, table in tables.items():
        if key := counted_key(table):
            last = connection.execute(sa.select(sa.func.max(table.c[key]))).scalar()
            connection.execute(_COUNT_FROM, {"table": name, "key": key, "last": last})


def _compare(connection: sa.Connection, tables: Mapping[str, sa.Table], manifest: Manifest, progress: Progress) -> None:
    """Raises BackupRefused unless every row of every table reads as it stands in the backup."""
    for name, part in manifest.tables.items():
        progress(f"compare {name}", 0)
        count, digest = 0, hashlib.sha256()
        for row in raw_rows(connection, tables[name], part.columns):
            digest.update(orjson.dumps(row) + b"\n")
            count += 1
        if (count, digest.hexdigest()) != (part.rows, part.sha256):
            raise BackupRefused(f"expected {part.rows} rows of {name} as in the backup, found {count}, or others")
    _compare_roots(connection, manifest)


def _compare_roots(connection: sa.Connection, manifest: Manifest, company_id: str = "") -> None:
    found = history_roots(connection, company_id)
    if found != manifest.roots:
        raise BackupRefused("expected the history that the backup announces, found another")


def _bring_files(site: Site, reader: Reader, progress: Progress) -> None:
    """Files first: one that no row names harms nobody."""
    for done, (owner, sha256) in enumerate(reader.files, start=1):
        site.storage.keep(owner, reader.file(owner, sha256))
        progress("files", done)


def _job(row: list[Any]) -> Job:
    kind, job_id, argument = row
    if not isinstance(kind, str) or not isinstance(job_id, str) or not isinstance(argument, dict):
        raise BackupRefused(f"expected a job, found {str(row)[:80]}")
    return Job(kind, job_id, argument)
