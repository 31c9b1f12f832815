"""The next thing due of one company is found without looking at its other cases."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    waiting = sa.text("next_wake_at IS NOT NULL")
    columns = ["company_id", "next_wake_at"]
    op.create_index("ix_cases_own_due", "cases", columns, sqlite_where=waiting, postgresql_where=waiting)
