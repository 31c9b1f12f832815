"""Passwords that somebody else gave, second factors, and sign-ins that failed."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_OF_PERSON = "(SELECT company_id FROM people WHERE people.id = person_id)"
_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for table, column in (
        ("people", sa.Column("password_given", sa.Boolean, nullable=False, server_default=sa.false())),
        ("people", sa.Column("second_factor", sa.Text, nullable=False, server_default="")),
        ("people", sa.Column("second_factor_step", sa.BigInteger, nullable=False, server_default="0")),
        ("sessions", sa.Column("awaits_code", sa.Boolean, nullable=False, server_default=sa.false())),
        ("sessions", sa.Column("device", sa.Text, nullable=False, server_default="")),
    ):
        op.add_column(table, column)
    op.create_table(
        "recovery_codes",
        sa.Column("person_id", _ROW_ID, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("code_hash", sa.Text, primary_key=True),
    )
    op.create_table(
        "failures",
        sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
        sa.Column("login", sa.Text, primary_key=True),
        sa.Column("lane", sa.Text, primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("turned_away", sa.Integer, nullable=False, server_default="0"),
    )
    fence("recovery_codes", owner=_OF_PERSON)
    fence("failures")
