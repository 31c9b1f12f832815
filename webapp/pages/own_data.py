"""Behind the tracking link: what the customer asks about their own data, what became of it, and the copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import orjson
from flask import Blueprint, Response, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine.commands.actions import CaseAction
from engine.commands.data_requests import Correction, DataWish, ask_for_data, require_copy_open, wishes_possible
from engine.commands.looks import record_copy_read, record_look
from engine.complaints import CUSTOMER
from engine.errors import FieldError, NotPermitted
from engine.history import instant
from engine.queries.about_person import KeptAbout, kept_about
from engine.queries.cases import Case
from engine.queries.data_requests import DataRequest, data_requests
from engine.queries.erasures import erasable_cases
from webapp.access import case_of_code, open_to_all, site
from webapp.customer_said import carried_out, checked, customer_of, refused
from webapp.filled_forms import Submission, form_page, idempotency_key, read_submission
from webapp.presentation import calendar_day, full_instant, long_date, moment
from webapp.shell import current_translator, reader, words
from webapp.told_view import told_case, told_data
from webapp.tracking_form import wish_form

blueprint = Blueprint("own_data", __name__, url_prefix="/public/track/<code>/data")


@blueprint.get("")
@open_to_all
def show(code: str) -> str:
    case = case_of_code(code)
    with site().acting(customer_of(case)) as context:
        record_look(context, case.id, page="own data")
    return _page(code, case)


@blueprint.post("")
@open_to_all
def ask(code: str) -> str | tuple[str, int] | AnyResponse:
    case = case_of_code(code)
    possible = _possible(case)
    if not possible:
        return _refused(code, case, NotPermitted(CaseAction.ASK_DATA.value, "not-offered"))
    form = wish_form(possible)
    submission = read_submission(form, customer_of(case))
    if submission.errors or submission.pressed:
        return _page(code, case, submission=submission, errors=submission.errors), submission.status
    answers = checked(form, submission, case)
    if answers.errors:
        return _page(code, case, submission=submission, errors=answers.errors), 422
    wish, said = DataWish(answers.data["wish"]), str(answers.data.get("said") or "")
    correction = Correction(answers.data.get("wrong") or "", answers.data.get("right") or "")
    key = idempotency_key(f"data:{case.id}:{wish}")
    try:
        _, errors = carried_out(
            case,
            lambda context: ask_for_data(context, case.id, wish, said=said, correction=correction, idempotency_key=key),
        )
    except NotPermitted as error:
        return _refused(code, case, error)
    if errors:
        return _page(code, case, submission=submission, errors=errors), 422
    flash(current_translator().gettext("Your request has arrived."), "ok")
    return redirect(url_for("own_data.show", code=code), 303)


@blueprint.get("/copy")
@open_to_all
def copy(code: str) -> Response:
    case, kept = _copy(code)
    company = case.deployment.package.company
    look = reader(case.deployment.time_zone)
    page = render_template(
        "public_copy.html",
        number=case.number,
        company_name=words(company.name),
        made=full_instant(site().now(company.id), reader=look),
        case=told_case(kept, _who_is(case)),
        back=url_for("own_data.show", code=code),
        data=url_for("own_data.data", code=code),
    )
    return Response(page, headers={"Cache-Control": "no-store"})


@blueprint.get("/copy.json")
@open_to_all
def data(code: str) -> Response:
    case, kept = _copy(code)
    company_id = case.deployment.package.company.id
    content = {
        "company": company_id,
        "made_at": instant(site().now(company_id)),
        "cases": [told_data(kept, lambda actor: actor if actor == CUSTOMER else company_id)],
    }
    headers = {
        "Content-Disposition": f'attachment; filename="{case.number}-personal-data.json"',
        "Cache-Control": "no-store",
    }
    return Response(orjson.dumps(content, option=orjson.OPT_INDENT_2), mimetype="application/json", headers=headers)


def _copy(code: str) -> tuple[Case, KeptAbout]:
    """What is kept, where somebody has handed it out; and written down that it was read. Raises NotFound."""
    case = case_of_code(code)
    with site().acting(customer_of(case)) as context:
        require_copy_open(context, case.id)
        record_copy_read(context, case.id)
    with site().database.reading(customer_of(case).company_id) as connection:
        return case, kept_about(connection, site().deployments, case)


def _who_is(case: Case) -> Callable[[str], str]:
    """Who wrote something, for the customer: themselves, or the company. Colleagues' names are their own data."""
    you, company = current_translator().gettext("You"), words(case.deployment.package.company.name)
    return lambda actor: you if actor == CUSTOMER else company


