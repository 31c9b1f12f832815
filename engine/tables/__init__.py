"""The tables, and nothing that reads or writes them. Keys start with the company so that data can be split by company.

May be imported by everything above it in the engine. "Table" because "model" means a diagram in this field.
"""

from engine.tables.alerts import alerts, triggers
from engine.tables.arrivals import arrivals
from engine.tables.audits import audit_findings, audit_samples, auditors
from engine.tables.calendars import calendars, date_moves, extensions, notices, reminders
from engine.tables.cases import (
    HURRIED,
    IN_LAST_HOUR,
    LETTER_NOT_SENT,
    NOT_URGENT,
    case_links,
    cases,
    clocks,
    counters,
    incidents,
    letters,
    service_requests,
    urgency_of,
    user_tasks,
)
from engine.tables.columns import metadata
from engine.tables.drafts import draft_comments, draft_saves, drafts, publication_causes, publications
from engine.tables.erasures import erasure_cases, erasures, holds
from engine.tables.errands import absences, errands, recusals
from engine.tables.files import attachments
from engine.tables.filings import filings
from engine.tables.filters import saved_filters
from engine.tables.history import (
    BY_HAND,
    history_checkpoints,
    history_events,
    history_runs,
    history_tiles,
    history_trees,
    history_values,
    idempotency,
)
from engine.tables.hooks import hook_deliveries, web_hooks
from engine.tables.installation import installation, workers
from engine.tables.mailings import mailings
from engine.tables.messages import entrances, hearings, known_messages, message_keys, messages, signals, subscriptions
from engine.tables.people import (
    companies,
    failures,
    identities,
    identity_providers,
    memberships,
    people,
    recovery_codes,
    security_keys,
    sessions,
    tokens,
)
from engine.tables.procedures import deployments, procedures, schedules
from engine.tables.search import search_queue, search_texts
from engine.tables.settings import choice_lists, number_patterns
from engine.tables.support import support_access
from engine.tables.surveys import survey_asks, survey_rounds

__all__ = [
    "BY_HAND",
    "HURRIED",
    "IN_LAST_HOUR",
    "LETTER_NOT_SENT",
    "NOT_URGENT",
    "absences",
    "alerts",
    "arrivals",
    "attachments",
    "audit_findings",
    "audit_samples",
    "auditors",
    "calendars",
    "case_links",
    "cases",
    "choice_lists",
    "clocks",
    "companies",
    "counters",
    "date_moves",
    "deployments",
    "draft_comments",
    "draft_saves",
    "drafts",
    "entrances",
    "erasure_cases",
    "erasures",
    "errands",
    "extensions",
    "failures",
    "filings",
    "hearings",
    "history_checkpoints",
    "history_events",
    "history_runs",
    "history_tiles",
    "history_trees",
    "history_values",
    "holds",
    "hook_deliveries",
    "idempotency",
    "identities",
    "identity_providers",
    "incidents",
    "installation",
    "known_messages",
    "letters",
    "mailings",
    "memberships",
    "message_keys",
    "messages",
    "metadata",
    "notices",
    "number_patterns",
    "people",
    "procedures",
    "publication_causes",
    "publications",
    "recovery_codes",
    "recusals",
    "reminders",
    "saved_filters",
    "schedules",
    "search_queue",
    "search_texts",
    "security_keys",
    "service_requests",
    "sessions",
    "signals",
    "subscriptions",
    "support_access",
    "survey_asks",
    "survey_rounds",
    "tokens",
    "triggers",
    "urgency_of",
    "user_tasks",
    "web_hooks",
    "workers",
]
