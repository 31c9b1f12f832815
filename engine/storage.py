"""Where uploaded files lie: a folder, or whatever else fsspec reaches, such as a bucket.

A file is kept under the hash of its content, so it never changes, and what is read is what was written or an error.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

import fsspec

from engine.errors import EngineError

_HEX: Final = frozenset("0123456789abcdef")
#: Of a SHA-256.
_DIGITS: Final = 64
#: Files of a company lie on so many shelves, by the first two digits of their hash.
SHELVES: Final = tuple(f"{number:02x}" for number in range(256))
#: Seconds in which content that was kept gets the row that names it, many times over.
_FRESH: Final = 3600


class StorageAway(EngineError):
    """The storage of files does not answer. The same request may be sent again."""

    code = "storage-away"


class FileDamaged(EngineError):
    """A kept file is missing or is not what was kept: it has to come back from a backup."""

    code = "file-damaged"


class Storage:
    """The files of an installation, by company and SHA-256. Shared between threads.

    *url* is a folder or ``protocol://…`` of fsspec; nothing is asked of it yet.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._folder = Path(url) if is_folder(url) else None

    def keep(self, company_id: str, content: bytes) -> str:
        """Keep *content*; its SHA-256. When this returns it is on disk, or the object store has said that it has it."""
        digest = hashlib.sha256(content).hexdigest()
        place = _place(company_id, digest)
        if self._folder is not None:
            _write(self._folder / place, content)
        else:
            try:
                self._ask("pipe_file", place, content)
            except FileNotFoundError as error:  # there is no such bucket
                raise StorageAway(f"expected the storage to take a file, found: {error}") from error
        return digest

    def read(self, company_id: str, sha256: str) -> bytes:
        """The content with that hash. Raises FileDamaged and StorageAway."""
        try:
            content = self._content(_place(company_id, sha256))
        except FileNotFoundError:
            raise FileDamaged(f"expected file {sha256} of {company_id} in the storage, found nothing") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FileDamaged(f"expected file {sha256} of {company_id} as it was kept, found other content")
        return content

    def remove(self, company_id: str, sha256: str) -> None:
        """Keep that content no longer. What is gone already is no error. Raises StorageAway."""
        place = _place(company_id, sha256)
        if self._folder is not None:
            (self._folder / place).unlink(missing_ok=True)
            return
        with suppress(FileNotFoundError):
            self._ask("rm_file", place)

    def contents(self, company_id: str, shelf: str) -> tuple[str, ...]:
        """The hashes of everything that is kept of that company and begins with the two digits *shelf*.

        Raises StorageAway.
        """
        if self._folder is not None:
            folder = self._folder / company_id / shelf
            names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        else:
            try:
                found = self._ask("ls", f"{company_id}/{shelf}", detail=False, refresh=True)
            except FileNotFoundError:
                found = []
            names = [path.rpartition("/")[2] for path in found]
        return tuple(sorted(name for name in names if len(name) == _DIGITS and _HEX.issuperset(name)))

    def remove_partials(self, company_id: str, shelf: str, *, older: float) -> int:
        """Remove what was left of files that were being written or removed more than *older* seconds ago; how many.

        A bucket has no such: it takes a file whole.
        """
        folder = self._folder / company_id / shelf if self._folder is not None else None
        if folder is None or not folder.is_dir():
            return 0
        removed = 0
        for path in [each for each in folder.iterdir() if each.suffix and len(each.stem) == _DIGITS]:
            with suppress(FileNotFoundError):  # another worker was faster
                if not _is_fresh(path.stat().st_mtime, older):
                    path.unlink()
                    removed += 1
        return removed

    def remove_unless_fresh(self, company_id: str, sha256: str, *, fresh: float = _FRESH) -> bool:
        """Keep that content no longer, unless it was kept again within *fresh* seconds, an hour; whether it is gone.

        For content that no row names: one that came a moment ago is named by a row that is about to be written.
        Raises StorageAway.
        """
        place = _place(company_id, sha256)
        if self._folder is not None:
            return _remove_unless_fresh(self._folder / place, fresh)
        try:
            self._ask("invalidate_cache", place)  # what was listed before may be older than what is there
            if _is_fresh(self._ask("modified", place).timestamp(), fresh):
                return False
            self._ask("rm_file", place)
        except FileNotFoundError:
            pass
        return True

    @contextmanager
    def on_disk(self, company_id: str, sha256: str) -> Iterator[Path]:
        """The file as one of this machine, for programs that read files; only while the block runs."""
        with NamedTemporaryFile(prefix="shouwen-") as file:
            file.write(self.read(company_id, sha256))
            file.flush()
            yield Path(file.name)

    def _content(self, place: str) -> bytes:
        if self._folder is not None:
            return (self._folder / place).read_bytes()
        found: bytes = self._ask("cat_file", place)
        return found

    def _ask(self, what: str, place: str, *values: bytes, **named: bool) -> Any:
        """Raises FileNotFoundError and StorageAway."""
        try:
            system, root = fsspec.core.url_to_fs(self.url)
            return getattr(system, what)(f"{root}/{place}", *values, **named)
        except FileNotFoundError:
            raise
        except Exception as error:  # every storage has errors of its own
            raise StorageAway(f"expected the storage to answer, found: {type(error).__name__}: {error}") from error


def is_folder(url: str) -> bool:
    """Whether *url* names a folder of this machine."""
    scheme = urlsplit(url).scheme
    return len(scheme) < 2  # noqa: PLR2004 -- C:\\ is a drive


def _place(company_id: str, sha256: str) -> str:
    if len(sha256) != _DIGITS or not _HEX.issuperset(sha256) or "/" in company_id or company_id.startswith("."):
        raise FileDamaged(f"expected a company and a SHA-256, found {company_id!r} and {sha256!r}")
    return f"{company_id}/{sha256[:2]}/{sha256}"


def _write(path: Path, content: bytes) -> None:
    """On disk before this returns, under its name only when it is whole."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == content:
            os.utime(path)  # it is fresh again, see `Storage.remove_unless_fresh`
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{secrets.token_hex(4)}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync(path.parent)


def _remove_unless_fresh(path: Path, fresh: float) -> bool:
    """Under another name first: whoever keeps the content meanwhile either has touched it or finds it gone."""
    aside = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        if _is_fresh(path.stat().st_mtime, fresh):
            return False
        path.rename(aside)
        if _is_fresh(aside.stat().st_mtime, fresh):
            aside.replace(path)
            return False
        aside.unlink()
    except FileNotFoundError:
        pass
    return True


def _is_fresh(kept_at: float, seconds: float) -> bool:
    return time.time() - kept_at < seconds


def _sync(folder: Path) -> None:
    """A name is as lasting as what it names only when its folder is on disk too."""
    if sys.platform == "win32":  # cannot open folders
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