def _page(code: str, case: Case, *, submission: Submission | None = None, errors: Sequence[FieldError] = ()) -> str:
    company = case.deployment.package.company
    possible = _possible(case)
    with site().database.reading(company.id) as connection:
        asked = data_requests(connection, company.id, case.id)
        (facts,) = erasable_cases(connection, site().deployments, company.id, (case.number,))
        days = site().deployments.company(connection, company.id).privacy.answer_days
    shown = form_page(
        wish_form(possible),
        case.deployment,
        values=submission.raw if submission else None,
        errors=errors,
        given={},
        submission=submission,
    )
    look = reader(case.deployment.time_zone)
    return render_template(
        "public_data.html",
        number=case.number,
        title=case.title,
        company_name=words(company.name),
        back=url_for("tracking.show", code=code),
        send=url_for("own_data.ask", code=code),
        notice=url_for("privacy.show", company=company.id),
        kept_until=calendar_day(facts.kept_until, reader=look) if facts.kept_until else "",
        closed=case.ended_at is not None,
        days=days,
        may_ask=bool(possible),
        requests=[request_row(code, each, case) for each in asked],
        **shown,
    )


def request_row(code: str, asked: DataRequest, case: Case) -> SimpleNamespace:
    """One request: what, state and tone, said (what became of it, in sentences), answer, copy (URL, "" = none)."""
    gettext, look = current_translator().gettext, reader(case.deployment.time_zone)
    now = site().now(case.deployment.package.company.id)
    due, ended = long_date(asked.due_at, reader=look), asked.ended_at
    on = {"date": long_date(ended, reader=look) if ended else "", "due": due}
    open_copy = asked.handed_until is not None and asked.handed_until >= now
    state, tone, said = _state(asked, late=now > asked.due_at)
    return SimpleNamespace(
        what={
            "copy": gettext("A copy of your data"),
            "correction": gettext("Correction of your data"),
            "erasure": gettext("Erasure of your data"),
        }[asked.wish],
        at=moment(asked.asked_at, now, reader=look),
        state=state,
        tone=tone,
        said=said % {**on, "until": long_date(asked.handed_until, reader=look) if asked.handed_until else ""},
        answer=asked.answer,
        refused=asked.status == "refused" or asked.erasure == "refused",
        copy=url_for("own_data.copy", code=code) if open_copy else "",
    )


def _state(asked: DataRequest, *, late: bool) -> tuple[str, str, str]:
    """In a word, how good that is, and in a sentence."""
    gettext = current_translator().gettext
    if asked.status == "open" and late:
        said = gettext(
            "It should have been answered by %(due)s. We are sorry. You may complain to the authority for the"
            " protection of personal data."
        )
        return gettext("late"), "warn", said
    if asked.status == "open":
        return gettext("being checked"), "accent", gettext("It is answered by %(due)s at the latest.")
    if asked.status == "postponed":
        said = gettext("Agreed on %(date)s. Your data are erased once they need not be kept any more.")
        return gettext("agreed"), "ok", said
    if asked.status == "refused":
        return gettext("refused"), "bad", gettext("Refused on %(date)s.")
    if asked.wish == "copy" and asked.handed_until:
        said = gettext("Handed out on %(date)s. It can be read here until %(until)s.")
        return gettext("handed out"), "ok", said
    if asked.wish == "copy":
        return gettext("handed out"), "ok", gettext("Handed to you on %(date)s.")
    if asked.wish == "correction":
        return gettext("corrected"), "ok", gettext("Corrected on %(date)s.")
    if asked.erasure in {"refused", "withdrawn"}:
        said = gettext("A second person looked at it, and it was not carried out. You may ask again, or ask us why.")
        return gettext("not erased"), "bad", said
    said = gettext(
        "Agreed on %(date)s. A second person has to confirm it; then this link says only that your data were erased."
    )
    return gettext("being erased"), "accent", said


def _refused(code: str, case: Case, error: NotPermitted) -> AnyResponse:
    said = current_translator().gettext("You have asked this already. Below is how it stands.")
    return refused(case, error, words=said, to=url_for("own_data.show", code=code), tone="warn")


def _possible(case: Case) -> tuple[DataWish, ...]:
    company_id = case.deployment.package.company.id
    with site().database.reading(company_id) as connection:
        return wishes_possible(connection, company_id, case.id)
