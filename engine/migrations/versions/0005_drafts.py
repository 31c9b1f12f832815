"""Drafts of procedures, every save of them, what waits to be published, and who may do that."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("people", sa.Column("owner", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "drafts",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_drafts_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "procedure", name=op.f("pk_drafts")),
    )
    op.create_table(
        "draft_saves",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("restored", sa.Text(), server_default="", nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_draft_saves_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "procedure", "revision", name=op.f("pk_draft_saves")),
    )
    op.create_table(
        "publications",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("findings", sa.Text(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_publications_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    waiting = sa.text("status = 'asked' OR status = 'approved'")
    op.create_index(
        "ix_publications_waiting",
        "publications",
        ["company_id", "procedure"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    for table in ("drafts", "draft_saves", "publications"):
        fence(table)
