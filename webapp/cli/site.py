"""The installation that a command works on."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final

from engine.clock import system_clock
from engine.commands.notes import note, noted
from engine.commands.site import Site, installation_secret
from engine.database import Database
from engine.deployments import DeploymentStore
from engine.jobs import job_engine
from engine.migrations import newest, revision_of, upgrade
from engine.queries.people import all_companies
from engine.settings import Settings, read_settings

#: What is noted of the secret that an installation is used with.
SECRET: Final = "secret"  # noqa: S105 -- a name


@contextmanager
def opened(settings: Settings | None = None, *, migrate: bool = False, blank: bool = False) -> Iterator[Site]:
    """The installation of this environment, closed at the end. *migrate* brings its tables up to date first.

    A *blank* one may have no tables yet; it has no secret. Raises ValueError where tables are missing otherwise.
    """
    found = settings or read_settings()
    found.var.mkdir(parents=True, exist_ok=True)
    database = Database(found.database_url)
    jobs = job_engine(found.jobs, found.database_url)
    try:
        if migrate:
            upgrade(database)
        if migrate or blank:
            jobs.prepare()
        if not blank:
            _refuse_old_tables(database)
        secret = b"" if blank else _known_secret(found, database)
        yield Site(found, database, DeploymentStore(), jobs, system_clock, secret)
    finally:
        database.close()


def day(text: str) -> date:
    """A day that somebody typed; argparse says the message."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a day such as 2026-01-31, found {text!r}") from None


def require_period(since: date, until: date) -> None:
    """Raises ValueError for a period that ends before it begins."""
    if until < since:
        raise ValueError(f"expected --until not to be before --since {since}, found {until}")


def known_companies(site: Site, wanted: str | None) -> Sequence[str]:
    """*wanted*, or every company. Raises ValueError for one that is not there."""
    with site.database.reading_every_company() as connection:
        known = all_companies(connection)
    if wanted and wanted not in known:
        raise ValueError(f"expected one of {', '.join(known)}, found {wanted!r}")
    return [wanted] if wanted else known


def _refuse_old_tables(database: Database) -> None:
    """Newer tables are welcome: they are made to be used beside the code that is already running."""
    with database.reading_every_company() as connection:
        revision = revision_of(connection)
    if revision < newest():
        raise ValueError(f"expected tables of migration {newest()}, found {revision or 'none'}: run shouwen db upgrade")


def _known_secret(settings: Settings, database: Database) -> bytes:
    """Raises ValueError unless the secret here is the one that the installation has been used with."""
    secret = installation_secret(settings.keys)
    known = noted(database, SECRET)
    if known is None:
        note(database, SECRET, fingerprint(secret), now=system_clock(), only_first=True)
        known = noted(database, SECRET)
    if known is None or known.value != fingerprint(secret):
        raise ValueError(
            f"expected the secret.key of this installation in {settings.keys}, found another: copy it there. Where it "
            "is lost for good: shouwen db accept-secret (second factors are then set up anew)"
        )
    return secret


def fingerprint(secret: bytes) -> str:
    """Tells secrets apart and says nothing about them."""
    return hashlib.sha256(b"shouwen secret\n" + secret).hexdigest()[:16]
