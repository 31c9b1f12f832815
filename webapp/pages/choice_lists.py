"""Choice lists: what people may choose in forms — categories, causes, severities — as administrators keep it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from engine.commands.choice_lists import (
    ListPreview,
    ListStatus,
    NothingToSet,
    check_list_first,
    preview_list,
    set_list,
    withdraw_list,
)
from engine.errors import AnswersInvalid, NotPermitted, PackageRefused
from engine.findings import Finding, Severity
from engine.forms import FormRefused, Option
from engine.forms.trees import branch_of, in_order, with_ways
from engine.queries.choice_lists import ChoiceList, ListVersion, list_of, lists_of
from engine.queries.people import names_of
from engine.sheets import MAX_ROWS, UnreadableSheet, read_sheet
from engine.text import LANGUAGES, enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.case_view import who
from webapp.finding_words import finding_view
from webapp.presentation import moment
from webapp.shell import current_translator, language, own_time_zone, reader, words
from webapp.spreadsheet import spreadsheet

blueprint = Blueprint("choice_lists", __name__, url_prefix="/settings/lists")

#: Empty lines at the end of the table: for more there is "see what it would do", which gives five again.
_EMPTY_LINES: Final = 5
_MOST_LINES: Final = 520
_MOST_BYTES: Final = 5_000_000
_HEADS: Final = ("value", "under", *LANGUAGES)
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table as typed. *place* "" = nobody chooses it any more."""

    place: str
    value: str
    under: str
    words: Mapping[str, str]

    @property
    def empty(self) -> bool:
        return not self.value and not any(self.words.values())


@blueprint.get("")
@for_staff
def index() -> str:
    _require_administrator()
    with site().database.reading(actor().company_id) as connection:
        found = lists_of(connection, site().deployments, actor().company_id)
    return render_template("lists.html", lists=[_row(each) for each in found])


@blueprint.get("/<name>")
@for_staff
def show(name: str) -> str:
    return _page(_found(name))


@blueprint.post("/<name>")
@for_staff
def change(name: str) -> str | tuple[str, int] | Redirect:
    """Show what the typed table would do; put it into force when that was seen."""
    found, lines = _found(name), _typed()
    options, reason, day = _options(lines), request.form.get("reason", ""), _day(request.form.get("effective", ""))
    try:
        check_list_first(site(), actor().company_id, name, options)
        if "keep" in request.form:
            with site().acting(actor()) as context:
                set_list(context, name, options, reason=reason, effective_at=day)
            gettext = current_translator().gettext
            flash(gettext("The list is kept. Cases that run keep the one they began with."), "ok")
            return redirect(url_for("choice_lists.show", name=name), 303)
        with site().acting(actor()) as context:
            preview = preview_list(context, name, options)
    except (PackageRefused, FormRefused) as refused:
        return _page(found, lines=_with_codes(lines, options), findings=refused.findings), 422
    except AnswersInvalid:
        problem = current_translator().gettext("Please say why: it stands in the history.")
        return _page(found, lines=_with_codes(lines, options), problem=problem), 422
    except NothingToSet:
        problem = current_translator().gettext("The list is already like this.")
        return _page(found, lines=_with_codes(lines, options), problem=problem), 422
    return _page(found, lines=_with_codes(lines, options), preview=preview)


@blueprint.post("/<name>/table")
@for_staff
def bring(name: str) -> str | tuple[str, int]:
    """Show what a table from a file would do; nothing is kept yet."""
    found, upload = _found(name), request.files.get("table")
    try:
        rows = read_sheet(upload.read(_MOST_BYTES + 1) if upload else b"")
        lines = _of_table(rows)
    except UnreadableSheet:
        problem = current_translator().gettext(
            "This file is no table that can be read (xlsx or CSV, at most %(n)s rows)."
        )
        return _page(found, problem=problem % {"n": MAX_ROWS}), 422
    if not lines:
        problem = current_translator().gettext("The first row has to name the columns: %(columns)s.")
        return _page(found, problem=problem % {"columns": ", ".join(_HEADS)}), 422
    options = _options(lines)
    try:
        check_list_first(site(), actor().company_id, name, options)
        with site().acting(actor()) as context:
            preview = preview_list(context, name, options)
    except (PackageRefused, FormRefused) as refused:
        return _page(found, lines=_with_codes(lines, options), findings=refused.findings), 422
    return _page(found, lines=_with_codes(lines, options), preview=preview)


