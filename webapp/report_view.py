"""How registers and statistics read: titles of columns, cells, figures with what they leave out, tables, periods."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Final

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from engine.deployments import Deployment
from engine.feel import to_json
from engine.procedures.package import Column, Figure
from engine.queries.reports import CaseFacts, FigureValue, Period, Table, last_day, period_key
from webapp.case_view import group_names
from webapp.data_words import DataWords, data_words
from webapp.presentation import Reader
from webapp.shell import current_translator, language, reader, words

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_PART: Final = re.compile(r"case\.(limits|done|done_by|times|branches)\.([a-z][a-z0-9_]*)(?:\.([a-z]+))?")
#: Cells with more than this are cut on the page; the file has all of it.
_LONG: Final = 120


@dataclass(frozen=True, slots=True)
class ReportWords:
    """The words one deployment has for what its reports show."""

    deployment: Deployment
    said: DataWords
    look: Reader

    def title(self, column: Column) -> str:
        """What stands over the column."""
        if found := words(column.title):
            return found
        return self.title_of(column.show)

    def title_of(self, text: str) -> str:
        """What the expression *text* shows, in words: a field's label, a fact's name, else itself."""
        if NAME.fullmatch(text):
            return self.said.label(text) or _computed(text)
        if text.startswith("case.") and (found := fact_words().get(text[5:])):
            return found
        return self._part_title(text) or text

    def cell(self, text: str, value: Any) -> str:
        """*value* of the expression *text* as people read it, "" for nothing."""
        gettext = current_translator().gettext
        if value is None or (isinstance(value, str | list) and not value):
            return ""
        if name := _answer_in(text):
            return self.said.value(name, _plain(value))
        if text == "case.outcome":
            return words(self.deployment.package.outcomes.get(str(value), {})) or str(value)
        if text == "case.status" or text.endswith(".status"):
            return status_words().get(str(value), str(value))
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M}"
        if isinstance(value, Decimal):
            return format_decimal(value, locale=self.look.locale)
        if isinstance(value, list):
            return "、".join(self.cell(text, item) for item in value)
        return self.said.value("", _plain(value))

    def _part_title(self, text: str) -> str:
        gettext = current_translator().gettext
        found = _PART.fullmatch(text)
        if found is None:
            return ""
        kind, name, part = found.groups()
        if kind == "branches":
            return self.title_of(name)
        if kind == "limits":
            rule = self.deployment.package.deadlines.get(name)
            title = words(rule.title) if rule else name
            said = {
                "due": gettext("due"),
                "stopped": gettext("done"),
                "status": gettext("kept"),
                "late": gettext("late"),
            }
            return f"{title}: {said[part]}" if part in said else title
        step = words(self.deployment.package.element_names.get(name, {})) or name
        return gettext("%(step)s: by whom") % {"step": step} if kind == "done_by" else step


def report_words(deployment: Deployment) -> ReportWords:
    """The words of *deployment* in the reader's language."""
    said = data_words(
        deployment.package.forms.values(),
        groups=group_names(deployment),
        lists=deployment.lists,
        language=language(),
    )
    return ReportWords(deployment, said, reader(deployment.time_zone))


class Words:
    """The words of every deployment a report meets, made once each."""

    def __init__(self, main: Deployment) -> None:
        self.main = report_words(main)
        self._by_id = {main.id: self.main}

    def of(self, facts: CaseFacts) -> ReportWords:
        found = self._by_id.get(facts.deployment.id)
        if found is None:
            found = self._by_id[facts.deployment.id] = report_words(facts.deployment)
        return found

    def cells(self, columns: tuple[Column, ...], facts: CaseFacts) -> list[str]:
        """One line of a register."""
        known = self.of(facts)
        return [known.cell(column.show, facts.shown(column.show)) for column in columns]


def fact_words() -> Mapping[str, str]:
    """What pages call the facts that expressions find under ``case``."""
    gettext = current_translator().gettext
    return {
        "number": gettext("Number"),
        "title": gettext("Subject"),
        "customer": gettext("Customer"),
        "received": gettext("Received"),
        "closed": gettext("Closed on"),
        "status": gettext("State"),
        "outcome": gettext("Outcome"),
        "days": gettext("Days"),
        "working_hours": gettext("Working hours"),
        "answered": gettext("First letter"),
        "on_time": gettext("On time"),
    }


def status_words() -> Mapping[str, str]:
    """States of cases and of time limits."""
    gettext = current_translator().gettext
    return {
        "open": gettext("open"),
        "overdue": gettext("overdue"),
        "closed": gettext("closed"),
        "met": gettext("in time"),
        "late": gettext("late"),
        "running": gettext("running"),
        "paused": gettext("stopped for now"),
        "cancelled": gettext("no longer needed"),
    }


def figure_title(figure: Figure) -> str:
    """What the figure is called; those of the platform have no words of their own."""
    return words(figure.title) or standard_titles().get(figure.id, figure.id)


def standard_titles() -> Mapping[str, str]:
    """Names of the figures that every procedure has without declaring them."""
    gettext = current_translator().gettext
    return {
        "received": gettext("Cases received"),
        "closed": gettext("Cases closed"),
        "overdue": gettext("Open and overdue"),
        "on_time": gettext("On time"),
        "hours": gettext("Working hours to the end, mean"),
        "answer": gettext("Working hours to the first letter, mean"),
        "satisfied": gettext("Satisfied"),
    }


