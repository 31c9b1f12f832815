"""Whom surveys asked: each round with its draw, and each case that a customer was asked about."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

survey_rounds = sa.Table(
    "survey_rounds",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False),  #: that asked for it
    sa.Column("key", sa.Text, nullable=False),  #: of its service request
    sa.Column("procedure", sa.Text, nullable=False),  #: whose cases ask the customers
    sa.Column("survey", sa.Text, nullable=False),
    sa.Column("since", Instant, nullable=False),  #: cases from here
    sa.Column("until", Instant, nullable=False),  #: and before
    sa.Column("seed", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),  #: how many were to be drawn
    sa.Column("population", Document, nullable=False),  #: [[number, [kind]], …] by number
    sa.Column("drawn", Document, nullable=False),  #: [number, …]
    sa.Column("drawn_at", Instant, nullable=False),
    sa.UniqueConstraint("case_id", "key"),
    sa.Index("ix_survey_rounds_latest", "company_id", "drawn_at"),
)

survey_asks = sa.Table(
    "survey_asks",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("round_id", RowId, sa.ForeignKey("survey_rounds.id"), nullable=False),
    sa.Column("number", sa.Text, nullable=False),  #: of the case it is about
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),  #: that asks the customer
    sa.UniqueConstraint("round_id", "number"),
    sa.Index("ix_survey_asks_number", "company_id", "number"),
)
