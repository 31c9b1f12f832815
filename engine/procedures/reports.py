"""Reading ``[reports.<id>]``: registers, tables of counts and figures with targets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.procedures.package import Column, Figure, Report
from engine.procedures.toml_tables import TableReader, shown

#: The periods reports are made for, the shortest first.
REPORT_PERIODS: Final = ("day", "week", "ten_days", "month", "quarter", "half_year", "year")
#: The instants of a case that may decide in which period it is counted.
DATED_BY: Final = ("received", "closed")
_KINDS: Final = ("count", "sum", "mean", "value")


def read_report(id_: str, table: TableReader, *, needed: tuple[str, ...]) -> Report:
    """The report that *table* describes; its texts must have the *needed* languages."""
    return Report(
        id=id_,
        title=table.words("title", needed=needed),
        form=table.text("form", default=""),
        of=table.texts("of"),
        where=table.text("where", default=""),
        every=table.choice("every", REPORT_PERIODS, default="month"),
        dated=table.choice("dated", DATED_BY, default="received"),
        groups=table.texts("groups"),
        columns=tuple(_columns(table, needed)),
        rows=table.text("rows", default=""),
        across=table.text("across", default=""),
        figures=tuple(_figure(figure, inner, needed) for figure, inner in table.tables("figures")),
    )


def _columns(table: TableReader, needed: tuple[str, ...]) -> Iterator[Column]:
    items: Any = table.raw("columns")
    if not isinstance(items, list):
        if items is not None:
            table.wrong("columns", "report-columns", "a list of columns", "something else")
        return
    for item, inner in zip(items, table.mixed("columns"), strict=True):
        if inner is not None:
            yield Column(inner.text("show"), inner.words("title", needed=needed, required=False))
            inner.close()
        elif isinstance(item, str) and item.strip():
            yield Column(item)
        else:
            table.wrong("columns", "report-columns", "texts, or tables with show and title", f'"{shown(str(item))}"')


def _figure(id_: str, table: TableReader, needed: tuple[str, ...]) -> Figure:
    given = [kind for kind in _KINDS if table.has(kind)]
    if len(given) != 1:
        table.wrong("", "report-figure", f"one of {', '.join(_KINDS)}", ", ".join(given) or "none of them")
    if "value" in given and table.has("among"):
        table.wrong("among", "report-figure", "left out beside value", "it; remove it")
    return Figure(
        id=id_,
        title=table.words("title", needed=needed),
        count=table.text("count", default=""),
        among=table.text("among", default=""),
        sum=table.text("sum", default=""),
        mean=table.text("mean", default=""),
        value=table.text("value", default=""),
        target=_target(table),
        at_most=table.flag("at_most"),
        unit=table.words("unit", needed=needed, required=False),
        of=table.texts("of"),
    )


def _target(table: TableReader) -> str:
    if not table.has("target"):
        return ""
    text = table.number_or_text("target")
    try:
        Decimal(text)
    except InvalidOperation:
        table.wrong("target", "report-figure", "a number", f'"{shown(text)}"')
        return ""
    return text
