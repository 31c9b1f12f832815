"""Cases and what is open in them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from engine.tables.columns import Document, Instant, RowId, company_id, metadata

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("procedure", sa.Text, nullable=False),
    sa.Column("deployment_id", RowId, sa.ForeignKey("deployments.id"), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),  #: +1 with every step; the fence behind the row lock
    sa.Column("status", sa.Text, nullable=False),  #: CaseStatus
    sa.Column("outcome", sa.Text, nullable=False, server_default=""),  #: end event that ended it
    sa.Column("state", sa.LargeBinary, nullable=False),  #: the interpreter's, opaque
    sa.Column("data", Document, nullable=False),
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("customer", sa.Text, nullable=False, server_default=""),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),  #: login, "customer", "schedule" or "trigger"
    sa.Column("ended_at", Instant),
    sa.Column("next_wake_at", Instant),  #: the worker's only index: nothing polls the other cases
    sa.Column("tracking_hash", sa.Text, unique=True),  #: SHA-256 of the customer's tracking code
    sa.Column("history_seq", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("history_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("awaits", Document, nullable=False, server_default="[]"),  #: its rows of subscriptions, to compare
    sa.Column("answerable_id", RowId, sa.ForeignKey("people.id")),  #: who answers for it until somebody takes that over
    sa.Column("hand_overs", sa.Integer, nullable=False, server_default="0"),  #: that were accepted, of it or its tasks
    sa.Column("earlier_tracking_hash", sa.Text, unique=True, index=True),  #: of its code where the company came from
    sa.Column("reopens_id", RowId, sa.ForeignKey("cases.id"), unique=True, index=True),  #: the case it goes on with
    sa.Column("caller", sa.Text, nullable=False, server_default=""),  #: telephone number of who complained, digits only
    sa.Column("erased_at", Instant),  #: when what was personal in it was erased
    sa.Column("erased_tracking_hash", sa.Text, unique=True, index=True),  #: of the code that opened it until then
    sa.Column("unhappy_at", Instant),  #: since when its customer is said to be unhappy (``case.satisfied``), None = not
    sa.UniqueConstraint("company_id", "number"),
    sa.Index("ix_cases_unhappy", "company_id", "unhappy_at", "id", sqlite_where=sa.text("unhappy_at IS NOT NULL"),
             postgresql_where=sa.text("unhappy_at IS NOT NULL")),
    sa.Index("ix_cases_caller", "company_id", "caller", "id", sqlite_where=sa.text("caller <> ''"),
             postgresql_where=sa.text("caller <> ''")),
    sa.Index("ix_cases_due", "next_wake_at", sqlite_where=sa.text("next_wake_at IS NOT NULL"),
             postgresql_where=sa.text("next_wake_at IS NOT NULL")),
    sa.Index("ix_cases_opener", "company_id", "started_by", sqlite_where=sa.text("ended_at IS NULL"),
             postgresql_where=sa.text("ended_at IS NULL")),
    #: The same of one company: the clock of a sandbox asks for the next one all the time while it runs ahead.
    sa.Index("ix_cases_own_due", "company_id", "next_wake_at", sqlite_where=sa.text("next_wake_at IS NOT NULL"),
             postgresql_where=sa.text("next_wake_at IS NOT NULL")),
    sa.Index("ix_cases_list", "company_id", "started_at", "id"),
    sa.Index("ix_cases_open", "company_id", "started_at", "id", sqlite_where=sa.text("ended_at IS NULL"),
             postgresql_where=sa.text("ended_at IS NULL")),
    sa.Index("ix_cases_ended", "company_id", "started_at", "id", sqlite_where=sa.text("ended_at IS NOT NULL"),
             postgresql_where=sa.text("ended_at IS NOT NULL")),
    sa.Index("ix_cases_procedure", "company_id", "procedure", "started_at", "id"),
    sa.Index("ix_cases_customer", "company_id", "customer", "procedure", "ended_at",
             sqlite_where=sa.text("ended_at IS NOT NULL AND customer <> ''"),
             postgresql_where=sa.text("ended_at IS NOT NULL AND customer <> ''")),
    sa.Index("ix_cases_outcome", "company_id", "outcome", "started_at", "id", sqlite_where=sa.text("outcome <> ''"),
             postgresql_where=sa.text("outcome <> ''")),
)  # fmt: skip

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("company_id", sa.Text, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),  #: the number pattern with its date filled in
    sa.Column("last", sa.Integer, nullable=False),
)

_OPEN = sa.text("status = 'open'")
_DRAFTED = sa.text("draft IS NOT NULL")
_ENDED = sa.text("ended_by_id IS NOT NULL")
#: A form that was sent within a minute of its step being opened: nobody reads and answers it so fast.
HURRIED: Final = sa.text(
    "status = 'completed' AND form <> '' AND ended_by_id IS NOT NULL AND ended_at - opened_at < 60000"
)
_RUNNING = sa.text("stopped_at IS NULL")
#: A time limit of more than a day that was met in its last hour.
IN_LAST_HOUR: Final = sa.text("status = 'met' AND due_at - stopped_at < 3600000 AND due_at - started_at > 86400000")

#: Sorts behind every true due date.
NOT_URGENT: Final = 2**62


def urgency_of(due_at: datetime | None) -> int:
    """What a task with that due date is sorted by, the smallest first."""
    return NOT_URGENT if due_at is None else round(due_at.timestamp() * 1000)


user_tasks = sa.Table(
    "user_tasks",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),  #: TaskKey
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("group_id", sa.Text, nullable=False),
    sa.Column("assignee_id", RowId, sa.ForeignKey("people.id")),  #: who claimed it
    sa.Column("status", sa.Text, nullable=False),  #: open, completed, cancelled
    sa.Column("deadline", sa.Text, nullable=False, server_default=""),
    sa.Column("due_at", Instant),
    sa.Column("urgency", sa.BigInteger, nullable=False),  #: due_at for sorting; NOT_URGENT where nothing is due
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by_id", RowId, sa.ForeignKey("people.id")),
    sa.Column("draft", Document),  #: answers saved but not submitted
    sa.Column("ended_for_id", RowId, sa.ForeignKey("people.id")),  #: the absent person it was completed on behalf of
    sa.Column("held_at", Instant),  #: when its answers, now the draft, were submitted for signature
    sa.Column("held_by_id", RowId, sa.ForeignKey("people.id")),
    sa.Column("snoozed_until", Instant),  #: its assignee wants to see it again then, or when it is overdue
    sa.UniqueConstraint("case_id", "key"),
    #: Queues are read from these alone, in the order of their urgency: all that decides who sees a task is in them.
    sa.Index("ix_user_tasks_group", "company_id", "group_id", "urgency", "id", "case_id", "assignee_id",
             sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_user_tasks_assignee", "company_id", "assignee_id", "urgency", "id", "case_id", "snoozed_until",
             "group_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_user_tasks_urgency", "company_id", "urgency", "id", "case_id", sqlite_where=_OPEN,
             postgresql_where=_OPEN),
    sa.Index("ix_user_tasks_done", "ended_by_id", "ended_at", "id", sqlite_where=_ENDED, postgresql_where=_ENDED),
    sa.Index("ix_user_tasks_ended_by", "company_id", "ended_by_id", "case_id", sqlite_where=_ENDED,
             postgresql_where=_ENDED),
    sa.Index("ix_user_tasks_element", "company_id", "element", "case_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_user_tasks_drafted", "company_id", sqlite_where=_DRAFTED, postgresql_where=_DRAFTED),
    sa.Index("ix_user_tasks_hurried", "company_id", "ended_at", "case_id", sqlite_where=HURRIED,
             postgresql_where=HURRIED),
)  # fmt: skip

clocks = sa.Table(
    "clocks",
    metadata,
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("deadline", sa.Text, primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True),
    company_id(),
    sa.Column("status", sa.Text, nullable=False),  #: ClockStatus
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("stopped_at", Instant),
    sa.Column("receipt", Document),  #: how due_at was counted, day by day
    sa.Column("wall_due_at", Instant),  #: due_at without what pauses and more time gave back: by the wall
    sa.Index("ix_clocks_due", "company_id", "due_at", "case_id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    sa.Index("ix_clocks_wall_due", "company_id", "wall_due_at", "case_id", sqlite_where=_RUNNING,
             postgresql_where=_RUNNING),
    sa.Index("ix_clocks_last_hour", "company_id", "stopped_at", "case_id", sqlite_where=IN_LAST_HOUR,
             postgresql_where=IN_LAST_HOUR),
)  # fmt: skip

service_requests = sa.Table(
    "service_requests",
    metadata,
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    company_id(),
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("operator", sa.Text, nullable=False),
    sa.Column("parameters", Document, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  #: open, completed, cancelled
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
)

_TO_TRY = sa.text("next_try_at IS NOT NULL")
_FAILED = sa.text("failed_at IS NOT NULL")

letters = sa.Table(
    "letters",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("key", sa.Text, nullable=False),  #: of the service request that asked for it
    sa.Column("letter", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),  #: "customer" or a group id
    sa.Column("address", sa.Text, nullable=False),  #: mail address; "" = to be printed or read here
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("written_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),  #: when a mail server took it
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),  #: to send it, that failed
    sa.Column("next_try_at", Instant),  #: when the worker tries to send it again
    sa.Column("problem", sa.Text, nullable=False, server_default=""),  #: what the last attempt met
    sa.Column("failed_at", Instant),  #: since when it waits for somebody to decide
    sa.Column("code_hash", sa.Text, unique=True, index=True),  #: of its code, None = none yet
    sa.Column("earlier_code_hash", sa.Text, unique=True, index=True),  #: of its code where the company came from
    sa.Column("withdrawn_at", Instant),  #: since when it does not hold any more
    sa.UniqueConstraint("case_id", "key"),
    sa.Index("ix_letters_due", "next_try_at", sqlite_where=_TO_TRY, postgresql_where=_TO_TRY),
    sa.Index("ix_letters_failed", "company_id", "failed_at", sqlite_where=_FAILED, postgresql_where=_FAILED),
)

#: Code of the incident of a letter that was given up.
LETTER_NOT_SENT: Final = "letter-not-sent"

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("code", sa.Text, nullable=False),  #: of the Fault
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
)

case_links = sa.Table(
    "case_links",
    metadata,
    sa.Column("id", RowId, primary_key=True),
    company_id(),
    sa.Column("case_id", RowId, sa.ForeignKey("cases.id"), nullable=False),  #: the one that was joined or split off
    sa.Column("other_id", RowId, sa.ForeignKey("cases.id"), nullable=False),  #: the one it goes on in, or came from
    sa.Column("kind", sa.Text, nullable=False),  #: LinkKind
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("made_by_id", RowId, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("ended_at", Instant),  #: when somebody took it back
    sa.Index("ix_case_links_case", "case_id"),
    sa.Index("ix_case_links_other", "other_id"),
)
