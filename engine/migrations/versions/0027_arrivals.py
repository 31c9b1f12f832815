"""Mails that came in."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_arrivals_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_arrivals_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sa.UniqueConstraint("company_id", "message_id", name=op.f("uq_arrivals_company_id_message_id")),
    )
    op.create_index(op.f("ix_arrivals_case_id"), "arrivals", ["case_id"])
    op.create_index("ix_arrivals_latest", "arrivals", ["company_id", "arrived_at"])
    fence("arrivals")
