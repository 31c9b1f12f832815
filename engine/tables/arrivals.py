"""Mails that came in, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Instant, RowId, company_id, metadata

arrivals = sa.Table(
    "arrivals",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("message_id", sa.Text, nullable=False),  #: keyed hash of the mail's own id, else of its bytes
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("arrived_at", Instant, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  #: ArrivalStatus
    sa.Column("reason", sa.Text, nullable=False, server_default=""),  #: why it was ignored or could not be taken in
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), index=True),
    sa.UniqueConstraint("company_id", "message_id"),
    sa.Index("ix_arrivals_latest", "company_id", "arrived_at"),
)
