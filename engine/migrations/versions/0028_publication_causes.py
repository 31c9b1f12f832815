"""The cases that led to a version."""

import sqlalchemy as sa
from alembic import op

from engine.migrations.fences import fence

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "publication_causes",
        sa.Column("publication_id", _ROW_ID, nullable=False),
        sa.Column("case_id", _ROW_ID, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_publication_causes_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_publication_causes_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.id"], name=op.f("fk_publication_causes_publication_id_publications")
        ),
        sa.PrimaryKeyConstraint("publication_id", "case_id", name=op.f("pk_publication_causes")),
    )
    op.create_index(op.f("ix_publication_causes_case_id"), "publication_causes", ["case_id"])
    fence("publication_causes")
