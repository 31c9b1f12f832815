"""PostgreSQL keeps the events in months, so that old ones can be moved away whole. SQLite keeps them together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

#: Months beside the current one: a worker may be away for so long, and what comes later still finds the rest.
_AHEAD: Final = 3
_OPEN: Final = sa.text(
    "SELECT count(*) FILTER (WHERE history.opened(month::date)) FROM generate_series("
    "date_trunc('month', CAST(:day AS timestamp)), CAST(:day AS timestamp) + make_interval(months => :ahead), "
    "interval '1 month') AS month"
)
_OPEN_ONE: Final = sa.text("SELECT history.opened(CAST(:day AS date))")


def open_months(connection: sa.Connection, now: datetime) -> int:
    """Make room for the month of *now* and those after it; how many were opened. May be repeated.

    *connection* must be one for migrating: tables are made.
    """
    if connection.dialect.name != "postgresql":
        return 0
    opened: int = connection.execute(_OPEN, {"day": f"{now:%Y-%m}-01", "ahead": _AHEAD}).scalar_one()
    return opened


def open_months_of(connection: sa.Connection, instants: Iterable[int]) -> None:
    """Make room for the months of *instants*, milliseconds since 1970, as `open_months` does."""
    if connection.dialect.name != "postgresql":
        return
    days = {datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-01") for at in instants}
    for day in sorted(days):
        connection.execute(_OPEN_ONE, {"day": day})
