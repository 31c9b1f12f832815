"""What customers filed, and what somebody looks at first."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "filings",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", _ROW_ID, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_filings_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_filings_company_id_companies")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_filings_decided_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filings")),
    )
    op.create_index(op.f("ix_filings_case_id"), "filings", ["case_id"])
    op.create_index("ix_filings_sender", "filings", ["company_id", "sender", "arrived_at"])
    op.create_index("ix_filings_words", "filings", ["company_id", "words", "arrived_at"])
    op.create_index("ix_filings_status", "filings", ["company_id", "status", "arrived_at"])
    op.create_index("ix_filings_code", "filings", ["code_hash"])
    fence("filings")
