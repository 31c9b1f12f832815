"""Lists and boards are read from indexes alone, however much is open; clocks know their date by the wall."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_OPEN = "status = 'open'"
_RUNNING = "stopped_at IS NULL"
_HURRIED = "status = 'completed' AND form <> '' AND ended_by_id IS NOT NULL AND ended_at - opened_at < 60000"
_LAST_HOUR = "status = 'met' AND due_at - stopped_at < 3600000 AND due_at - started_at > 86400000"
_BY_HAND = "action IN ('pause_clock', 'move_token', 'skip_step', 'cancel_branch')"
_REPLACED = ("ix_user_tasks_group", "ix_user_tasks_assignee", "ix_user_tasks_ended_by")
_INDEXES = (
    ("user_tasks", "group", ("company_id", "group_id", "urgency", "id", "case_id", "assignee_id"), _OPEN),
    ("user_tasks", "assignee",
     ("company_id", "assignee_id", "urgency", "id", "case_id", "snoozed_until", "group_id"), _OPEN),
    ("user_tasks", "urgency", ("company_id", "urgency", "id", "case_id"), _OPEN),
    ("user_tasks", "ended_by", ("company_id", "ended_by_id", "case_id"), "ended_by_id IS NOT NULL"),
    ("user_tasks", "hurried", ("company_id", "ended_at", "case_id"), _HURRIED),
    ("clocks", "due", ("company_id", "due_at", "case_id"), _RUNNING),
    ("clocks", "wall_due", ("company_id", "wall_due_at", "case_id"), _RUNNING),
    ("clocks", "last_hour", ("company_id", "stopped_at", "case_id"), _LAST_HOUR),
    ("cases", "customer", ("company_id", "customer", "procedure", "ended_at"),
     "ended_at IS NOT NULL AND customer <> ''"),
    ("history_events", "by_hand", ("company_id", "at", "action", "stream"), _BY_HAND),
    ("reminders", "raised", ("company_id", "raised_at", "id"), _OPEN),
)  # fmt: skip


def upgrade() -> None:
    op.add_column("clocks", sa.Column("wall_due_at", sa.BigInteger(), nullable=True))
    _date_running_clocks()
    for name in _REPLACED:
        op.drop_index(name, table_name="user_tasks")
    for table, name, columns, condition in _INDEXES:
        where = sa.text(condition)
        op.create_index(f"ix_{table}_{name}", table, list(columns), sqlite_where=where, postgresql_where=where)


def _date_running_clocks() -> None:
    """A clock that stands has in its receipt the date it had when it was stopped.

    One that stood before, or was given more time, keeps the later date until it is counted the next time.
    """
    if op.get_bind().dialect.name == "sqlite":
        told = "CAST(strftime('%s', json_extract(receipt, '$.due')) AS INTEGER) * 1000"
    else:
        told = "CAST(extract(epoch FROM CAST(CAST(receipt AS jsonb) ->> 'due' AS timestamptz)) * 1000 AS bigint)"
    op.execute(f"UPDATE clocks SET wall_due_at = coalesce(due_at, {told}) WHERE stopped_at IS NULL")  # noqa: S608 -- names of this file
