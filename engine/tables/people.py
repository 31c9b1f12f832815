"""Companies and the people who work for them."""

from __future__ import annotations

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

companies = sa.Table(
    "companies",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("profile", sa.LargeBinary, nullable=False),  #: company.toml as deployed last
    sa.Column("history_seq", sa.BigInteger, nullable=False, server_default="0"),  #: head of the company's own history,
    sa.Column("history_hash", sa.Text, nullable=False, server_default=""),  #: which holds what belongs to no case
    sa.Column("calendar", sa.Text, nullable=False, server_default=""),  #: digest of those in force, "" = the profile's
    sa.Column("sandbox", sa.Boolean, nullable=False, server_default=sa.false()),  #: whether it has a clock of its own
    sa.Column("clock_shift", sa.BigInteger),  #: milliseconds its clock is ahead of the true one
    sa.Column("clock_stands_at", Instant),  #: where its clock was stopped; else it goes
    sa.Column("clock_ran_from", Instant),  #: where it stood when it was last told to run ahead
    sa.Column("clock_runs_to", Instant),  #: where it is to stand then; None when it is there
    sa.Column("clock_busy_until", Instant),  #: until when, in true time, one worker alone moves it
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("name", Document, nullable=False),  #: Text
    sa.Column("password_hash", sa.Text, nullable=False, server_default=""),  #: Argon2id; "" = cannot sign in
    sa.Column("language", sa.Text, nullable=False, server_default=""),  #: "" = the company's
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("administrator", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("owner", sa.Boolean, nullable=False, server_default=sa.false()),  #: may change procedures
    sa.Column("password_given", sa.Boolean, nullable=False, server_default=sa.false()),  #: by somebody else: to change
    sa.Column("second_factor", sa.Text, nullable=False, server_default=""),  #: sealed TOTP secret, "" = none
    sa.Column("second_factor_step", sa.BigInteger, nullable=False, server_default="0"),  #: of the code used last
    sa.UniqueConstraint("company_id", "login"),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("group_id", sa.Text, primary_key=True),  #: a group of company.toml
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  #: SHA-256 of the cookie: a stolen database signs nobody in
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),  #: written at most once a minute
    sa.Column("awaits_code", sa.Boolean, nullable=False, server_default=sa.false()),  #: opens nothing before the code
    sa.Column("device", sa.Text, nullable=False, server_default=""),  #: the browser as it names itself, for its owner
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("code_hash", sa.Text, primary_key=True),
)

#: Sign-ins that failed. A row is gone when one succeeds.
failures = sa.Table(
    "failures",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("login", sa.Text, primary_key=True),
    sa.Column("lane", sa.Text, primary_key=True),  #: "" strangers, a browser that has signed in before, "code"
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("turned_away", sa.Integer, nullable=False, server_default="0"),  #: tries that came while they had to wait
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)
