"""The append-only record. Triggers refuse every change; see docs/history-format.md for what the hashes cover."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, metadata

history_events = sa.Table(
    "history_events",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("stream", RowId, primary_key=True, autoincrement=False),  #: case id; 0 = the company's own stream
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),  #: 1, 2, … without a gap
    sa.Column("at", Instant, nullable=False),  #: when it happened
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("on_behalf_of", sa.Text, nullable=False, server_default=""),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  #: canonical JSON, exactly the hashed text
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

history_values = sa.Table(
    "history_values",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("stream", RowId, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("salt", sa.Text, nullable=False),
    sa.Column("value", Document),  #: the personal value; erasing deletes the row and every hash still verifies
    sqlite_with_rowid=False,
)

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("company_id", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("answer", Document, nullable=False),
    sa.Column("at", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)
