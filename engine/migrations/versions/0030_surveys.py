"""Whom surveys asked."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "survey_rounds",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("population", sa.Text(), nullable=False),
        sa.Column("drawn", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_survey_rounds_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_survey_rounds_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_rounds")),
        sa.UniqueConstraint("case_id", "key", name=op.f("uq_survey_rounds_case_id_key")),
    )
    op.create_index("ix_survey_rounds_latest", "survey_rounds", ["company_id", "drawn_at"])
    op.create_table(
        "survey_asks",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("round_id", _ROW_ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_survey_asks_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_survey_asks_company_id_companies")),
        sa.ForeignKeyConstraint(["round_id"], ["survey_rounds.id"], name=op.f("fk_survey_asks_round_id_survey_rounds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_asks")),
        sa.UniqueConstraint("round_id", "number", name=op.f("uq_survey_asks_round_id_number")),
    )
    op.create_index(op.f("ix_survey_asks_case_id"), "survey_asks", ["case_id"])
    op.create_index("ix_survey_asks_number", "survey_asks", ["company_id", "number"])
    for table in ("survey_rounds", "survey_asks"):
        fence(table)
