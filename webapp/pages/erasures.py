"""Personal data, for administrators: what becomes due, legal holds, erasing with four eyes, certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine.commands.erasures import (
    ErasureRefused,
    ErasureStatus,
    Obstacle,
    ask_erasure,
    confirm_erasure,
    digest_of_certificate,
    refuse_erasure,
    withdraw_erasure,
)
from engine.commands.findable import record_search
from engine.commands.holds import hold_case, release_case
from engine.complaints import SCHEDULE
from engine.errors import AnswersInvalid, NotFound, NotPermitted
from engine.history.chain import canonical
from engine.queries.erasures import (
    ErasableCase,
    Erasure,
    all_erasures,
    cases_about,
    due_cases,
    erasable_cases,
    erasure_by_id,
    related_numbers,
    standing_holds,
    veiled,
)
from engine.queries.errands import data_errands
from engine.queries.people import names_of
from engine.text import Text
from webapp.access import actor, case_of, for_staff, site
from webapp.case_view import who
from webapp.errand_view import errand_rows
from webapp.errors import refusal_words
from webapp.paper import pdf_response
from webapp.presentation import full_instant, long_date, moment
from webapp.shell import company, current_translator, language, own_time_zone, reader, words

blueprint = Blueprint("erasures", __name__, url_prefix="/personal-data")

_DECISIONS: Final[Mapping[str, Callable[..., object]]] = {
    "confirm": confirm_erasure,
    "refuse": refuse_erasure,
    "withdraw": withdraw_erasure,
}


@blueprint.get("")
@for_staff
def index() -> str:
    _require_administrator()
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        names = names_of(connection, company_id)
        asked = all_erasures(connection, company_id)
        due = due_cases(connection, site().deployments, company_id, now=_now(), today=_today())
        held = standing_holds(connection, company_id)
        wishes = data_errands(connection, site().deployments, actor())
    waiting = {number for each in asked if each.status == ErasureStatus.ASKED for number in each.numbers}
    return render_template(
        "erasures.html",
        erasures=[_erasure(each, names) for each in asked],
        due=[_case(each, hidden=True) for each in due if each.number not in waiting],
        wishes=errand_rows(wishes, now=_now(), zone=own_time_zone()),
        holds=[
            SimpleNamespace(
                id=each.id,
                number=each.number,
                reason=each.reason,
                by=who(each.held_by, names),
                at=_moment(each.held_at),
            )
            for each in held
        ],
    )


@blueprint.get("/erasures/new")
@for_staff
def new() -> str:
    _require_administrator()
    return _asking(tuple(request.args.getlist("case")), text=request.args.get("text", "").strip()[:200])


@blueprint.post("/erasures")
@for_staff
def create() -> tuple[str, int] | AnyResponse:
    _require_administrator()
    numbers, reason = tuple(request.form.getlist("case")), request.form.get("reason", "")
    problems: list[str] = []
    with site().database.reading(actor().company_id) as connection:
        chosen = erasable_cases(connection, site().deployments, actor().company_id, numbers)
    if not chosen:
        problems.append(current_translator().gettext("No case is chosen."))
    else:
        try:
            ids = [each.id for each in chosen]
            made = site().act(actor(), lambda context: ask_erasure(context, ids, reason=reason))
        except AnswersInvalid as error:
            problems.append(_wrong_reason(error))
        except ErasureRefused as error:
            problems += [obstacle_words(each) for each in error.obstacles]
        else:
            flash(current_translator().gettext("Another administrator can look at it and confirm it now."), "ok")
            return redirect(url_for("erasures.show", erasure_id=made), 303)
    return _asking(numbers, reason=reason, problems=problems), 422


@blueprint.get("/erasures/<int:erasure_id>")
@for_staff
def show(erasure_id: int) -> str:
    _require_administrator()
    return _deciding(erasure_id)


@blueprint.post("/erasures/<int:erasure_id>")
@for_staff
def decide(erasure_id: int) -> tuple[str, int] | AnyResponse:
    _require_administrator()
    command = _DECISIONS.get(request.form.get("decision", ""))
    answer, gettext = request.form.get("answer", ""), current_translator().gettext
    if command is None:
        return _deciding(erasure_id, answer=answer, problems=[gettext("Please choose what is decided.")]), 422
    try:
        site().act(actor(), lambda context: command(context, erasure_id, answer=answer))
    except AnswersInvalid as error:
        problems = [_wrong_reason(error)]
    except ErasureRefused as error:
        problems = [obstacle_words(each) for each in error.obstacles]
    else:
        flash(gettext("Done, and written down with your reason."), "ok")
        return redirect(url_for("erasures.show", erasure_id=erasure_id), 303)
    return _deciding(erasure_id, answer=answer, problems=problems), 422


@blueprint.get("/erasures/<int:erasure_id>/certificate.<kind>")
@for_staff
def certificate(erasure_id: int, kind: str) -> Response:
    """What was erased, as a document (``pdf``) or as the data whose hash the history has (``json``)."""
    _require_administrator()
    with site().database.reading(actor().company_id) as connection:
        found = erasure_by_id(connection, actor().company_id, erasure_id)
        names = names_of(connection, actor().company_id)
    if found.certificate is None or kind not in {"pdf", "json"}:
        raise NotFound("certificate", erasure_id)
    name = f"{actor().company_id}-erasure-{erasure_id}.{kind}"
    if kind == "json":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(canonical(found.certificate), mimetype="application/json", headers=headers)
    return pdf_response(_paper(found, names), name, download=True)


@blueprint.get("/holds/new/<number>")
@for_staff
def hold_new(number: str) -> str:
    _require_administrator()
    return _holding(number)


@blueprint.post("/holds/<number>")
@for_staff
def hold(number: str) -> tuple[str, int] | AnyResponse:
    _require_administrator()
    reason, case = request.form.get("reason", ""), case_of(number)
    try:
        site().act(actor(), lambda context: hold_case(context, case.id, reason=reason))
    except AnswersInvalid:
        return _holding(
            number, problem=current_translator().gettext("Please say why, in at most 2000 characters.")
        ), 422
    flash(
        current_translator().gettext("Nothing of %(number)s is erased until the hold is lifted.") % {"number": number},
        "ok",
    )
    return redirect(url_for("cases.show", number=number), 303)


@blueprint.post("/holds/<int:hold_id>/release")
@for_staff
def release(hold_id: int) -> AnyResponse:
    _require_administrator()
    answer = request.form.get("answer", "")
    try:
        site().act(actor(), lambda context: release_case(context, hold_id, answer=answer))
    except AnswersInvalid:
        flash(current_translator().gettext("Please say why, in at most 2000 characters."), "bad")
    else:
        flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    return redirect(url_for("erasures.index"), 303)


def _wrong_reason(error: AnswersInvalid) -> str:
    if error.errors[0].rule == "names_somebody":
        return refusal_words(error)
    return current_translator().gettext("Please say why, in at most 2000 characters.")


def obstacle_words(obstacle: Obstacle) -> str:
    """Why a case cannot be erased now, and from when on it can."""
    gettext = current_translator().gettext
    until = _day(obstacle.until) if obstacle.until else ""
    said = {
        "open": gettext("%(number)s is not closed yet; its data are still needed."),
        "held": gettext("%(number)s is under a legal hold: %(reason)s"),
        "kept": gettext("%(number)s has to be kept by its regulation; it can be erased from %(until)s."),
        "erased": gettext("%(number)s is erased already."),
        "message": gettext("A message of %(number)s waits to be taken by another case; try again when it was taken."),
    }[obstacle.why]
    return said % {"number": obstacle.number, "reason": obstacle.reason, "until": until}


def _asking(numbers: Sequence[str], *, text: str = "", reason: str = "", problems: Sequence[str] = ()) -> str:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        beside = related_numbers(connection, company_id, tuple(numbers)) if numbers else ()
        named = erasable_cases(connection, site().deployments, company_id, (*numbers, *beside))
        named = veiled(connection, site().deployments, actor(), named)
        found = cases_about(connection, site().deployments, actor(), text) if text else ()
    shown = {each.number: each for each in (*named, *found)}
    if shown:
        with site().acting(actor()) as context:
            record_search(context, {"text": text}, list(shown))
    return render_template(
        "erasure_new.html",
        text=text,
        reason=reason,
        problems=problems,
        cases=[_case(each) for each in shown.values()],
        chosen=set(numbers),
        searched=bool(text),
    )


def _deciding(erasure_id: int, *, answer: str = "", problems: Sequence[str] = ()) -> str:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        found = erasure_by_id(connection, company_id, erasure_id)
        named = erasable_cases(connection, site().deployments, company_id, found.numbers)
        names = names_of(connection, company_id)
    own = found.asked_by == actor().name and company().four_eyes
    verbs = ["refuse", "withdraw"] if own else ["confirm", "refuse", "withdraw"]
    return render_template(
        "erasure.html",
        erasure=_erasure(found, names),
        cases=[_case(each, hidden=True) for each in named],
        verbs=verbs if found.status == ErasureStatus.ASKED else (),
        own=own,
        answer=answer,
        problems=problems,
        certificate=_certificate_view(found),
    )


def _certificate_view(found: Erasure) -> SimpleNamespace | None:
    if found.certificate is None:
        return None
    cases = [
        SimpleNamespace(
            number=each["number"],
            values=len(each["seals"]),
            letters=each["letters"],
            files=each["files"],
            searches=each["searches"],
            mentions=each["mentions"],
            event=each["after"]["seq"],
            hash=each["after"]["hash"],
            fields=sorted({name.rpartition(".")[0] for _, name in each["seals"]} - {"sha256"}),
        )
        for each in found.certificate["cases"]
    ]
    return SimpleNamespace(digest=digest_of_certificate(found.certificate), cases=cases)


def _paper(found: Erasure, names: Mapping[str, Text]) -> str:
    look = reader(own_time_zone())
    gettext = current_translator().gettext
    return render_template(
        "erasure_paper.html",
        paper_language=language(),
        paper_title=gettext("Certificate of erasure"),
        paper_company=words(company().name),
        paper_number=gettext("Erasure %(id)s") % {"id": found.id},
        paper_made=gettext("Made on %(at)s") % {"at": full_instant(_now(), reader=look)},
        erasure=_erasure(found, names),
        certificate=_certificate_view(found),
    )


def _holding(number: str, *, problem: str = "") -> str:
    case = case_of(number)
    return render_template("hold.html", number=number, procedure=words(case.deployment.package.title), problem=problem)


def _erasure(found: Erasure, names: Mapping[str, Text]) -> SimpleNamespace:
    gettext, look = current_translator().gettext, reader(own_time_zone())
    said = {
        ErasureStatus.ASKED: (gettext("waits for a second administrator"), "warn"),
        ErasureStatus.ERASED: (gettext("erased"), "ok"),
        ErasureStatus.REFUSED: (gettext("refused"), ""),
        ErasureStatus.WITHDRAWN: (gettext("withdrawn"), ""),
    }[ErasureStatus(found.status)]
    by_schedule = found.asked_by == SCHEDULE
    return SimpleNamespace(
        id=found.id,
        status=found.status,
        words=said[0],
        tone=said[1],
        reason=gettext("The time of keeping that the regulation names is over.") if by_schedule else found.reason,
        asked_by=who(found.asked_by, names),
        asked_at=_moment(found.asked_at),
        asked=full_instant(found.asked_at, reader=look),
        decided_by=who(found.decided_by, names) if found.decided_by else "",
        decided_at=_moment(found.decided_at) if found.decided_at else None,
        decided=full_instant(found.decided_at, reader=look) if found.decided_at else "",
        answer=found.answer,
        cleaned=full_instant(found.cleaned_at, reader=look) if found.cleaned_at else "",
        numbers=found.numbers,
    )


def _case(each: ErasableCase, *, hidden: bool = False) -> SimpleNamespace:
    """*hidden*: without the words by which customers could be known; no reading that has to be recorded."""
    return SimpleNamespace(
        number=each.number,
        title="" if hidden else each.title,
        customer="" if hidden else each.customer,
        procedure=words(each.procedure_title),
        closed=_moment(each.closed_at) if each.closed_at else None,
        erased=each.erased_at is not None,
        kept_until=_day(each.kept_until) if each.kept_until else "",
        due=each.kept_until is not None and each.kept_until <= _today(),
        held=each.held,
        values=each.values,
        letters=each.letters,
        files=each.files,
    )


def _moment(at: datetime) -> Any:
    return moment(at, _now(), reader=reader(own_time_zone()))


def _day(day: date) -> str:
    return long_date(datetime(day.year, day.month, day.day, 12, tzinfo=own_time_zone()), reader=reader(own_time_zone()))


def _now() -> datetime:
    return site().now(actor().company_id)


def _today() -> date:
    return _now().astimezone(own_time_zone()).date()


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("erase_personal_data", "not-an-administrator")
