"""One task: look at it, claim it, fill it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import user_tasks
from engine.commands.attachments import files_for_form
from engine.commands.cases import record_reading
from engine.commands.rights import barred_of_task
from engine.complaints import capacity_to_act
from engine.deployments import Deployment
from engine.errors import AnswersInvalid, FieldError
from engine.forms import Form, SectionField, StoredFile, validate
from engine.interpreter import CaseStatus, CaseSuspended
from engine.procedures.package import Clause
from engine.queries.cases import Case, CaseTask, task_sees
from engine.queries.errands import Errand, errands_of_task, is_asked
from engine.queries.people import names_of
from engine.queries.time_limits import extensions_of
from engine.queries.timeline import case_events, latest_events, looking_now, moments
from engine.text import Text, enumerated, in_language
from webapp.access import actor, find_task, for_staff, site
from webapp.case_view import file_card, summary_of, timeline_entries
from webapp.clock_view import actions, clock_rows
from webapp.diagrams import diagram_of, file_with
from webapp.due import due_of
from webapp.earlier import before_return, may_have_earlier, since_return
from webapp.errand_view import errand_rows
from webapp.filled_forms import Submission, form_page, idempotency_key, read_submission
from webapp.presentation import clause_reference, moment
from webapp.ready_figures import ready_figures
from webapp.shell import current_translator, language, reader, words
from webapp.verb_form import TITLES, VERBS

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")
_RECENT = 4
#: What a task without a form asks: nothing but to press the button.
_CONFIRMATION = Form(
    id="confirmation",
    title={"zh-Hans": "确认完成", "zh-Hant": "確認完成", "en": "Confirm"},
    fields=(
        SectionField(
            id="nothing_to_fill_in",
            type="section",
            label={
                "zh-Hans": "本步骤只需确认完成",
                "zh-Hant": "本步驟只需確認完成",
                "en": "Only confirm that it is done",
            },
        ),
    ),
)


@blueprint.get("/<int:task_id>")
@for_staff
def show(task_id: int) -> str | Response:
    case, task, draft = find_task(task_id)
    if task.status != "open":
        return redirect(url_for("cases.show", number=case.number), 303)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page=f"task {task.key}")
    return task_page(case, task, values=draft, errors=())


@blueprint.post("/<int:task_id>/completion")
@for_staff
def complete(task_id: int) -> str | tuple[str, int] | Response:
    case, task, _ = find_task(task_id)
    submission = read_submission(form_of(case.deployment, task), actor(), case_id=case.id)
    if submission.errors or submission.pressed:
        return task_page(
            case, task, values=submission.raw, errors=submission.errors, submission=submission
        ), submission.status
    try:
        key = idempotency_key(f"complete:{task_id}")
        done = site().act(
            actor(), lambda context: user_tasks.complete(context, task_id, submission.raw, idempotency_key=key)
        )
    except AnswersInvalid as error:
        return task_page(case, task, values=submission.raw, errors=error.errors, submission=submission), 422
    except CaseSuspended:
        return task_page(case, task, values=submission.raw, errors=(), submission=submission), 409
    return _after(case, task, done)


@blueprint.post("/<int:task_id>/draft")
@for_staff
def save_draft(task_id: int) -> Response | tuple[str, int]:
    case, task, _ = find_task(task_id)
    submission = read_submission(form_of(case.deployment, task), actor(), case_id=case.id)
    with site().acting(actor()) as context:
        user_tasks.save_draft(context, task_id, submission.raw)
    if "_draft" in request.form:  # the script saves by itself: nobody waits for a page, or for words on the next one
        compared = _earlier_again(case, task, submission)
        return compared, 200 if compared else 204
    flash(current_translator().gettext("Draft saved. Nobody else sees it until you submit."), "ok")
    return redirect(url_for("tasks.show", task_id=task_id), 303)


@blueprint.post("/<int:task_id>/claim")
@for_staff
def claim(task_id: int) -> Response:
    with site().acting(actor()) as context:
        user_tasks.claim(context, task_id)
    return redirect(url_for("tasks.show", task_id=task_id), 303)


@blueprint.post("/<int:task_id>/release")
@for_staff
def release(task_id: int) -> Response:
    with site().acting(actor()) as context:
        user_tasks.release(context, task_id)
    flash(current_translator().gettext("Given back to the group."), "ok")
    return redirect(url_for("inbox.show"), 303)


def _earlier_again(case: Case, task: CaseTask, submission: Submission) -> str:
    """What was said before the task came back, beside the draft that has just been saved; "" where it did not."""
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
        before, _ = _earlier(connection, case, task, draft=submission.raw, files=submission.files, names=names)
    return render_template("_earlier.html", earlier=before) if before else ""


def form_of(deployment: Deployment, task: CaseTask) -> Form:
    """What the task asks."""
    return deployment.package.forms[task.form] if task.form else _CONFIRMATION


def _after(case: Case, task: CaseTask, done: user_tasks.Completed) -> Response:
    """To the next step when it is the reader's, else back to the list, always saying what happens now."""
    gettext = current_translator().gettext
    if done.fault:
        flash(gettext("The procedure has stopped here. Your answers are kept as a draft; an incident is open."), "bad")
        return redirect(url_for("cases.show", number=case.number), 303)
    if done.held:
        flash(gettext("Submitted. The case goes on as soon as it is signed."), "ok")
        return redirect(url_for("tasks.show", task_id=task.id), 303)
    names = case.deployment.package.element_names
    following = enumerated(dict.fromkeys(words(names.get(opened.element, {})) for opened in done.opened), language())
    if following:
        said = gettext("Done: %(step)s. Next: %(next)s") % {"step": words(task.name), "next": following}
    else:
        said = gettext("Done: %(step)s.") % {"step": words(task.name)}
    flash(said, "ok")
    mine = [opened for opened in done.opened if not opened.group or opened.group in actor().groups]
    if mine:
        return redirect(url_for("tasks.show", task_id=mine[0].id), 303)
    return redirect(url_for("cases.show", number=case.number), 303)


