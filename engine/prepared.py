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
#: How a value changes on its way to or from the driver; None = not at all.
Conversion = Callable[[Any], Any] | None
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

    def _send(self, connection: sa.Connection, values: Mapping[str, Any]) -> tuple[Any, _Compiled]:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect, values)
        cursor = connection.connection.cursor()
        driver_error = dialect.loaded_dbapi.Error
        try:
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
    given: dict[str, Conversion]  #: values that vary, by name
    order: tuple[str, ...] | None  #: names in the order of the driver's places; None where it takes them by name
    columns: dict[str, Conversion]  #: of the rows, in order

    def parameters(self, values: Mapping[str, Any]) -> Mapping[str, Any] | list[Any]:
        named = {name: _converted(values[name], to) for name, to in self.given.items()} | self.fixed
        return named if self.order is None else [named[name] for name in self.order]

    def row(self, found: Iterable[Any]) -> SimpleNamespace:
        columns = zip(self.columns.items(), found, strict=True)
        return SimpleNamespace(**{name: _converted(value, to) for (name, to), value in columns})


def _converted(value: Any, conversion: Conversion) -> Any:
    return value if conversion is None else conversion(value)


def _compile(statement: Statement, dialect: sa.Dialect, values: Mapping[str, Any]) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(values) if statement.is_insert else None)
    binds = {name: compiled.binds[name] for name in compiled.params}
    conversions = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()}
    columns = getattr(statement, "exported_columns", ())
    return _Compiled(
        text=str(compiled),
        fixed={n: _converted(compiled.params[n], conversions[n]) for n, bind in binds.items() if not bind.required},
        given={name: conversions[name] for name, bind in binds.items() if bind.required},
        order=tuple(compiled.positiontup or ()) if compiled.positional else None,
        columns={each.key: each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns},
    )
