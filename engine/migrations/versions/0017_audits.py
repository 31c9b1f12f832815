"""Auditors for a time, the samples they draw, and their findings."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "auditors",
        sa.Column("person_id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("mandate", sa.Text(), nullable=False),
        sa.Column("appointed_at", sa.BigInteger(), nullable=False),
        sa.Column("appointed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_auditors_person_id_people"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_auditors_company_id_companies"),
        sa.PrimaryKeyConstraint("person_id", name="pk_auditors"),
    )
    op.create_table(
        "audit_samples",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("procedures", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.Text(), nullable=False),
        sa.Column("drawn", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_audit_samples_company_id_companies"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_samples"),
    )
    op.create_table(
        "audit_findings",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner_id", _ROW_ID, nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.Text(), server_default="", nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="fk_audit_findings_company_id_companies"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_audit_findings_case_id_cases"),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name="fk_audit_findings_owner_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_findings"),
    )
    op.create_index("ix_audit_findings_case_id", "audit_findings", ["case_id"])
    op.create_index("ix_audit_findings_owner", "audit_findings", ["owner_id", "status"])
    op.create_index("ix_audit_findings_company", "audit_findings", ["company_id", "status", "due_on"])
    for table in ("auditors", "audit_samples", "audit_findings"):
        fence(table)
