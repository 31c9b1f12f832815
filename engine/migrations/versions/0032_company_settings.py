"""Choice lists and number patterns that administrators keep."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "choice_lists",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), server_default="{}", nullable=False),
        sa.Column("findings", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_choice_lists_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choice_lists")),
    )
    for status in ("waiting", "in_force"):
        where = sa.text(f"status = '{status}'")
        op.create_index(
            f"ix_choice_lists_{status}", "choice_lists", ["company_id", "name"], unique=True,
            sqlite_where=where, postgresql_where=where,
        )  # fmt: skip
    fence("choice_lists")
    op.create_table(
        "number_patterns",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), server_default="{}", nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_number_patterns_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "procedure", name=op.f("pk_number_patterns")),
    )
    fence("number_patterns")
