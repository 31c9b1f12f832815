"""Trying a draft: a case played through it on a clock of its own, kept as a scenario, and what the scenarios cover."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.calendars import Deadline, Unit, due
from engine.commands.drafts import DraftMoved, remove_file, save_file
from engine.deployments import DraftFiles
from engine.errors import FieldError, NotFound, PackageRefused
from engine.findings import Finding, Severity
from engine.forms import Form
from engine.interpreter import OpenTask
from engine.procedures.toml_tables import parse_toml
from engine.publishing import path_coverage
from engine.publishing.running import EVERYONE, named_files
from engine.publishing.scenario import MAIL_KEYS, PUBLIC, Action, Scenario, ScenarioStep, Start
from engine.publishing.scenario_writing import expecting_what_happened, scenario_as_toml
from engine.text import whole_number
from engine.worker.sandboxes import put_into_sandbox, sandbox_of
from webapp.access import actor, for_staff, site
from webapp.diagrams import element_names, file_names
from webapp.filled_forms import Submission, form_page
from webapp.finding_words import finding_view
from webapp.form_pages import press, read_answers, uploads
from webapp.pages.drafts import edited, findings_of, played
from webapp.rehearsal import (
    OtherStart,
    Played,
    Rehearsed,
    called,
    other_starts,
    plain_answers,
    play,
    played_view,
    rehearsed,
)
from webapp.shell import current_translator, words

blueprint = Blueprint("trials", __name__, url_prefix="/workshop/<procedure>")

_HOUR: Final = timedelta(hours=1)
#: A time limit has passed when its time is over.
_JUST_AFTER: Final = timedelta(seconds=1)
_WORKING_DAY: Final = Deadline(Decimal(1), Unit.WORKING_DAYS, end="same_time")
_NAME: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_TITLE: Final = 200
_LONGEST_MAIL: Final = 4000


@blueprint.get("/trial")
@for_staff
def new(procedure: str) -> str | tuple[str, int]:
    """Begin a run: the intake form of the draft. With ``scenario`` a stored one is played to where it ends."""
    kept = edited(procedure)
    draft = _ready(procedure, kept)
    if not isinstance(draft, Rehearsed):
        return draft
    path = request.args.get("scenario", "")
    if not path:
        begins = _beginning_otherwise(draft, request.args.get("begins", ""))
        return (
            _otherwise(procedure, draft, begins)
            if begins
            else _beginning(procedure, draft, Submission({}), values=None)
        )
    if path not in kept.files:
        raise NotFound("scenario", path[:200])
    scenario, findings = draft.read(path, kept.files[path])
    if scenario is None:
        raise PackageRefused(findings)
    return _standing(procedure, play(draft, scenario))


@blueprint.post("/trial")
@for_staff
def go_on(procedure: str) -> str | tuple[str, int]:
    """One more step of a run. ``so_far`` is the whole run, so nothing is kept here and going back is no matter."""
    draft = _ready(procedure, edited(procedure))
    if not isinstance(draft, Rehearsed):
        return draft
    if request.form.get("do") == "start":
        return _start(procedure, draft)
    scenario, findings = draft.read("scenarios/trial.toml", request.form.get("so_far", "").encode(errors="replace"))
    if scenario is None:
        raise PackageRefused(findings)
    carry_out = _STEPS.get(request.form.get("do", "")) or abort(400)
    return carry_out(procedure, play(draft, scenario))


@blueprint.get("/scenarios")
@for_staff
def scenarios(procedure: str) -> str | tuple[str, int]:
    """Every scenario of the draft with its result, and the ways that none of them walks."""
    kept = edited(procedure)
    draft = _ready(procedure, kept)
    if not isinstance(draft, Rehearsed):
        return draft
    results = played(draft.package.files)
    covered = path_coverage(draft.deployment.definition, results)
    names, files = element_names(draft.deployment), file_names(draft.deployment)
    elements, flows = draft.deployment.definition.elements, draft.deployment.definition.flows
    left = [flows[each] for each in covered.flows_left]
    return render_template(
        "scenarios.html",
        procedure=_titled(procedure, draft),
        revision=kept.revision,
        results=results,
        failed=sum(not result.passed for result in results),
        percent=covered.percent,
        ways=len(covered.flows),
        all_ways=len(flows),
        left=[
            SimpleNamespace(
                name=flow.name,
                source=names.get(flow.source) or flow.source,
                target=names.get(flow.target) or flow.target,
                condition=flow.condition,
            )
            for flow in left
        ],
        diagrams=[
            SimpleNamespace(
                title=files.get(file, file),
                xml_url=url_for("drafts.file", procedure=procedure, file=file),
                names=names,
                done=[*covered.elements, *covered.flows],
                active=[],
                late=[*covered.flows_left, *covered.elements_left],
                words=files.get(file, file),
            )
            for file in dict.fromkeys(each.file for each in elements.values())
        ],
    )


@blueprint.post("/scenarios")
@for_staff
def keep(procedure: str) -> Response | tuple[str, int] | str:
    """Keep a run as a scenario of the draft: what was open and sent behind each step is what it expects from now on."""
    kept = edited(procedure)
    draft = _ready(procedure, kept)
    if not isinstance(draft, Rehearsed):
        return draft
    scenario, findings = draft.read("scenarios/trial.toml", request.form.get("so_far", "").encode(errors="replace"))
    title = " ".join(request.form.get("title", "").split())[:_LONGEST_TITLE]
    if scenario is None:
        raise PackageRefused(findings)
    played = play(draft, scenario)
    gettext = current_translator().gettext
    if not title:
        return _standing(procedure, played, problem=gettext("Say what this run shows.")), 422
    if played.result.error:
        return _standing(procedure, played), 422
    content = scenario_as_toml(expecting_what_happened(replace(scenario, title=title), played.run, played.result))
    path = _free_path(title, kept.files)
    site().act(actor(), lambda context: save_file(context, procedure, path, content, expected=kept.revision))
    flash(gettext("It is kept as a scenario of the draft and runs with every save."), "ok")
    return redirect(url_for("trials.scenarios", procedure=procedure), 303)


@blueprint.post("/sandbox")
@for_staff
def to_sandbox(procedure: str) -> Response:
    """Let the draft run in the company's sandbox, where colleagues try it with their own accounts and its clock."""
    company_id = actor().company_id
    put_into_sandbox(site(), company_id, edited(procedure).files)
    said = current_translator().gettext(
        "The draft runs in the sandbox. People sign in there with their own password, as name@%(company)s."
    )
    flash(said % {"company": sandbox_of(company_id)}, "ok")
    if actor().administrator:
        return redirect(url_for("sandbox.show"), 303)
    return redirect(url_for("trials.new", procedure=procedure), 303)


