"""Writing audit packages: the papers are set, the taking is an event, everything is signed, and then it is packed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.commands.cases import record_export
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import NotPermitted
from engine.history.export import export_case
from engine.queries.case_record import case_record
from engine.queries.cases import case_by_number, readable
from engine.worker import checkpoint
from webapp.case_record import papers_of, told


def papers_taken(site: Site, actor: Actor, number: str, *, language: str = "") -> Mapping[str, bytes]:
    """The record and the verdicts of a case as *actor* takes them, by file name. Raises NotFound, PaperUnavailable."""
    with site.database.reading(actor.company_id) as connection:
        case = readable(connection, actor, case_by_number(connection, site.deployments, actor.company_id, number))
        tale = told(connection, site.deployments, case, now=site.now(actor.company_id))
    papers = papers_of(tale, by=actor.name, language=language or tale.company.language)
    with site.acting(actor) as context:
        record_export(context, case.id, {name: hashlib.sha256(paper).hexdigest() for name, paper in papers.items()})
    return papers


def audit_package(site: Site, actor: Actor, number: str, *, since: Sequence[str] = (), language: str = "") -> bytes:
    """The audit package of a case as *actor* takes it; *since* are checkpoints that its reader has.

    The record inside is in *language*, "" = the company's. Raises NotFound, HistoryForked when the history is not the
    one that was signed, PaperUnavailable, and NotPermitted where something of the case is kept from *actor*.
    """
    with site.database.reading(actor.company_id) as connection:
        case = readable(connection, actor, case_by_number(connection, site.deployments, actor.company_id, number))
    if case.veil:  # what is hashed cannot be covered
        raise NotPermitted("export_case", "confidential")
    papers = papers_taken(site, actor, number, language=language)
    checkpoint(site, actor.company_id)
    with site.database.reading(actor.company_id) as connection:
        case = case_by_number(connection, site.deployments, actor.company_id, number)
        record = case_record(connection, site.deployments, case, storage=site.storage, since=since)
    return export_case(replace(record, contents={**record.contents, **papers}))
