"""What belongs to the installation itself, and the codes that customers of a company had before it moved here."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation")),
    )
    fence("installation", owner="'*installation'")  # which no transaction of a company can be called
    op.add_column("cases", sa.Column("earlier_tracking_hash", sa.Text(), nullable=True))
    op.create_index("ix_cases_earlier_tracking_hash", "cases", ["earlier_tracking_hash"], unique=True)
