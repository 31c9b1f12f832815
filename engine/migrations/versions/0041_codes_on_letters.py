"""Codes on letters, errands with a date, and links that say that a case was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_NEW = (("letters", "code_hash"), ("letters", "earlier_code_hash"), ("cases", "erased_tracking_hash"))


def upgrade() -> None:
    for table, column in _NEW:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=True))
        op.create_index(f"ix_{table}_{column}", table, [column], unique=True)
    for column in ("due_at", "handed_until"):
        op.add_column("errands", sa.Column(column, sa.BigInteger(), nullable=True))
