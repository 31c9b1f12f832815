"""Every table that may hold a customer's words loses them with an erasure, or has its excuse here.

A new table or column with text fails until it is in `CLEARED` (then erasing has to clear it) or excused with a reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.erasures import ask_erasure, confirm_erasure
from engine.errors import AnswersInvalid
from engine.tables import metadata
from engine.tables.columns import Document
from tests.commands.test_erasures import NAME, a_personal_case, by, erased, found_in
from tests.support.clock import MONDAY, StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, SECOND, a_site, add_second_administrator

#: Where people write about a case, or something of it is copied to.
CLEARED = {
    "alerts": ("key", "words", "reason"),
    "arrivals": ("sender", "subject", "reason"),
    "attachments": ("name",),
    "audit_findings": ("text", "answer", "remark"),
    "case_links": ("reason",),
    "cases": ("state", "data", "title", "customer", "caller", "tracking_hash", "earlier_tracking_hash"),
    "clocks": ("receipt",),
    "errands": ("reason", "answer"),
    "extensions": ("reason", "answer"),
    "filings": ("raw", "reason"),
    "history_values": ("name", "salt", "value"),
    "holds": ("reason", "answer"),
    "hook_deliveries": ("payload", "problem"),
    "incidents": ("message",),
    "letters": ("address", "subject", "body", "problem"),
    "message_keys": ("name", "correlation"),
    "messages": ("data", "correlation"),
    "saved_filters": ("name", "text"),
    "search_texts": ("part", "ref", "actor", "about", "text"),
    "service_requests": ("parameters",),
    "signals": ("data",),
    "user_tasks": ("draft",),
}
#: What never holds anything about a customer, and why. A table, or ``table.column``.
EXCUSED = {
    "of colleagues, programs and the installation": """absences auditors companies counters failures identities
        identity_providers installation mailings memberships people recovery_codes security_keys sessions support_access
        tokens web_hooks workers""",
    "of procedures, calendars and what they wait for": """calendars deployments draft_comments draft_saves drafts
        entrances choice_lists draft_comments known_messages notices number_patterns procedures publications schedules triggers subscriptions""",
    "numbers of cases and how they were drawn": "audit_samples survey_asks survey_rounds",
    "hashes and signatures; events name what is sealed, and certificates which events say a word openly": """
        history_checkpoints history_events history_tiles history_trees""",
    "reasons that say a word are refused, see below": "erasures",
    "keyed hashes, and of a code": """arrivals.message_id filings.sender filings.words
        filings.code_hash letters.code_hash letters.earlier_code_hash cases.erased_tracking_hash""",
    "the answer to a request: ids, numbers, steps": "idempotency",
    "ids, states and logins": """alerts.procedure alerts.trigger alerts.mark alerts.numbers alerts.counts alerts.chart alerts.group_id
        arrivals.status
        attachments.id attachments.sha256 attachments.media_type attachments.uploaded_by
        audit_findings.clause audit_findings.severity audit_findings.due_on audit_findings.status
        audit_findings.raised_by audit_findings.answered_by audit_findings.closed_by
        case_links.kind cases.number cases.procedure cases.status cases.outcome cases.started_by cases.history_hash
        cases.awaits clocks.deadline clocks.status date_moves errands.kind errands.group_id errands.was_group
        errands.status filings.procedure filings.status filings.doubts filings.way filings.shop extensions.deadline extensions.amount extensions.group_id extensions.status hearings
        holds.held_by holds.released_by hook_deliveries.message_id hook_deliveries.event hook_deliveries.status
        incidents.code incidents.element letters.key letters.letter letters.recipient letters.language messages.name
        messages.sender messages.sender_key messages.sender_element messages.status reminders saved_filters.group_id
        saved_filters.view saved_filters.procedure saved_filters.element service_requests.key
        service_requests.element service_requests.operator service_requests.status signals.name signals.sender
        signals.sender_key user_tasks.key user_tasks.element user_tasks.form user_tasks.group_id user_tasks.status
        user_tasks.deadline""",
}
#: What `a_personal_case` fills by commands.
FILLED = {"attachments", "cases", "history_values", "letters", "message_keys", "search_texts", "user_tasks"}


def test_every_column_with_text_is_cleared_or_excused() -> None:
    excused = {name for names in EXCUSED.values() for name in names.split()}
    texts = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.Text | Document | sa.LargeBinary) and column.name != "company_id"
    }
    cleared = {f"{table}.{column}" for table, columns in CLEARED.items() for column in columns}

    unknown = {name for name in texts - cleared if not {name, name.partition(".")[0]} & excused}

    assert sorted(unknown) == [], f"may these hold something of a customer? say so in {__file__}"
    assert sorted(cleared - texts) == [], "these are no columns any more"
    assert sorted(cleared & excused) == []


def test_what_is_written_into_any_of_them_is_gone(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site", clock=StandingClock())
    add_second_administrator(site)
    other, case_id = a_personal_case(site), a_personal_case(site)
    erased(site, other)
    with site.database.transaction(CAFE) as connection:
        for table in CLEARED.keys() - FILLED:
            fill(connection, metadata.tables[table], case_id, other)
    assert found_in(site, MARK) == [MARK]

    erased(site, case_id)

    assert found_in(site, MARK, NAME) == []


def test_why_something_is_erased_must_not_say_it(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site", clock=StandingClock())
    add_second_administrator(site)
    case_id = a_personal_case(site)

    with pytest.raises(AnswersInvalid):
        by(site, ADMINISTRATOR, ask_erasure, [case_id], reason=f"应{NAME}要求")
    erasure_id = by(site, ADMINISTRATOR, ask_erasure, [case_id], reason="应本人要求")
    with pytest.raises(AnswersInvalid):
        by(site, SECOND, confirm_erasure, erasure_id, answer=f"{NAME}的身份已核实")


#: Beside the customer's name, so that a row that was only partly cleared is found.
MARK = f"写着{NAME}的地方"


def fill(connection: sa.Connection, table: sa.Table, case_id: int, other: int) -> None:
    """A row of *table* about that case, with its customer's name wherever people write."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if column is table.autoincrement_column and not column.foreign_keys:
            continue
        key = next(iter(column.foreign_keys), None)
        if column.name == "company_id":
            values[column.name] = CAFE
        elif column.name in CLEARED.get(table.name, ()):
            values[column.name] = {"said": MARK} if isinstance(column.type, Document) else MARK
        elif key is not None and key.column.table.name == "cases":
            values[column.name] = other if column.name == "other_id" else case_id
        elif key is not None:
            place = sa.select(key.column).limit(1)
            there = connection.execute(place).scalar()
            if there is None and not column.nullable:
                fill(connection, key.column.table, case_id, other)
                there = connection.execute(place).scalar()
            values[column.name] = there
        elif not column.nullable and column.server_default is None:
            values[column.name] = _something(column)
    if table.name == "holds":
        values["released_at"] = MONDAY  # while one stands nothing is erased
    connection.execute(sa.insert(table).values(values))


def _something(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.TypeDecorator):
        return [] if isinstance(column.type, Document) else MONDAY
    if isinstance(column.type, sa.Boolean):
        return False
    return 1 if isinstance(column.type, sa.Integer) else f"x-{column.name}"