@blueprint.get("/<name>/table")
@for_staff
def table(name: str) -> Response:
    found = _found(name)
    rows = [
        (each.value, each.under, *(each.label.get(tag, "") for tag in LANGUAGES))
        for each in in_order(found.options)
        if not each.gone
    ]
    # Without a title: what comes out goes in again, and its first row names the columns.
    content, _count = spreadsheet("", "", _HEADS, rows)
    response = Response(content, mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.xlsx")
    return response


@blueprint.post("/versions/<int:list_id>/withdrawal")
@for_staff
def withdraw(list_id: int) -> Redirect:
    with site().acting(actor()) as context:
        name = withdraw_list(context, list_id)
    flash(current_translator().gettext("It is withdrawn."), "ok")
    return redirect(url_for("choice_lists.show", name=name), 303)


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("set_list", "not-an-administrator")


def _found(name: str) -> ChoiceList:
    _require_administrator()
    with site().database.reading(actor().company_id) as connection:
        return list_of(connection, site().deployments, actor().company_id, name)


def _typed() -> list[_Line]:
    form = request.form
    count = min(whole_number(form.get("lines", "")) or 0, _MOST_LINES)
    lines = [
        _Line(
            place=form.get(f"place-{number}", "").strip()[:6],
            value=form.get(f"value-{number}", "").strip()[:100],
            under=form.get(f"under-{number}", "").strip()[:100],
            words={tag: form.get(f"{tag}-{number}", "").strip()[:_LONGEST] for tag in LANGUAGES},
        )
        for number in range(1, count + 1)
    ]
    return [line for line in lines if not line.empty]


def _of_table(rows: Sequence[Sequence[str]]) -> list[_Line]:
    """The lines of a table that has the columns; our own files have two rows of title above them."""
    head = next((at for at, row in enumerate(rows[:5]) if {"value", "en"} <= {cell.strip() for cell in row}), None)
    if head is None:
        return []
    at = {cell.strip(): place for place, cell in enumerate(rows[head]) if cell.strip() in _HEADS}

    def cell(row: Sequence[str], name: str) -> str:
        return row[at[name]].strip()[:_LONGEST] if name in at else ""

    lines = [
        _Line(
            str(number), cell(row, "value")[:100], cell(row, "under")[:100], {tag: cell(row, tag) for tag in LANGUAGES}
        )
        for number, row in enumerate(rows[head + 1 :][:_MOST_LINES], start=1)
    ]
    return [line for line in lines if not line.empty]


def _options(lines: Sequence[_Line]) -> list[Option]:
    """The options in the order of their places; what has none is taken out."""
    chosen = sorted((line for line in lines if line.place), key=lambda line: whole_number(line.place) or 0)
    taken = {line.value for line in lines if line.value}
    options = []
    for line in chosen:
        value = line.value or _code(line, taken)
        taken.add(value)
        options.append(Option.model_construct(value=value, label=_label(line), under=line.under, gone=False))
    return options


def _label(line: _Line) -> dict[str, str]:
    """The words that were typed; where there is no English the company's own stand for it."""
    said = {tag: found for tag, found in line.words.items() if found}
    return said if not said or said.get("en") else {**said, "en": next(iter(said.values()))}


def _code(line: _Line, taken: set[str]) -> str:
    """What the data will say for a new option: its English words, else a number of its own."""
    slug = re.sub(r"[^a-z0-9]+", "_", line.words.get("en", "").lower()).strip("_")[:40]
    base = slug or "option"
    names = (base if number == 1 and slug else f"{base}_{number}" for number in range(1, 1_000))
    return next(name for name in names if name not in taken)


def _with_codes(lines: Sequence[_Line], options: Sequence[Option]) -> list[_Line]:
    """*lines* in their new order, the new ones with the codes they get, those that are taken out last."""
    ordered = in_order(options)
    shown = [
        _Line(str(place), each.value, each.under, {tag: each.label.get(tag, "") for tag in LANGUAGES})
        for place, each in enumerate(ordered if len(ordered) == len(options) else options, start=1)
    ]
    kept = {line.value for line in shown}
    return shown + [line for line in lines if not line.place and line.value not in kept and line.value]


def _day(text: str) -> datetime | None:
    """The beginning of that day by the company's clocks; None for today, an earlier one or none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), own_time_zone())


def _page(
    found: ChoiceList,
    *,
    lines: Sequence[_Line] | None = None,
    preview: ListPreview | None = None,
    findings: Sequence[Finding] = (),
    problem: str = "",
) -> str:
    stands = _with_codes([], [each for each in found.options if not each.gone])
    gone = [_Line("", each.value, each.under, each.label) for each in found.options if each.gone]
    shown = [*(lines if lines is not None else stands)]
    shown += [line for line in gone if line.value not in {each.value for each in shown}]
    ways = _ways(shown)
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
    today = site().now(actor().company_id).astimezone(own_time_zone()).date()
    return render_template(
        "list.html",
        list=_row(found),
        lines=[
            SimpleNamespace(
                place=line.place,
                value=line.value,
                under=line.under,
                words=line.words,
                level=len(branch_of(line.value, _known(shown))) if line.value else 1,
                old=line.value in {each.value for each in found.options},
            )
            for line in (*shown, *[_Line("", "", "", {})] * _EMPTY_LINES)
        ],
        ways=ways,
        next_place=len([line for line in shown if line.place]) + 1,
        preview=_preview(preview) if preview else None,
        findings=[finding_view(each) for each in findings if each.severity is Severity.ERROR],
        problem=problem,
        typed=SimpleNamespace(effective=request.form.get("effective", ""), reason=request.form.get("reason", "")),
        today=today.isoformat(),
        versions=[_version(each, names) for each in found.changes],
    )


def _known(lines: Sequence[_Line]) -> list[Option]:
    return [
        Option.model_construct(value=line.value, label=_label(line), under=line.under, gone=False)
        for line in lines
        if line.value
    ]


def _ways(lines: Sequence[_Line]) -> list[tuple[str, str]]:
    """What an option may stand under: value and the way to it. Where they make no tree, their own words."""
    known = _known([line for line in lines if line.place])
    read = {each.value for each in in_order(known)}
    options = with_ways(known) if len(read) == len(known) else known
    return [(each.value, words(each.label)) for each in options]


def _row(found: ChoiceList) -> SimpleNamespace:
    waiting = next((each for each in found.changes if each.status == ListStatus.WAITING), None)
    failed = bool(found.changes) and found.changes[0].status == ListStatus.FAILED
    return SimpleNamespace(
        name=found.name,
        title=_title(found),
        count=sum(not each.gone for each in found.options),
        tree=any(each.under for each in found.options),
        procedures=[words(title) for _id, title in found.procedures],
        kept=found.kept,
        open_cases=found.open_cases,
        waiting=moment(waiting.effective_at, site().now(actor().company_id), reader=reader(own_time_zone()))
        if waiting
        else None,
        failed=failed,
    )


def _title(found: ChoiceList) -> str:
    return enumerated(dict.fromkeys(words(each) for each in found.asked), language()) or found.name


def _preview(preview: ListPreview) -> SimpleNamespace:
    return SimpleNamespace(
        added=[words(each.label) for each in preview.added],
        removed=[words(each.label) for each in preview.removed],
        changed=[(words(before.label), words(after.label)) for before, after in preview.changed],
        procedures=[(words(each.package.title), each.version + 1) for each in preview.procedures],
    )


def _version(found: ListVersion, names: Mapping[str, Mapping[str, str]]) -> SimpleNamespace:
    gettext, now, look = current_translator().gettext, site().now(actor().company_id), reader(own_time_zone())
    states = {
        ListStatus.WAITING: (gettext("waits for its day"), "warn"),
        ListStatus.IN_FORCE: (gettext("in force"), "ok"),
        ListStatus.PAST: (gettext("earlier"), ""),
        ListStatus.WITHDRAWN: (gettext("withdrawn"), ""),
        ListStatus.FAILED: (gettext("does not fit the procedures"), "bad"),
    }
    return SimpleNamespace(
        id=found.id,
        state=states[ListStatus(found.status)],
        waits=found.status == ListStatus.WAITING,
        effective=moment(found.effective_at, now, reader=look),
        set_at=moment(found.set_at, now, reader=look),
        by=who(found.set_by, names),
        reason=found.reason,
        count=sum(not each.gone for each in found.options),
        versions=sorted(found.versions.items()),
        findings=[each["message"] for each in found.findings if each.get("message")],
    )