def task_page(
    case: Case,
    task: CaseTask,
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError],
    submission: Submission | None = None,
) -> str:
    """The page of an open task, with *values* in its form."""
    now, deployment = site().now(actor().company_id), case.deployment
    form = form_of(deployment, task)
    g.here = url_for("tasks.show", task_id=task.id)
    mine = task.assignee == actor().name
    with site().acting(actor()) as context:
        files = files_for_form(context, case.id, values or {}, form)
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
        recent = moments(latest_events(connection, actor().company_id, case, _RECENT))
        asked = extensions_of(connection, site().deployments, actor(), case.id)
        errands = errands_of_task(connection, site().deployments, actor(), task.id)
        ready = ready_figures(connection, case, task.element, now=now)
        beside = looking_now(connection, actor(), case, now=now)
        barred = barred_of_task(connection, deployment.package, case.id, task.element)
        earlier, since = _earlier(connection, case, task, draft=values, files=files, names=names)
    capacity = capacity_to_act(actor(), group=task.group, assignee_id=task.assignee_id, barred=barred)
    delegated = next((each for each in errands if _is_delegated_to_reader(each)), None)
    editable = not capacity.refusal and task.held_at is None
    if not (editable or delegated or task.held_at or submission):
        values, earlier = None, None  # a draft is nobody else's to read
    rows = clock_rows(case, now=now, names=names, reading=actor(), extensions=asked)
    own = [row for row in rows if row.deadline == task.deadline and row.stopped is None]
    return render_template(
        "task.html",
        task=_head(case, task, now=now),
        suspended=case.status == CaseStatus.SUSPENDED,
        editable=editable or delegated is not None,
        can_claim=not capacity.refusal and (not task.assignee or capacity.on_behalf_of is not None),
        can_release=mine and task.held_at is None,
        delegation=delegated.id if delegated else None,
        behalf=words(names.get(capacity.behalf, {})) if not capacity.refusal else "",
        held=task.held_at is not None,
        kept_out=capacity.refusal if capacity.refusal in {"recused", "separated"} else "",
        errands=errand_rows(errands, now=now, zone=deployment.time_zone),
        beside=enumerated([words(names[login]) for login in beside if login in names], language()),
        checklist=_checklist(case, task),
        phrases=[words(phrase) for phrase in deployment.package.company.phrases],
        verbs=_verbs(case, task, free=not capacity.refusal),
        clocks=[(row, actions(case, row)) for row in own],
        words_only="" if own else _words_only(case, task),
        ready=ready,
        earlier=earlier,
        since=since,
        guidance=_guidance(case, task),
        summary=summary_of(case, language=language()),
        covered=bool(case.veil),
        attachments=[file_card(file.name, file.id, file.size, file.media_type) for file in case.files],
        diagram=diagram_of(case, now=now, file=file_with(case, task.element)),
        recent=timeline_entries(case, recent, names, now=now),
        **form_page(
            form,
            deployment,
            values=values,
            errors=errors,
            given=task_sees(case, task, now=now),
            veil=case.veil,
            submission=submission,
            files=files,
        ),
    )


