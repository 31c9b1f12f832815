"""Cases that programs look for: the list that people see, with the places that say what was looked for."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from engine.commands.findable import record_search
from engine.queries.search import CaseRow, Hit, find_cases
from engine.text import whole_number
from webapp.access import actor, for_programs, site
from webapp.api import schemas
from webapp.api.openapi import operation
from webapp.api.wire import PREFIX, answer
from webapp.case_filters import NAMES, case_filter, given_filters

blueprint = Blueprint("api_cases", __name__, url_prefix=PREFIX)
_DEFAULT_LIMIT: Final = 50
_MAX_LIMIT: Final = 200


@blueprint.get("/cases")
@for_programs
@operation(
    "Cases, the newest first: all, or those that say every word of text and are as the other parameters say",
    schemas.Cases,
    query=(*NAMES, "cursor", "limit"),
)
def list_cases() -> Response:
    given, limit = given_filters(request.args), whole_number(request.args.get("limit", ""))
    with site().database.reading(actor().company_id) as connection:
        page = find_cases(
            connection,
            site().deployments,
            actor(),
            where=case_filter(connection, given),
            now=site().now(actor().company_id),
            cursor=request.args.get("cursor", ""),
            limit=_DEFAULT_LIMIT if limit is None else min(max(limit, 1), _MAX_LIMIT),
        )
    if "text" in given or page.rows:
        with site().acting(actor()) as context:
            record_search(context, given, [row.number for row in page.rows])
    return answer(schemas.Cases(items=[_case(row) for row in page.rows], next=page.next or None))


def _case(row: CaseRow) -> schemas.FoundCase:
    return schemas.FoundCase(
        number=row.number,
        id=row.id,
        procedure=row.procedure,
        status=row.status,
        outcome=row.outcome_id,
        title=row.title,
        customer=row.customer,
        started_at=row.started_at,
        ended_at=row.ended_at,
        due_at=row.next_due_at,
        hits=[_hit(hit) for hit in row.hits],
    )


def _hit(hit: Hit) -> schemas.Hit:
    return schemas.Hit(
        part=hit.part,
        ref=hit.ref,
        action=hit.action,
        name=hit.name,
        actor=hit.actor,
        at=hit.at,
        excerpt="".join(words for words, _ in hit.excerpt),
    )
