"""Reading ``[triggers.<id>]``: what in many cases together starts a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from engine.feel.temporal import parse_duration
from engine.procedures.package import Trigger
from engine.procedures.reports import DATED_BY
from engine.procedures.toml_tables import TableReader, shown

#: Ten years: what lies beyond is a slip of the pen.
_LONGEST: Final = timedelta(days=3653)
#: Periods whose numbers may rise; shorter ones go up and down by chance.
RISING_PERIODS: Final = ("month", "quarter", "half_year", "year")
CHART_PERIODS: Final = ("week", "ten_days", *RISING_PERIODS)
#: What may make a trigger; exactly one does. Whatever stands with another one says nothing beside it.
_KINDS: Final = {
    "rises": ("within", "distinct"),
    "at_least": ("every",),
    "mean": ("within", "distinct"),
    "count": ("within", "distinct"),
}
_MOST_RISES: Final = 12
_MOST_CASES: Final = 10_000


def read_trigger(id_: str, table: TableReader, process: str, *, needed: tuple[str, ...]) -> Trigger:
    """The trigger that *table* describes, of the procedure that runs *process*."""
    kinds = [name for name in _KINDS if table.has(name)]
    if len(kinds) != 1:
        table.wrong("", "trigger-kind", f"one of {', '.join(_KINDS)}", " and ".join(kinds) or "none of them")
    kind = kinds[0] if kinds else "at_least"
    for name in _KINDS[kind]:
        if table.has(name):
            table.wrong(name, "trigger-kind", f"left out beside {kind}", "it; remove it")
    periods = CHART_PERIODS if kind in {"mean", "count"} else RISING_PERIODS
    return Trigger(
        id=id_,
        title=table.words("title", needed=needed),
        process=table.identifier("process", default=process),
        of=table.texts("of"),
        where=table.text("where", default=""),
        by=table.text("by", default=""),
        dated=table.choice("dated", DATED_BY, default="received"),
        rises=table.whole("rises", default=0, least=1, most=_MOST_RISES),
        every=table.choice("every", periods, default="month"),
        at_least=table.whole("at_least", default=0, least=2, most=_MOST_CASES),
        within=_within(table) if kind == "at_least" else timedelta(),
        distinct=table.text("distinct", default=""),
        mean=table.text("mean", default=""),
        count=table.text("count", default=""),
        to=table.text("to", default=""),
    )


def _within(table: TableReader) -> timedelta:
    text = table.text("within")
    within = parse_duration(text)
    if isinstance(within, timedelta) and timedelta() < within <= _LONGEST:
        return within
    if text:
        table.wrong("within", "trigger-within", 'days and hours such as "P30D"', f'"{shown(text)}"')
    return timedelta()
