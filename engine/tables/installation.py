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

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  #: jobs are begun under it
    sa.Column("place", sa.Text, nullable=False),  #: machine and process, for people
    sa.Column("since", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),  #: by the clock of the database: all workers share it
)
