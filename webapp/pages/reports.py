"""Registers and statistics: on the page, as a file, on paper. Every number opens its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.findable import record_search
from engine.commands.mailings import subscribe, unsubscribe
from engine.commands.reports import record_export, record_print, require_may_read
from engine.deployments import Deployment
from engine.errors import AnswersInvalid
from engine.forms.model import ChoiceField
from engine.procedures.package import Report
from engine.queries.mailings import Mailing, mailings_of
from engine.queries.reports import (
    CaseFacts,
    Choice,
    Counted,
    Period,
    Scope,
    Table,
    belongs,
    bounds,
    cases_where,
    count_figures,
    count_table,
    counted,
    figures_by_period,
    following,
    how_many,
    many,
    page_of,
    parse_period,
    period_containing,
    period_key,
    preceding,
    step_times,
    tallied,
    versions_in,
)
from engine.text import whole_number
from webapp.access import actor, for_staff, site
from webapp.presentation import moment
from webapp.report_charts import flow_charts, heat_chart, months_back, pareto_chart, trend_charts
from webapp.report_view import (
    Words,
    clipped,
    figure_card,
    figure_title,
    label_of,
    period_words,
    short_period,
    table_view,
)
from webapp.shell import company, current_translator, own_time_zone, reader, words
from webapp.spreadsheet import spreadsheet
from webapp.standard_report import STANDARD, report_of

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
_PAGE: Final = 50
_PRINTED: Final = 2_000
#: Cases a page counts at once; of more it shows the period that was asked for and no earlier ones.
_MOST_LOOKED_BACK: Final = 20_000
#: Steps whose times are shown, those that are done most often.
_STEPS: Final = 12
#: What the chart of how cases go on asks of each.
_OF_FLOW: Final = ("case.closed", "case.working_hours")
_STATES: Final = ("open", "overdue", "closed")
_PARTS: Final = ("counted", "rest", "left_out")
#: How many periods of each kind the page offers.
_OFFERED: Final = {"day": 15, "week": 9, "ten_days": 7, "month": 13, "quarter": 5, "half_year": 4, "year": 3}
_SHORT: Final = frozenset({"day", "week", "ten_days"})
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class _Asked:
    """What a request asks of one report."""

    deployment: Deployment
    report: Report
    period: Period
    choice: Choice
    status: str
    level: str
    department: str
    as_of: datetime | None
    now: datetime

    @property
    def scope(self) -> Scope:
        since, until = bounds(self.period, self.deployment.time_zone)
        return Scope(self.procedures, since, until, self.report.dated, self.as_of, actor())

    @property
    def today(self) -> date:
        """The day as of which the cases are looked at."""
        return (self.as_of or self.now).astimezone(self.deployment.time_zone).date()

    @property
    def procedures(self) -> tuple[str, ...]:
        return self.report.of or (self.deployment.package.id,)

    @property
    def given(self) -> dict[str, str]:
        """The address's query, without the place in the list and without the choice of one number."""
        known = {
            "period": period_key(self.period),
            "status": self.status,
            "level": self.level,
            "department": self.department,
            "known": request.args.get("known", "") if self.as_of else "",
        }
        return {name: value for name, value in known.items() if value}

    def admits(self, facts: CaseFacts) -> bool:
        """Whether the case is one of the report's, and one that the filters let through."""
        case, data = facts.deployment.package.case, facts.context
        if self.status and data["case"]["status"] != self.status and not self._is_open(data):
            return False
        for wanted, name in ((self.level, case.level), (self.department, case.department)):
            if wanted and not _has(data.get(name), wanted):
                return False
        return facts.holds(self.report.where)

    def _is_open(self, data: Mapping[str, Any]) -> bool:
        """Overdue cases are open ones too."""
        return self.status == "open" and data["case"]["status"] == "overdue"


@blueprint.get("")
@for_staff
def index() -> str:
    with site().database.reading(actor().company_id) as connection:
        found = site().deployments.all_current(connection, actor().company_id)
        mailings = mailings_of(connection, actor())
    by_id = {each.package.id: each for each in found}
    return render_template(
        "reports.html",
        groups=[group for each in found if (group := _group(each))],
        mailings=[_mailing(each, by_id) for each in mailings if each.procedure in by_id],
    )


