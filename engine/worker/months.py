"""Room for the history of the months to come."""

from __future__ import annotations

from engine.commands.site import Site
from engine.history import open_months
from engine.jobs import Repeating

_SECONDS = 3600.0


def month_opener(site: Site) -> Repeating:
    """Opens the months ahead every hour from its `start`; any number of workers may."""
    return Repeating("open_months", lambda: _open(site), seconds=_SECONDS)


def _open(site: Site) -> int:
    if site.database.is_sqlite:
        return 0
    with site.database.migrating() as connection:
        return open_months(connection, site.clock())
