"""What many cases together show: when each trigger looks again, and what it has noticed."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

triggers = sa.Table(
    "triggers",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),
    sa.Column("trigger", sa.Text, primary_key=True),
    sa.Column(
        "gathers", sa.Boolean, nullable=False
    ),  #: looks again soon after a case was opened, not at its time alone
    sa.Column("looked_at", Instant),
    sa.Column("next_at", Instant, nullable=False, index=True),
    sa.Column("trouble", sa.Text, nullable=False, server_default=""),  #: why its process could not be started last time
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("trigger", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  #: of the value its cases have in common, "" = all together
    sa.Column("mark", sa.Text, nullable=False),  #: the first period that rose, or the first case
    sa.Column("words", sa.Text, nullable=False),  #: that value in the company's language
    sa.Column("numbers", Document, nullable=False),  #: of the cases it stands on
    sa.Column("counts", Document, nullable=False),  #: [period, how many] each, for what rises
    sa.Column("raised_at", Instant, nullable=False),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), index=True),  #: that it started
    sa.Column("chart", Document),  #: points, limits and run as engine.queries.alerts reads them, of a point of a chart
    sa.Column("group_id", sa.Text, nullable=False, server_default=""),  #: that decides first, "" = nobody has to
    sa.Column("decided_at", Instant),
    sa.Column("decided_by_id", RowId, sa.ForeignKey("people.id")),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),  #: why its process was not started
    sa.UniqueConstraint("company_id", "procedure", "trigger", "key", "mark"),
    sa.Index("ix_alerts_list", "company_id", "raised_at", "id"),
    sa.Index("ix_alerts_group", "company_id", "group_id", "decided_at"),
)