@blueprint.get("/<procedure>/<report_id>")
@for_staff
def show(procedure: str, report_id: str) -> str:
    asked = _asked(procedure, report_id)
    look = reader(own_time_zone())

    def link(**chosen: str) -> str:
        return f"{_url(asked, **chosen)}#cases"

    with site().database.reading(actor().company_id) as connection:
        main = _main(connection, asked)
        known = Words(main)
        back = _looking_back(connection, asked)
        found, others = back.of_period(asked.scope.since)
        others |= _others(connection, asked)
        shown, cursor = _register(connection, asked)
        times = _times(connection, asked) if asked.report.id == STANDARD else None
    with site().acting(actor()) as context:
        record_search(context, {"report": f"{procedure}/{report_id}"}, [facts.number for facts in shown])
    table = count_table(asked.report, found)
    charts = _charts(asked, known, back, table, link=link)
    if times and (chart := heat_chart(times.rows(known), times.months)):
        charts.append(chart)
    return render_template(
        "report.html",
        **_head(asked, main),
        filters=_filters(asked, main, known),
        figures=[figure_card(each, look=look, link=link) for each in count_figures(asked.report, found, others)],
        table=table_view(table, known.main, rows=asked.report.rows, across=asked.report.across, link=link)
        if table
        else None,
        charts=charts,
        too_many=back.too_many,
        mailing=_own_mailing(procedure, report_id) if site().settings.mail_url else None,
        total=many(found),
        heads=[known.main.title(column) for column in asked.report.columns],
        lines=[_line(asked, known, facts) for facts in shown],
        chosen=_chosen_words(asked, known),
        everything=_url(asked),
        next=f"{_url(asked, **_choice_args(asked.choice), before=cursor)}#cases" if cursor else None,
        export=_address("export", asked, **_choice_args(asked.choice)),
        printed=_address("printed", asked, **_choice_args(asked.choice)),
    )


@blueprint.get("/<procedure>/<report_id>/print")
@for_staff
def printed(procedure: str, report_id: str) -> str:
    """The register as the company's form, figures and table included."""
    asked = _asked(procedure, report_id)
    with site().database.reading(actor().company_id) as connection:
        main = _main(connection, asked)
        known = Words(main)
        whole = _counted(connection, asked, asked.scope)
        found, others = whole.found, {**whole.others, **_others(connection, asked)}
        listed = list(_listed(connection, asked))
    with site().acting(actor()) as context:
        subject = f"{procedure}/{report_id}"
        record_print(context, subject, period=period_key(asked.period), rows=min(len(listed), _PRINTED))
    look = reader(own_time_zone())
    table = count_table(asked.report, found)
    return render_template(
        "report_print.html",
        **_head(asked, main),
        company=words(company().name),
        made=f"{asked.now.astimezone(own_time_zone()):%Y-%m-%d %H:%M}",
        figures=[
            figure_card(each, look=look, link=lambda **_: "") for each in count_figures(asked.report, found, others)
        ],
        table=table_view(table, known.main, rows=asked.report.rows, across=asked.report.across, link=lambda **_: "")
        if table
        else None,
        heads=[known.main.title(column) for column in asked.report.columns],
        lines=[known.cells(asked.report.columns, facts) for facts in listed[::-1][:_PRINTED]],
        left=max(0, len(listed) - _PRINTED),
        chosen=_chosen_words(asked, known),
        back=_url(asked, **_choice_args(asked.choice)),
    )


@blueprint.get("/<procedure>/<report_id>/export.xlsx")
@for_staff
def export(procedure: str, report_id: str) -> Response:
    asked = _asked(procedure, report_id)
    with site().database.reading(actor().company_id) as connection:
        book = _workbook(connection, asked)
    with site().acting(actor()) as context:
        record_export(context, f"{procedure}/{report_id}", period=period_key(asked.period), rows=book.rows)
    name = quote(book.name)
    disposition = f"attachment; filename=\"{report_id.strip('-') or 'cases'}.xlsx\"; filename*=UTF-8''{name}"
    return Response(book.content, mimetype=_XLSX, headers={"Content-Disposition": disposition})


@blueprint.post("/<procedure>/<report_id>/mailing")
@for_staff
def subscribed(procedure: str, report_id: str) -> Response:
    """Whoever reads it gets it by mail from now on."""
    asked, gettext = _asked(procedure, report_id), current_translator().gettext
    given = request.form
    try:
        with site().acting(actor()) as context:
            subscribe(context, procedure, report_id, address=given.get("address", ""), every=given.get("every", ""))
    except AnswersInvalid:
        flash(gettext("Please give one plain mail address, such as name@example.org."), "bad")
    else:
        flash(gettext("You will get it by mail, with the Excel file."), "ok")
    return redirect(_url(asked), 303)


