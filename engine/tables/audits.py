"""Who audits, which cases were drawn, and what was found."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

#: People who may read everything and change nothing, for a time. The row stays when it is over.
auditors = sa.Table(
    "auditors",
    metadata,
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), primary_key=True),
    company_id(),
    sa.Column("ends_at", Instant, nullable=False),  #: from then on nothing opens any more
    sa.Column("mandate", sa.Text, nullable=False),  #: why, and on whose order
    sa.Column("appointed_at", Instant, nullable=False),
    sa.Column("appointed_by", sa.Text, nullable=False),  #: login
    #: Support of the platform: all that people wrote is masked, nothing is exported.
    sa.Column("masked", sa.Boolean, nullable=False, server_default=sa.false()),
)

audit_samples = sa.Table(
    "audit_samples",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("seed", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),  #: how many were asked for
    sa.Column("strata", Document, nullable=False),  #: names of what divides the cases, in order
    sa.Column("procedures", Document, nullable=False),  #: [] = all
    sa.Column("since", Instant, nullable=False),  #: cases received from here
    sa.Column("until", Instant, nullable=False),  #: and before
    sa.Column("population", Document, nullable=False),  #: [[number, [value of each stratum, …]], …] by number
    sa.Column("drawn", Document, nullable=False),  #: [number, …] in the order in which they are read
    sa.Column("drawn_at", Instant, nullable=False),
    sa.Column("drawn_by", sa.Text, nullable=False),  #: login
)

audit_findings = sa.Table(
    "audit_findings",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("clause", sa.Text, nullable=False),  #: its reference, "" = none
    sa.Column("event", sa.BigInteger, nullable=False),  #: number in the case's history, 0 = none
    sa.Column("severity", sa.Text, nullable=False),  #: Severity
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("owner_id", RowId, sa.ForeignKey("people.id"), nullable=False),  #: who has to answer
    sa.Column("due_on", sa.Text, nullable=False),  #: ISO date
    sa.Column("status", sa.Text, nullable=False),  #: FindingStatus
    sa.Column("raised_at", Instant, nullable=False),
    sa.Column("raised_by", sa.Text, nullable=False),  #: login
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.Column("answered_at", Instant),
    sa.Column("answered_by", sa.Text, nullable=False, server_default=""),
    sa.Column("remark", sa.Text, nullable=False, server_default=""),  #: of whoever closed it or sent the answer back
    sa.Column("closed_at", Instant),
    sa.Column("closed_by", sa.Text, nullable=False, server_default=""),
    #: The corrective action: the case that mends it.
    sa.Column("correction_id", RowId, sa.ForeignKey("cases.id"), index=True),
    sa.Index("ix_audit_findings_owner", "owner_id", "status"),
    sa.Index("ix_audit_findings_company", "company_id", "status", "due_on"),
)
