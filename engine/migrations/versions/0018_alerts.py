"""What many cases together show: triggers and their alerts."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "triggers",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("gathers", sa.Boolean(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_triggers_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "procedure", "trigger", name=op.f("pk_triggers")),
    )
    op.create_index("ix_triggers_next_at", "triggers", ["next_at"])
    op.create_table(
        "alerts",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_alerts_company_id_companies")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_alerts_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint(
            "company_id", "procedure", "trigger", "key", "mark",
            name=op.f("uq_alerts_company_id_procedure_trigger_key_mark"),
        ),
    )  # fmt: skip
    op.create_index("ix_alerts_case_id", "alerts", ["case_id"])
    op.create_index("ix_alerts_list", "alerts", ["company_id", "raised_at", "id"])
    for table in ("triggers", "alerts"):
        fence(table)
