"""Open cases that go over to the version in service: what would become of each is seen before any of them moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.errors import ProcedureFailed
from engine.commands.interventions import migrate_case
from engine.deployments import Deployment
from engine.errors import NotFound
from engine.interpreter import MigrationRefused, OperationRefused
from engine.queries.migrations import Forecast, Verdict, forecasts
from engine.text import enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.diagrams import element_names
from webapp.presentation import full_instant
from webapp.shell import current_translator, language, own_time_zone, reader, words
from webapp.workshop_view import require_owner

blueprint = Blueprint("migrations", __name__, url_prefix="/workshop/<procedure>/migration")

_MAP: Final = "map."
#: Cases that go over in one press: each is a transaction of its own, and somebody waits.
_MOST: Final = 200
#: Cases shown of each group.
_SHOWN: Final = 50


@blueprint.get("")
@for_staff
def show(procedure: str) -> str:
    require_owner()
    return _page(procedure)


@blueprint.post("")
@for_staff
def carry_out(procedure: str) -> str | tuple[str, int] | Response:
    """Let the safe cases of one version go over, each by itself; what is refused meanwhile stays and is counted."""
    require_owner()
    reason, version = request.form.get("reason", "").strip(), whole_number(request.form.get("version", ""))
    gettext = current_translator().gettext
    target, found = _forecasts(procedure)
    group = [each for each in found if each.version == version and each.verdict is Verdict.SAFE][:_MOST]
    if not reason:
        return _page(procedure, problem=gettext("Please give a reason.")), 422
    moved, stayed = 0, 0
    for each in group:
        if _moved(each, target, reason):
            moved += 1
        else:
            stayed += 1
    gone = current_translator().ngettext("%(num)s case went over", "%(num)s cases went over", moved) % {"num": moved}
    left = gettext("%(number)s stayed, because something happened to them meanwhile") % {"number": stayed}
    flash(f"{gone} · {left}" if stayed else gone, "bad" if stayed else "ok")
    return redirect(f"{url_for('migrations.show', procedure=procedure)}?{urlencode(_mapped(request.form))}", 303)


def _moved(each: Forecast, target: Deployment, reason: str) -> bool:
    """Whether the case went over."""
    try:
        with site().acting(actor()) as context:
            migrate_case(
                context,
                each.case_id,
                version=target.version,
                mapping=_mapping(),
                reason=reason,
                keep_limits=_keeps_limits(),
            )
    except (MigrationRefused, OperationRefused, ProcedureFailed, NotFound):
        return False
    return True


def _forecasts(procedure: str) -> tuple[Deployment, tuple[Forecast, ...]]:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        target = site().deployments.current(connection, company_id, procedure)
        found = forecasts(
            connection,
            site().deployments,
            company_id,
            procedure,
            target=target,
            mapping=_mapping(),
            keep_limits=_keeps_limits(),
            now=site().now(company_id),
        )
    return target, found


def _page(procedure: str, *, problem: str = "") -> str:
    target, found = _forecasts(procedure)
    versions = sorted({each.version for each in found}, reverse=True)
    names = _names(procedure, [*versions, target.version])
    missing = dict.fromkeys(each.element for one in found for each in one.problems)
    asked = dict.fromkeys([*_mapping(), *missing])
    return render_template(
        "migration.html",
        procedure=SimpleNamespace(id=procedure, title=words(target.package.title), version=target.version),
        groups=[
            _group(target, version, [each for each in found if each.version == version], names) for version in versions
        ],
        asked=[
            SimpleNamespace(
                id=each,
                name=names.get(each, each),
                field=f"{_MAP}{each}",
                becomes=_mapping().get(each, ""),
                options=_places(target, names, like=each, versions=_loaded(procedure, versions)),
            )
            for each in asked
        ],
        keep_limits=_keeps_limits(),
        mapped=_mapped(request.values),
        may=actor().administrator,
        reason=request.form.get("reason", ""),
        problem=problem,
    )


def _group(target: Deployment, version: int, found: Sequence[Forecast], names: Mapping[str, str]) -> SimpleNamespace:
    safe = [each for each in found if each.verdict is Verdict.SAFE]
    return SimpleNamespace(
        version=version,
        total=len(found),
        safe=len(safe),
        late=sum(bool(each.newly_overdue) for each in safe),
        recounted=sum(bool(each.dates) for each in safe),
        mapping=sum(each.verdict is Verdict.NEEDS_MAPPING for each in found),
        stays=sum(each.verdict is Verdict.STAYS for each in found),
        cases=[_case(target, each, names) for each in sorted(found, key=_urgency)[:_SHOWN]],
        more=max(0, len(found) - _SHOWN),
    )


def _urgency(each: Forecast) -> tuple[int, int]:
    """What somebody has to look at comes first."""
    order = {Verdict.NEEDS_MAPPING: 0, Verdict.STAYS: 1, Verdict.SAFE: 3}
    return (2 if each.newly_overdue else order[each.verdict], each.case_id)


def _case(target: Deployment, each: Forecast, names: Mapping[str, str]) -> SimpleNamespace:
    gettext, look = current_translator().gettext, reader(own_time_zone())
    said = {
        Verdict.SAFE: (gettext("goes over"), "ok"),
        Verdict.NEEDS_MAPPING: (gettext("needs a mapping"), "warn"),
        Verdict.STAYS: (gettext("stays"), ""),
    }
    status, tone = said[each.verdict]
    limits = target.package.deadlines

    def title(deadline: str) -> str:
        return words(limits[deadline].title) if deadline in limits else deadline

    return SimpleNamespace(
        number=each.number,
        words=status,
        tone=tone,
        problem=enumerated((names.get(one.element, one.element) for one in each.problems), language()),
        reason=gettext("The case is suspended.") if each.reason == "suspended" else each.reason,
        dates=[
            SimpleNamespace(
                title=title(one.deadline),
                was=full_instant(one.was, reader=look) if one.was else "—",
                becomes=full_instant(one.becomes, reader=look) if one.becomes else "—",
                late=one.deadline in each.newly_overdue,
            )
            for one in each.dates
        ],
    )


def _places(
    target: Deployment, names: Mapping[str, str], *, like: str, versions: Iterable[Deployment]
) -> list[tuple[str, str]]:
    """The elements of the version that what stood at *like* can go on at: those of its kind."""
    kinds = {each.definition.elements[like].kind for each in versions if like in each.definition.elements}
    return [
        (id_, names.get(id_, id_))
        for id_, element in target.definition.elements.items()
        if not kinds or element.kind in kinds
    ]


def _loaded(procedure: str, versions: Iterable[int]) -> list[Deployment]:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        return [site().deployments.version(connection, company_id, procedure, each) for each in versions]


def _names(procedure: str, versions: Iterable[int]) -> dict[str, str]:
    """What things are called, as the newest version says that has them."""
    found: dict[str, str] = {}
    for deployment in _loaded(procedure, sorted(set(versions))):
        found |= element_names(deployment)
    return found


def _mapping() -> dict[str, str]:
    """Element -> element in the other version, as chosen."""
    chosen = request.values.items()
    return {name.removeprefix(_MAP): value for name, value in chosen if name.startswith(_MAP) and value}


def _mapped(values: Mapping[str, str]) -> dict[str, str]:
    """What was chosen, for an address and for hidden fields."""
    kept = {name: value for name, value in values.items() if name.startswith(_MAP) and value}
    return kept | ({"keep_limits": "yes"} if _keeps_limits() else {})


def _keeps_limits() -> bool:
    return request.values.get("keep_limits") == "yes"
