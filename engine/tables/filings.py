"""What customers filed on the public pages: traces of it for a day, and whole where somebody has to look first."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

filings = sa.Table(
    "filings",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("arrived_at", Instant, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),  #: keyed hash of the network or mail address
    sa.Column("words", sa.Text, nullable=False),  #: keyed hash of what was said, "" = too little to tell
    sa.Column("status", sa.Text, nullable=False),  #: FilingStatus
    sa.Column("doubts", Document, nullable=False),  #: [Doubt, …]: why it is held
    sa.Column("raw", Document),  #: the answers, or {"mail": …}, as sent; None where a case has them, or time is over
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("shop", sa.Text, nullable=False),
    sa.Column("code_hash", sa.Text, nullable=False, server_default=""),  #: of the code its sender was given
    sa.Column("decided_at", Instant),
    sa.Column("decided_by_id", RowId, sa.ForeignKey("people.id")),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),  #: why it was set aside
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), index=True),
    sa.Index("ix_filings_sender", "company_id", "sender", "arrived_at"),
    sa.Index("ix_filings_words", "company_id", "words", "arrived_at"),
    sa.Index("ix_filings_status", "company_id", "status", "arrived_at"),
    sa.Index("ix_filings_code", "code_hash"),
)
