"""Small charts as SVG without script: they print, follow light and dark, and marks that have cases open them.

Colours are classes of reports.css. Whoever draws a chart shows its numbers in a table too: shapes, dashes and words say
what colours say. Pure: words come ready.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from engine.queries.reports import Limits

WIDTH: Final = 540
HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 46, 26, 52
#: Room behind the last point for what stands at the ends of lines, and the most of it.
_MARGIN, _WIDEST_NAME = 84, 150
#: Bars of a Pareto chart; what is rarer is one bar more.
MOST_BARS: Final = 9
#: See `_Svg.hatch`.
_HATCHED: Final = "url(#hatched)"
_WIDE_FROM: Final = "⺀"  # the first sign that is as wide as it is high


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    count: int
    tip: str
    url: str | None = None
    part: int = 0  #: of the count, drawn apart: what is overdue


@dataclass(frozen=True, slots=True)
class Series:
    """One line; None is a gap."""

    name: str
    values: tuple[float | None, ...]
    tips: tuple[str, ...]
    urls: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class HeatCell:
    value: float | None
    words: str
    tip: str


def pareto(bars: Sequence[Bar], *, words: str, rest: Callable[[int], str]) -> Markup:
    """Bars by size with the line of their share added up; *rest* names the bar of what is left together."""
    shown = sorted(bars, key=lambda bar: -bar.count)
    if len(shown) > MOST_BARS + 1:
        left = shown[MOST_BARS:]
        shown = [*shown[:MOST_BARS], Bar(rest(len(left)), sum(bar.count for bar in left), rest(len(left)))]
    total = sum(bar.count for bar in shown) or 1
    svg, ticks = _Svg(words), _ticks(max((bar.count for bar in shown), default=1))
    scale, share = _scale(ticks[-1]), _scale(1)
    svg.grid(ticks, scale)
    for value in (0, 0.2, 0.4, 0.6, 0.8, 1):
        svg.text(WIDTH - _RIGHT + 6, share(value) + 4, f"{value:.0%}", anchor="start")
    room = (WIDTH - _LEFT - _RIGHT) / max(1, len(shown))
    points, so_far = [], 0
    for place, bar in enumerate(shown):
        x, before = _LEFT + place * room, so_far / total
        so_far += bar.count
        wide = min(room * 0.76, 64)
        with svg.link(bar.url):
            top = scale(bar.count)
            cls = "bar" if before < 0.8 else "bar dim"  # noqa: PLR2004 -- the few that make most of it
            shape = _box(x + (room - wide) / 2, top, wide, HEIGHT - _BOTTOM - top)
            svg.add("rect", tip=bar.tip, cls=cls, rx=2, **shape)
        svg.text(x + room / 2, scale(bar.count) - 5, str(bar.count), cls="n")
        svg.label(x + room / 2, bar.label, room)
        points.append((x + room / 2, share(so_far / total)))
    svg.line(_LEFT, share(0.8), WIDTH - _RIGHT, share(0.8), "ref")
    svg.path(points, "ln sum")
    for x, y in points:
        svg.add("circle", cls="pt sum", cx=x, cy=y, r=3)
    return svg.done(group=True)


def trend(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    words: str,
    target: tuple[float, str] | None = None,
    top: float = 0,
) -> Markup:
    """Lines over time with their names at their ends; *target* is a line across with its words."""
    right = min(_WIDEST_NAME, max(_MARGIN, *(_width(one.name) + 22 for one in series))) if len(series) > 1 else _MARGIN
    highest = max([top, *(v for one in series for v in one.values if v is not None), target[0] if target else 0, 1])
    svg, ticks = _Svg(words), _ticks(highest)
    scale, place = _scale(ticks[-1]), _places(len(labels), right=right)
    svg.grid(ticks, scale, right=right)
    svg.labels(labels, place)
    if target:
        svg.line(_LEFT, scale(target[0]), WIDTH - right, scale(target[0]), "ref")
        svg.text(_LEFT + 4, scale(target[0]) - 5, target[1], cls="reft", anchor="start")
    ends: list[tuple[float, str, int]] = []
    for kind, one in enumerate(series):
        for run in _runs(one.values):
            svg.path([(place(at), scale(value)) for at, value in run], f"ln s{kind}")
        for at, value in enumerate(one.values):
            if value is not None:
                with svg.link(one.urls[at] if one.urls else None):
                    svg.mark(kind, place(at), scale(value), one.tips[at])
        last = next((value for value in reversed(one.values) if value is not None), None)
        if last is not None:
            ends.append((scale(last) + 4, one.name, kind))
    for y, name, kind in _apart(ends):
        svg.text(WIDTH - right + 10, y, _short(name, right - 14), cls=f"endl s{kind}", anchor="start")
    return svg.done(group=True)


def control(
    labels: Sequence[str],
    values: Sequence[float],
    tips: Sequence[str],
    *,
    names: Limits,
    said: Sequence[str],
    words: str,
) -> Markup:
    """An XmR chart with its limits; *said* are the words at upper limit, mean and lower limit."""
    svg, ticks = _Svg(words), _ticks(max([*values, names.upper]))
    scale, place = _scale(ticks[-1]), _places(len(labels), right=_MARGIN)
    svg.grid(ticks, scale, right=_MARGIN)
    for value, cls, text in (
        (names.upper, "lim", said[0]),
        (names.mean, "mid", said[1]),
        (names.lower, "lim", said[2]),
    ):
        svg.line(_LEFT, scale(value), WIDTH - _MARGIN, scale(value), cls)
        svg.text(WIDTH - _MARGIN + 6, scale(value) + 4, text, cls="reft", anchor="start")
    svg.path([(place(at), scale(value)) for at, value in enumerate(values)], "ln s0")
    for at, value in enumerate(values):
        if at in names.signals:
            x, y = place(at), scale(value)
            svg.add("path", tip=tips[at], cls="out", d=f"M{x:.1f} {y - 6:.1f}l6 6-6 6-6-6z")
        else:
            svg.mark(0, place(at), scale(value), tips[at])
    svg.labels(labels, place)
    return svg.done()


def heat(rows: Sequence[tuple[str, Sequence[HeatCell]]], columns: Sequence[str], *, words: str) -> Markup:
    """A field of cells, the darker the higher; every cell has its number, so that no colour has to be read.

    The names of the rows stand behind the newest column: where only part of the field is seen, that part has them.
    """
    high, names = 30, min(190, max((_width(name) for name, _ in rows), default=0) + 16)
    left, wide = 8, (WIDTH - names - 8) / max(1, len(columns))
    svg = _Svg(words, height=24 + high * len(rows) + 8)
    most = max((cell.value for _, cells in rows for cell in cells if cell.value is not None), default=0) or 1
    every = max(1, math.ceil(34 / wide))
    for place, name in enumerate(columns):
        if place % every == 0:
            svg.text(left + wide * (place + 0.5), 15, name)
    for line, (name, cells) in enumerate(rows):
        y = 24 + high * line
        svg.text(WIDTH - names + 8, y + high / 2 + 4, _short(name, names - 8), anchor="start")
        for place, cell in enumerate(cells):
            step = 0 if cell.value is None else 1 + min(4, int(5 * cell.value / most))
            x = left + wide * place
            svg.add("rect", tip=cell.tip, cls=f"heat h{step}", x=x + 1, y=y + 1, width=wide - 2, height=high - 2, rx=3)
            if cell.words:
                svg.text(x + wide / 2, y + high / 2 + 4, cell.words, cls=f"t on{step}")
    return svg.done()


def loads(bars: Sequence[Bar], *, words: str) -> Markup:
    """Lying bars: how much each has, with the part that is overdue hatched in front. Numbers stand before the bars,
    where they are seen on a phone too.
    """
    names, high = 170, 30
    said = [f"{bar.count}" if not bar.part else f"{bar.count} ({bar.part})" for bar in bars]
    left = names + max(map(_width, said), default=0) + 8
    svg = _Svg(words, height=high * max(1, len(bars)) + 8)
    svg.hatch()
    most = max((bar.count for bar in bars), default=1) or 1
    room = WIDTH - left - 8
    for line, bar in enumerate(bars):
        y = 4 + high * line
        svg.text(names - 8, y + high / 2 + 3, _short(bar.label, names - 14), anchor="end")
        svg.text(left - 8, y + high / 2 + 3, said[line], cls="n", anchor="end")
        with svg.link(bar.url):
            svg.add(
                "rect",
                tip=bar.tip,
                cls="bar",
                x=left,
                y=y + 4,
                width=max(2.0, room * bar.count / most),
                height=high - 12,
                rx=2,
            )
        if bar.part:
            svg.add(
                "rect",
                tip=bar.tip,
                cls="late",
                fill=_HATCHED,
                x=left,
                y=y + 4,
                width=max(2.0, room * bar.part / most),
                height=high - 12,
                rx=2,
            )
    return svg.done(group=True)


class _Svg:
    """An SVG in the making."""

    def __init__(self, words: str, *, height: float = HEIGHT) -> None:
        self._words, self._height, self._parts = words, height, list[str]()

    def add(self, tag: str, *, cls: str = "", tip: str = "", text: str = "", **shape: float | str) -> None:
        said = "".join(
            f' {name.replace("_", "-")}="{escape(f"{v:.2f}".rstrip("0").rstrip(".") if isinstance(v, float) else v)}"'
            for name, v in shape.items()
        )
        inside = (f"<title>{escape(tip)}</title>" if tip else "") + str(escape(text))
        self._parts.append(f'<{tag} class="{escape(cls)}"{said}>{inside}</{tag}>')

    def hatch(self) -> None:
        """Stripes that `_HATCHED` fills with: what a colour says has to be seen without it."""
        self._parts.append(
            '<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect class="hatch" width="6" height="6"/>'
            '<rect class="stripe" width="2.4" height="6"/></pattern></defs>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, cls: str) -> None:
        self.add("line", cls=cls, x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2))

    def text(self, x: float, y: float, text: str, *, cls: str = "t", anchor: str = "middle") -> None:
        self.add("text", cls=cls, text=text, x=float(x), y=float(y), text_anchor=anchor)

    def path(self, points: Iterable[tuple[float, float]], cls: str) -> None:
        self.add("polyline", cls=cls, points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))

    def mark(self, kind: int, x: float, y: float, tip: str) -> None:
        """A point whose shape tells the series too: circle, square, triangle, diamond."""
        match kind % 4:
            case 0:
                self.add("circle", cls=f"pt s{kind}", tip=tip, cx=x, cy=y, r=3.4)
            case 1:
                self.add("rect", cls=f"pt s{kind}", tip=tip, x=x - 3.2, y=y - 3.2, width=6.4, height=6.4)
            case 2:
                self.add("path", cls=f"pt s{kind}", tip=tip, d=f"M{x:.1f} {y - 4.2:.1f}l4.2 7.4h-8.4z")
            case _:
                self.add("path", cls=f"pt s{kind}", tip=tip, d=f"M{x:.1f} {y - 4.4:.1f}l4.4 4.4-4.4 4.4-4.4-4.4z")

    def grid(self, ticks: Sequence[float], scale: Callable[[float], float], *, right: float = _RIGHT) -> None:
        for value in ticks:
            self.line(_LEFT, scale(value), WIDTH - right, scale(value), "grid")
            self.text(_LEFT - 6, scale(value) + 4, f"{value:g}", anchor="end")

    def labels(self, labels: Sequence[str], place: Callable[[int], float]) -> None:
        room = (place(len(labels) - 1) - place(0)) / max(1, len(labels) - 1) or WIDTH
        every = max(1, math.ceil((max(map(_width, labels), default=0) + 6) / room))
        for at, name in enumerate(labels):
            if at % every == 0:
                self.text(place(at), HEIGHT - _BOTTOM + 18, name)

    def label(self, x: float, label: str, room: float) -> None:
        """A name below its bar, in at most two lines."""
        for line, part in enumerate(_lines(label, room)):
            self.text(x, HEIGHT - _BOTTOM + 17 + 14 * line, part)

    def link(self, url: str | None) -> _Link:
        return _Link(self._parts, url)

    def done(self, *, group: bool = False) -> Markup:
        """The SVG; *group* where it holds links, which an image would hide."""
        role = "group" if group else "img"
        head = (
            f'<svg class="chart-svg" viewBox="0 0 {WIDTH} {self._height:g}" role="{role}" '
            f'aria-label="{escape(self._words)}">'
        )
        return Markup(head + "".join(self._parts) + "</svg>")  # noqa: S704 -- every part was escaped when it was added


class _Link:
    """What is drawn inside opens *url*."""

    def __init__(self, parts: list[str], url: str | None) -> None:
        self._parts, self._url = parts, url

    def __enter__(self) -> None:
        if self._url:
            self._parts.append(f'<a href="{escape(self._url)}">')

    def __exit__(self, *_: object) -> None:
        if self._url:
            self._parts.append("</a>")


def _box(x: float, y: float, width: float, height: float) -> dict[str, Any]:
    return {"x": x, "y": y, "width": width, "height": height}


def _scale(most: float) -> Callable[[float], float]:
    return lambda value: HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / most


def _places(count: int, *, right: float) -> Callable[[int], float]:
    room = WIDTH - _LEFT - right - 16
    return lambda at: _LEFT + 8 + (room * at / (count - 1) if count > 1 else room / 2)


def _ticks(most: float, wanted: int = 5) -> list[float]:
    """Round numbers from nothing to *most* or just above it."""
    most = max(most, 1)
    raw = most / wanted
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if raw <= size * times * 1.0001)
    step = max(step, 1) if most >= wanted else step
    return [place * step for place in range(math.ceil(most / step - 1e-9) + 1)]


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if len(run) > 1]


def _apart(ends: list[tuple[float, str, int]]) -> list[tuple[float, str, int]]:
    """Names at the ends of lines, moved down until none lies on another."""
    placed: list[tuple[float, str, int]] = []
    for y, name, kind in sorted(ends):
        placed.append((max(y, placed[-1][0] + 15) if placed else y, name, kind))
    return placed


def _width(text: str) -> float:
    return sum(12.2 if char >= _WIDE_FROM else 6.9 for char in text)


def _short(text: str, room: float) -> str:
    if _width(text) <= room:
        return text
    while text and _width(text) > room - 10:
        text = text[:-1]
    return f"{text}…"


def _lines(text: str, room: float) -> list[str]:
    """*text* in at most two lines that fit into *room*, parted at spaces where there are some."""
    if _width(text) <= room:
        return [text]
    words, first = text.split(" "), ""
    if len(words) > 1:
        while words and _width(f"{first} {words[0]}".strip()) <= room:
            first = f"{first} {words.pop(0)}".strip()
        if first:
            return [first, _short(" ".join(words), room)]
    cut = next((at for at in range(len(text), 0, -1) if _width(text[:at]) <= room), 1)
    return [text[:cut], _short(text[cut:], room)]
