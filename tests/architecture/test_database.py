"""Migrations, tables and triggers agree."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from engine.commands.site import Site
from engine.migrations import upgrade
from engine.tables import history_events, metadata
from engine.worker import tick
from tests.support.cafe import a_complaint, a_round
from tests.support.crossing import a_company, actions_of, assert_whole, begin, do_jobs, open_steps
from tests.support.site import a_site, an_empty_site
from tests.web.records import assert_history_verifies


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An installation with rows in its tables."""
    site = a_site(tmp_path_factory.mktemp("site"))
    a_round(site, a_complaint(site).case_id)
    return site


def test_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)

    with site.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_migrations_make_exactly_the_defaults_and_indexes(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)

    with site.database.reading() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.tables.values():
            columns = {column["name"]: column for column in inspector.get_columns(table.name)}
            assert list(columns) == [column.name for column in table.columns]
            for column in table.columns:
                expected = str(getattr(column.server_default, "arg", "")).strip("'")
                expected = {"true": "1", "false": "0"}.get(expected, expected)
                assert (columns[column.name]["default"] or "").strip("'") == expected, column
                assert columns[column.name]["nullable"] == column.nullable, column
            assert {index["name"] for index in inspector.get_indexes(table.name)} == {
                index.name for index in table.indexes
            }


def test_upgrading_twice_with_rows_in_the_tables_changes_nothing(used: Site) -> None:
    before = _everything(used)

    upgrade(used.database)
    upgrade(used.database)

    assert _everything(used) == before
    assert assert_history_verifies(used) > 5


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(history_events).values(actor="somebody else"),
        sa.update(history_events).values(hash=history_events.c.hash),
        sa.delete(history_events),
        sa.delete(history_events).where(history_events.c.seq == 1),
    ],
)
def test_the_history_refuses_to_be_changed(used: Site, statement: sa.Update | sa.Delete) -> None:
    before = _everything(used)

    with pytest.raises(sa.exc.IntegrityError, match="append-only"), used.database.transaction() as connection:
        connection.execute(statement)

    assert _everything(used) == before


def test_the_history_refuses_a_second_event_with_the_same_number(used: Site) -> None:
    with used.database.reading() as connection:
        row = dict(connection.execute(sa.select(history_events).limit(1)).one()._mapping)

    with pytest.raises(sa.exc.IntegrityError), used.database.transaction() as connection:
        connection.execute(sa.insert(history_events).values(**row))


def test_an_event_cannot_be_replaced(used: Site) -> None:
    """REPLACE deletes without asking triggers unless they are recursive; the key alone does not stop it."""
    before = _everything(used)

    with pytest.raises(sa.exc.IntegrityError), used.database.transaction() as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO history_events SELECT * FROM history_events LIMIT 1")

    assert _everything(used) == before


def _everything(site: Site) -> dict[str, list[tuple]]:
    with site.database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.tables.values()
        }


def test_cases_from_before_the_subscriptions_find_their_messages(tmp_path: Path) -> None:
    """As 0001 left them: nothing beside the case says what it waits for."""
    site = a_company(tmp_path)
    order = begin(site, "order", order_number="7")
    with site.database.transaction() as connection:
        for table in (
            "extensions",
            "reminders",
            "date_moves",
            "notices",
            "calendars",
            "hearings",
            "signals",
            "message_keys",
            "messages",
            "subscriptions",
            "known_messages",
            "entrances",
        ):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("ALTER TABLE cases DROP COLUMN awaits")
        for column in ("calendar", "sandbox", "clock_shift", "clock_stands_at"):
            connection.exec_driver_sql(f"ALTER TABLE companies DROP COLUMN {column}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    upgrade(site.database)
    tick(site)
    begin(site, "payer", order_number="7")
    do_jobs(site)

    assert open_steps(site, order.case_id) == ["pack"]
    assert actions_of(site, order.case_id) == ["start_case", "receive_message"]
    assert_whole(site)
