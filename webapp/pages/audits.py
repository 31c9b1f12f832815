"""The bench of auditors: samples, findings, and cases that deserve a second look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import chain
from types import SimpleNamespace
from typing import Final

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from engine.commands import audits
from engine.commands.audits import FindingStatus, Sample, Severity
from engine.commands.cases import record_reading
from engine.commands.context import Context
from engine.complaints import refusal_to_audit
from engine.errors import AnswersInvalid, NotPermitted
from engine.history.check import draw
from engine.queries.audits import (
    STRATA,
    AuditFinding,
    Doubt,
    KeptSample,
    cases_of_sample,
    closure_doubts,
    finding_by_id,
    findings,
    population,
    sample_by_id,
    samples,
    separation_doubts,
)
from engine.queries.cases import case_by_number
from engine.queries.corrective import effect_of_case, open_corrective
from engine.queries.people import names_of, people_to_ask
from engine.text import Text, whole_number
from webapp.access import actor, auditors_may, case_of, for_staff, site
from webapp.audit_packages import sample_package
from webapp.case_view import case_status, who
from webapp.corrective_view import corrective_offers, effect_view
from webapp.errors import refusal_words
from webapp.presentation import clause_reference, full_instant
from webapp.sample_paper import StrataWords, strata_counts
from webapp.shell import current_translator, language, own_time_zone, reader, words

blueprint = Blueprint("audits", __name__, url_prefix="/audit")
_DEFAULT_SIZE: Final = 25
_TONES: Final[Mapping[str, str]] = {"open": "warn", "correcting": "warn", "answered": "accent", "closed": "ok"}
_REPORTS: Final = {"separation": separation_doubts, "closures": closure_doubts}


@blueprint.get("")
@for_staff
def index() -> str:
    return _bench()


@blueprint.post("/samples")
@for_staff
@auditors_may
def draw_sample() -> tuple[str, int] | BaseResponse:
    """Draw cases and write down how."""
    _require_bench("draw_sample")
    form = request.form
    since, until = _day(form.get("since", "")), _day(form.get("until", ""), days=1)
    size, seed = whole_number(form.get("size", "")), form.get("seed", "").strip()[:200]
    gettext = current_translator().gettext
    if not since or not until or since >= until or not seed or not size or size > audits.MOST:
        problem = gettext("Please give a period, a seed and a size of at most %(n)s.") % {"n": audits.MOST}
        return _bench(problem=problem), 422
    procedures = tuple(form.getlist("procedure"))
    with site().database.reading(actor().company_id) as connection:
        offered = _strata(StrataWords(site().deployments.all_current(connection, actor().company_id)))
        strata = tuple(name for name, _ in offered if name in form.getlist("stratum"))
        there = population(
            connection, site().deployments, actor(), procedures=procedures, since=since, until=until, strata=strata,
            now=site().now(actor().company_id),
        )  # fmt: skip
    if not there:
        return _bench(problem=gettext("No case was received then.")), 422
    title = form.get("title", "").strip()[:200] or gettext("Sample of %(seed)s") % {"seed": seed}
    drawn = draw(there, seed, size)
    with site().acting(actor()) as context:
        sample_id = audits.keep_sample(
            context, Sample(title, seed, size, strata, procedures, since, until, there, drawn)
        )
    return redirect(url_for("audits.sample", sample_id=sample_id), 303)


@blueprint.get("/samples/<int:sample_id>")
@for_staff
def sample(sample_id: int) -> str:
    kept = _sample(sample_id)
    with site().database.reading(actor().company_id) as connection:
        found = cases_of_sample(connection, site().deployments, actor(), kept)
        deployments = site().deployments.all_current(connection, actor().company_id)
        names = names_of(connection, actor().company_id)
    with site().acting(actor()) as context:
        audits.record_audit_report(context, f"sample/{sample_id}", [case.number for case in found])
    said, look = StrataWords(deployments), reader(own_time_zone())
    titles = {each.package.id: words(each.package.title) for each in deployments}
    outcomes = {(each.package.id, end): text for each in deployments for end, text in each.package.outcomes.items()}
    of = dict(kept.population)
    return render_template(
        "audit_sample.html",
        sample=SimpleNamespace(
            id=kept.id, title=kept.title, seed=kept.seed, drawn=len(kept.drawn), there=len(kept.population),
            at=full_instant(kept.drawn_at, reader=look), by=who(kept.drawn_by, names),
            span=_span(kept.since, kept.until),
        ),
        strata=[said.name(name) for name in kept.strata],
        counts=strata_counts(kept, said),
        cases=[
            SimpleNamespace(
                number=case.number,
                title=case.title,
                procedure=titles.get(case.procedure, case.procedure),
                strata=said.values(kept.strata, of[case.number]),
                status=case_status(case.status, outcomes.get((case.procedure, case.outcome), {})),
                findings=case.findings,
            )
            for case in found
        ],
    )  # fmt: skip


@blueprint.get("/samples/<int:sample_id>/package")
@for_staff
def package(sample_id: int) -> Response:
    """All packages of a sample in one file, sent while they are made: the browser shows how far it is."""
    kept = _sample(sample_id)
    pieces = sample_package(site(), actor(), kept, language=language())
    first = next(pieces)  # what cannot be made at all is said on a page, not inside a file
    return Response(
        chain([first], pieces),
        mimetype="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="sample-{sample_id}.zip"',
            "Cache-Control": "no-store",
        },
    )


@blueprint.get("/reports/<kind>")
@for_staff
def report(kind: str) -> str:
    """Cases that deserve a second look: whose hands did what, and which ends may not have been one."""
    if kind not in _REPORTS:
        abort(404)
    _require_bench("audit_report")
    today = site().now(actor().company_id).astimezone(own_time_zone()).date()
    since = _day(request.args.get("since", "")) or _day(f"{today.year}-01-01")
    until = _day(request.args.get("until", ""), days=1) or _day(today.isoformat(), days=1)
    assert since is not None
    assert until is not None
    with site().database.reading(actor().company_id) as connection:
        doubts = _REPORTS[kind](connection, site().deployments, actor(), since=since, until=until)
        names = names_of(connection, actor().company_id)
    with site().acting(actor()) as context:
        audits.record_audit_report(context, kind, [doubt.number for doubt in doubts])
    return render_template(
        "audit_report.html",
        kind=kind,
        since=since.date().isoformat(),
        until=(until - timedelta(days=1)).date().isoformat(),
        doubts=[_doubt(each, names) for each in doubts],
        cases=len({each.number for each in doubts}),
    )


@blueprint.get("/findings/new")
@for_staff
def finding_new() -> str:
    page = _finding_form(request.args.get("case", ""), typed=request.args)
    _record_reading(case_of(request.args.get("case", "")).id)
    return page


@blueprint.post("/findings")
@for_staff
@auditors_may
def finding_create() -> tuple[str, int] | BaseResponse:
    form = request.form
    case = case_of(form.get("case", ""))
    try:
        with site().acting(actor()) as context:
            finding_id = audits.raise_finding(
                context,
                case.id,
                text=form.get("text", ""),
                clause=form.get("clause", ""),
                event=whole_number(form.get("event", "")) or 0,
                severity=form.get("severity", ""),
                owner=form.get("owner", ""),
                due_on=form.get("due_on", ""),
            )
    except AnswersInvalid as error:
        return _finding_form(case.number, typed=form, problem=refusal_words(error)), 422
    flash(current_translator().gettext("Sent to whoever has to answer."), "ok")
    return redirect(url_for("audits.finding", finding_id=finding_id), 303)


@blueprint.get("/findings/<int:finding_id>")
@for_staff
def finding(finding_id: int) -> str:
    page = _finding_page(finding_id)
    with site().database.reading(actor().company_id) as connection:
        found = finding_by_id(connection, actor(), finding_id)
    _record_reading(found.case_id)
    return page


@blueprint.post("/findings/<int:finding_id>/answer")
@for_staff
def answer(finding_id: int) -> tuple[str, int] | BaseResponse:
    said = request.form.get("text", "")
    return _acted(finding_id, lambda context: audits.answer_finding(context, finding_id, answer=said))


@blueprint.post("/findings/<int:finding_id>/correction")
@for_staff
def correct(finding_id: int) -> tuple[str, int] | BaseResponse:
    """That a corrective action which is under way mends it; one that is begun for it says so by itself."""
    number = request.form.get("case", "")
    other = case_of(number) if number else abort(404)
    return _acted(finding_id, lambda context: audits.correct_finding(context, finding_id, other.id))


@blueprint.post("/findings/<int:finding_id>/return")
@for_staff
@auditors_may
def send_back(finding_id: int) -> tuple[str, int] | BaseResponse:
    said = request.form.get("text", "")
    return _acted(finding_id, lambda context: audits.return_finding(context, finding_id, remark=said))


@blueprint.post("/findings/<int:finding_id>/closure")
@for_staff
@auditors_may
def close(finding_id: int) -> tuple[str, int] | BaseResponse:
    said = request.form.get("text", "")
    return _acted(finding_id, lambda context: audits.close_finding(context, finding_id, remark=said))


def finding_row(found: AuditFinding, names: Mapping[str, Text]) -> SimpleNamespace:
    """A finding as lists and its page show it."""
    look, today = reader(own_time_zone()), site().now(actor().company_id).astimezone(own_time_zone()).date()
    status, severity = finding_words(found), severity_words(found.severity)
    return SimpleNamespace(
        id=found.id,
        number=found.number,
        clause=clause_reference(found.clause, reader=look),
        event=found.event,
        severity=severity,
        severity_tone={"critical": "bad", "major": "warn"}.get(found.severity, ""),
        text=found.text,
        owner=words(found.owner),
        due_on=found.due_on,
        late=found.status != FindingStatus.CLOSED and not found.waits_for_auditor and found.due_on < today.isoformat(),
        state=status,
        status=found.status,
        tone="accent" if found.waits_for_auditor else _TONES[found.status],
        raised=f"{who(found.raised_by, names)} · {full_instant(found.raised_at, reader=look)}",
        answer=found.answer,
        answered=f"{who(found.answered_by, names)} · {full_instant(found.answered_at, reader=look)}"
        if found.answered_at
        else "",
        correction=found.correction,
        corrected=full_instant(found.corrected_at, reader=look) if found.corrected_at else "",
        remark=found.remark,
        closed=f"{who(found.closed_by, names)} · {full_instant(found.closed_at, reader=look)}"
        if found.closed_at
        else "",
    )


def finding_words(found: AuditFinding) -> str:
    gettext = current_translator().gettext
    if found.status == FindingStatus.CORRECTING and found.corrected_at:
        return gettext("corrective action finished")
    return {
        "open": gettext("waits for an answer"),
        "correcting": gettext("corrective action under way"),
        "answered": gettext("has an answer"),
        "closed": gettext("closed"),
    }[found.status]


def severity_words(severity: str) -> str:
    gettext = current_translator().gettext
    return {"minor": gettext("minor"), "major": gettext("major"), "critical": gettext("critical")}[severity]


def _bench(*, problem: str | None = None) -> str:
    _require_bench("audit")
    now = site().now(actor().company_id).astimezone(own_time_zone())
    with site().database.reading(actor().company_id) as connection:
        kept = samples(connection, actor().company_id)
        found = findings(connection, actor())
        deployments = site().deployments.all_current(connection, actor().company_id)
        names = names_of(connection, actor().company_id)
    look, given = reader(own_time_zone()), request.form
    typed = {
        "since": f"{now.year}-01-01",
        "until": f"{now:%Y-%m-%d}",
        "size": str(_DEFAULT_SIZE),
        "seed": "",
        "title": "",
    }
    return render_template(
        "audit.html",
        problem=problem,
        typed=SimpleNamespace(**{name: given.get(name, value) for name, value in typed.items()}),
        chosen=given.getlist("stratum") if given else ["procedure", "on_time"],
        wanted=given.getlist("procedure"),
        strata=_strata(StrataWords(deployments)),
        procedures=[(each.package.id, words(each.package.title)) for each in deployments],
        samples=[
            SimpleNamespace(
                id=each.id,
                title=each.title,
                seed=each.seed,
                count=_drawn_of(each),
                span=_span(each.since, each.until),
                by=who(each.drawn_by, names),
                at=full_instant(each.drawn_at, reader=look),
            )
            for each in kept
        ],
        findings=[finding_row(each, names) for each in found],
        most=audits.MOST,
    )


def _drawn_of(kept: KeptSample) -> str:
    said = {"drawn": len(kept.drawn), "all": len(kept.population)}
    return current_translator().gettext("%(drawn)s of %(all)s") % said


def _strata(said: StrataWords) -> list[tuple[str, str]]:
    return [(name, said.name(name)) for name in (*STRATA, *said.columns())]


def _sample(sample_id: int) -> KeptSample:
    _require_bench("draw_sample")
    with site().database.reading(actor().company_id) as connection:
        return sample_by_id(connection, actor().company_id, sample_id)


def _span(since: datetime, until: datetime) -> str:
    zone = own_time_zone()
    last = until.astimezone(zone) - timedelta(days=1)
    return f"{since.astimezone(zone):%Y-%m-%d} – {last:%Y-%m-%d}"


def _doubt(doubt: Doubt, names: Mapping[str, Text]) -> SimpleNamespace:
    gettext = current_translator().gettext
    said = {
        "same-person": gettext("The same person registered it and did its last step"),
        "through-substitution": gettext("One person worked on it as themselves and for an absent colleague"),
        "came-again": gettext("The customer came again within 30 days"),
        "in-haste": gettext("Over within five minutes"),
        "by-hand": gettext("Steps were left out by hand"),
    }
    return SimpleNamespace(
        number=doubt.number,
        title=doubt.title,
        what=said[doubt.kind],
        people=" · ".join(who(login, names) for login in doubt.people),
        event=doubt.event,
        at=full_instant(doubt.at, reader=reader(own_time_zone())),
        other=doubt.other,
    )


def _finding_form(number: str, *, typed: Mapping[str, str], problem: str | None = None) -> str:
    if not actor().auditor or actor().supports:
        raise NotPermitted("raise_finding", "not-an-auditor")
    case = case_of(number)
    with site().database.reading(actor().company_id) as connection:
        people = people_to_ask(connection, actor().company_id)
    due = (site().now(actor().company_id).astimezone(own_time_zone()) + timedelta(days=14)).date().isoformat()
    defaults = {"text": "", "clause": "", "event": "", "severity": "minor", "owner": case.answerable, "due_on": due}
    look = reader(case.deployment.time_zone)
    return render_template(
        "audit_finding_new.html",
        case=SimpleNamespace(number=case.number, title=case.title),
        problem=problem,
        typed=SimpleNamespace(**{name: typed.get(name) or value for name, value in defaults.items()}),
        clauses=[
            (each.reference, f"{clause_reference(each.reference, reader=look)} {words(each.summary)}")
            for each in case.deployment.package.clauses
        ],
        severities=[(str(each), severity_words(each)) for each in Severity],
        people=[(login, words(name)) for login, name in people],
    )


def _finding_page(finding_id: int, *, problem: str | None = None) -> str:
    with site().database.reading(actor().company_id) as connection:
        found = finding_by_id(connection, actor(), finding_id)
        names = names_of(connection, actor().company_id)
        result = _result(connection, found.correction) if found.correction else None
        offered = corrective_offers(connection) if found.status == FindingStatus.OPEN else []
        under_way = open_corrective(connection, site().deployments, actor()) if offered else []
    case_of(found.number)
    theirs = {actor().person_id, *(absent.id for absent in actor().stands_in_for)}
    if found.owner_id not in theirs and refusal_to_audit(actor()):
        raise NotPermitted("answer_finding", "not-asked")
    return render_template(
        "audit_finding.html",
        finding=finding_row(found, names),
        problem=problem,
        result=result,
        company=actor().company_id,
        offered=offered,
        under_way=[each for each in under_way if each.number != found.number],
        may_answer=found.status in {FindingStatus.OPEN, FindingStatus.CORRECTING}
        and found.owner_id in theirs
        and not actor().auditor,
        may_close=found.waits_for_auditor and actor().auditor,
    )


def _result(connection: sa.Connection, number: str) -> SimpleNamespace:
    """The corrective action as it stands: how it ended, and what the numbers say of its effect."""
    case = case_by_number(connection, site().deployments, actor().company_id, number)
    now = site().now(actor().company_id)
    effect = effect_of_case(connection, site().deployments, actor(), case, now=now)
    return SimpleNamespace(
        number=number,
        procedure=words(case.deployment.package.title),
        status=case_status(case.status, case.outcome_words),
        ended=full_instant(case.ended_at, reader=reader(own_time_zone())) if case.ended_at else "",
        effect=effect_view(effect) if effect else None,
    )


def _record_reading(case_id: int) -> None:
    with site().acting(actor()) as context:
        record_reading(context, case_id, page="finding")


def _acted(finding_id: int, command: Callable[[Context], None]) -> tuple[str, int] | BaseResponse:
    try:
        site().act(actor(), command)
    except AnswersInvalid as error:
        return _finding_page(finding_id, problem=refusal_words(error)), 422
    flash(current_translator().gettext("Written down."), "ok")
    return redirect(url_for("audits.finding", finding_id=finding_id), 303)


def _require_bench(action: str) -> None:
    if refusal := refusal_to_audit(actor()):
        raise NotPermitted(action, refusal)


def _day(text: str, *, days: int = 0) -> datetime | None:
    """The beginning of that day in the company's zone, or of one so many *days* later; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), own_time_zone())
    except (ValueError, OverflowError):
        return None
