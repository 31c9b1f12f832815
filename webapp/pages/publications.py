"""From draft to version: an owner asks, another one decides, and the day comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.drafts import DraftMoved
from engine.commands.publications import (
    NothingToPublish,
    PublicationStatus,
    approve_publication,
    ask_publication,
    check_publication_first,
    refuse_publication,
    withdraw_publication,
)
from engine.deployments import Deployment, files_to_edit
from engine.errors import AnswersInvalid, FieldError, NotFound, PackageRefused
from engine.findings import Finding
from engine.forms import validate
from engine.publishing import check_draft
from engine.queries.corrective import Cause, causes_of, open_corrective
from engine.queries.drafts import (
    Publication,
    changed_files,
    files_of_publication,
    publication_by_id,
    versions_of,
    waiting_publication,
)
from engine.queries.people import names_of
from engine.text import whole_number
from webapp.access import actor, for_staff, site
from webapp.filled_forms import Submission, form_page, read_submission
from webapp.finding_words import finding_view
from webapp.publication_form import asking_form, causes_said, deciding_form
from webapp.shell import company, current_translator, own_time_zone, words
from webapp.workshop_view import Look, require_owner

blueprint = Blueprint("publications", __name__, url_prefix="/workshop/<procedure>/publications")

_DECISIONS: Mapping[str, Callable[..., object]] = {
    "approve": approve_publication,
    "refuse": refuse_publication,
    "withdraw": withdraw_publication,
}


@blueprint.get("/new")
@for_staff
def new(procedure: str) -> str | Response:
    require_owner()
    with site().database.reading(actor().company_id) as connection:
        waiting = waiting_publication(connection, actor().company_id, procedure)
    if waiting is not None:
        return redirect(url_for("publications.show", procedure=procedure, publication_id=waiting.id), 303)
    because = request.args.get("because", "")[:500]
    named = [each.number for each in _corrective() if each.number in because.split()]
    given = {"corrective": named, "causes": " ".join(number for number in because.split() if number not in named)}
    return _asking(procedure, values=given if because else None)


@blueprint.post("")
@for_staff
def create(procedure: str) -> tuple[str, int] | Response:
    require_owner()
    form = asking_form(_corrective())
    submission = read_submission(form, actor())
    answers = validate(form, submission.raw, given={}, today=_today(), lists={})
    errors: Sequence[FieldError] = answers.errors
    findings: Sequence[Finding] = ()
    if not errors:
        try:
            number = _ask(procedure, answers.data)
        except AnswersInvalid as error:
            errors = error.errors
        except NothingToPublish:
            errors = [FieldError("reason", "nothing_to_publish")]
        except DraftMoved:
            errors = [FieldError("reason", "draft_moved")]
        except PackageRefused as error:
            errors, findings = [FieldError("reason", "draft_has_errors")], error.findings
        else:
            flash(current_translator().gettext("Another owner can look at it and approve it now."), "ok")
            return redirect(url_for("publications.show", procedure=procedure, publication_id=number), 303)
    return _asking(procedure, values=submission.raw, errors=errors, submission=submission, findings=findings), 422


@blueprint.get("/<int:publication_id>")
@for_staff
def show(procedure: str, publication_id: int) -> str:
    require_owner()
    return _deciding(_publication(procedure, publication_id), values=None)


@blueprint.post("/<int:publication_id>")
@for_staff
def decide(procedure: str, publication_id: int) -> tuple[str, int] | Response:
    require_owner()
    found = _publication(procedure, publication_id)
    form = deciding_form(tuple(_DECISIONS))
    submission = read_submission(form, actor())
    answers = validate(form, submission.raw, given={}, today=_today(), lists={})
    errors: Sequence[FieldError] = answers.errors
    findings: Sequence[Finding] = ()
    if not errors:
        command, answer = _DECISIONS[answers.data["decision"]], answers.data["answer"]
        try:
            if command is approve_publication:
                check_publication_first(site(), actor().company_id, publication_id)
            site().act(actor(), lambda context: command(context, publication_id, answer=answer))
        except AnswersInvalid as error:
            errors = error.errors
        except PackageRefused as error:
            errors, findings = [FieldError("decision", "draft_has_errors")], error.findings
        else:
            flash(current_translator().gettext("Done, and written down with your reason."), "ok")
            return redirect(url_for("workshop.show", procedure=procedure), 303)
    return _deciding(found, values=submission.raw, errors=errors, submission=submission, findings=findings), 422


def _ask(procedure: str, said: Mapping[str, Any]) -> int:
    day, reason = said.get("effective_on"), said["reason"]
    effective = datetime.combine(date.fromisoformat(day), time.min, own_time_zone()) if day else None
    expected = whole_number(request.form.get("revision", "")) or 0
    return site().act(
        actor(),
        lambda context: ask_publication(
            context, procedure, reason=reason, effective_at=effective, expected=expected, causes=causes_said(said)
        ),
    )


def _corrective() -> list[Cause]:
    with site().database.reading(actor().company_id) as connection:
        return open_corrective(connection, site().deployments, actor())


def _publication(procedure: str, publication_id: int) -> Publication:
    with site().database.reading(actor().company_id) as connection:
        found = publication_by_id(connection, actor().company_id, publication_id)
    if found.procedure != procedure:
        raise NotFound("publication", publication_id)
    return found


def _asking(
    procedure: str,
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
    submission: Submission | None = None,
    findings: Sequence[Finding] = (),
) -> str:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        current = site().deployments.current(connection, company_id, procedure)
        edited = files_to_edit(connection, site().deployments, company_id, procedure)
    if not edited.has_draft:
        raise NotFound("draft", procedure)
    found = findings or check_draft(edited.files, company_id=company_id, procedure=procedure)
    return render_template(
        "publication.html",
        procedure=_titled(current),
        revision=edited.revision,
        publication=None,
        causes=(),
        changes=_changes(current, edited.files),
        findings=[finding_view(finding) for finding in found],
        open_cases=_open_cases(procedure),
        **form_page(asking_form(_corrective()), current, values=values, errors=errors, given={}, submission=submission),
    )


def _deciding(
    found: Publication,
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError] = (),
    submission: Submission | None = None,
    findings: Sequence[Finding] = (),
) -> str:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        current = site().deployments.current(connection, company_id, found.procedure)
        base = site().deployments.version(connection, company_id, found.procedure, found.base_version)
        files = files_of_publication(connection, company_id, found.id)
        look = Look(names_of(connection, company_id))
        causes = causes_of(connection, site().deployments, actor(), [found.id])
    form = deciding_form(_verbs(found))
    return render_template(
        "publication.html",
        procedure=_titled(current),
        revision=found.revision,
        publication=look.publication(found),
        causes=causes.get(found.id, ()),
        changes=_changes(base, files),
        findings=[finding_view(finding) for finding in findings],
        open_cases=_open_cases(found.procedure),
        **form_page(form, current, values=values, errors=errors, given={}, submission=submission),
    )


def _verbs(found: Publication) -> tuple[str, ...]:
    """What the reader may decide: who asked for it cannot approve it where four eyes are wanted."""
    if found.status == PublicationStatus.ASKED and (found.asked_by != actor().name or not company().four_eyes):
        return ("approve", "refuse", "withdraw") if found.asked_by == actor().name else ("approve", "refuse")
    return ("withdraw",)


def _titled(current: Deployment) -> SimpleNamespace:
    package = current.package
    return SimpleNamespace(id=package.id, title=words(package.title), version=current.version)


def _changes(before: Deployment, after: Mapping[str, bytes]) -> list[SimpleNamespace]:
    gettext = current_translator().gettext
    said = {"new": gettext("new"), "changed": gettext("changed"), "removed": gettext("removed")}
    found = changed_files(before.package.files, after)
    return [SimpleNamespace(path=path, kind=said[kind]) for path, kind in found if path != "company.toml"]


def _open_cases(procedure: str) -> int:
    with site().database.reading(actor().company_id) as connection:
        return sum(each.open_cases for each in versions_of(connection, actor().company_id, procedure))


def _today() -> date:
    return site().now(actor().company_id).astimezone(own_time_zone()).date()
