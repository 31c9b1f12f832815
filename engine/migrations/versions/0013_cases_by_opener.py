"""The open cases of whoever opened them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    columns = ["company_id", "started_by"]
    op.create_index("ix_cases_opener", "cases", columns, sqlite_where=_OPEN, postgresql_where=_OPEN)
