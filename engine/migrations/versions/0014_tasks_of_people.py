"""What somebody has done is read from an index alone: their latest tasks, and the cases they worked on."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_user_tasks_done", table_name="user_tasks")
    ended = sa.text("ended_by_id IS NOT NULL")
    for name, columns in (
        ("ix_user_tasks_done", ["ended_by_id", "ended_at", "id"]),
        ("ix_user_tasks_ended_by", ["ended_by_id", "case_id"]),
    ):
        op.create_index(name, "user_tasks", columns, sqlite_where=ended, postgresql_where=ended)
