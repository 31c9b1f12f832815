"""Who complains again is known by the telephone number, and cases lead to each other."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("cases", sa.Column("caller", sa.Text, nullable=False, server_default=""))
    known = sa.text("caller <> ''")
    columns = ["company_id", "caller", "id"]
    op.create_index("ix_cases_caller", "cases", columns, sqlite_where=known, postgresql_where=known)
    op.create_table(
        "case_links",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("case_id", _ID, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("other_id", _ID, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by_id", _ID, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
    )
    op.create_index("ix_case_links_case", "case_links", ["case_id"])
    op.create_index("ix_case_links_other", "case_links", ["other_id"])
    fence("case_links")
