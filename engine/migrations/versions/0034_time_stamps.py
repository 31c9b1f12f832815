"""Time stamps of an outside authority over checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("history_checkpoints", sa.Column("stamp", sa.LargeBinary(), nullable=True))
    op.add_column("history_checkpoints", sa.Column("stamped_at", sa.BigInteger(), nullable=True))