def _earlier(
    connection: sa.Connection,
    case: Case,
    task: CaseTask,
    *,
    draft: Mapping[str, Any] | None,
    files: Mapping[str, StoredFile],
    names: Mapping[str, Text],
) -> tuple[SimpleNamespace | None, SimpleNamespace | None]:
    """What the task said before it came back beside its draft, and what changed since it was returned from here."""
    if not may_have_earlier(case, task):
        return None, None
    now = site().now(actor().company_id)
    found = moments(case_events(connection, actor().company_id, case))
    form, zone = form_of(case.deployment, task), case.deployment.time_zone
    read = validate(
        form,
        draft or {},
        given=task_sees(case, task, now=now),
        today=now.astimezone(zone).date(),
        lists=case.deployment.lists,
        files=files,
        zone=zone,
    )
    said = case.veil.data({**{name: typed for name, typed in (draft or {}).items() if typed}, **read.data})
    before = before_return(case, task, found, said, names, now=now)
    return before, since_return(case, task, found, names, now=now)


def _head(case: Case, task: CaseTask, *, now: Any) -> SimpleNamespace:
    calendar = case.calendars.own
    return SimpleNamespace(
        id=task.id,
        step=words(task.name),
        form_title=words(form_of(case.deployment, task).title),
        case_number=case.number,
        case_title=case.title,
        group=words(task.group_name),
        assignee=words(task.assignee_name),
        due=due_of(task.due_at, now=now, calendar=calendar),
        opened=moment(task.opened_at, now, reader=reader(calendar.time_zone)),
    )


def _checklist(case: Case, task: CaseTask) -> list[str]:
    rule = case.deployment.package.steps.get(task.element)
    return [words(item) for item in rule.checklist] if rule else []


def _is_delegated_to_reader(errand: Errand) -> bool:
    return errand.kind == "delegation" and errand.status == "open" and is_asked(actor(), errand)


def _verbs(case: Case, task: CaseTask, *, free: bool) -> list[SimpleNamespace]:
    """What the reader may do with the task beside filling it in: words and address."""
    allowed = case.deployment.package.verbs_of(task.element)
    if not free:
        offered = ["urging"]
    elif task.held_at is not None:
        offered = ["take-back", "copy"]
    else:
        offered = [verb for verb in VERBS if verb not in {"take-back", "urging"}]
    return [
        SimpleNamespace(words=words(TITLES[verb]), url=url_for("verbs.new", task_id=task.id, verb=verb))
        for verb in offered
        if VERBS[verb] in allowed and (verb != "return" or any(each.status == "completed" for each in case.tasks))
    ]


def _words_only(case: Case, task: CaseTask) -> str:
    """The time limit of a task for which the regulation has a word and no number."""
    rule = case.deployment.package.deadlines.get(task.deadline)
    return words(rule.title) if rule and not rule.binding else ""


def _guidance(case: Case, task: CaseTask) -> list[SimpleNamespace]:
    """Our own words for the step, then the clauses it carries out."""
    package, calendar = case.deployment.package, case.calendars.own
    element = case.deployment.definition.elements[task.element]
    found = []
    if text := package.guidance.get(element.properties.get("guidance") or element.id):
        found.append(SimpleNamespace(reference="", text=words(text), papers=[]))
    carried_out = [
        clause for clause in package.clauses if task.element in clause.element or task.element in clause.guidance
    ]
    for reference, grouped in groupby(carried_out, key=lambda clause: clause.reference):
        clauses = list(grouped)
        said = "\n".join(in_language(clause.summary, language()) for clause in clauses)
        shown = clause_reference(reference, reader=reader(calendar.time_zone))
        found.append(SimpleNamespace(reference=shown, text=said, papers=_papers(case, clauses)))
    return found


def _papers(case: Case, clauses: Sequence[Clause]) -> list[SimpleNamespace]:
    """The company's records that *clauses* demand: on paper where something is written already, registers as pages."""
    package = case.deployment.package
    written = {package.start.form, *(each.form for each in case.tasks if each.status == "completed")}
    records = dict.fromkeys(id_ for clause in clauses for id_ in clause.record)
    reports = dict.fromkeys(id_ for clause in clauses for id_ in clause.report)
    found = []
    for record in (package.records[id_] for id_ in records if id_ in package.records):
        begun = not written.isdisjoint(record.forms)
        url = url_for("papers.show", number=case.number, record=record.id, kind="pdf") if begun else ""
        found.append(SimpleNamespace(title=words(record.title), form=record.form, url=url))
    for report in (package.reports[id_] for id_ in reports if id_ in package.reports):
        if not report.groups or actor().administrator or not actor().groups.isdisjoint(report.groups):
            url = url_for("reports.show", procedure=package.id, report_id=report.id)
            found.append(SimpleNamespace(title=words(report.title), form=report.form, url=url))
    return found
