"""What crosses from case to case: who waits for it, what waits to be taken, and what procedures begin by it."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("element", sa.Text, primary_key=True),  #: that waits; several tokens at it that ask the same are one row
    sa.Column("correlation", sa.Text, primary_key=True),  #: what it asks for, see `correlation_key`
    company_id(),
    sa.Column("trigger", sa.Text, nullable=False),  #: message, signal
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("since", Instant, nullable=False),  #: when it began to wait
    sa.Index("ix_subscriptions_awaited", "company_id", "trigger", "name", "correlation", "since"),
)

_WAITING = sa.text("status = 'waiting'")

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("correlation", Document, nullable=False),
    sa.Column("data", Document, nullable=False),  #: empty once it is taken: then the history has it, sealed
    sa.Column("to_case_id", RowId, sa.ForeignKey("cases.id")),  #: the only case that may take it
    sa.Column("sender", sa.Text, nullable=False),  #: number of the case, else login
    sa.Column("sender_case_id", RowId, sa.ForeignKey("cases.id")),  #: empty = from outside
    sa.Column("sender_key", sa.Text, nullable=False, server_default=""),  #: TaskKey of the visit that sent it
    sa.Column("sender_element", sa.Text, nullable=False, server_default=""),
    sa.Column("sent_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  #: waiting, taken, expired
    sa.Column("due_at", Instant),  #: when the worker looks for a taker again; empty when it is over
    sa.Column("held_by", RowId, sa.ForeignKey("cases.id")),  #: whose open incident must be closed first
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id")),  #: that took it
    sa.Column("taken_at", Instant),
    sa.UniqueConstraint("sender_case_id", "sender_key"),
    sa.Index("ix_messages_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    sa.Index("ix_messages_held", "held_by", sqlite_where=_WAITING, postgresql_where=_WAITING),
)

#: What a case may ask for to get a message that waits: one row for each part of its correlation.
message_keys = sa.Table(
    "message_keys",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("correlation", sa.Text, primary_key=True),  #: see `correlation_key`
    sa.Column("message_id", RowId, sa.ForeignKey("messages.id"), primary_key=True, index=True),
)

signals = sa.Table(
    "signals",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("data", Document, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),  #: number of the case, else login
    sa.Column("sender_case_id", RowId, sa.ForeignKey("cases.id")),  #: empty = from outside
    sa.Column("sender_key", sa.Text, nullable=False, server_default=""),  #: TaskKey of the visit that threw it
    sa.Column("thrown_at", Instant, nullable=False),
    sa.UniqueConstraint("sender_case_id", "sender_key"),
)

hearings = sa.Table(
    "hearings",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("signal_id", RowId, sa.ForeignKey("signals.id"), nullable=False, index=True),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id")),  #: that waits for it, or that it opened
    sa.Column("procedure", sa.Text, nullable=False, server_default=""),  #: that begins by it, "" = a case hears it
    sa.Column("element", sa.Text, nullable=False, server_default=""),  #: start event of that procedure
    sa.Column("status", sa.Text, nullable=False),  #: waiting, heard, missed (the case waits no longer), failed
    sa.Column("held_by", RowId, sa.ForeignKey("cases.id")),  #: whose open incident must be closed first
    sa.Index("ix_hearings_held", "held_by", sqlite_where=_WAITING, postgresql_where=_WAITING),
)

#: How messages and signals open new cases: start events of the procedures as deployed last.
entrances = sa.Table(
    "entrances",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),
    sa.Column("element", sa.Text, primary_key=True),
    sa.Column("trigger", sa.Text, nullable=False),  #: message, signal
    sa.Column("name", sa.Text, nullable=False),
    sa.Index("ix_entrances_trigger", "company_id", "trigger", "name"),
)

#: The messages that the procedures as deployed last can take.
known_messages = sa.Table(
    "known_messages",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),
    sa.Column("keep", sa.BigInteger),  #: seconds a message waits to be taken; empty = procedure.toml does not say
)
