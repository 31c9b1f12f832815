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
    sa.Column("mail", sa.Text, nullable=False, server_default=""),  #: as administrators wrote it, small letters
    sa.Column("department", sa.Text, nullable=False, server_default=""),  #: in the company's own words
    sa.Column("position", sa.Text, nullable=False, server_default=""),
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
    sa.Column("how", sa.Text, nullable=False, server_default=""),  #: "" password, "provider" or "key"
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

#: Where people of a company sign in with the account they have elsewhere (OpenID Connect). One for each company.
identity_providers = sa.Table(
    "identity_providers",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),  #: what its people call it
    sa.Column("issuer", sa.Text, nullable=False),  #: its address, as its tokens say it
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_secret", sa.Text, nullable=False),  #: sealed, "" = none is needed
    sa.Column("enabled", sa.Boolean, nullable=False),
)

#: Who of a company an account of its provider is.
identities = sa.Table(
    "identities",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),  #: the provider's own name for the account, never given again
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("linked_at", Instant, nullable=False),
)

#: Security keys and devices that people sign in with (WebAuthn).
security_keys = sa.Table(
    "security_keys",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("person_id", RowId, sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("credential", sa.Text, nullable=False, unique=True),  #: the key's own name, base64url
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),  #: of its last use; a copy of the key would fall behind
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)
