"""Since when a letter does not hold any more, because it was sent wrongly."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("withdrawn_at", sa.BigInteger(), nullable=True))