@blueprint.post("/mailings/<int:mailing_id>/end")
@for_staff
def unsubscribed(mailing_id: int) -> Response:
    with site().acting(actor()) as context:
        unsubscribe(context, mailing_id)
    flash(current_translator().gettext("It is mailed no longer."), "ok")
    return redirect(url_for(".index"), 303)


@dataclass(frozen=True, slots=True)
class Mailed:
    """A report as it leaves by mail: what the page says, and the file that goes along."""

    subject: str
    text: str
    html: str
    name: str
    file: bytes
    rows: int
    period: str


def mailed(procedure: str, report_id: str, *, closed: bool) -> Mailed:
    """The report of the running period, or of the one *closed* last. Raises NotFound, NotPermitted."""
    asked = _asked(procedure, report_id)
    if closed:
        asked = replace(asked, period=preceding(asked.period))
    look, address = reader(own_time_zone()), site().settings.base_url
    with site().database.reading(actor().company_id) as connection:
        main = _main(connection, asked)
        known = Words(main)
        whole = _counted(connection, asked, asked.scope)
        found, others = whole.found, {**whole.others, **_others(connection, asked)}
        book = _workbook(connection, asked)

    def link(**chosen: str) -> str:
        return f"{address}{_url(asked, **chosen)}#cases"

    figures = [figure_card(each, look=look, link=link) for each in count_figures(asked.report, found, others)]
    table, head = count_table(asked.report, found), _head(asked, main)
    lines = [
        " ".join(part for part in (f"{card.title}: {card.value}", card.of, card.left_out) if part) for card in figures
    ]
    return Mailed(
        subject=f"{head['title']} · {head['period']}",
        text="\n".join([words(company().name), *lines, "", f"{address}{_url(asked)}"]),
        html=render_template(
            "report_mail.html",
            **head,
            company=words(company().name),
            figures=figures,
            table=table_view(table, known.main, rows=asked.report.rows, across=asked.report.across, link=link)
            if table
            else None,
            total=many(found),
            url=f"{address}{_url(asked)}",
        ),
        name=book.name,
        file=book.content,
        rows=book.rows,
        period=period_key(asked.period),
    )


@dataclass(frozen=True, slots=True)
class _Book:
    """A register as an Excel file."""

    name: str
    content: bytes
    rows: int


def _workbook(connection: sa.Connection, asked: _Asked) -> _Book:
    main = _main(connection, asked)
    known, head = Words(main), _head(asked, main)
    about = " · ".join(part for part in (words(company().name), head["form"], head["period"], head["as_of"]) if part)
    heads = [known.main.title(column) for column in asked.report.columns]
    content, rows = spreadsheet(head["title"], about, heads, _spreadsheet_rows(connection, asked, known))
    return _Book(f"{head['title']} {period_key(asked.period)}.xlsx", content, rows)


def _mailing(mailing: Mailing, deployments: Mapping[str, Deployment]) -> SimpleNamespace:
    gettext, deployment = current_translator().gettext, deployments[mailing.procedure]
    report, look, now = report_of(deployment, mailing.report), reader(own_time_zone()), site().now(actor().company_id)
    return SimpleNamespace(
        id=mailing.id,
        title=(words(report.title) if report else "") or words(deployment.package.title),
        url=url_for(".show", procedure=mailing.procedure, report_id=mailing.report),
        name=words(mailing.name),
        address=mailing.address,
        every=gettext("every week") if mailing.every == "week" else gettext("every month"),
        next=moment(mailing.next_at, now, reader=look),
        sent=moment(mailing.sent_at, now, reader=look) if mailing.sent_at else None,
        trouble=mailing.trouble,
    )


def _own_mailing(procedure: str, report_id: str) -> SimpleNamespace:
    """What the reader gets of this report, and where it can be changed."""
    with site().database.reading(actor().company_id) as connection:
        found = mailings_of(connection, replace(actor(), administrator=False))
    own = next((each for each in found if (each.procedure, each.report) == (procedure, report_id)), None)
    return SimpleNamespace(
        action=url_for(".subscribed", procedure=procedure, report_id=report_id),
        address=own.address if own else "",
        every=own.every if own else "",
    )


