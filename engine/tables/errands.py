"""What people ask of each other about tasks, who stands in for whom, and who has to keep out of a case."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Instant, RowId, company_id, metadata

_OPEN = sa.text("status = 'open'")

errands = sa.Table(
    "errands",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("task_id", RowId, sa.ForeignKey("user_tasks.id"), index=True),  #: None = about the case as a whole
    sa.Column("kind", sa.Text, nullable=False),  #: ErrandKind
    sa.Column("from_id", RowId, sa.ForeignKey("people.id")),  #: who asks; None = the procedure
    sa.Column("person_id", RowId, sa.ForeignKey("people.id")),  #: who is asked; None = the group
    sa.Column("group_id", sa.Text, nullable=False, server_default=""),
    sa.Column("was_group", sa.Text, nullable=False, server_default=""),  #: hand-over: whose task it was
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  #: ErrandStatus
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by_id", RowId, sa.ForeignKey("people.id")),
    sa.Column("ended_for_id", RowId, sa.ForeignKey("people.id")),  #: the absent person it was ended on behalf of
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", Instant),  #: until when it has to be answered, None = nobody said
    sa.Column("handed_until", Instant),  #: data_copy: until when the customer may read it behind the link
    sa.Index("ix_errands_person", "person_id", "asked_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_errands_group", "company_id", "group_id", "asked_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_errands_copies", "person_id", "kind", "id"),
)

absences = sa.Table(
    "absences",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("substitute_id", RowId, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("begins_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),  #: moved forward when the person is back earlier
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("arranged_at", Instant, nullable=False),
    sa.Column("arranged_by_id", RowId, sa.ForeignKey("people.id"), nullable=False),
)

recusals = sa.Table(
    "recusals",
    metadata,
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), primary_key=True),
    company_id(),
    sa.Column("since", Instant, nullable=False),
)
