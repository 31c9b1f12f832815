"""Revisions of drafts never come twice, whatever became of the drafts before."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SAVES = ("save_draft", "restore_draft")


def upgrade() -> None:
    op.add_column("procedures", sa.Column("draft_revision", sa.Integer, nullable=False, server_default="0"))
    op.execute(_beyond_all_before())


def _beyond_all_before() -> sa.Update:
    """Each revision that was ever given stands in the history as one save: their number is none below any of them."""
    procedures = sa.table("procedures", *map(sa.column, ("company_id", "procedure", "draft_revision")))
    events = sa.table("history_events", *map(sa.column, ("company_id", "stream", "action", "subject")))
    saves = (
        sa.select(sa.func.count())
        .select_from(events)
        .where(
            events.c.company_id == procedures.c.company_id,
            events.c.stream == 0,
            events.c.action.in_(_SAVES),
            events.c.subject == procedures.c.procedure,
        )
    )
    return sa.update(procedures).values(draft_revision=saves.scalar_subquery())
