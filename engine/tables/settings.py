"""What administrators set for the whole company beside what its packages say."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

_WAITING = sa.text("status = 'waiting'")
_IN_FORCE = sa.text("status = 'in_force'")

choice_lists = sa.Table(
    "choice_lists",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("name", sa.Text, nullable=False),  #: as forms say it: { from: name }
    sa.Column("options", Document, nullable=False),  #: [{value, label, under}], in the order shown
    sa.Column("status", sa.Text, nullable=False),  #: ListStatus
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("effective_at", Instant, nullable=False),
    sa.Column("set_at", Instant, nullable=False),
    sa.Column("set_by", sa.Text, nullable=False),
    sa.Column("versions", Document, nullable=False, server_default="{}"),  #: procedure -> version it became
    sa.Column("findings", Document, nullable=False, server_default="[]"),  #: why it could not come into force
    sa.Index("ix_choice_lists_waiting", "company_id", "name", unique=True, sqlite_where=_WAITING,
             postgresql_where=_WAITING),
    sa.Index("ix_choice_lists_in_force", "company_id", "name", unique=True, sqlite_where=_IN_FORCE,
             postgresql_where=_IN_FORCE),
)  # fmt: skip

number_patterns = sa.Table(
    "number_patterns",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),  #: "" = the company's, where a procedure has none
    sa.Column("pattern", sa.Text, nullable=False),
    sa.Column("codes", Document, nullable=False, server_default="{}"),  #: group -> what {department} says for it
    sa.Column("set_at", Instant, nullable=False),
    sa.Column("set_by", sa.Text, nullable=False),
)
