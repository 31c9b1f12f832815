"""What people do with a task beside filling it in, and how they answer what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import delegations, hand_overs, letter_withdrawals, notices, returns, signatures
from engine.commands.cases import record_reading
from engine.commands.context import Context
from engine.commands.customer_acts import agree_to_withdrawal, decline_withdrawal
from engine.commands.erasures import Obstacle, obstacles
from engine.commands.errands import DATA_KINDS, ErrandKind, withdraw_errand
from engine.commands.errors import ProcedureFailed
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.forms import Form, describe, validate
from engine.queries.cases import Case, CaseLetter, CaseTask, case_by_id, readable, task_by_id
from engine.queries.erasures import related_numbers
from engine.queries.errands import Errand, errand_by_id, is_asked
from engine.queries.people import people_to_ask
from engine.text import whole_number
from webapp.access import actor, case_of, find_task, for_staff, site
from webapp.case_view import summary_of
from webapp.data_answers import answer_about_data
from webapp.due import due_of
from webapp.errand_view import errand_row
from webapp.filled_forms import Submission, form_page, read_submission
from webapp.pages.erasures import obstacle_words
from webapp.pages.tasks import form_of, task_page
from webapp.presentation import moment
from webapp.shell import company, current_translator, language, reader, words
from webapp.verb_form import (
    MEANINGS,
    TITLES,
    VERBS,
    addressee,
    decision_form,
    erasure_decision,
    letter_withdrawal_form,
    verb_form,
    withdrawal_form,
)

blueprint = Blueprint("verbs", __name__)

#: Errands that are answered by a decision, and those that one only has to know of.
_DECIDED: Final = frozenset(
    {ErrandKind.HAND_OVER, ErrandKind.SIGNATURE, ErrandKind.COUNTERSIGNATURE, ErrandKind.WITHDRAWAL, *DATA_KINDS}
)
_KNOWN: Final = frozenset({ErrandKind.COPY, ErrandKind.URGE, ErrandKind.RETURN, ErrandKind.CUSTOMER})
Said = Mapping[str, Any]


@blueprint.get("/tasks/<int:task_id>/verbs/<verb>")
@for_staff
def new(task_id: int, verb: str) -> str | Response:
    case, task, _ = find_task(task_id)
    if task.status != "open" and _known(verb) != "take-back":
        return redirect(url_for("cases.show", number=case.number), 303)
    page = _page(case, task, _known(verb), values=None)
    _record_reading(case, f"{verb} {task.key}")
    return page


@blueprint.post("/tasks/<int:task_id>/verbs/<verb>")
@for_staff
def create(task_id: int, verb: str) -> str | tuple[str, int] | Response:
    case, task, _ = find_task(task_id)
    submission = read_submission(_form(case, task, _known(verb)), actor(), case_id=case.id)
    said, errors = _said(case, _form(case, task, verb), submission)
    errors = errors or _refused(lambda context: _done(context, task_id, verb, said))
    if errors:
        return _page(case, task, verb, values=submission.raw, errors=errors, submission=submission), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    still_here = verb in {"delegation", "signature", "copy", "urging"}
    return redirect(url_for("tasks.show", task_id=task_id) if still_here else url_for("inbox.show"), 303)


@blueprint.get("/cases/<number>/hand-over")
@for_staff
def hand_over_case(number: str) -> str:
    case = case_of(number)
    _record_reading(case, "hand-over")
    return _case_page(case, values=None)


@blueprint.post("/cases/<number>/hand-over")
@for_staff
def handed_over(number: str) -> str | tuple[str, int] | Response:
    case = case_of(number)
    submission = read_submission(_case_form(), actor(), case_id=case.id)
    said, errors = _said(case, _case_form(), submission)
    errors = errors or _refused(
        lambda context: hand_overs.hand_over_case(context, case.id, addressee(said["to"]), reason=said["reason"])
    )
    if errors:
        return _case_page(case, values=submission.raw, errors=errors), 422
    flash(current_translator().gettext("Asked. You answer for the case until it is accepted."), "ok")
    return redirect(url_for("cases.show", number=number), 303)


@blueprint.get("/cases/<number>/letters/<int:place>/withdrawal")
@for_staff
def withdraw_letter(number: str, place: int) -> str | Response:
    case = case_of(number)
    if _letter(case, place).withdrawn_at is not None:
        return redirect(url_for("cases.show", number=number), 303)
    _record_reading(case, f"letter {place}")
    return _letter_page(case, place, values=None)


@blueprint.post("/cases/<number>/letters/<int:place>/withdrawal")
@for_staff
def letter_withdrawn(number: str, place: int) -> str | tuple[str, int] | Response:
    case = case_of(number)
    _letter(case, place)
    submission = read_submission(letter_withdrawal_form(), actor(), case_id=case.id)
    said, errors = _said(case, letter_withdrawal_form(), submission)
    errors = errors or _refused(
        lambda context: letter_withdrawals.withdraw_letter(context, case.id, place, reason=said["reason"])
    )
    if errors:
        return _letter_page(case, place, values=submission.raw, errors=errors), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    return redirect(url_for("cases.show", number=number), 303)


@blueprint.post("/cases/<number>/notes")
@for_staff
def note(number: str) -> Response:
    case = case_of(number)
    text = request.form.get("note", "")[:2000]
    if text.strip():
        site().act(actor(), lambda context: notices.add_note(context, case.id, text))
        flash(current_translator().gettext("The note stands in the history."), "ok")
    task = whole_number(request.form.get("task", ""))
    there = any(each.id == task and each.status == "open" for each in case.tasks)
    return redirect(url_for("tasks.show", task_id=task) if there else url_for("cases.show", number=number), 303)


@blueprint.get("/errands/<int:errand_id>")
@for_staff
def show(errand_id: int) -> str | Response:
    errand, case = _find_errand(errand_id)
    if errand.kind in _KNOWN:
        if errand.status == "open":
            site().act(actor(), lambda context: notices.note_errand(context, errand_id))
        return redirect(_there(errand), 303)
    if errand.kind not in _DECIDED or errand.status != "open":
        return redirect(_there(errand), 303)
    _require_asked(errand)
    _record_reading(case, f"errand {errand_id}")
    found = _obstacles(errand)
    return _errand_page(case, errand, _decision_form(errand, found), found, values=None)


@blueprint.post("/errands/<int:errand_id>")
@for_staff
def answer(errand_id: int) -> str | tuple[str, int] | Response:
    errand, case = _find_errand(errand_id)
    if errand.kind in _KNOWN:
        site().act(actor(), lambda context: notices.note_errand(context, errand_id))
        return redirect(url_for("inbox.show"), 303)
    if errand.kind not in _DECIDED:
        abort(404)
    _require_asked(errand)
    found = _obstacles(errand)
    form = _decision_form(errand, found)
    submission = read_submission(form, actor(), case_id=case.id)
    said, errors = _said(case, form, submission)
    errors = errors or _refused(lambda context: _decided(context, errand, said))
    if errors:
        return _errand_page(case, errand, form, found, values=submission.raw, errors=errors), 422
    flash(current_translator().gettext("Done, and written down."), "ok")
    took_over = said["decision"] == "accept" and errand.task_id is not None
    return redirect(_there(errand) if took_over else url_for("inbox.show"), 303)


@blueprint.get("/errands/<int:errand_id>/withdrawal")
@for_staff
def withdraw(errand_id: int) -> str | Response:
    errand, case = _find_errand(errand_id)
    if errand.status != "open":
        return redirect(_there(errand), 303)
    _record_reading(case, f"errand {errand_id}")
    return _errand_page(case, errand, withdrawal_form(), values=None)


def _record_reading(case: Case, page: str) -> None:
    with site().acting(actor()) as context:
        record_reading(context, case.id, page=page)


@blueprint.post("/errands/<int:errand_id>/withdrawal")
@for_staff
def withdrawn(errand_id: int) -> str | tuple[str, int] | Response:
    errand, case = _find_errand(errand_id)
    submission = read_submission(withdrawal_form(), actor(), case_id=case.id)
    said, errors = _said(case, withdrawal_form(), submission)
    errors = errors or _refused(lambda context: withdraw_errand(context, errand_id, reason=said["reason"]))
    if errors:
        return _errand_page(case, errand, withdrawal_form(), values=submission.raw, errors=errors), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    return redirect(_there(errand), 303)


@blueprint.post("/errands/<int:errand_id>/answers")
@for_staff
def answered(errand_id: int) -> str | tuple[str, int] | Response:
    """What a delegate filled in, sent from the task's own form."""
    errand, case = _find_errand(errand_id)
    task = next((task for task in case.tasks if task.id == errand.task_id), None)
    if task is None:
        abort(404)
    submission = read_submission(form_of(case.deployment, task), actor(), case_id=case.id)
    if submission.errors or submission.pressed:
        page = task_page(case, task, values=submission.raw, errors=submission.errors, submission=submission)
        return page, submission.status
    site().act(actor(), lambda context: delegations.answer_delegation(context, errand_id, submission.raw, answer=""))
    flash(current_translator().gettext("Sent back to whoever asked you, who submits it."), "ok")
    return redirect(url_for("inbox.show"), 303)


