"""People of the platform who help a company, when and as long as it lets them."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Instant, RowId, company_id, metadata

support_access = sa.Table(
    "support_access",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("who", sa.Text, nullable=False),  #: as whoever runs the installation names them
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),  #: of their code; opens nothing before consent
    sa.Column("status", sa.Text, nullable=False),  #: SupportStatus
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Column("decided_by", sa.Text, nullable=False, server_default=""),  #: login of the administrator
    sa.Column("ends_at", Instant),  #: from then on nothing opens any more
    sa.Column("ended_at", Instant),  #: an administrator ended it before
    sa.Column("person_id", RowId, sa.ForeignKey("people.id")),  #: the account that was made for it
)
