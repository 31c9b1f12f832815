"""Registers and statistics that somebody gets by mail."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Instant, RowId, company_id, metadata

mailings = sa.Table(
    "mailings",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), nullable=False, index=True),  #: with whose eyes
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("every", sa.Text, nullable=False),  #: week | month
    sa.Column("next_at", Instant, nullable=False, index=True),
    sa.Column("sent_at", Instant),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  #: that failed since it was sent last
    sa.Column("trouble", sa.Text, nullable=False, server_default=""),  #: why it was not sent last time
    sa.UniqueConstraint("company_id", "procedure", "report", "person_id"),
)
