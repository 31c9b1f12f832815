"""Web hooks: which programs are told what happens to cases, and what they were told."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

_TO_TRY = sa.text("next_try_at IS NOT NULL")
_LISTENING = sa.text("ended_at IS NULL")

web_hooks = sa.Table(
    "web_hooks",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", Document, nullable=False),  #: HookEvents, sorted
    sa.Column("salt", sa.Text, nullable=False),  #: with the installation's secret it makes the one that signs
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),  #: login
    sa.Column("ended_at", Instant),
    sa.Index("ix_web_hooks_listening", "company_id", sqlite_where=_LISTENING, postgresql_where=_LISTENING),
)

hook_deliveries = sa.Table(
    "hook_deliveries",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("hook_id", RowId, sa.ForeignKey("web_hooks.id"), nullable=False),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("message_id", sa.Text, nullable=False),  #: the same however often it is sent
    sa.Column("event", sa.Text, nullable=False),  #: HookEvent
    sa.Column("payload", sa.Text, nullable=False),  #: JSON, exactly what is signed but for id and time
    sa.Column("status", sa.Text, nullable=False),  #: waiting, delivered, failed (somebody has to look), dropped
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  #: that failed
    sa.Column("next_try_at", Instant),  #: when the worker tries again
    sa.Column("problem", sa.Text, nullable=False, server_default=""),  #: what the last attempt met
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("delivered_at", Instant),
    sa.UniqueConstraint("hook_id", "message_id"),
    sa.Index("ix_hook_deliveries_due", "next_try_at", sqlite_where=_TO_TRY, postgresql_where=_TO_TRY),
    sa.Index("ix_hook_deliveries_status", "hook_id", "status", "id"),
)
