"""Saying what a case has to do with another one: link, join, and take either back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import relations
from engine.commands.cases import record_reading
from engine.commands.context import Context
from engine.errors import AnswersInvalid, FieldError
from engine.forms import Form, validate
from engine.queries.cases import Case
from webapp.access import actor, case_of, for_staff, site
from webapp.case_view import summary_of
from webapp.filled_forms import form_page, read_submission
from webapp.known_view import similar_to
from webapp.shell import current_translator, language, words
from webapp.verb_form import MEANINGS, TITLES, relation_form

blueprint = Blueprint("relations", __name__, url_prefix="/cases")

Command = Callable[..., None]
_COMMANDS: Final[Mapping[str, Command]] = {
    "link": relations.link,
    "join": relations.join,
    "unlink": relations.unlink,
    "part": relations.part,
}


@blueprint.get("/<number>/relations/<verb>")
@for_staff
def new(number: str, verb: str) -> str:
    case = case_of(number)
    other = request.args.get("other", "")[:60]
    page = _page(case, verb, values={"other": other} if other else None)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page=verb)
    return page


@blueprint.post("/<number>/relations/<verb>")
@for_staff
def create(number: str, verb: str) -> str | tuple[str, int] | Response:
    case, form = case_of(number), _form(verb)
    submission = read_submission(form, actor(), case_id=case.id)
    today = site().now(actor().company_id).astimezone(case.deployment.time_zone).date()
    answers = validate(form, submission.raw, given={}, today=today, lists={}, files={})
    errors: Sequence[FieldError] = [*submission.errors, *answers.errors] or _refused(case, verb, answers.data)
    if errors:
        return _page(case, verb, values=submission.raw, errors=errors), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    there = answers.data["other"].strip().upper() if verb == "join" else case.number
    return redirect(url_for("cases.show", number=there), 303)


def _refused(case: Case, verb: str, said: Mapping[str, Any]) -> Sequence[FieldError]:
    def command(context: Context) -> None:
        _COMMANDS[verb](context, case.id, said["other"], reason=said["reason"])

    try:
        site().act(actor(), command)
    except AnswersInvalid as error:
        return error.errors
    return ()


def _form(verb: str) -> Form:
    return relation_form(verb) if verb in _COMMANDS else abort(404)


def _page(case: Case, verb: str, *, values: Mapping[str, Any] | None, errors: Sequence[FieldError] = ()) -> str:
    shown = form_page(_form(verb), case.deployment, values=values, errors=errors, given={})
    now = site().now(actor().company_id)
    with site().database.reading(actor().company_id) as connection:
        offered = similar_to(connection, case, now=now) if verb in {"link", "join"} else []
    return render_template(
        "relation.html",
        heading=words(TITLES[verb]),
        meaning=words(MEANINGS[verb]),
        verb=verb,
        number=case.number,
        title=case.title or case.number,
        summary=summary_of(case, language=language()),
        offered=[each for each in offered if each.open or verb == "link"],
        **shown,
    )
