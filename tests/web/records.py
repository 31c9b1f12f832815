"""What the history says, and whether it still holds together."""

from __future__ import annotations

import sqlalchemy as sa

from engine.commands.site import Site
from engine.history import Event, Head, Stream, read_events, values_of, verify_events
from engine.tables import cases, companies
from tests.support.site import CAFE


def events_of(site: Site, case_id: int) -> list[Event]:
    with site.database.reading_every_company() as connection:
        number = connection.execute(sa.select(cases.c.number).where(cases.c.id == case_id)).scalar_one()
        return list(read_events(connection, Stream(CAFE, case_id, number)))


def company_events(site: Site) -> list[Event]:
    """What belongs to no case: sign-ins and refusals."""
    with site.database.reading_every_company() as connection:
        return list(read_events(connection, Stream(CAFE, 0, "")))


def assert_history_verifies(site: Site) -> int:
    """Every chain of the installation is whole up to its head; how many events that are."""
    with site.database.reading_every_company() as connection:
        heads = [
            (Stream(row.company_id, row.id, row.number), Head(row.history_seq, row.history_hash))
            for row in connection.execute(sa.select(cases))
        ]
        heads += [
            (Stream(row.id, 0, ""), Head(row.history_seq, row.history_hash))
            for row in connection.execute(sa.select(companies))
        ]
        total = 0
        for stream, head in heads:
            events = read_events(connection, stream)
            assert verify_events(stream, events, head=head, values=values_of(connection, stream)) is None, stream
            total += len(events)
    return total
