"""An administrator intervenes in a running case: back, skip, end a branch, suspend, another version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from engine.commands.cases import record_reading
from engine.commands.errors import ProcedureFailed
from engine.commands.interventions import intervene, migrate_case
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.forms import validate
from engine.interpreter import (
    CancelBranch,
    MigrationRefused,
    MoveToken,
    Operation,
    OperationRefused,
    Resume,
    Skip,
    Suspend,
    TaskKey,
)
from engine.queries.cases import Case
from engine.text import enumerated
from webapp.access import actor, case_of, for_staff, site
from webapp.diagrams import diagram_of
from webapp.filled_forms import Submission, form_page, read_submission
from webapp.intervention_form import intervention_form, name_of
from webapp.shell import current_translator, language, words

blueprint = Blueprint("interventions", __name__, url_prefix="/cases")

#: Which field is wrong, and how, when the engine refuses.
_REFUSALS: Final[Mapping[str, tuple[str, str]]] = {
    "not-there": ("place", "option"),
    "no-destination": ("to", "no_destination"),
    "cannot-be-skipped": ("place", "cannot_be_skipped"),
    "nothing-else-goes-on": ("place", "only_branch"),
    "suspended": ("verb", "option"),
    "not-suspended": ("verb", "option"),
    "clock-extended": ("keep_limits", "extended_in_another_unit"),
}


@blueprint.get("/<number>/intervention")
@for_staff
def new(number: str) -> str:
    case = _case(number)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="intervention")
    return _page(case, values=None)


@blueprint.post("/<number>/intervention")
@for_staff
def create(number: str) -> str | tuple[str, int] | Response:
    case = _case(number)
    form = intervention_form(case, site())
    submission = read_submission(form, actor(), case_id=case.id)
    if submission.pressed:
        return _page(case, values=submission.raw, submission=submission)
    answers = validate(form, submission.raw, given={}, today=site().now(actor().company_id).date(), lists={})
    errors = answers.errors or _tried(case, answers.data)
    if errors:
        return _page(case, values=submission.raw, errors=errors, submission=submission), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    return redirect(url_for("cases.show", number=number), 303)


def _case(number: str) -> Case:
    if not actor().administrator:
        raise NotPermitted("intervene", "not-an-administrator")
    return case_of(number)


def _tried(case: Case, said: Mapping[str, Any]) -> Sequence[FieldError]:
    """Do what was asked; what is wrong with it if the engine refuses."""
    try:
        with site().acting(actor()) as context:
            if said["verb"] == "migrate":
                mapping = {row["was"]: row["becomes"] for row in said.get("mapping") or ()}
                migrate_case(
                    context,
                    case.id,
                    version=int(said["version"]),
                    mapping=mapping,
                    reason=said["reason"],
                    keep_limits=said.get("keep_limits") is True,
                )
            else:
                intervene(context, case.id, _operation(said))
    except AnswersInvalid as error:
        return error.errors
    except OperationRefused as error:
        field, rule = _REFUSALS[error.reason]
        return [FieldError(field, rule)]
    except MigrationRefused as error:
        names = dict.fromkeys(words(name_of(case.deployment, problem.element)) for problem in error.problems)
        return [FieldError("version", "no_place", {"n": enumerated(names, language())})]
    except ProcedureFailed as error:
        return [FieldError("verb", "procedure_failed", {"n": error.fault.message})]
    return ()


def _operation(said: Mapping[str, Any]) -> Operation:
    key, reason = TaskKey(said.get("place") or ""), said["reason"]
    match said["verb"]:
        case "move":
            return MoveToken(key, said["to"], reason, alone=said.get("alone") is True)
        case "skip":
            return Skip(key, reason)
        case "cancel":
            return CancelBranch(key, reason)
        case "suspend":
            return Suspend(reason, stop_clocks=said.get("stop_clocks") is True)
        case _:
            return Resume(reason)


def _page(
    case: Case,
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
    submission: Submission | None = None,
) -> str:
    shown = form_page(
        intervention_form(case, site()), case.deployment, values=values, errors=errors, given={}, submission=submission
    )
    return render_template(
        "intervene.html",
        number=case.number,
        title=case.title or case.number,
        ended=case.ended_at is not None,
        diagram=diagram_of(case, now=site().now(actor().company_id), file=""),
        **shown,
    )