def who_may_be_asked() -> list[tuple[str, str]]:
    """Groups and people for a choice: what the form sends, and words."""
    with site().database.reading(actor().company_id) as connection:
        others = people_to_ask(connection, actor().company_id)
    groups = [(f"group:{group.id}", words(group.name)) for group in company().groups.values()]
    return [*groups, *((f"person:{login}", words(name)) for login, name in others if login != actor().name)]


def _known(verb: str) -> str:
    return verb if verb in VERBS else abort(404)


def _find_errand(errand_id: int) -> tuple[Errand, Case]:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        errand = errand_by_id(connection, site().deployments, actor(), errand_id)
        case = case_by_id(connection, site().deployments, company_id, errand.case_id)
        return errand, readable(connection, actor(), case)


def _require_asked(errand: Errand) -> None:
    """Raises NotPermitted for whom the errand is not: what is to be signed is shown to whoever signs it."""
    if not is_asked(actor(), errand):
        raise NotPermitted("read_errand", "not-asked")


def _there(errand: Errand) -> str:
    """Where the errand leads: its task while that is open, which is the case afterwards."""
    if errand.task_id is not None and errand.kind != ErrandKind.COPY:
        return url_for("tasks.show", task_id=errand.task_id)
    return url_for("cases.show", number=errand.number)


