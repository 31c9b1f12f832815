"""Programs are told what happens to cases."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_hooks()
    _create_deliveries()
    for table in ("web_hooks", "hook_deliveries"):
        fence(table)


def _create_hooks() -> None:
    op.create_table(
        "web_hooks",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_web_hooks_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_hooks")),
    )
    listening = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_web_hooks_listening", "web_hooks", ["company_id"], sqlite_where=listening, postgresql_where=listening
    )


def _create_deliveries() -> None:
    op.create_table(
        "hook_deliveries",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("hook_id", _ROW_ID, nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_hook_deliveries_company_id_companies")),
        sa.ForeignKeyConstraint(["hook_id"], ["web_hooks.id"], name=op.f("fk_hook_deliveries_hook_id_web_hooks")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_hook_deliveries_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_deliveries")),
        sa.UniqueConstraint("hook_id", "message_id", name=op.f("uq_hook_deliveries_hook_id_message_id")),
    )
    to_try = sa.text("next_try_at IS NOT NULL")
    op.create_index(
        "ix_hook_deliveries_due", "hook_deliveries", ["next_try_at"], sqlite_where=to_try, postgresql_where=to_try
    )
    op.create_index("ix_hook_deliveries_status", "hook_deliveries", ["hook_id", "status", "id"])