@dataclass(frozen=True)
class _Back:
    """The cases of the period and of those before it, as far as a page can count them at once."""

    whole: Counted
    months: list[Period]  #: up to the period, the earliest first; none where they have too many cases
    too_many: bool

    def of_period(self, since: datetime) -> tuple[list[CaseFacts], dict[str, list[CaseFacts]]]:
        """The cases from *since* on, for the table and for the figures that are counted apart."""

        def latest(found: list[CaseFacts]) -> list[CaseFacts]:
            return [facts for facts in found if facts.dated_at >= since]

        return latest(self.whole.found), {id_: latest(own) for id_, own in self.whole.others.items()}


@dataclass(frozen=True)
class _Times:
    """How long steps took, by month."""

    months: list[str]
    found: Mapping[str, Mapping[int, tuple[float, int]]]

    def rows(self, known: Words) -> list[tuple[str, list[tuple[float, int] | None]]]:
        names = known.main.deployment.package.element_names
        often = sorted(self.found.items(), key=lambda each: -sum(count for _, count in each[1].values()))
        return [
            (words(names.get(element, {})) or element, [line.get(at) for at in range(len(self.months))])
            for element, line in often[:_STEPS]
        ]


def _looking_back(connection: sa.Connection, asked: _Asked) -> _Back:
    months, zone = months_back(asked.period, asked.today), asked.deployment.time_zone
    wide = replace(asked.scope, since=min(asked.scope.since, bounds(months[0], zone)[0]))
    too_many = how_many(connection, actor().company_id, wide) > _MOST_LOOKED_BACK
    scope = asked.scope if too_many else wide
    edges = {asked.scope.since, *(edge for month in months for edge in bounds(month, zone))}
    of_numbers = _OF_FLOW if asked.report.id == STANDARD else ()
    whole = _counted(connection, asked, scope, of_numbers=of_numbers, edges=sorted(edges))
    return _Back(whole, [] if too_many else months, too_many)


def _counted(
    connection: sa.Connection,
    asked: _Asked,
    scope: Scope,
    *,
    of_numbers: tuple[str, ...] = (),
    edges: Sequence[datetime] = (),
) -> Counted:
    return counted(
        connection,
        site().deployments,
        actor().company_id,
        asked.report,
        scope,
        now=asked.now,
        admits=asked.admits,
        asks=_asks(connection, asked),
        of_numbers=of_numbers,
        edges=edges,
    )


def _asks(connection: sa.Connection, asked: _Asked) -> list[str]:
    """The expressions that `_Asked.admits` asks."""
    texts = [asked.report.where, *(["case.status"] if asked.status else [])]
    if asked.level or asked.department:
        for version in versions_in(connection, site().deployments, actor().company_id, asked.scope):
            case = version.package.case
            texts += [case.level if asked.level else "", case.department if asked.department else ""]
    return [text for text in dict.fromkeys(texts) if text]


def _times(connection: sa.Connection, asked: _Asked) -> _Times:
    months = months_back(asked.period, asked.today)
    spans = [bounds(month, asked.deployment.time_zone) for month in months]
    calendar = site().deployments.calendars(connection, actor().company_id).own
    found = step_times(connection, actor().company_id, asked.procedures, spans, calendar=calendar)
    return _Times([short_period(month) for month in months], found)


def _charts(
    asked: _Asked, known: Words, back: _Back, table: Table | None, *, link: Callable[..., str]
) -> list[SimpleNamespace]:
    look, charts = reader(own_time_zone()), []
    if table and (chart := pareto_chart(table, known.main, rows=asked.report.rows, link=link)):
        charts.append(chart)
    if back.months and back.whole.found:
        spans = [bounds(period, asked.deployment.time_zone) for period in back.months]
        wholes = figures_by_period(asked.report, spans, back.whole.found, back.whole.others)

        def of(period: Period) -> str:
            return _address("show", asked, period=period_key(period))

        charts += trend_charts(asked.report, back.months, wholes, look=look, link=of)
        if asked.report.id == STANDARD:
            charts += flow_charts(back.whole.numbers, asked.as_of or asked.now, look=look)
    return charts


def _asked(procedure: str, report_id: str) -> _Asked:
    with site().database.reading(actor().company_id) as connection:
        deployment = site().deployments.current(connection, actor().company_id, procedure)
    report = report_of(deployment, report_id)
    if report is None:
        abort(404)
    require_may_read(actor(), report)
    now = site().now(actor().company_id)
    today = now.astimezone(deployment.time_zone).date()
    args, status, part = request.args, request.args.get("status", ""), request.args.get("part", "")
    return _Asked(
        deployment=deployment,
        report=report,
        period=parse_period(args.get("period", "")) or period_containing(report.every, today),
        choice=Choice(
            row=args.get("row") or None,
            across=args.get("across") or None,
            figure=args.get("figure", ""),
            part=part if part in _PARTS else "",
        ),
        status=status if status in _STATES else "",
        level=args.get("level", ""),
        department=args.get("department", ""),
        as_of=_end_of(args.get("known", ""), deployment, now),
        now=now,
    )


