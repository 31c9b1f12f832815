"""What process owners work on: drafts of procedures, every save of them, and what waits to be published."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),
    sa.Column("base_version", sa.Integer, nullable=False),  #: the deployment it was made from
    sa.Column("revision", sa.Integer, nullable=False),  #: of the newest save, from 1
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("begun_by", sa.Text, nullable=False),
)

draft_saves = sa.Table(
    "draft_saves",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("procedure", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("files", sa.LargeBinary, nullable=False),  #: zip of all files as they were after it
    sa.Column("path", sa.Text, nullable=False, server_default=""),  #: the file that was written
    sa.Column("restored", sa.Text, nullable=False, server_default=""),  #: "version 3" or "save 17" that was taken back
    sa.Column("saved_at", Instant, nullable=False),
    sa.Column("saved_by", sa.Text, nullable=False),
)

#: What owners say to each other about a draft. No part of its files: nothing of it is published.
draft_comments = sa.Table(
    "draft_comments",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False, server_default=""),  #: of the diagram, "" = about the draft as a whole
    sa.Column("element", sa.Text, nullable=False, server_default=""),  #: in that diagram, "" = about all of it
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("said_at", Instant, nullable=False),
    sa.Column("said_by", sa.Text, nullable=False),  #: login
    sa.Column("settled_at", Instant),
    sa.Column("settled_by", sa.Text, nullable=False, server_default=""),  #: login
    sa.Index("ix_draft_comments_procedure", "company_id", "procedure", "id"),
)

_WAITING = sa.text("status = 'asked' OR status = 'approved'")

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("base_version", sa.Integer, nullable=False),  #: the deployment its draft was made from
    sa.Column("revision", sa.Integer, nullable=False),  #: of the draft, whose files it froze
    sa.Column("files", sa.LargeBinary, nullable=False),  #: zip
    sa.Column("status", sa.Text, nullable=False),  #: Publication's states
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("effective_at", Instant),  #: None = as soon as it is approved
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.Column("version", sa.Integer),  #: the deployment it became
    sa.Column("findings", Document, nullable=False, server_default="[]"),  #: why it could not be put into service
    # One at a time for each procedure: two people would approve things that exclude each other.
    sa.Index("ix_publications_waiting", "company_id", "procedure", unique=True, sqlite_where=_WAITING,
             postgresql_where=_WAITING),
)  # fmt: skip

#: The cases because of which somebody asked for a publication: complaints, corrective actions.
publication_causes = sa.Table(
    "publication_causes",
    metadata,
    sa.Column("publication_id", RowId, sa.ForeignKey("publications.id"), primary_key=True),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), primary_key=True, index=True),
    company_id(),
)
