"""Writing audit packages: the taking is an event, everything is signed, and then it is packed."""

from __future__ import annotations

from collections.abc import Sequence

from engine.commands.cases import record_export
from engine.commands.site import Site
from engine.complaints import Actor
from engine.history.export import export_case
from engine.queries.case_record import case_record
from engine.queries.cases import case_by_number
from engine.worker import checkpoint


def audit_package(site: Site, actor: Actor, number: str, *, since: Sequence[str] = ()) -> bytes:
    """The audit package of a case as *actor* takes it; *since* are checkpoints that its reader has.

    Raises NotFound, and HistoryForked when the history is not the one that was signed.
    """
    with site.database.reading(actor.company_id) as connection:
        case = case_by_number(connection, site.deployments, actor.company_id, number)
    with site.acting(actor) as context:
        record_export(context, case.id)
    checkpoint(site, actor.company_id)
    with site.database.reading(actor.company_id) as connection:
        case = case_by_number(connection, site.deployments, actor.company_id, number)
        return export_case(case_record(connection, site.deployments, case, storage=site.storage, since=since))
