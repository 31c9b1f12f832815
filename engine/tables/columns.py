"""Column types that mean the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import orjson
import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(sa.TypeDecorator[datetime]):
    """An aware datetime, kept as milliseconds since 1970 in UTC: compares fast and means the same everywhere."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an aware datetime, found {value!r}")
        return round(value.timestamp() * 1000)

    def process_result_value(self, value: int | None, _dialect: sa.Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


class Document(sa.TypeDecorator[Any]):
    """A JSON value, kept as text: no database reorders its keys or changes its numbers."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: sa.Dialect) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> Any:
        return None if value is None else orjson.loads(value)


#: Row ids. INTEGER on SQLite, because only that counts by itself there.
RowId: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def company_id() -> sa.Column[str]:
    """The column every company's row starts with."""
    return sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), nullable=False)