@blueprint.post("/scenarios/removed")
@for_staff
def remove(procedure: str) -> Response:
    path, expected = request.form.get("file", ""), whole_number(request.form.get("revision", "")) or 0
    if not path.startswith("scenarios/"):
        raise NotFound("scenario", path[:200])
    gettext = current_translator().gettext
    try:
        site().act(actor(), lambda context: remove_file(context, procedure, path, expected=expected))
    except DraftMoved:
        flash(gettext("Somebody saved the draft meanwhile. Look at it again before you go on."), "bad")
    else:
        flash(gettext("The scenario is taken out of the draft."), "ok")
    return redirect(url_for("trials.scenarios", procedure=procedure), 303)


def _ready(procedure: str, kept: DraftFiles) -> Rehearsed | tuple[str, int]:
    """The draft ready to run, or the page that says why it cannot."""
    findings: list[Finding]
    try:
        return rehearsed(kept.files)
    except PackageRefused as error:
        findings = [each for each in findings_of(procedure, kept.files) if each.severity is Severity.ERROR]
        findings = findings or list(error.findings)
    with site().database.reading(actor().company_id) as connection:
        current = site().deployments.current(connection, actor().company_id, procedure)
    titled = SimpleNamespace(id=procedure, title=words(current.package.title))
    return render_template("trial.html", procedure=titled, findings=[finding_view(each) for each in findings]), 422


