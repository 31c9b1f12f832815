"""Reading ``[surveys.<id>]``: about which cases customers are asked, all of them or a sample."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from engine.feel.temporal import parse_duration
from engine.procedures.package import Survey
from engine.procedures.reports import DATED_BY, REPORT_PERIODS
from engine.procedures.toml_tables import TableReader, shown

#: Ten years: what lies beyond is a slip of the pen.
_LONGEST: Final = timedelta(days=3653)
#: Cases that one round asks about at most: each is a case of its own, and a call to somebody.
MOST_ASKED: Final = 500


def read_survey(id_: str, table: TableReader, *, needed: tuple[str, ...]) -> Survey:
    """The survey that *table* describes."""
    of, by_period = _of(table), table.has("every")
    if of and by_period == table.has("within"):
        table.wrong("", "survey-time", "one of every, within", "both" if by_period else "none of them")
    return Survey(
        id=id_,
        title=table.words("title", needed=needed),
        of=of,
        where=table.text("where", default=""),
        dated=table.choice("dated", DATED_BY, default="closed"),
        every=table.choice("every", REPORT_PERIODS, default="month") if by_period else "",
        within=_time(table, "within") if table.has("within") else timedelta(),
        share=table.number("share", least=0, most=100) if table.has("share") else 100.0,
        at_least=table.whole("at_least", default=0, least=1, most=MOST_ASKED),
        at_most=table.whole("at_most", default=MOST_ASKED, least=1, most=MOST_ASKED),
        by=table.text("by", default=""),
        customer=table.text("customer", default=""),
        again_after=_time(table, "again_after") if table.has("again_after") else None,
        data=_data(table),
    )


def _of(table: TableReader) -> tuple[str, ...]:
    """Procedures; an empty list says that only customers are asked whom the asking case names itself."""
    if not table.has("of"):
        table.wrong("of", "toml-missing-key", "the procedures whose customers are asked", "none")
        return ()
    return table.texts("of")


def _time(table: TableReader, key: str) -> timedelta:
    text = table.text(key, default="")
    found = parse_duration(text)
    if isinstance(found, timedelta) and timedelta() < found <= _LONGEST:
        return found
    if text:
        table.wrong(key, "survey-time", 'days and hours such as "P30D"', f'"{shown(text)}"')
    return timedelta()


def _data(table: TableReader) -> dict[str, str]:
    data = table.table("data", required=False)
    if data is None:
        return {}
    found = {name: data.text(name) for name in data.names()}
    for name in found:
        data.check_identifier(name)
    data.close()
    return found
