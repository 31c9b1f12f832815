"""The calendars that time limits are counted over, and what a new one moved."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

calendars = sa.Table(
    "calendars",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),  #: Calendars.version, which every event of a case names
    sa.Column("content", Document, nullable=False),  #: calendars_to_json
    sa.Column("source", sa.Text, nullable=False),  #: package, notice or hand
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("adopted_at", Instant, nullable=False),  #: when it came into force last
    sa.Column("adopted_by", sa.Text, nullable=False),
    sa.Column("cases", sa.Integer, nullable=False, server_default="0"),  #: how many are counted again because of it
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True),
    sa.Column("content", sa.Text, nullable=False),  #: notice_to_text; it takes the place of what the package says
    sa.Column("loaded_at", Instant, nullable=False),
    sa.Column("loaded_by", sa.Text, nullable=False),
)

date_moves = sa.Table(
    "date_moves",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("calendar", sa.Text, nullable=False),  #: digest of the one that moved the date
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("deadline", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("was", Instant),
    sa.Column("due_at", Instant),
    sa.Column("moved_at", Instant, nullable=False),
    sa.Index("ix_date_moves_calendar", "company_id", "calendar", "id"),
)

reminders = sa.Table(
    "reminders",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("deadline", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("share", sa.Float, nullable=False),  #: of the time; 1 = the date itself
    sa.Column("group_id", sa.Text, nullable=False),  #: whose inbox it lands in
    sa.Column("person_id", RowId, sa.ForeignKey("people.id")),  #: who alone has to accept it; None = the group
    sa.Column("status", sa.Text, nullable=False),  #: open, accepted, or settled when its clock stopped first
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("raised_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by_id", RowId, sa.ForeignKey("people.id")),
    sa.UniqueConstraint("case_id", "deadline", "round", "share", "group_id"),
    sa.Index("ix_reminders_open", "company_id", "group_id", "raised_at",
             sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'")),
    sa.Index("ix_reminders_raised", "company_id", "raised_at", "id",
             sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'")),
)  # fmt: skip

extensions = sa.Table(
    "extensions",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("deadline", sa.Text, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("amount", sa.Text, nullable=False),  #: decimal text, in the deadline's unit
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("group_id", sa.Text, nullable=False, server_default=""),  #: who decides, "" = who asked
    sa.Column("status", sa.Text, nullable=False),  #: asked, granted, refused, or settled when its clock stopped first
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("asked_by_id", RowId, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("decided_at", Instant),
    sa.Column("decided_by_id", RowId, sa.ForeignKey("people.id")),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),  #: why, in the decider's words
    sa.Column("was", Instant),  #: the date before
    sa.Column("due_at", Instant),  #: and after it was granted
    sa.Index("ix_extensions_asked", "company_id", "group_id", "asked_at",
             sqlite_where=sa.text("status = 'asked'"), postgresql_where=sa.text("status = 'asked'")),
)  # fmt: skip
