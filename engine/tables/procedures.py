"""Deployed procedures. A deployment is never changed; a procedure points at its newest one."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

deployments = sa.Table(
    "deployments",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  #: 1, 2, … within the procedure
    sa.Column("digest", sa.Text, nullable=False),  #: Package.digest
    sa.Column("files", sa.LargeBinary, nullable=False),  #: zip of Package.files
    sa.Column("deployed_at", Instant, nullable=False),
    sa.Column("deployed_by", sa.Text, nullable=False),
    sa.UniqueConstraint("company_id", "procedure", "version"),
)

procedures = sa.Table(
    "procedures",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),
    sa.Column("deployment_id", RowId, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("card", Document, nullable=False),  #: what lists show without reading the package, see ProcedureCard
    #: The newest state of what an owner edits: a save, the end of a draft, a version. None comes twice.
    sa.Column("draft_revision", sa.Integer, nullable=False, server_default="0"),
)

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("next_at", Instant, nullable=False, index=True),
)
