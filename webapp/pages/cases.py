"""Cases: the list, one case, its diagram, its replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for

from engine.calendars import Calendar
from engine.commands.cases import may_start, record_reading
from engine.commands.findable import record_search
from engine.complaints import refusal_to_act
from engine.forms import describe
from engine.forms.model import FilesField
from engine.procedures.package import Verb
from engine.queries.cases import Case, CaseTask
from engine.queries.erasures import Erasure, Hold, erasure_of_case, standing_holds
from engine.queries.people import names_of
from engine.queries.search import CaseRow, Hit, find_cases
from engine.queries.time_limits import extensions_of
from engine.queries.timeline import LOOKS, Moment, case_events, moments
from engine.search.grams import marked, terms_of
from engine.search.texts import TextPart
from engine.text import Text, whole_number
from webapp.access import actor, case_of, for_staff, site
from webapp.case_filters import MORE, NAMES, case_filter, choices, given_filters
from webapp.case_view import (
    case_status,
    file_card,
    summary_of,
    timeline_entries,
    who,
)
from webapp.clock_view import actions, clock_rows
from webapp.corrective_view import corrective_card
from webapp.diagrams import diagram_of, drawing
from webapp.due import due_of
from webapp.earlier import changes
from webapp.known_view import about_caller, relation_rows
from webapp.papers import papers_of
from webapp.presentation import moment
from webapp.shell import current_translator, language, own_calendar, reader, words

blueprint = Blueprint("cases", __name__, url_prefix="/cases")


@blueprint.get("")
@for_staff
def index() -> str:
    given, cursor = given_filters(request.args), request.args.get("cursor", "")
    now, calendar = site().now(actor().company_id), own_calendar()
    with site().database.reading(actor().company_id) as connection:
        page = find_cases(
            connection,
            site().deployments,
            actor(),
            where=case_filter(connection, given),
            now=now,
            cursor=cursor,
        )
        offered = choices(connection, given.get("procedure", ""))
        names = names_of(connection, actor().company_id)
    if "text" in given or page.rows:
        with site().acting(actor()) as context:
            record_search(context, given, [row.number for row in page.rows])
    terms = terms_of(given.get("text", ""))
    return render_template(
        "cases.html",
        filters=SimpleNamespace(**{name: given.get(name, "") for name in NAMES}),
        filtered=bool(given),
        more=sum(name in given for name in MORE),
        choices=offered,
        cases=[_row(row, terms, names, now=now, calendar=calendar) for row in page.rows],
        next=f"{url_for('cases.index')}?{urlencode({**given, 'cursor': page.next})}" if page.next else None,
    )


@blueprint.get("/<number>")
@for_staff
def show(number: str) -> str:
    case = case_of(number)
    now = site().now(actor().company_id)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="case")
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
        found = moments(case_events(connection, actor().company_id, case))
        asked = extensions_of(connection, site().deployments, actor(), case.id)
        related = relation_rows(connection, case, names, now=now)
        theirs = about_caller(connection, case, now=now)
        corrective = corrective_card(connection, case, now=now)
        erasure = erasure_of_case(connection, actor().company_id, case.id)
        held = standing_holds(connection, actor().company_id, case.id)
        current = site().deployments.current(connection, actor().company_id, case.procedure)
    rows = clock_rows(case, now=now, names=names, reading=actor(), extensions=asked)
    return render_template(
        "case.html",
        case=_head(case, related=related, theirs=theirs, now=now),
        tasks=[_task(case, task, now=now) for task in case.tasks if task.status == "open"],
        may_intervene=actor().administrator and case.ended_at is None,
        personal=_personal(case, erasure, held, now=now),
        incident=_incident(case, now=now),
        diagram=diagram_of(case, now=now, file=request.args.get("diagram", "")),
        timeline=timeline_entries(case, found, names, now=now),
        clocks=[(clock, actions(case, clock)) for clock in rows],
        summary=summary_of(case, language=language()),
        covered=bool(case.veil),
        answers=_answers(case, found, names, now=now),
        may_withdraw=_may_withdraw(case),
        letters=[_letter(case, place, now=now) for place in range(len(case.letters), 0, -1)],
        attachments=[file_card(file.name, file.id, file.size, file.media_type) for file in case.files],
        answerable=_answerable(case, names),
        papers=[
            SimpleNamespace(id=each.id, title=words(each.title), form=each.form) for each in papers_of(case, found)
        ],
        related=related,
        may_split=may_start(actor(), current.package.start.groups),
        theirs=[other for other in theirs if other.number not in {each.number for each in related}],
        take_back=_to_take_back(case, found),
        corrective=corrective,
    )


@blueprint.get("/<number>/diagram")
@for_staff
def diagram(number: str) -> Response:
    """A diagram of the version the case runs on, or of ``version``; ``file`` chooses where there are several."""
    case, version = case_of(number), whole_number(request.args.get("version", ""))
    if version is not None:
        with site().database.reading(actor().company_id) as connection:
            stored = site().deployments.version(connection, actor().company_id, case.procedure, version)
        case = replace(case, deployment=stored)
    xml = drawing(case, request.args.get("file", ""))
    return Response(xml, mimetype="application/xml", headers={"Cache-Control": "private, max-age=300"})


def _row(
    row: CaseRow, terms: Sequence[str], names: Mapping[str, Text], *, now: datetime, calendar: Calendar
) -> SimpleNamespace:
    status, tone = case_status(row.status, row.outcome, joined=row.joined)
    return SimpleNamespace(
        number=row.number,
        title=marked(row.title or row.number, terms),
        procedure=words(row.procedure_title),
        status=status,
        tone=tone,
        customer=marked(row.customer, terms),
        repeats=row.repeats,
        received=moment(row.started_at, now, reader=reader(calendar.time_zone)),
        due=due_of(row.next_due_at if row.ended_at is None else None, now=now, calendar=calendar),
        hits=[_hit(hit, names, now=now, calendar=calendar) for hit in row.hits],
    )


def _hit(hit: Hit, names: Mapping[str, Text], *, now: datetime, calendar: Calendar) -> SimpleNamespace:
    gettext = current_translator().gettext
    said = {
        TextPart.EVENT: words(hit.step) or gettext("History"),
        TextPart.LETTER: gettext("Letter: %(name)s") % {"name": hit.name},
        TextPart.FILE: hit.name,
    }
    return SimpleNamespace(
        where=gettext("Complaint received") if hit.action == "start_case" else said[hit.part],
        url=url_for("attachments.show", attachment_id=hit.ref) if hit.part is TextPart.FILE else "",
        who=who(hit.actor, names) if hit.actor else "",
        at=moment(hit.at, now, reader=reader(calendar.time_zone)),
        pieces=hit.excerpt,
    )


def _head(
    case: Case, *, related: Sequence[SimpleNamespace], theirs: Sequence[SimpleNamespace], now: datetime
) -> SimpleNamespace:
    joined = any(other.leads for other in related)
    status, tone = case_status(case.status, case.outcome_words, joined=joined)
    look = reader(case.deployment.time_zone)
    return SimpleNamespace(
        company=case.deployment.package.company.id,
        procedure_id=case.procedure,
        repeats=sum(other.earlier for other in theirs),
        number=case.number,
        title=case.title,
        procedure=words(case.deployment.package.title),
        status=status,
        tone=tone,
        customer=case.customer,
        received=moment(case.received_at, now, reader=look),
        closed=moment(case.ended_at, now, reader=look) if case.ended_at else None,
        outcome=words(case.outcome_words),
        reopens=case.reopens,
        reopened_as=case.reopened_as,
    )


def _task(case: Case, task: CaseTask, *, now: datetime) -> SimpleNamespace:
    free = not refusal_to_act(actor(), group=task.group, assignee_id=None)
    return SimpleNamespace(
        id=task.id,
        step=words(task.name),
        who=words(task.assignee_name) or words(task.group_name),
        due=due_of(task.due_at, now=now, calendar=case.calendars.own),
        mine=task.assignee == actor().name,
        can_claim=free and not task.assignee,
    )


def _answerable(case: Case, names: Mapping[str, Text]) -> SimpleNamespace | None:
    """Who answers for the case to the customer."""
    if not case.answerable:
        return None
    theirs = {actor().name, *(absent.login for absent in actor().stands_in_for)}
    may = case.ended_at is None and (case.answerable in theirs or actor().administrator)
    return SimpleNamespace(name=who(case.answerable, names), hand_overs=case.hand_overs, may_hand_over=may)


def _personal(case: Case, erasure: Erasure | None, held: Sequence[Hold], *, now: datetime) -> SimpleNamespace:
    """Whether what is personal in the case was erased, is asked to be, or must not be."""
    decided = erasure.decided_at if erasure and erasure.status == "erased" else None
    return SimpleNamespace(
        erased=moment(decided, now, reader=reader(case.deployment.time_zone)) if decided else None,
        erasure=erasure.id if erasure else None,
        held=[each.reason for each in held],
        may_ask=actor().administrator,
        closed=case.ended_at is not None,
    )


def _to_take_back(case: Case, found: Sequence[Moment]) -> int | None:
    """The task that the reader submitted and may take back, because nothing has happened since."""
    latest = next((entry for entry in reversed(found) if entry.action not in LOOKS), None)
    if latest is None or latest.action != "complete_task" or case.ended_at is not None:
        return None
    task = next((task for task in case.tasks if task.key == latest.subject), None)
    allowed = task is not None and Verb.TAKE_BACK in case.deployment.package.verbs_of(task.element)
    following = [each for each in case.tasks if task and each.status == "open" and each.opened_at == task.ended_at]
    return task.id if task and allowed and task.ended_by == actor().name and following else None


def _incident(case: Case, *, now: datetime) -> SimpleNamespace | None:
    if not case.incidents:
        return None
    found = case.incidents[-1]
    return SimpleNamespace(
        words=found.message,
        element=words(case.deployment.package.element_names.get(found.element, {})) or found.element,
        since=moment(found.opened_at, now, reader=reader(case.deployment.time_zone)),
        code=found.code,
    )


def _answers(case: Case, found: tuple[Moment, ...], names: dict[str, Text], *, now: datetime) -> list[SimpleNamespace]:
    """Every form that was submitted, newest first, each as it was then."""
    package = case.deployment.package
    forms = {task.key: task.form for task in case.tasks}
    cards = []
    for entry in found:
        form = package.forms.get(package.start.form if entry.action == "start_case" else forms.get(entry.subject, ""))
        if form is None or not entry.answers:
            continue
        lines = describe(form, entry.answers, language(), lists=case.deployment.lists)
        uploads = [field.id for field in form.fields if isinstance(field, FilesField)]
        cards.append(
            SimpleNamespace(
                title=words(form.title),
                who=who(entry.actor, names),
                at=moment(entry.at, now, reader=reader(case.deployment.time_zone)),
                lines=[line for line in lines if line.field not in uploads and (line.value or line.rows)],
                changes=changes(case, form, entry, found),
                files=[
                    file_card(item["name"], item["id"], item["size"], item["type"])
                    for name in uploads
                    for item in entry.answers.get(name) or ()
                ],
            )
        )
    return cards[::-1]


def _may_withdraw(case: Case) -> bool:
    """Whether the reader may say of a letter that it does not hold."""
    may = actor().administrator or may_start(actor(), case.deployment.package.start.groups)
    return may or (case.answerable == actor().name and not actor().auditor)


def _letter(case: Case, place: int, *, now: datetime) -> SimpleNamespace:
    gettext, letter = current_translator().gettext, case.letters[place - 1]
    look = reader(case.deployment.time_zone)
    withdrawn = moment(letter.withdrawn_at, now, reader=look) if letter.withdrawn_at else None
    if withdrawn:
        state, tone = gettext("no longer valid"), "bad"
    elif letter.told:
        state = gettext("read by %(count)s of %(whole)s") % {"count": letter.read_by, "whole": letter.told}
        tone = "ok" if letter.read_by == letter.told else "warn"
    elif letter.sent_at:
        state, tone = gettext("sent by mail"), "ok"
    elif letter.address and site().settings.mail_url:
        state, tone = gettext("waiting to be sent"), "warn"
    else:
        state, tone = gettext("to be handed over or printed"), ""
    return SimpleNamespace(
        place=place,
        subject=letter.subject,
        to=words(letter.recipient_name) or gettext("Customer"),
        state=state,
        tone=tone,
        at=moment(letter.written_at, now, reader=look),
        withdrawn=withdrawn,
        body=letter.body,
    )
