"""Whether anything else has an upload's content is read from an index."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_attachments_content", "attachments", ["company_id", "sha256"])
