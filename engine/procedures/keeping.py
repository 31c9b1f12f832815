"""Until when the personal data of a closed case are kept."""

from __future__ import annotations

from datetime import date

from engine.calendars.months import add_months
from engine.procedures.package import Retention


def kept_until(retention: Retention | None, closed: date) -> date | None:
    """The first day on which they may go, None where the procedure says nothing of it."""
    return None if retention is None else add_months(closed, retention.months)
