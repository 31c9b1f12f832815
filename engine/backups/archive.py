"""The file: a zip of ``manifest.json``, ``tables/<name>.jsonl`` (one row a line), ``jobs.jsonl`` and ``files/``.

Nothing of it is unpacked under a name that the file chose, and nothing is read beyond what the manifest announces.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import orjson

from engine.errors import EngineError
from engine.history import Root

FORMAT: Final = "shouwen-backup/1"
_MANIFEST: Final = "manifest.json"
_MAX_MANIFEST: Final = 100_000_000
#: Bytes of one row: a deployment with all its files is by far the longest.
_MAX_LINE: Final = 100_000_000
#: Rows that are all but equal come near a hundred; only what was made to fill a disk comes near what zip can do.
_MAX_RATIO: Final = 1000
_MAX_FILE: Final = 100_000_000
_FILE: Final = re.compile(r"files/([a-z][a-z0-9_-]{0,63})/([0-9a-f]{64})")


class BackupRefused(EngineError):
    """A backup is not what it says, or does not belong where it should go. Nothing was changed."""

    code = "backup-refused"


@dataclass(frozen=True, slots=True)
class Part:
    """One table, or the jobs."""

    columns: tuple[str, ...]
    rows: int
    sha256: str  #: of its lines


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    format: str
    made_at: str
    revision: str  #: newest migration of the database it was taken from
    company: str  #: "" = the whole installation
    tables: Mapping[str, Part]
    jobs: Part
    roots: Mapping[str, Root]  #: by company
    files: int
    missing: tuple[str, ...] = ()  #: uploads that rows name and the storage had lost


class Writer:
    """Writes a backup beside *path*; it takes that name only when it is whole and on disk."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def lines(self, name: str, columns: Iterable[str], rows: Iterable[Any]) -> Part:
        """Write *rows*, one JSON text a line."""
        count, digest = 0, hashlib.sha256()
        with self._archive.open(_entry(name), "w", force_zip64=True) as entry:
            for row in rows:
                line = orjson.dumps(row) + b"\n"
                digest.update(line)
                entry.write(line)
                count += 1
        return Part(tuple(columns), count, digest.hexdigest())

    def file(self, company_id: str, sha256: str, content: bytes) -> None:
        self._archive.writestr(zipfile.ZipInfo(f"files/{company_id}/{sha256}"), content)  # stored: pictures are packed

    def manifest(self, manifest: Manifest) -> None:
        self._archive.writestr(_MANIFEST, orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new backup at *path*, in place of the one there as soon as it is whole. For its owner's eyes only."""
    partial = path.with_name(f"{path.name}.partial")
    with suppress(FileNotFoundError):
        partial.unlink()
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        with zipfile.ZipFile(cast("BinaryIO", file), "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            yield Writer(archive)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


class Reader:
    """A backup somebody brings. Everything it says is checked before it is believed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._refuse_bomb()
        self.manifest = self._manifest()
        self.files = tuple(self._files())

    def lines(self, name: str, part: Part) -> Iterator[list[Any]]:
        """The rows of *name*. Raises BackupRefused at the latest after the last when they are not those announced."""
        count, digest = 0, hashlib.sha256()
        with self._opened(_entry(name)) as entry:
            while line := entry.readline(_MAX_LINE + 1):
                if len(line) > _MAX_LINE:
                    raise BackupRefused(f"expected rows below {_MAX_LINE} bytes in {name}, found a longer one")
                digest.update(line)
                count += 1
                yield _row(name, line, len(part.columns))
        if (count, digest.hexdigest()) != (part.rows, part.sha256):
            raise BackupRefused(f"expected the {part.rows} rows of {name} that the manifest announces, found others")

    def file(self, company_id: str, sha256: str) -> bytes:
        with self._opened(f"files/{company_id}/{sha256}") as entry:
            content: bytes = entry.read(_MAX_FILE + 1)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BackupRefused(f"expected file {sha256}, found other content")
        return content

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        try:
            info = self._archive.getinfo(name)
            if info.file_size > _MAX_RATIO * max(info.compress_size, 1000):
                raise BackupRefused(f"expected {name} as backups are packed, found {info.file_size} bytes")
            with self._archive.open(info) as entry:
                yield entry
        except (
            KeyError,
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OSError,
            zlib.error,
        ) as error:
            raise BackupRefused(f"expected to read {name}, found: {error}") from error

    def _refuse_bomb(self) -> None:
        """Entries that lie over each other are more than the whole file can hold."""
        packed = sum(info.compress_size for info in self._archive.infolist())
        if self._archive.filename is None or packed > Path(self._archive.filename).stat().st_size:
            raise BackupRefused("expected a backup, found a file made to fill a disk")

    def _manifest(self) -> Manifest:
        try:
            with self._opened(_MANIFEST) as entry:
                content = entry.read(_MAX_MANIFEST + 1)
            if len(content) > _MAX_MANIFEST:
                raise BackupRefused("expected a manifest, found more than one can be")
            return _manifest_of(orjson.loads(content))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise BackupRefused(f"expected the manifest of a backup, found: {error}") from error

    def _files(self) -> Iterator[tuple[str, str]]:
        """Company and hash of every file. Raises BackupRefused for an entry that no backup has."""
        known = {_MANIFEST, _entry("jobs"), *map(_entry, self.manifest.tables)}
        count = 0
        for name in self._archive.namelist():
            if name in known:
                continue
            if not (found := _FILE.fullmatch(name)):
                raise BackupRefused(f"expected only what a backup has, found {name!r}")
            count += 1
            yield found[1], found[2]
        if count != self.manifest.files:
            raise BackupRefused(f"expected {self.manifest.files} files, found {count}")


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """The backup at *path*. Raises BackupRefused."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise BackupRefused(f"expected a backup at {path}, found: {error}") from error
    with archive:
        yield Reader(archive)


def _entry(name: str) -> str:
    return "jobs.jsonl" if name == "jobs" else f"tables/{name}.jsonl"


def _row(name: str, line: bytes, columns: int) -> list[Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BackupRefused(f"expected rows in {name}, found: {error}") from error
    if not isinstance(row, list) or len(row) != columns:
        raise BackupRefused(f"expected {columns} values a row in {name}, found {str(row)[:80]}")
    return row


def _manifest_of(found: Mapping[str, Any]) -> Manifest:
    if found["format"] != FORMAT:
        raise BackupRefused(f"expected {FORMAT}, found {found['format']!r}")
    return Manifest(
        format=FORMAT,
        made_at=str(found["made_at"]),
        revision=str(found["revision"]),
        company=str(found["company"]),
        tables={str(name): _part(part) for name, part in found["tables"].items()},
        jobs=_part(found["jobs"]),
        roots={str(name): Root(**root) for name, root in found["roots"].items()},
        files=int(found["files"]),
        missing=tuple(map(str, found["missing"])),
    )


def _part(found: Mapping[str, Any]) -> Part:
    return Part(tuple(map(str, found["columns"])), int(found["rows"]), str(found["sha256"]))
