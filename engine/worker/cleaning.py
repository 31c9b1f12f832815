"""What an erasure leaves behind its transaction: files, pieces of the search index, free space of the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.attachments import forget_uploads
from engine.commands.erasures import cases_of_erasure, finish_cleaning
from engine.commands.site import Site
from engine.complaints import Actor
from engine.search.index import forget_pieces
from engine.tables import attachments

#: Tables that held some of it; PostgreSQL keeps old versions of their rows until they are vacuumed.
_TOUCHED: Final = (
    "cases", "history_values", "letters", "attachments", "messages", "message_keys", "signals", "errands",
    "extensions", "incidents", "clocks", "service_requests", "user_tasks", "search_texts",
    "audit_findings", "case_links", "hook_deliveries", "alerts", "holds", "arrivals", "filings",
)  # fmt: skip


def clean_erasure(site: Site, argument: Mapping[str, Any]) -> None:
    """Remove the files, then whatever the database itself still has in pages that it uses no more. May be repeated."""
    company_id, erasure_id = argument["company"], argument["erasure"]
    system = Actor.system(company_id)
    with site.database.reading(company_id) as connection:
        case_ids = cases_of_erasure(connection, erasure_id)
        unread = _files_of(connection, case_ids)
    for sha256 in unread:
        with site.acting(system) as context:
            _, unused = forget_uploads(context, sha256, attachments.c.case_id.in_(case_ids))
            if unused:
                site.storage.remove(company_id, sha256)
    with site.acting(system) as context:
        forget_pieces(context.connection, company_id, case_ids)
    site.database.forget_erased(_TOUCHED)
    with site.acting(system) as context:
        finish_cleaning(context, erasure_id)


def _files_of(connection: sa.Connection, case_ids: tuple[int, ...]) -> tuple[str, ...]:
    t = attachments.c
    return tuple(connection.execute(sa.select(t.sha256).where(t.case_id.in_(case_ids)).distinct()).scalars())
