"""Statements of the most frequent commands, handed straight to the database's driver.

What SQLAlchemy does around a statement each time costs several times what SQLite does for it (``shouwen bench
durable``). Everything less frequent is executed by the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
#: The name of a value that changes on its way to or from the driver, and how.
Conversion = tuple[str, Callable[[Any], Any]]
Statement = sa.Select[Any] | sa.UpdateBase | sa.TextClause


class Prepared:
    """A statement that is compiled once for each kind of database. Safe to share between threads."""

    def __init__(self, statement: Statement) -> None:
        """What varies are the bindparams of *statement*; of an insert without values, the columns first given."""
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, connection: sa.Connection, values: Mapping[str, Any] = _NOTHING) -> int:
        """How many rows it changed with *values* by name. Raises what the connection would raise."""
        cursor, _ = self._send(connection, values)
        changed: int = cursor.rowcount
        cursor.close()
        return changed

    def rows(self, connection: sa.Connection, values: Mapping[str, Any]) -> list[SimpleNamespace]:
        """What it finds or returns, each with its columns as attributes. Raises what the connection would raise."""
        cursor, compiled = self._send(connection, values)
        found = [compiled.row(each) for each in cursor.fetchall()]
        cursor.close()
        return found

    def tuples(self, connection: sa.Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The same as the driver gives them: instants as numbers, documents as text."""
        cursor, _ = self._send(connection, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.close()
        return found

    def _send(self, connection: sa.Connection, values: Mapping[str, Any]) -> tuple[Any, _Compiled]:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect, values)
        driver_error = dialect.loaded_dbapi.Error
        try:
            cursor = connection.connection.cursor()
            cursor.execute(compiled.text, compiled.parameters(values))
        except driver_error as error:
            raise sa.exc.DBAPIError.instance(
                compiled.text, {}, error, driver_error, hide_parameters=True, dialect=dialect
            ) from error
        return cursor, compiled


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    fixed: dict[str, Any]  #: values that the statement itself names
    order: tuple[str, ...] | None  #: names in the order of the driver's places; None where it takes them by name
    written: tuple[Conversion, ...]
    columns: tuple[str, ...]
    read: tuple[Conversion, ...]

    def parameters(self, values: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
        named = {**self.fixed, **values}
        for name, convert in self.written:
            named[name] = convert(named[name])
        return named if self.order is None else [named[name] for name in self.order]

    def row(self, found: Iterable[Any]) -> SimpleNamespace:
        named = dict(zip(self.columns, found, strict=True))
        for name, convert in self.read:
            named[name] = convert(named[name])
        return SimpleNamespace(**named)


def _compile(statement: Statement, dialect: sa.Dialect, values: Mapping[str, Any]) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(values) if statement.is_insert else None)
    binds = {name: compiled.binds[name] for name in compiled.params}
    written = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
    columns = {column.key: column.type for column in getattr(statement, "exported_columns", ())}
    read = {name: kind.dialect_impl(dialect).result_processor(dialect, None) for name, kind in columns.items()}
    return _Compiled(
        text=str(compiled),
        fixed={name: compiled.params[name] for name, bind in binds.items() if not bind.required},
        order=tuple(compiled.positiontup or ()) if compiled.positional else None,
        written=tuple((name, convert) for name, convert in written.items() if convert),
        columns=tuple(columns),
        read=tuple((name, convert) for name, convert in read.items() if convert),
    )