def _titled(procedure: str, draft: Rehearsed) -> SimpleNamespace:
    return SimpleNamespace(id=procedure, title=words(draft.package.title))


def _beginning(
    procedure: str,
    draft: Rehearsed,
    submission: Submission,
    *,
    values: Mapping[str, Any] | None,
    errors: tuple[FieldError, ...] = (),
    problem: str = "",
) -> str:
    public, begin = _public(draft), draft.package.start
    form = _intake(draft, public=public)
    at = request.form.get("at") or f"{_now(draft):%Y-%m-%dT%H:%M}"
    return render_template(
        "trial.html",
        procedure=_titled(procedure, draft),
        findings=[],
        run=None,
        problem=problem,
        at=at,
        by=PUBLIC if public else "",
        both=begin.public and bool(begin.groups),
        begins=None,
        others=other_starts(draft, now=_now(draft)),
        **form_page(form, draft.deployment, values=values, errors=errors, given={}, submission=submission),
    )


def _otherwise(procedure: str, draft: Rehearsed, begins: OtherStart, *, problem: str = "") -> str:
    """The page on which a case begins that nobody registers."""
    zone = draft.stage.calendars.time_zone
    at = request.form.get("at") or f"{(begins.next_at or _now(draft)).astimezone(zone):%Y-%m-%dT%H:%M}"
    said = {name: request.form.get(name, "") for name in ("brings", *MAIL_KEYS)}
    return render_template(
        "trial.html",
        procedure=_titled(procedure, draft),
        findings=[],
        run=None,
        problem=problem,
        at=at,
        begins=begins,
        said=said,
        others=other_starts(draft, now=_now(draft)),
    )


def _beginning_otherwise(draft: Rehearsed, key: str) -> OtherStart | None:
    return next((each for each in other_starts(draft, now=_now(draft)) if each.key == key), None)


def _start_otherwise(procedure: str, draft: Rehearsed, begins: OtherStart) -> str | tuple[str, int]:
    gettext = current_translator().gettext
    at = _instant(draft, request.form.get("at", ""))
    if at is None:
        return _otherwise(procedure, draft, begins, problem=gettext("Choose a date and time.")), 422
    file = parse_toml(request.form.get("brings", "").encode(errors="replace"), "", [])
    if file is None:
        return _otherwise(
            procedure, draft, begins, problem=gettext("Write one value a line, like this: amount = 120")
        ), 422
    mail = {key: request.form.get(key, "").strip()[:_LONGEST_MAIL] for key in MAIL_KEYS if begins.kind == "mail"}
    if mail and not (mail["sender"] or mail["words"]):
        return _otherwise(procedure, draft, begins, problem=gettext("Say who writes, or what the mail says.")), 422
    start = begins.start(at, dict(file.table), {key: text.replace("\r\n", "\n") for key, text in mail.items() if text})
    played = play(draft, Scenario("scenarios/trial.toml", words(draft.package.title), (), "", start, (), None))
    if played.run.last is None:
        return _otherwise(procedure, draft, begins, problem=played.result.error), 422
    return _standing(procedure, played)


def _start(procedure: str, draft: Rehearsed) -> str | tuple[str, int]:
    if begins := _beginning_otherwise(draft, request.form.get("begins", "")):
        return _start_otherwise(procedure, draft, begins)
    form = _intake(draft, public=_public(draft))
    submission = _submission(form)
    at = _instant(draft, request.form.get("at", ""))
    if submission.pressed:
        return _beginning(procedure, draft, submission, values=submission.raw)
    if at is None:
        said = current_translator().gettext("Choose a date and time.")
        return _beginning(procedure, draft, submission, values=submission.raw, problem=said), 422
    start = Start(at=at, by=PUBLIC if _public(draft) else _who_starts(draft), form=dict(submission.raw))
    answers = draft.stage.answers(form, submission.raw, given={}, now=at)
    if answers.errors:
        return _beginning(procedure, draft, submission, values=submission.raw, errors=answers.errors), 422
    start = replace(start, form=plain_answers(form, submission.raw, answers.data))
    title = words(draft.package.title)
    played = play(draft, Scenario("scenarios/trial.toml", title, (), "", start, (), None))
    if played.run.last is None:
        return _beginning(procedure, draft, submission, values=submission.raw, problem=played.result.error), 422
    return _standing(procedure, played)


