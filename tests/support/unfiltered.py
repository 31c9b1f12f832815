"""What would be left of the companies' separation if every statement forgot its condition on the company."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

from engine import prepared
from engine.database import Database
from engine.prepared import Prepared


@contextmanager
def without_company_conditions(database: Database) -> Iterator[list[str]]:
    """Statements of the block have no ``company_id = …``; the list grows by each condition that was left out."""
    removed: list[str] = []

    def forget(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.BinaryExpression) and element.operator is operators.eq:
            column = element.left
            if isinstance(column, sa.Column) and column.name == "company_id":
                removed.append(str(column))
                return sa.true()
        return None

    def stripped(statement: Any) -> Any:
        return visitors.replacement_traverse(statement, {}, forget)

    @sa.event.listens_for(database.engine, "before_execute", retval=True)
    def strip(_connection: Any, clause: Any, many: Any, one: Any, _options: Any) -> Any:
        return stripped(clause) if isinstance(clause, sa.Select | sa.Update | sa.Delete) else clause, many, one

    compiling = prepared._compile

    def compile_stripped(statement: Any, dialect: sa.Dialect, values: Any) -> Any:
        return compiling(stripped(statement), dialect, values)

    prepared._compile = compile_stripped
    _forget_compiled()
    try:
        yield removed
    finally:
        prepared._compile = compiling
        _forget_compiled()
        sa.event.remove(database.engine, "before_execute", strip)


def _forget_compiled() -> None:
    for found in gc.get_objects():
        if type(found) is Prepared:
            found._compiled.clear()