def _form(case: Case, task: CaseTask, verb: str) -> Form:
    names = case.deployment.package.element_names
    with site().database.reading(actor().company_id) as connection:
        others = [each for each in people_to_ask(connection, actor().company_id) if each[0] != actor().name]
        steps = returns.earlier_steps(connection, case.deployment, case.id, task.element) if verb == "return" else ()
    if verb == "return" and not steps:
        raise NotPermitted("return", "nothing-before")
    groups = [(group.id, group.name) for group in case.deployment.package.company.groups.values()]
    return verb_form(verb, people=others, groups=groups, steps=[(step, names.get(step, {})) for step in steps])


def _said(case: Case, form: Form, submission: Submission) -> tuple[Said, Sequence[FieldError]]:
    today = site().now(actor().company_id).astimezone(case.deployment.time_zone).date()
    answers = validate(form, submission.raw, given={}, today=today, lists={}, files=submission.files)
    return answers.data, [*submission.errors, *answers.errors]


def _done(context: Context, task_id: int, verb: str, said: Said) -> None:
    reason = said["reason"]
    match verb:
        case "hand-over":
            hand_overs.hand_over(context, task_id, addressee(said["to"]), reason=reason)
        case "delegation":
            delegations.delegate(context, task_id, addressee(said["to"]), reason=reason)
        case "signature":
            before = said["when"] == "before"
            signatures.ask_signature(context, task_id, addressee(said["to"]), before=before, reason=reason)
        case "return":
            returns.return_task(context, task_id, said["step"], reason=reason)
        case "take-back":
            returns.take_back(context, task_id, reason=reason)
        case "urging":
            notices.urge(context, task_id, reason=reason)
        case "copy":
            notices.copy_to(context, task_id, [addressee(each) for each in said["to"]], reason=reason)
        case _:
            until = datetime.fromisoformat(said["until"])
            notices.snooze(context, task_id, until, reason=reason)


