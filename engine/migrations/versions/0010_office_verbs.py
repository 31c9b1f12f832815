"""What people ask of each other about tasks, absences, recusals, and who answers for a case."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("status = 'open'")
_BEHALF = sa.text("on_behalf_of <> ''")


def upgrade() -> None:
    _create_errands()
    _create_absences()
    _create_recusals()
    for table in ("errands", "absences", "recusals"):
        fence(table)
    _add_person("cases", "answerable_id")
    op.add_column("cases", sa.Column("hand_overs", sa.Integer(), server_default="0", nullable=False))
    _add_person("user_tasks", "ended_for_id")
    op.add_column("user_tasks", sa.Column("held_at", sa.BigInteger(), nullable=True))
    _add_person("user_tasks", "held_by_id")
    op.add_column("user_tasks", sa.Column("snoozed_until", sa.BigInteger(), nullable=True))
    columns = ["company_id", "on_behalf_of", "at"]
    op.create_index(
        "ix_history_events_behalf", "history_events", columns, sqlite_where=_BEHALF, postgresql_where=_BEHALF
    )


def _add_person(table: str, column: str) -> None:
    """Alembic cannot add a column with its key on SQLite, which itself can."""
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    key = f"CONSTRAINT fk_{table}_{column}_people REFERENCES people (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} {key}")


def _person(name: str) -> sa.Column[int]:
    return sa.Column(name, _ROW_ID, nullable=True)


def _create_errands() -> None:
    op.create_table(
        "errands",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("task_id", _ROW_ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        _person("from_id"),
        _person("person_id"),
        sa.Column("group_id", sa.Text(), server_default="", nullable=False),
        sa.Column("was_group", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        _person("ended_by_id"),
        _person("ended_for_id"),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_errands_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_errands_company_id_companies")),
        sa.ForeignKeyConstraint(["task_id"], ["user_tasks.id"], name=op.f("fk_errands_task_id_user_tasks")),
        *(
            sa.ForeignKeyConstraint([column], ["people.id"], name=op.f(f"fk_errands_{column}_people"))
            for column in ("from_id", "person_id", "ended_by_id", "ended_for_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errands")),
    )
    op.create_index(op.f("ix_errands_case_id"), "errands", ["case_id"])
    op.create_index(op.f("ix_errands_task_id"), "errands", ["task_id"])
    op.create_index("ix_errands_copies", "errands", ["person_id", "kind", "id"])
    person, group = ["person_id", "asked_at"], ["company_id", "group_id", "asked_at"]
    op.create_index("ix_errands_person", "errands", person, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_errands_group", "errands", group, sqlite_where=_OPEN, postgresql_where=_OPEN)


def _create_absences() -> None:
    op.create_table(
        "absences",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("person_id", _ROW_ID, nullable=False),
        sa.Column("substitute_id", _ROW_ID, nullable=False),
        sa.Column("begins_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("arranged_at", sa.BigInteger(), nullable=False),
        sa.Column("arranged_by_id", _ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_absences_company_id_companies")),
        *(
            sa.ForeignKeyConstraint([column], ["people.id"], name=op.f(f"fk_absences_{column}_people"))
            for column in ("person_id", "substitute_id", "arranged_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_person_id"), "absences", ["person_id"])
    op.create_index(op.f("ix_absences_substitute_id"), "absences", ["substitute_id"])


def _create_recusals() -> None:
    op.create_table(
        "recusals",
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("person_id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_recusals_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_recusals_company_id_companies")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_recusals_person_id_people")),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_recusals")),
    )
