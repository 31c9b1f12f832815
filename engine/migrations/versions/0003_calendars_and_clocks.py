"""Calendars of companies, what a new one moved, reminders that have to be accepted, and requests for more time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_calendars()
    _create_reminders()
    _create_extensions()
    op.add_column("companies", sa.Column("calendar", sa.Text(), server_default="", nullable=False))
    op.add_column("companies", sa.Column("sandbox", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("companies", sa.Column("clock_shift", sa.BigInteger(), nullable=True))
    op.add_column("companies", sa.Column("clock_stands_at", sa.BigInteger(), nullable=True))


def _create_calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("adopted_at", sa.BigInteger(), nullable=False),
        sa.Column("adopted_by", sa.Text(), nullable=False),
        sa.Column("cases", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_calendars_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "digest", name=op.f("pk_calendars")),
    )
    op.create_table(
        "notices",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_notices_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "year", name=op.f("pk_notices")),
    )
    op.create_table(
        "date_moves",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("deadline", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("was", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_date_moves_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_date_moves_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_date_moves")),
    )
    op.create_index("ix_date_moves_case_id", "date_moves", ["case_id"], unique=False)
    op.create_index("ix_date_moves_calendar", "date_moves", ["company_id", "calendar", "id"], unique=False)


def _create_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("deadline", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("person_id", _ROW_ID, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by_id", _ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reminders_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_reminders_company_id_companies")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["people.id"], name=op.f("fk_reminders_ended_by_id_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reminders_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint(
            "case_id",
            "deadline",
            "round",
            "share",
            "group_id",
            name=op.f("uq_reminders_case_id_deadline_round_share_group_id"),
        ),
    )
    _index_of_status("ix_reminders_open", "reminders", "open", ["company_id", "group_id", "raised_at"])


def _create_extensions() -> None:
    op.create_table(
        "extensions",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("deadline", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_id", _ROW_ID, nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", _ROW_ID, nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("was", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_extensions_asked_by_id_people")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_extensions_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_extensions_company_id_companies")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_extensions_decided_by_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
    )
    op.create_index("ix_extensions_case_id", "extensions", ["case_id"], unique=False)
    _index_of_status("ix_extensions_asked", "extensions", "asked", ["company_id", "group_id", "asked_at"])


def _index_of_status(name: str, table: str, status: str, columns: list[str]) -> None:
    where = sa.text(f"status = '{status}'")
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)
