"""Rows as a backup keeps them: what the database holds, column by column, without the meaning our types give it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from engine.tables import metadata

_BATCH: Final = 1000
#: Ids of rows that no foreign key declares: where they stand, and whose they are. Stream 0 is the company's own.
POINTERS: Final = {
    ("history_events", "stream"): "cases",
    ("history_values", "stream"): "cases",
    ("history_runs", "stream"): "cases",
}


def tables_in(connection: sa.Connection) -> Mapping[str, sa.Table]:
    """The product's tables as the database has them, each after those it refers to."""
    found = sa.MetaData()
    found.reflect(connection, only=lambda name, _: name in metadata.tables, resolve_fks=False)
    return {str(name): found.tables[name] for name in _ORDER if name in found.tables}


_ORDER: Final = tuple(
    table.name
    for table in sa.schema.sort_tables(
        metadata.tables.values(),
        extra_dependencies=[(metadata.tables[target], metadata.tables[of]) for (of, _), target in POINTERS.items()],
    )
)


def let_it_take_long(connection: sa.Connection) -> None:
    """Lift the limits that keep ordinary transactions short."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '10min'")


def raw_rows(
    connection: sa.Connection, table: sa.Table, columns: Iterable[str], *, company_id: str = ""
) -> Iterator[list[Any]]:
    """The rows of *table*, of one company or all, ordered by key; bytes as base64."""
    chosen = [table.c[name] for name in columns]
    statement = sa.select(*chosen).order_by(*(table.c[column.name] for column in key_of(table)))
    if company_id:
        statement = statement.where(_owned_by(table, company_id))
    binary = [at for at, column in enumerate(chosen) if isinstance(column.type, sa.LargeBinary)]
    result = connection.execution_options(stream_results=True).execute(statement.execution_options(yield_per=_BATCH))
    for row in result:
        values = list(row)
        for at in binary:
            values[at] = None if values[at] is None else base64.b64encode(values[at]).decode()
        yield values


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert *rows*, each with the values of the same columns."""
    if batch := list(rows):
        connection.execute(sa.insert(table), batch)


def decoded(table: sa.Table, columns: Iterable[str], row: Iterable[Any]) -> dict[str, Any]:
    """A row of a backup as it is inserted. Raises ValueError for what is no base64."""
    values = dict(zip(columns, row, strict=True))
    for name in binary_columns(table):
        if isinstance(value := values.get(name), str):
            values[name] = base64.b64decode(value, validate=True)
    return values


@cache
def binary_columns(table: sa.Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if isinstance(column.type, sa.LargeBinary))


def key_of(table: sa.Table) -> tuple[sa.Column[Any], ...]:
    """The columns that tell the rows of *table* apart, from our own definition: partitions have no key of the whole."""
    return tuple(metadata.tables[table.name].primary_key.columns)


def counted_key(table: sa.Table) -> str:
    """The column whose values the database counts up, "" where it does not."""
    column = metadata.tables[table.name].autoincrement_column
    return "" if column is None else column.name


def references(table: sa.Table) -> Mapping[str, str]:
    """Columns of *table* that hold a counted key, and the table it is of."""
    found = {name: target for (of, name), target in POINTERS.items() if of == table.name}
    for column in metadata.tables[table.name].columns:
        for key in column.foreign_keys:
            if counted_key(key.column.table) == key.column.name:
                found[column.name] = key.column.table.name
    return found


def batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _owned_by(table: sa.Table, company_id: str) -> sa.ColumnElement[bool]:
    """The rows of one company. What belongs to nobody belongs to no company."""
    if "company_id" in table.c:
        return table.c.company_id == company_id
    if table.name == "companies":
        return table.c.id == company_id
    if "person_id" in table.c:
        people = metadata.tables["people"]
        return table.c.person_id.in_(sa.select(people.c.id).where(people.c.company_id == company_id))
    return sa.false()
