"""Letters are tried again ever more slowly, and wait for somebody when that did not help."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("letters", sa.Column("next_try_at", sa.BigInteger(), nullable=True))
    op.add_column("letters", sa.Column("problem", sa.Text(), server_default="", nullable=False))
    op.add_column("letters", sa.Column("failed_at", sa.BigInteger(), nullable=True))
    to_try, failed = sa.text("next_try_at IS NOT NULL"), sa.text("failed_at IS NOT NULL")
    op.create_index("ix_letters_due", "letters", ["next_try_at"], sqlite_where=to_try, postgresql_where=to_try)
    columns = ["company_id", "failed_at"]
    op.create_index("ix_letters_failed", "letters", columns, sqlite_where=failed, postgresql_where=failed)
    op.execute(
        "UPDATE letters SET failed_at = (SELECT max(i.opened_at) FROM incidents AS i WHERE i.case_id = letters.case_id "
        "AND i.code = 'letter-not-sent' AND i.closed_at IS NULL) WHERE sent_at IS NULL AND address <> ''"
    )
