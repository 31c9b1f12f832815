"""Workers show that they are there, so that others take over from those that are not."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    fence("workers", owner="'*installation'")  # which no transaction of a company can be called
