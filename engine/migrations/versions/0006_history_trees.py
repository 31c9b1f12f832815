"""A tree over each company's events, beside the chains, and the checkpoints that are signed over it."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_index("ix_history_events_company_id_at", "history_events", ["company_id", "at"])
    _create(
        "history_trees",
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
    )
    _create(
        "history_runs",
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stream", _ROW_ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("company_id", "stream", "seq", name=op.f("uq_history_runs_company_id_stream_seq")),
        key=("first",),
        sqlite_with_rowid=False,
    )
    _create(
        "history_tiles",
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        key=("level", "number"),
    )
    _create(
        "history_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        key=("size",),
    )


def _create(table: str, *parts: sa.schema.SchemaItem, key: tuple[str, ...] = (), **options: bool) -> None:
    op.create_table(
        table,
        sa.Column("company_id", sa.Text(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f(f"fk_{table}_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", *key, name=op.f(f"pk_{table}")),
        **options,
    )
    fence(table)
