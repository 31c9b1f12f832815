"""Closed cases are read from an index, the newest first."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ended = sa.text("ended_at IS NOT NULL")
    columns = ["company_id", "started_at", "id"]
    op.create_index("ix_cases_ended", "cases", columns, sqlite_where=ended, postgresql_where=ended)
