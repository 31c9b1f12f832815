"""Uploaded files. The bytes lie in a folder under their hash; rows say whose they are."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Instant, RowId, company_id, metadata

attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  #: random, cannot be guessed
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), index=True),  #: empty until the form is submitted
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),  #: bytes
    sa.Column("uploaded_at", Instant, nullable=False),
    sa.Column("uploaded_by", sa.Text, nullable=False),  #: login or "customer"
    sa.Index("ix_attachments_content", "company_id", "sha256"),
)
