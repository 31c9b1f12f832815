"""The case that mends what an audit found."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = "CONSTRAINT fk_audit_findings_correction_id_cases REFERENCES cases (id)"
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(f"ALTER TABLE audit_findings ADD COLUMN correction_id {kind} {key}")
    op.create_index("ix_audit_findings_correction_id", "audit_findings", ["correction_id"])
