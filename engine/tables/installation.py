"""What belongs to the installation and to no company. No transaction of a company can see it on PostgreSQL."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, metadata

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  #: secret (its fingerprint), last_backup, last_verification
    sa.Column("value", Document, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
