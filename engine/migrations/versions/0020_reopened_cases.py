"""Which case a reopened one goes on with."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # Alembic cannot add a column with its key on SQLite, which itself can.
    key = "CONSTRAINT fk_cases_reopens_id_cases REFERENCES cases (id)"
    op.execute(f"ALTER TABLE cases ADD COLUMN reopens_id {kind} {key}")
    op.create_index("ix_cases_reopens_id", "cases", ["reopens_id"], unique=True)
