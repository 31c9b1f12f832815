"""What can be found by its words. Triggers queue a case when its history grows and forget what is erased."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Instant, RowId, company_id, metadata

#: Cases whose words the worker has yet to read.
search_queue = sa.Table(
    "search_queue",
    metadata,
    sa.Column("case_id", RowId, primary_key=True, autoincrement=False),
    company_id(),
    sa.Column("changes", sa.Integer, nullable=False),  #: since it was read last; the fence between worker and step
)

search_texts = sa.Table(
    "search_texts",
    metadata,
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),  #: TextPart
    sa.Column("ref", sa.Text, primary_key=True),  #: number of the event, key of the letter, id of the file
    company_id(),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),  #: whose words they are, "" = nobody's
    sa.Column("about", sa.Text, nullable=False),  #: action and element of an event, subject of a letter, name of a file
    sa.Column("text", sa.Text, nullable=False),
)
