"""Sign-in with a provider's account or a security key; mail, department and position of people."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for name in ("mail", "department", "position"):
        op.add_column("people", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("how", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "identity_providers",
        sa.Column("company_id", sa.Text(), sa.ForeignKey("companies.id"), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "identities",
        sa.Column("company_id", sa.Text(), sa.ForeignKey("companies.id"), primary_key=True),
        sa.Column("issuer", sa.Text(), primary_key=True),
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("person_id", _ROW_ID, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_identities_person_id", "identities", ["person_id"])
    op.create_table(
        "security_keys",
        sa.Column("id", _ROW_ID, primary_key=True),
        sa.Column("company_id", sa.Text(), sa.ForeignKey("companies.id"), nullable=False),
        sa.Column("person_id", _ROW_ID, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint("credential"),
    )
    op.create_index("ix_security_keys_person_id", "security_keys", ["person_id"])
    for table in ("identity_providers", "identities", "security_keys"):
        fence(table)