def figure_card(value: FigureValue, *, look: Reader, link: Callable[..., str]) -> SimpleNamespace:
    """A figure with its denominator, its target, and links to the cases behind each part."""
    gettext, figure = current_translator().gettext, value.figure
    unit = "%" if value.is_share else words(figure.unit)
    return SimpleNamespace(
        title=figure_title(figure),
        value=number_words(value.value, look=look, unit=unit),
        of=gettext("%(counted)s of %(whole)s cases") % {"counted": value.counted, "whole": value.whole}
        if value.is_share
        else "",
        left_out=gettext("%(count)s not counted: nothing known yet") % {"count": value.left_out}
        if value.left_out and not figure.value
        else "",
        target=_target(value, unit),
        met=value.met,
        counted_url=link(figure=figure.id, part="counted") if value.counted and not figure.value else None,
        rest_url=link(figure=figure.id, part="rest") if value.is_share and value.whole > value.counted else None,
        left_out_url=link(figure=figure.id, part="left_out") if value.left_out and not figure.value else None,
        rest=value.whole - value.counted,
    )


def number_words(value: Decimal | None, *, look: Reader, unit: str = "") -> str:
    """A number with at most one place behind the point and its unit; "—" where there is none."""
    if value is None:
        return "—"
    said = format_decimal(round(value, 1), format="#,##0.#", locale=look.locale)
    return f"{said}%" if unit == "%" else f"{said} {unit}".strip()


def table_view(
    table: Table, known: ReportWords, *, rows: str, across: str, link: Callable[..., str]
) -> SimpleNamespace:
    """*table* with words and a link in every cell that has cases."""

    def cell(row: str, column: str) -> SimpleNamespace:
        chosen = {"row": row, "across": column}
        count = table.counts.get((row, column), 0)
        return SimpleNamespace(
            count=count, url=link(**{name: key for name, key in chosen.items() if key}) if count else None
        )

    return SimpleNamespace(
        rows_title=known.title_of(rows),
        columns=[label_of(known, across, value) for _, value in table.columns],
        lines=[
            SimpleNamespace(
                label=label_of(known, rows, value),
                cells=[cell(key, column) for column, _ in table.columns],
                total=cell(key, ""),
            )
            for key, value in table.rows
        ],
        totals=[cell("", column) for column, _ in table.columns],
        total=table.cases,
        several=sum(table.counts[key, ""] for key, _ in table.rows) > table.cases,
    )


def label_of(known: ReportWords, text: str, value: Any) -> str:
    """What stands for *value* in front of a row."""
    return known.cell(text, value) or current_translator().gettext("not stated")


def period_words(period: Period, *, look: Reader) -> str:
    """A period as people say it: "November 2026", "Quarter 4 of 2026"."""
    gettext, year = current_translator().gettext, period.first.year
    place = period_key(period)[-1]
    if period.kind == "day":
        return format_skeleton("yMMMd", period.first, locale=look.locale)
    if period.kind == "week":
        last = format_skeleton("yMMMd", last_day(period), locale=look.locale)
        return gettext("%(first)s to %(last)s") % {
            "first": format_skeleton("yMMMd", period.first, locale=look.locale), "last": last
        }  # fmt: skip
    month = format_skeleton("yMMMM", period.first, locale=look.locale)
    if period.kind == "ten_days":
        tens = {
            "1": gettext("%(month)s, first ten days"),
            "2": gettext("%(month)s, second ten days"),
            "3": gettext("%(month)s, last days"),
        }
        return tens[place] % {"month": month}
    if period.kind == "month":
        return month
    if period.kind == "quarter":
        return gettext("Quarter %(quarter)s of %(year)s") % {"quarter": place, "year": year}
    if period.kind == "half_year":
        half = gettext("First half of %(year)s") if place == "1" else gettext("Second half of %(year)s")
        return half % {"year": year}
    return gettext("The year %(year)s") % {"year": year}


def short_period(period: Period) -> str:
    """A period under a chart: "11", "Q4", "H2", "2026"; the first of a year with the year."""
    key = period_key(period)
    year, _, rest = key.partition("-")
    if not rest:
        return year
    return f"{year[2:]}/{rest}" if rest in {"01", "Q1", "H1"} else rest.lstrip("0")


def _answer_in(text: str) -> str:
    """The answer whose values the expression *text* gives, "" where it gives something else."""
    name = text.removeprefix("case.branches.")
    return name if NAME.fullmatch(name) else ""


def clipped(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def _plain(value: Any) -> Any:
    """A FEEL value as the data has it, which is what forms can read."""
    return value.isoformat() if isinstance(value, datetime | date) else to_json(value)


def _target(value: FigureValue, unit: str) -> str:
    if not value.figure.target:
        return ""
    gettext = current_translator().gettext
    said = gettext("target: at most %(target)s") if value.figure.at_most else gettext("target: %(target)s")
    return said % {"target": value.figure.target + (unit if unit == "%" else "")}


def _computed(name: str) -> str:
    """Names that only scripts and tables write: read as they are, without the underscores."""
    return name.replace("_", " ")
