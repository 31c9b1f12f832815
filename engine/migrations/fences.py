"""Row policies of PostgreSQL for migrations: a table shows the rows of the company its transaction is for.

Every migration that creates a table fences it; a test finds the table that was forgotten.
"""

from __future__ import annotations

from typing import Final

from alembic import op

#: Set by engine/postgresql.py at the beginning of each transaction.
_COMPANY: Final = "current_setting('shouwen.company', true)"


def fence(table: str, *, owner: str = "company_id") -> None:
    """Let *table* show and take only rows of the transaction's company; *owner* is SQL for whose a row is.

    Nothing happens on SQLite. FORCE, because the role that the product runs as owns the tables.
    """
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY company ON {table} USING ({owner} = {_COMPANY})")
    op.execute(f"CREATE POLICY every_company ON {table} FOR SELECT USING ({_COMPANY} = '*read')")
    op.execute(f"CREATE POLICY migration ON {table} USING ({_COMPANY} = '*write')")
