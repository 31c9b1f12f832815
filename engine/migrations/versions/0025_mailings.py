"""Registers and statistics that somebody gets by mail."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mailings",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("person_id", _ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_mailings_company_id_companies")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_mailings_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailings")),
        sa.UniqueConstraint(
            "company_id", "procedure", "report", "person_id",
            name=op.f("uq_mailings_company_id_procedure_report_person_id"),
        ),
    )  # fmt: skip
    op.create_index("ix_mailings_next_at", "mailings", ["next_at"])
    op.create_index("ix_mailings_person_id", "mailings", ["person_id"])
    fence("mailings")
