"""``backup`` and ``restore``: an installation, or one company of it, as a file."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from engine.backups import Manifest, bring_in, restore, take
from engine.clock import system_clock
from engine.commands.notes import note
from webapp.cli.site import opened

_SECONDS = 0.2


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    out = verbs.add_parser("backup", help="write the installation to a file, while everything runs")
    out.add_argument("file", type=Path)
    out.add_argument("--company", default="", help="only this company, to bring it into another installation")
    out.set_defaults(run=_backup)
    back = verbs.add_parser("restore", help="bring a backup into an empty database, or a company into this one")
    back.add_argument("file", type=Path)
    back.add_argument("--company", default="", help="bring in this company beside those that are there")
    back.set_defaults(run=_restore)


class _Progress:
    """One line that says what is being done; silent where nobody watches."""

    def __init__(self) -> None:
        self._told = 0.0
        self._watched = sys.stderr.isatty()

    def __call__(self, what: str, done: int) -> None:
        if self._watched and time.monotonic() - self._told > _SECONDS:
            self._told = time.monotonic()
            print(f"\r\033[K{what} {done or ''}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._watched:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _backup(given: argparse.Namespace) -> int:
    began, progress = time.monotonic(), _Progress()
    with opened() as site:
        now = system_clock()
        made = take(site, given.file, now=now, company_id=given.company, progress=progress)
        progress.end()
        size = given.file.stat().st_size
        if not given.company:
            value = {"file": given.file.name, "bytes": size, "rows": _rows(made), "missing": len(made.missing)}
            note(site.database, "last_backup", value, now=now)
    print(f"{given.file}: {_content(made)}, {size:,} bytes, {time.monotonic() - began:.1f} s")
    for name in made.missing:
        print(f"{given.file}: the upload {name} is lost, the backup is without it", file=sys.stderr)
    return 1 if made.missing else 0


def _restore(given: argparse.Namespace) -> int:
    began, progress = time.monotonic(), _Progress()
    with opened(blank=not given.company) as site:
        if given.company:
            made = bring_in(site, given.file, given.company, progress=progress)
        else:
            made = restore(site, given.file, progress=progress)
    progress.end()
    print(f"{given.file}: {_content(made)}, {time.monotonic() - began:.1f} s")
    print("counts and history roots agree with the backup")
    return 0


def _content(made: Manifest) -> str:
    streams = sum(root.streams for root in made.roots.values())
    return (
        f"{len(made.roots)} companies, {_rows(made):,} rows, {made.jobs.rows:,} jobs, {made.files:,} files, "
        f"{streams:,} streams of history"
    )


def _rows(made: Manifest) -> int:
    return sum(part.rows for part in made.tables.values())
