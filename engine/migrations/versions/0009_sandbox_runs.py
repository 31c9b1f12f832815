"""The clock of a sandbox runs ahead by itself: from where, to where, and which worker moves it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("companies", sa.Column("clock_ran_from", sa.BigInteger(), nullable=True))
    op.add_column("companies", sa.Column("clock_runs_to", sa.BigInteger(), nullable=True))
    op.add_column("companies", sa.Column("clock_busy_until", sa.BigInteger(), nullable=True))