def _look(procedure: str, played: Played) -> str:
    return _standing(procedure, played)


def _complete(procedure: str, played: Played) -> str | tuple[str, int]:
    task = played.open_task(request.form.get("task", ""))
    if task is None:
        return _standing(procedure, played)
    raw: Mapping[str, Any] = {}
    if task.form:
        form = played.draft.package.forms[task.form]
        submission = _submission(form)
        answers = played.draft.stage.answers(form, submission.raw, given=played.run.seen_by(task), now=played.run.now)
        if submission.pressed or answers.errors:
            errors = () if submission.pressed else answers.errors
            page = _standing(procedure, played, task=task, submission=submission, errors=errors)
            return page if submission.pressed else (page, 422)
        raw = plain_answers(form, submission.raw, answers.data)
    by = task.group or _who_starts(played.draft)
    return _further(procedure, played, _step(played, Action.TASK, called(played, task), by=by, answers=raw))


def _hour(procedure: str, played: Played) -> str | tuple[str, int]:
    return _wait_until(procedure, played, played.run.now + _HOUR)


def _day(procedure: str, played: Played) -> str | tuple[str, int]:
    calendar = played.draft.stage.calendars.own
    return _wait_until(procedure, played, due(_WORKING_DAY, start=played.run.now, calendar=calendar).due_at)


def _limit(procedure: str, played: Played) -> str | tuple[str, int]:
    """To just behind the next date of a time limit, or to the next timer where that comes first."""
    run = played.run
    coming = [clock.due_at for clock in run.clocks.values() if clock.due_at and clock.due_at >= run.now]
    if run.last and run.last.next_wake:
        coming.append(run.last.next_wake)
    coming = [each for each in coming if each >= run.now]
    return _wait_until(procedure, played, min(coming) + _JUST_AFTER) if coming else _standing(procedure, played)


def _until(procedure: str, played: Played) -> str | tuple[str, int]:
    at = _instant(played.draft, request.form.get("at", ""))
    if at is None or at < played.run.now.replace(second=0, microsecond=0):
        said = current_translator().gettext("Choose a date and time that comes later.")
        return _standing(procedure, played, problem=said), 422
    return _wait_until(procedure, played, max(at, played.run.now))


def _bring(procedure: str, played: Played) -> str | tuple[str, int]:
    """Something comes from outside: ``kind`` service, message or signal, ``name``, and ``brings`` as lines of TOML."""
    kind, name = request.form.get("kind", ""), request.form.get("name", "")
    if kind not in {Action.SERVICE, Action.MESSAGE, Action.SIGNAL}:
        abort(400)
    findings: list[Finding] = []
    file = parse_toml(request.form.get("brings", "").encode(errors="replace"), "", findings)
    if file is None:
        said = current_translator().gettext("Write one value a line, like this: amount = 120")
        return _standing(procedure, played, problem=said), 422
    values = dict(file.table)
    step = _step(played, Action(kind), name)
    if kind == Action.SERVICE:
        return _further(procedure, played, replace(step, result=values))
    heard = next((each for each in played.run.last.awaited if each.name == name), None) if played.run.last else None
    correlation = dict(heard.correlation) if heard and kind == Action.MESSAGE else {}
    return _further(procedure, played, replace(step, answers=values, correlation=correlation))


def _back(procedure: str, played: Played) -> str:
    """Take back every step behind ``to``."""
    to = whole_number(request.form.get("to", "")) or 0
    before = replace(played.scenario, steps=played.scenario.steps[:to], end=None)
    return _standing(procedure, play(played.draft, before))


_STEPS: Final[Mapping[str, Callable[[str, Played], str | tuple[str, int]]]] = {
    "look": _look,
    "complete": _complete,
    "hour": _hour,
    "day": _day,
    "limit": _limit,
    "until": _until,
    "bring": _bring,
    "back": _back,
}


