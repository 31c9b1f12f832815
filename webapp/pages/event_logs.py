"""Cases and their steps as files for programs that look for patterns: which cases, which format, and away with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request, stream_with_context

from engine.commands.reports import record_event_log, require_may_export
from engine.queries.event_logs import LoggedCase, Wanted, how_many, logged_cases
from webapp import event_logs
from webapp.access import actor, for_staff, site
from webapp.shell import own_time_zone, words

blueprint = Blueprint("event_logs", __name__, url_prefix="/event-logs")

#: Kind -> ending of the file, media type.
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "xes": ("xes", "application/xml"),
    "ocel": ("jsonocel", "application/json"),
    "csv": ("csv", "text/csv"),
}


@blueprint.get("")
@for_staff
def index() -> str:
    require_may_export(actor())
    company_id, today = actor().company_id, _today()
    since, until = _day("since", date(today.year, 1, 1)), _day("until", today)
    procedure = request.args.get("procedure", "")[:100]
    with site().database.reading(company_id) as connection:
        packages = [each.package for each in site().deployments.all_current(connection, company_id)]
        count = how_many(connection, company_id, _wanted(procedure, since, until))
    return render_template(
        "event_logs.html",
        procedures=[(package.id, words(package.title)) for package in packages],
        chosen=SimpleNamespace(procedure=procedure, since=since.isoformat(), until=until.isoformat()),
        count=count,
    )


@blueprint.get("/file")
@for_staff
def file() -> Response:
    """The file, written while it is read: a year of cases needs no more memory than a day."""
    require_may_export(actor())
    kind, procedure = request.args.get("kind", "xes"), request.args.get("procedure", "")[:100]
    if kind not in _KINDS:
        abort(404)
    company_id, today = actor().company_id, _today()
    since, until = _day("since", date(today.year, 1, 1)), _day("until", today)
    wanted = _wanted(procedure, since, until)
    with site().database.reading(company_id) as connection:
        count = how_many(connection, company_id, wanted)
    with site().acting(actor()) as context:
        record_event_log(context, kind, procedure=procedure, since=since, until=until, cases=count)
    ending, media_type = _KINDS[kind]
    name = quote(f"{company_id}-{procedure or 'all'}-{since}-{until}.{ending}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(stream_with_context(_written(kind, company_id, wanted)), mimetype=media_type, headers=headers)


def _written(kind: str, company_id: str, wanted: Wanted) -> Iterator[bytes]:
    with site().database.reading(company_id) as connection:

        def read() -> Iterable[LoggedCase]:
            return logged_cases(connection, site().deployments, company_id, wanted)

        write: Mapping[str, Callable[[], Iterator[bytes]]] = {
            "xes": lambda: event_logs.xes(read()),
            "ocel": lambda: event_logs.ocel(read),
            "csv": lambda: event_logs.table(read()),
        }
        yield from write[kind]()


def _wanted(procedure: str, since: date, until: date) -> Wanted:
    zone = own_time_zone()
    begin = datetime.combine(since, time.min, zone).astimezone(UTC)
    end = datetime.combine(until + timedelta(days=1), time.min, zone).astimezone(UTC)
    return Wanted(procedure, begin, end)


def _day(name: str, default: date) -> date:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return default
    return found if date(1970, 1, 2) <= found < date(9999, 1, 1) else default


def _today() -> date:
    return site().now(actor().company_id).astimezone(own_time_zone()).date()
