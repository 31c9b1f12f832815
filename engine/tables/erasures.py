"""What must not be erased, what somebody asked to erase, and what was erased."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("held_at", Instant, nullable=False),
    sa.Column("held_by", sa.Text, nullable=False),
    sa.Column("released_at", Instant),
    sa.Column("released_by", sa.Text, nullable=False, server_default=""),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),  #: why it was lifted
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("status", sa.Text, nullable=False),  #: ErasureStatus
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),  #: login, or "schedule" where the time of keeping was over
    sa.Column("decided_at", Instant),
    sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.Column("cleaned_at", Instant),  #: when files, search index and free space of the database were cleaned
    sa.Column("certificate", Document),  #: what was erased, see `engine.commands.erasures`
)

erasure_cases = sa.Table(
    "erasure_cases",
    metadata,
    sa.Column("erasure_id", RowId, sa.ForeignKey("erasures.id"), primary_key=True),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), primary_key=True, index=True),
    company_id(),
)
