"""The append-only record. Triggers refuse every change; see docs/history-format.md for what the hashes cover."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, metadata

#: What somebody did for an absent colleague: few events, looked up when that colleague is back.
_BEHALF = sa.text("on_behalf_of <> ''")
#: What was done to a case beside its procedure: few events, counted on the board.
BY_HAND = sa.text("action IN ('pause_clock', 'move_token', 'skip_step', 'cancel_branch')")

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
    sa.Index("ix_history_events_company_id_at", "company_id", "at"),  #: what is new
    sa.Index("ix_history_events_behalf", "company_id", "on_behalf_of", "at", sqlite_where=_BEHALF,
             postgresql_where=_BEHALF),
    sa.Index("ix_history_events_by_hand", "company_id", "at", "action", "stream", sqlite_where=BY_HAND,
             postgresql_where=BY_HAND),
    sqlite_with_rowid=False,
)  # fmt: skip

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

#: Where a company's tree over its events stands; it grows behind the actions, see engine/history/growing.py.
history_trees = sa.Table(
    "history_trees",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),  #: events in it
    sa.Column("seen_at", Instant),  #: up to when everything was looked through last
    sa.Column("key", sa.Text, nullable=False, server_default=""),  #: public key that signed last
)

#: Which events the leaves are: each row so many events of one stream, one behind the other.
history_runs = sa.Table(
    "history_runs",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("first", sa.BigInteger, primary_key=True, autoincrement=False),  #: place of its first leaf, from 0
    sa.Column("stream", RowId, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),  #: of the first event
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("company_id", "stream", "seq"),
    sqlite_with_rowid=False,
)

history_tiles = sa.Table(
    "history_tiles",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("level", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),  #: of up to 256 subtrees of 256 ** level events
)

history_checkpoints = sa.Table(
    "history_checkpoints",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  #: public key, with its name
    sa.Column("note", sa.Text, nullable=False),  #: size, root and signature, as docs/history-format.md says
    sa.Column("stamp", sa.LargeBinary),  #: what a time-stamping authority answered about the note (RFC 3161)
    sa.Column("stamped_at", Instant),  #: when it says it did
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
