"""A case beside its regulation: clause by clause, with the event that shows it; and its audit package."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, Response, render_template, url_for

from engine.commands.cases import record_reading
from engine.errors import NotPermitted
from engine.queries.cases import Case
from engine.queries.conformance import Deviation, Judgement, Verdict, deviations, judge
from engine.queries.people import names_of
from engine.queries.timeline import Moment, case_events, moments, versions_of
from webapp.access import actor, case_of, for_staff, site
from webapp.audit_packages import audit_package
from webapp.case_view import on_behalf, what_of
from webapp.presentation import clause_reference, full_instant
from webapp.shell import current_translator, reader, words

blueprint = Blueprint("conformance", __name__, url_prefix="/cases")

_TONES: Final[Mapping[Verdict, str]] = {Verdict.NOT_MET: "bad", Verdict.MET: "ok", Verdict.OPEN: "accent"}


@blueprint.get("/<number>/conformance")
@for_staff
def show(number: str) -> str:
    case, company_id = case_of(number), actor().company_id
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="conformance")
    with site().database.reading(company_id) as connection:
        names = names_of(connection, company_id)
        events = case_events(connection, company_id, case)
        versions = versions_of(connection, site().deployments, case, events)
    found = {moment.seq: moment for moment in moments(events)}
    judged = judge(case.deployment.package, events, ended=case.ended_at is not None)

    def event(seq: int) -> SimpleNamespace | None:
        return _event(case, found[seq], on_behalf(found[seq], names)) if seq else None

    return render_template(
        "conformance.html",
        case=SimpleNamespace(number=number, title=case.title, procedure=words(case.deployment.package.title)),
        version=case.deployment.version,
        several=len(versions) > 1,
        counts=[(_word(verdict), _TONES.get(verdict, ""), _count(judged, verdict)) for verdict in Verdict],
        clauses=[_clause(case, each, event(each.seq)) for each in judged],
        by_hand=[event(each.seq) for each in _by_hand(deviations(events))],
        may_export=actor().administrator,
    )


@blueprint.get("/<number>/audit-package")
@for_staff
def package(number: str) -> Response:
    if not actor().administrator:
        raise NotPermitted("export_case", "not-an-administrator")
    content = audit_package(site(), actor(), number)
    return Response(
        content,
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{number}.zip"', "Cache-Control": "no-store"},
    )


def _by_hand(found: tuple[Deviation, ...]) -> tuple[Deviation, ...]:
    return tuple(sorted(found, key=lambda each: each.seq))


def _clause(case: Case, judgement: Judgement, event: SimpleNamespace | None) -> SimpleNamespace:
    return SimpleNamespace(
        reference=clause_reference(judgement.clause.reference, reader=reader(case.deployment.time_zone)),
        summary=words(judgement.clause.summary),
        verdict=_word(judgement.verdict),
        tone=_TONES.get(judgement.verdict, ""),
        why=_why(case, judgement),
        event=event,
    )


def _why(case: Case, judgement: Judgement) -> str:
    gettext, package = current_translator().gettext, case.deployment.package
    rule = package.deadlines.get(judgement.about)
    name = words(rule.title if rule else package.element_names.get(judgement.about, {})) or judgement.about
    said = {
        "skipped": gettext("Skipped by hand: %(name)s"),
        "moved": gettext("Taken elsewhere by hand: %(name)s"),
        "overdue": gettext("Not in time: %(name)s"),
    }.get(judgement.reason)
    return said % {"name": name} if said else name


def _event(case: Case, moment: Moment, who: str) -> SimpleNamespace:
    return SimpleNamespace(
        seq=moment.seq,
        what=what_of(case, moment),
        who=who,
        at=full_instant(moment.at, reader=reader(case.deployment.time_zone)),
        url=f"{url_for('replay.show', number=case.number)}",
        reason=moment.reason,
    )


def _count(judged: tuple[Judgement, ...], verdict: Verdict) -> int:
    return sum(each.verdict is verdict for each in judged)


def _word(verdict: Verdict) -> str:
    gettext = current_translator().gettext
    return {
        Verdict.NOT_MET: gettext("not met"),
        Verdict.OPEN: gettext("still going on"),
        Verdict.MET: gettext("met"),
        Verdict.NOT_APPLICABLE: gettext("not applicable"),
        Verdict.UNKNOWABLE: gettext("cannot be judged from a case"),
    }[verdict]
