"""Which answers are kept unfinished is read from an index, not from the whole backlog."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("draft IS NOT NULL")
    op.create_index("ix_user_tasks_drafted", "user_tasks", ["company_id"], sqlite_where=where, postgresql_where=where)
