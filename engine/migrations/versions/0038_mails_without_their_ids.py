"""Of a mail that came in a keyed hash of its id is kept; ids that were kept as they are say who sent them."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE arrivals SET message_id = 'earlier:' || CAST(id AS TEXT)")
