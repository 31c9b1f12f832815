"""Since when the customer of a case is unhappy; of cases there are it is known from their next step on."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("unhappy_at", sa.BigInteger(), nullable=True))
    where = sa.text("unhappy_at IS NOT NULL")
    columns = ["company_id", "unhappy_at", "id"]
    op.create_index("ix_cases_unhappy", "cases", columns, sqlite_where=where, postgresql_where=where)