def _decided(context: Context, errand: Errand, said: Said) -> None:
    match said["decision"]:
        case decision if errand.kind in DATA_KINDS:
            answer_about_data(context, errand.id, decision, said)
        case "accept" if errand.kind == ErrandKind.WITHDRAWAL:
            agree_to_withdrawal(context, errand.id)
        case "decline" if errand.kind == ErrandKind.WITHDRAWAL:
            decline_withdrawal(context, errand.id, reason=said["reason"])
        case "accept":
            hand_overs.accept_hand_over(context, errand.id)
        case "decline":
            hand_overs.decline_hand_over(context, errand.id, reason=said["reason"])
        case decision:
            opinion = said.get("opinion") or ""
            signatures.sign(context, errand.id, agreed=decision == "agree", opinion=opinion)


def _decision_form(errand: Errand, found: Sequence[Obstacle]) -> Form:
    if errand.kind == ErrandKind.DATA_ERASURE:
        return erasure_decision(now=not found)
    return decision_form(errand.kind)


def _obstacles(errand: Errand) -> tuple[Obstacle, ...]:
    """What stands in the way of erasing the case now, where that is asked."""
    if errand.kind != ErrandKind.DATA_ERASURE:
        return ()
    with site().looking(actor()) as context:
        return obstacles(context, [errand.case_id])


def _about_data(errand: Errand, found: Sequence[Obstacle]) -> SimpleNamespace | None:
    """For what a customer asks about data: hints (sentences) and report (URL): what is kept."""
    if errand.kind not in DATA_KINDS:
        return None
    gettext = current_translator().gettext
    hints = [
        gettext(
            "Whoever has the tracking link may ask. Check that it is the person concerned before anything is handed"
            " out, corrected or erased, best by a call back to the number that the case has."
        )
    ]
    if errand.kind == ErrandKind.DATA_CORRECTION:
        hints.append(
            gettext(
                "Put it right where it is asked for, in the form of a step that is open. What was written before stays"
                " in the history; what you answer here stands beside it and is read by the customer."
            )
        )
    hints += [obstacle_words(each) for each in found]
    with site().database.reading(actor().company_id) as connection:
        beside = related_numbers(connection, actor().company_id, (errand.number,))
    if beside:
        said = gettext("It is asked about this case. Others that may be about the same person: %(numbers)s")
        hints.append(said % {"numbers": ", ".join(beside)})
    return SimpleNamespace(hints=hints, report=url_for("told.show", number=errand.number, also=beside))


def _refused(command: Callable[[Context], object]) -> Sequence[FieldError]:
    """Do what was asked; what is wrong with it if the engine refuses."""
    try:
        site().act(actor(), command)
    except AnswersInvalid as error:
        return error.errors
    except notices.UrgedRecently as error:
        return [FieldError("reason", "urged_recently", {"n": error.hours})]
    except ProcedureFailed as error:
        return [FieldError("reason", "procedure_failed", {"n": error.fault.message})]
    return ()


def _page(
    case: Case,
    task: CaseTask,
    verb: str,
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
    submission: Submission | None = None,
) -> str:
    form = _form(case, task, verb)
    shown = form_page(form, case.deployment, values=values, errors=errors, given={}, submission=submission)
    back = url_for("tasks.show", task_id=task.id)
    return render_template(
        "verb.html",
        heading=words(TITLES[verb]),
        meaning=words(MEANINGS[verb]),
        send=url_for("verbs.create", task_id=task.id, verb=verb),
        back=back,
        errand=None,
        answers=[],
        data=None,
        **_about(case, task),
        **shown,
    )


