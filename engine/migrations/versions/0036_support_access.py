"""Support that a company lets in, and readers to whom all that was written is masked."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("auditors", sa.Column("masked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "support_access",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("person_id", _ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_support_access_company_id_companies")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_support_access_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_access")),
    )
    fence("support_access")
