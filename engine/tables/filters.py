"""What people narrow their inbox by again and again."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import RowId, company_id, metadata

saved_filters = sa.Table(
    "saved_filters",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), nullable=False),  #: who saved it
    sa.Column("name", sa.Text, nullable=False),  #: in that person's words
    sa.Column("group_id", sa.Text, nullable=False, server_default=""),  #: whose people see it too, "" = nobody's
    sa.Column("view", sa.Text, nullable=False),  #: which tasks: mine, groups or started, of whoever looks
    sa.Column("procedure", sa.Text, nullable=False, server_default=""),
    sa.Column("element", sa.Text, nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),  #: only what is past its time
    sa.UniqueConstraint("person_id", "name"),
    sa.Index("ix_saved_filters_group", "company_id", "group_id"),
)
