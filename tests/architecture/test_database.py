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
from tests.support.crossing import a_company, actions_of, assert_whole, begin, deploy_payer, do_jobs, open_steps
from tests.support.old import as_of
from tests.support.site import a_site, an_empty_site
from tests.web.records import assert_history_verifies


@pytest.fixture(scope="module")
def used(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An installation with rows in its tables."""
    site = a_site(tmp_path_factory.mktemp("site"))
    a_round(site, a_complaint(site).case_id)
    return site


def test_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)

    with site.database.reading_every_company() as connection:
        opts = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        differences = compare_metadata(context, metadata)

    assert differences == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """SQLite keeps an index of words in tables of its own, see engine/search/index.py."""
    return not (kind == "table" and (name or "").startswith("search_words"))


def test_migrations_make_exactly_the_defaults_and_indexes(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)

    with site.database.reading_every_company() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.tables.values():
            columns = {column["name"]: column for column in inspector.get_columns(table.name)}
            assert list(columns) == [column.name for column in table.columns]
            for column in table.columns:
                assert _default(columns[column.name]["default"]) == _expected_default(column), column
                assert columns[column.name]["nullable"] == column.nullable, column
            found = [index for index in inspector.get_indexes(table.name) if "duplicates_constraint" not in index]
            assert {index["name"] for index in found} == {index.name for index in table.indexes}


def _expected_default(column: sa.Column) -> str:
    said = str(getattr(column.server_default, "arg", "")).strip("'")
    return {"true": "1", "false": "0"}.get(said, said)


def _default(found: str | None) -> str:
    """As SQLite says it; that PostgreSQL counts ids by a sequence is no default of ours."""
    plain = (found or "").split("::")[0].strip("'")
    return {"true": "1", "false": "0"}.get(plain, "" if plain.startswith("nextval") else plain)


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

    with pytest.raises(sa.exc.IntegrityError, match="append-only"), used.database.migrating() as connection:
        connection.execute(statement)

    assert _everything(used) == before


def test_the_history_refuses_a_second_event_with_the_same_number(used: Site) -> None:
    with used.database.reading_every_company() as connection:
        row = dict(connection.execute(sa.select(history_events).limit(1)).one()._mapping)

    with pytest.raises(sa.exc.IntegrityError), used.database.migrating() as connection:
        connection.execute(sa.insert(history_events).values(**row))


REPLACEMENTS = {
    "sqlite": "INSERT OR REPLACE INTO history_events SELECT * FROM history_events LIMIT 1",
    "postgresql": "WITH gone AS (DELETE FROM history_events RETURNING *) INSERT INTO history_events SELECT * FROM gone",
}


def test_an_event_cannot_be_replaced(used: Site) -> None:
    """REPLACE deletes without asking triggers unless they are recursive; the key alone does not stop it."""
    before = _everything(used)

    with pytest.raises(sa.exc.IntegrityError), used.database.migrating() as connection:
        connection.exec_driver_sql(REPLACEMENTS[connection.dialect.name])

    assert _everything(used) == before


def _everything(site: Site) -> dict[str, list[tuple]]:
    with site.database.reading_every_company() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.tables.values()
        }


def test_cases_from_before_the_subscriptions_find_their_messages(tmp_path: Path) -> None:
    """As 0001 left them: nothing beside the case says what it waits for."""
    new = a_company(tmp_path / "new")
    order = begin(new, "order", order_number="7")
    site = as_of("0001", new, tmp_path / "old")

    upgrade(site.database)
    deploy_payer(site)
    tick(site)
    begin(site, "payer", order_number="7")
    do_jobs(site)

    assert open_steps(site, order.case_id) == ["pack"]
    assert actions_of(site, order.case_id) == ["start_case", "receive_message"]
    assert_whole(site)