def _step(
    played: Played, action: Action, name: str = "", *, by: str = "", answers: Mapping[str, Any] | None = None
) -> ScenarioStep:
    """The next step, at the time it is in the run."""
    at = played.run.now
    return ScenarioStep(len(played.scenario.steps) + 1, action, name, by=by, at=at, answers=answers or {})


def _wait_until(procedure: str, played: Played, at: datetime) -> str | tuple[str, int]:
    zoned = at.astimezone(played.draft.stage.calendars.time_zone)
    return _further(procedure, played, replace(_step(played, Action.WAIT), at=zoned))


def _further(procedure: str, played: Played, step: ScenarioStep) -> str | tuple[str, int]:
    """The run with *step*; where the procedure cannot do it, as it was before, with the reason."""
    before = replace(played.scenario, end=None)
    further = play(played.draft, replace(before, steps=(*before.steps, step)))
    if further.result.error:
        return _standing(procedure, play(played.draft, before), problem=further.result.error), 422
    return _standing(procedure, further)


def _standing(
    procedure: str,
    played: Played,
    *,
    task: OpenTask | None = None,
    submission: Submission | None = None,
    errors: tuple[FieldError, ...] = (),
    problem: str = "",
) -> str:
    """Where the run stands: what is open, the form of one task, the clock, and all that happened."""
    draft = played.draft
    if played.result.error and played.run.last is not None:  # a stored scenario that surprises: it goes on from there
        steps = played.scenario.steps[: max(0, len(played.result.steps) - 1)]
        before = play(draft, replace(played.scenario, steps=steps, end=None))
        problem, played = problem or played.result.error, before
    task = task or played.open_task(request.form.get("task", ""))
    form: dict[str, Any] = {}
    if task is not None and task.form:
        given = played.run.seen_by(task)
        values = submission.raw if submission else None
        asked = draft.package.forms[task.form]
        form = form_page(asked, draft.deployment, values=values, errors=errors, given=given, submission=submission)
    return render_template(
        "trial.html",
        procedure=_titled(procedure, draft),
        findings=[],
        problem=problem,
        title=request.form.get("title", "")[:_LONGEST_TITLE],
        run=played_view(played, procedure, chosen=task),
        **form,
    )


def _submission(form: Form) -> Submission:
    """What was typed. Of files only the names are kept: nothing of a trial is stored."""
    raw = read_answers(form, request.form)
    for name, upload in uploads(form, request.files):
        raw[name] = [*raw.get(name, []), upload.filename]
    pressed = press(form, request.form, raw)
    shown = pressed.raw if pressed else raw
    files = named_files(form, shown)
    return Submission(shown, (), pressed is not None, pressed.focus if pressed else "", files)


def _public(draft: Rehearsed) -> bool:
    """Whether the customer begins the run, not a colleague."""
    begin = draft.package.start
    return begin.public and (request.values.get("by") == PUBLIC or not begin.groups)


def _intake(draft: Rehearsed, *, public: bool) -> Form:
    begin = draft.package.start
    return draft.package.forms[(begin.public_form if public else "") or begin.form]


def _who_starts(draft: Rehearsed) -> str:
    named = [group for group in draft.package.start.groups if group != EVERYONE]
    return (named or list(draft.package.company.groups))[0]


def _now(draft: Rehearsed) -> datetime:
    return site().now(actor().company_id).astimezone(draft.stage.calendars.time_zone).replace(second=0, microsecond=0)


def _instant(draft: Rehearsed, text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=draft.stage.calendars.time_zone)
    except ValueError:
        return None


def _free_path(title: str, files: Mapping[str, bytes]) -> str:
    """A name for the file that no other has."""
    base = _NAME.sub("-", title.lower()).strip("-")[:60] or "trial"
    names = [f"scenarios/{base}.toml", *(f"scenarios/{base}-{number}.toml" for number in range(2, len(files) + 3))]
    return next(name for name in names if name not in files)
