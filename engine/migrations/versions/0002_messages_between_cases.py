"""What crosses from case to case: subscriptions, messages, signals, and what procedures begin by them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_entrances()
    _create_subscriptions()
    _create_messages()
    _create_signals()
    op.add_column("cases", sa.Column("awaits", sa.Text(), server_default="[]", nullable=False))
    _wake_open_cases()


def _create_entrances() -> None:
    op.create_table(
        "entrances",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_entrances_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "procedure", "element", name=op.f("pk_entrances")),
    )
    op.create_index("ix_entrances_trigger", "entrances", ["company_id", "trigger", "name"], unique=False)

    op.create_table(
        "known_messages",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("keep", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_known_messages_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "name", "procedure", name=op.f("pk_known_messages")),
    )


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_subscriptions_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_subscriptions_company_id_companies")),
        sa.PrimaryKeyConstraint("case_id", "element", "correlation", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        "ix_subscriptions_awaited",
        "subscriptions",
        ["company_id", "trigger", "name", "correlation", "since"],
        unique=False,
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("to_case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sender_key", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_element", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("held_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_messages_company_id_companies")),
        sa.ForeignKeyConstraint(["held_by"], ["cases.id"], name=op.f("fk_messages_held_by_cases")),
        sa.ForeignKeyConstraint(["sender_case_id"], ["cases.id"], name=op.f("fk_messages_sender_case_id_cases")),
        sa.ForeignKeyConstraint(["to_case_id"], ["cases.id"], name=op.f("fk_messages_to_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("sender_case_id", "sender_key", name=op.f("uq_messages_sender_case_id_sender_key")),
    )
    waiting = sa.text("status = 'waiting'")
    for name, column in (("ix_messages_due", "due_at"), ("ix_messages_held", "held_by")):
        op.create_index(name, "messages", [column], unique=False, sqlite_where=waiting, postgresql_where=waiting)

    op.create_table(
        "message_keys",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_message_keys_company_id_companies")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_message_keys_message_id_messages")),
        sa.PrimaryKeyConstraint("company_id", "name", "correlation", "message_id", name=op.f("pk_message_keys")),
    )
    op.create_index("ix_message_keys_message_id", "message_keys", ["message_id"], unique=False)


def _create_signals() -> None:
    op.create_table(
        "signals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sender_key", sa.Text(), server_default="", nullable=False),
        sa.Column("thrown_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_signals_company_id_companies")),
        sa.ForeignKeyConstraint(["sender_case_id"], ["cases.id"], name=op.f("fk_signals_sender_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint("sender_case_id", "sender_key", name=op.f("uq_signals_sender_case_id_sender_key")),
    )
    op.create_table(
        "hearings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("procedure", sa.Text(), server_default="", nullable=False),
        sa.Column("element", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("held_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_hearings_case_id_cases")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_hearings_company_id_companies")),
        sa.ForeignKeyConstraint(["held_by"], ["cases.id"], name=op.f("fk_hearings_held_by_cases")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_hearings_signal_id_signals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearings")),
    )
    waiting = sa.text("status = 'waiting'")
    op.create_index(
        "ix_hearings_held", "hearings", ["held_by"], unique=False, sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index("ix_hearings_signal_id", "hearings", ["signal_id"], unique=False)


def _wake_open_cases() -> None:
    """Waking a case writes what it waits for; only the case's state knows that. One with an incident is left alone."""
    op.execute(
        "UPDATE cases SET next_wake_at = 0 WHERE status = 'open' "
        "AND id NOT IN (SELECT case_id FROM incidents WHERE closed_at IS NULL)"
    )
