"""Alerts that somebody decides about first, and the charts that showed what was noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("chart", sa.Text(), nullable=True))
        table.add_column(sa.Column("group_id", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("decided_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("decided_by_id", _ROW_ID, nullable=True))
        table.add_column(sa.Column("reason", sa.Text(), server_default="", nullable=False))
        table.create_foreign_key(op.f("fk_alerts_decided_by_id_people"), "people", ["decided_by_id"], ["id"])
    op.create_index("ix_alerts_group", "alerts", ["company_id", "group_id", "decided_at"])
