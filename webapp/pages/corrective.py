"""Whether a corrective action helped: the cases before it and since, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from flask import Blueprint, render_template

from engine.commands.findable import record_search
from engine.queries.alerts import AlertCase, cases_of
from engine.queries.corrective import effect_of_case, in_place_since
from webapp.access import actor, case_of, for_staff, site
from webapp.corrective_view import effect_view
from webapp.presentation import moment
from webapp.shell import own_time_zone, reader

blueprint = Blueprint("corrective", __name__)


@blueprint.get("/cases/<number>/effect")
@for_staff
def effect(number: str) -> str:
    case, now = case_of(number), site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        since = in_place_since(connection, site().deployments, case)
        found = effect_of_case(connection, site().deployments, actor(), case, now=now)
        before = cases_of(connection, site().deployments, actor(), found.before) if found else ()
        after = cases_of(connection, site().deployments, actor(), found.after) if found else ()
    with site().acting(actor()) as context:
        record_search(context, {"effect": number}, [number, *(each.number for each in (*before, *after))])
    look = reader(own_time_zone())

    def rows(listed: Sequence[AlertCase]) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(
                number=each.number,
                title=each.title,
                received=moment(each.received_at, now, reader=look),
                ended=each.ended_at is not None,
            )
            for each in listed
        ]

    return render_template(
        "effect.html",
        number=case.number,
        title=case.title or case.number,
        since=moment(since, now, reader=look) if since else None,
        effect=effect_view(found) if found else None,
        before=rows(before),
        after=rows(after),
    )