def _end_of(text: str, deployment: Deployment, now: datetime) -> datetime | None:
    """The end of the day *text* names, when that lies behind us."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    end = datetime.combine(day, time.max, deployment.time_zone).astimezone(UTC)
    return end if end < now else None


def _main(connection: sa.Connection, asked: _Asked) -> Deployment:
    """Whose words stand over the columns: the procedure whose cases these are."""
    if asked.procedures[0] == asked.deployment.package.id:
        return asked.deployment
    return site().deployments.current(connection, actor().company_id, asked.procedures[0])


def _others(connection: sa.Connection, asked: _Asked) -> dict[str, list[CaseFacts]]:
    """The cases of figures that count other procedures than the report does."""
    own = asked.scope
    return {
        figure.id: (
            tallied(
                connection,
                site().deployments,
                actor().company_id,
                replace(own, procedures=figure.of),
                [figure.count, figure.among, figure.sum, figure.mean],
                now=asked.now,
            )
        )
        for figure in asked.report.figures
        if figure.of
    }


def _register(connection: sa.Connection, asked: _Asked) -> tuple[tuple[CaseFacts, ...], str]:
    if not asked.report.columns and asked.choice == Choice():
        return (), ""
    first, _, second = request.args.get("before", "").partition(".")
    at, last = whole_number(first), whole_number(second)
    behind = (at, last) if at is not None and last is not None else None
    return page_of(_listed(connection, asked, behind), limit=_PAGE)


def _listed(connection: sa.Connection, asked: _Asked, before: tuple[int, int] | None = None) -> Iterator[CaseFacts]:
    """The cases behind what was chosen, on page, paper and file alike; a figure may be of other procedures."""
    report, choice, scope = asked.report, asked.choice, asked.scope
    figure = next((each for each in report.figures if each.id == choice.figure), None)
    asks = [report.rows if choice.row is not None else "", report.across if choice.across is not None else ""]
    if figure is not None:
        asks += [figure.among, figure.count, figure.sum, figure.mean]
    elsewhere = figure is not None and bool(figure.of)
    if figure is not None and elsewhere:
        scope = replace(scope, procedures=figure.of)
    else:
        asks += _asks(connection, asked)

    def test(facts: CaseFacts) -> bool:
        return (elsewhere or asked.admits(facts)) and belongs(report, facts, choice)

    store, company_id = site().deployments, actor().company_id
    return cases_where(connection, store, company_id, scope, test=test, asks=asks, now=asked.now, before=before)


def _spreadsheet_rows(connection: sa.Connection, asked: _Asked, known: Words) -> Iterator[list[str | Decimal | int]]:
    for facts in _listed(connection, asked):
        own = known.of(facts)
        values = [(column.show, facts.shown(column.show)) for column in asked.report.columns]
        yield [value if isinstance(value, Decimal) else own.cell(show, value) for show, value in values]


def _head(asked: _Asked, main: Deployment) -> dict[str, Any]:
    gettext, look = current_translator().gettext, reader(own_time_zone())
    title = words(asked.report.title) or words(asked.deployment.package.title)
    as_of = asked.as_of.astimezone(own_time_zone()).date() if asked.as_of else None
    return {
        "title": title,
        "procedure": words(main.package.title),
        "form": asked.report.form,
        "regulation": main.package.regulation.get("title", ""),
        "period": period_words(asked.period, look=look),
        "as_of": gettext("as known on %(day)s") % {"day": as_of.isoformat()} if as_of else "",
        "is_standard": asked.report.id == STANDARD,
    }


def _filters(asked: _Asked, main: Deployment, known: Words) -> SimpleNamespace:
    look = reader(own_time_zone())
    today = asked.now.astimezone(own_time_zone()).date()
    case = main.package.case

    def beside(period: Period) -> str:
        return _address("show", asked, period=period_key(period))

    return SimpleNamespace(
        action=url_for(".show", procedure=asked.deployment.package.id, report_id=asked.report.id),
        periods=_offered(asked.period, today, look),
        before=beside(preceding(asked.period)),
        after=beside(following(asked.period)) if following(asked.period).first <= today else None,
        status=asked.status,
        known=request.args.get("known", "") if asked.as_of else "",
        today=today.isoformat(),
        levels=_options(main, case.level, asked.level, known),
        departments=_options(main, case.department, asked.department, known),
    )


def _offered(chosen: Period, today: date, look: Any) -> list[SimpleNamespace]:
    """Groups of periods, the chosen one always among them; days, weeks and ten days only beside such a one."""
    gettext = current_translator().gettext
    names = {
        "day": gettext("Day by day"),
        "week": gettext("Week by week"),
        "ten_days": gettext("Ten days by ten days"),
        "month": gettext("Months"),
        "quarter": gettext("Quarters"),
        "half_year": gettext("Half years"),
        "year": gettext("Years"),
    }
    groups = []
    for kind, count in _OFFERED.items():
        if kind in _SHORT and kind != chosen.kind:
            continue
        latest = period_containing(kind, today)
        periods = [preceding(latest, place) for place in range(count)]
        if chosen.kind == kind and chosen not in periods:
            periods.append(chosen)
        options = [(period_key(each), period_words(each, look=look), each == chosen) for each in periods]
        groups.append(SimpleNamespace(name=names[kind], options=options))
    return groups


def _options(main: Deployment, name: str, chosen: str, known: Words) -> SimpleNamespace | None:
    """The values a field can have, to filter by; None where it is no choice."""
    field = known.main.said.asked.get(name)
    if not isinstance(field, ChoiceField):
        return None
    options = [(each.value, words(each.label)) for each in field.labelled(main.lists)]
    return SimpleNamespace(title=known.main.title_of(name), options=options, chosen=chosen) if options else None


def _line(asked: _Asked, known: Words, facts: CaseFacts) -> SimpleNamespace:
    cells = known.cells(asked.report.columns, facts)
    return SimpleNamespace(
        number=facts.number,
        title=facts.title,
        url=url_for("cases.show", number=facts.number),
        cells=[SimpleNamespace(show=clipped(cell), full=cell) for cell in cells],
        linked=next((place for place, each in enumerate(asked.report.columns) if each.show == "case.number"), None),
    )


def _chosen_words(asked: _Asked, known: Words) -> str:
    """What the register was narrowed to by a number that somebody followed."""
    gettext, choice, parts = current_translator().gettext, asked.choice, []
    for text, key in ((asked.report.rows, choice.row), (asked.report.across, choice.across)):
        if key:
            parts.append(f"{known.main.title_of(text)}: {label_of(known.main, text, _value_of(key))}")
    figure = next((each for each in asked.report.figures if each.id == choice.figure), None)
    if figure is not None:
        said = {
            "rest": gettext("%(figure)s: the others of the whole"),
            "left_out": gettext("%(figure)s: not counted"),
        }.get(choice.part, "%(figure)s")
        parts.append(said % {"figure": figure_title(figure)})
    return " · ".join(parts)


def _value_of(key: str) -> Any:
    return {"-": None, "true": True, "false": False}.get(key, key)


def _choice_args(choice: Choice) -> dict[str, str]:
    given = {"row": choice.row, "across": choice.across, "figure": choice.figure, "part": choice.part}
    return {name: value for name, value in given.items() if value}


def _url(asked: _Asked, **more: str) -> str:
    return _address("show", asked, **more)


def _address(view: str, asked: _Asked, **more: str) -> str:
    """Where *view* shows the same report for the same cases; *more* adds to what was asked or takes its place."""
    query: dict[str, Any] = {**asked.given, **more}
    return url_for(f".{view}", procedure=asked.deployment.package.id, report_id=asked.report.id, **query)


def _group(deployment: Deployment) -> SimpleNamespace | None:
    """The reports of one procedure that the reader may see."""
    package = deployment.package
    visible = [
        report
        for report in package.reports.values()
        if actor().administrator or actor().auditor or not report.groups or not actor().groups.isdisjoint(report.groups)
    ]
    return SimpleNamespace(
        title=words(package.title),
        regulation=package.regulation.get("title", ""),
        standard=url_for(".show", procedure=package.id, report_id=STANDARD),
        reports=[
            SimpleNamespace(
                title=words(report.title),
                form=report.form,
                register=bool(report.columns),
                statistics=bool(report.rows or report.figures),
                url=url_for(".show", procedure=package.id, report_id=report.id),
            )
            for report in visible
        ],
    )


def _has(value: Any, wanted: str) -> bool:
    return wanted in value if isinstance(value, list) else str(value) == wanted