def _case_form() -> Form:
    with site().database.reading(actor().company_id) as connection:
        others = [each for each in people_to_ask(connection, actor().company_id) if each[0] != actor().name]
    return verb_form("hand-over", people=others, groups=(), steps=())


def _case_page(case: Case, *, values: Mapping[str, Any] | None, errors: Sequence[FieldError] = ()) -> str:
    gettext = current_translator().gettext
    shown = form_page(_case_form(), case.deployment, values=values, errors=errors, given={})
    return render_template(
        "verb.html",
        heading=words(TITLES["hand-over"]),
        meaning=gettext("Somebody else answers for the case to the customer. Until they accept, you do."),
        send=url_for("verbs.handed_over", number=case.number),
        back=url_for("cases.show", number=case.number),
        errand=None,
        answers=[],
        data=None,
        **_about(case, None),
        **shown,
    )


def _letter(case: Case, place: int) -> CaseLetter:
    return case.letters[place - 1] if 0 < place <= len(case.letters) else abort(404)


def _letter_page(case: Case, place: int, *, values: Mapping[str, Any] | None, errors: Sequence[FieldError] = ()) -> str:
    letter = _letter(case, place)
    shown = form_page(letter_withdrawal_form(), case.deployment, values=values, errors=errors, given={})
    return render_template(
        "verb.html",
        heading=words(TITLES["letter-withdrawal"]),
        meaning=words(MEANINGS["letter-withdrawal"]),
        send=url_for("verbs.letter_withdrawn", number=case.number, place=place),
        back=url_for("cases.show", number=case.number),
        errand=None,
        answers=[],
        data=None,
        letter=SimpleNamespace(
            subject=letter.subject,
            body=letter.body,
            at=moment(letter.written_at, site().now(actor().company_id), reader=reader(case.deployment.time_zone)),
        ),
        **_about(case, None),
        **shown,
    )


def _errand_page(
    case: Case,
    errand: Errand,
    form: Form,
    found: Sequence[Obstacle] = (),
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
) -> str:
    """*found* stands in the way of the erasure that is asked for."""
    task = next((task for task in case.tasks if task.id == errand.task_id), None)
    shown = form_page(form, case.deployment, values=values, errors=errors, given={})
    withdrawing = form.id == "withdrawal"
    now = site().now(actor().company_id)
    return render_template(
        "verb.html",
        heading=words(form.title),
        meaning="",
        send=url_for("verbs.withdrawn" if withdrawing else "verbs.answer", errand_id=errand.id),
        back=_there(errand),
        errand=errand_row(errand, now=now, zone=case.deployment.time_zone),
        answers=[] if withdrawing else _submitted(case, task),
        data=None if withdrawing else _about_data(errand, found),
        **_about(case, task),
        **shown,
    )


def _submitted(case: Case, task: CaseTask | None) -> Sequence[Any]:
    """What is to be signed: label and text of every answer. A draft is nobody's to read before it is submitted."""
    form = case.deployment.package.forms.get(task.form) if task else None
    if task is None or form is None or task.held_at is None:
        return []
    with site().database.reading(actor().company_id) as connection:
        _, draft = task_by_id(connection, actor().company_id, task.id)
    lines = describe(form, draft or {}, language(), lists=case.deployment.lists)
    return [(line.label, line.value) for line in lines if line.value]


def _about(case: Case, task: CaseTask | None) -> dict[str, Any]:
    now = site().now(actor().company_id)
    calendar = case.calendars.own
    return {
        "number": case.number,
        "title": case.title or case.number,
        "summary": summary_of(case, language=language()),
        "task": None
        if task is None
        else SimpleNamespace(
            id=task.id,
            step=words(task.name),
            who=words(task.assignee_name) or words(task.group_name),
            due=due_of(task.due_at, now=now, calendar=calendar),
            opened=moment(task.opened_at, now, reader=reader(calendar.time_zone)),
        ),
    }
