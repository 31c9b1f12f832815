"""Options that stand under others: only the ends of the branches are chosen, and read with the way to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from engine.text import Text, in_language

if TYPE_CHECKING:
    from engine.forms.model import Option

#: Options one above the other. Four say any cause there is; more nobody finds again.
MOST_LEVELS: Final = 4
_STEP: Final = " › "


def tree_problem(options: Sequence[Option]) -> str:
    """Why the options that name others as standing above them make no tree, "" where they do."""
    above = _above(options)
    for value, under in above.items():
        if under and under not in above:
            return f"expected {value!r} under another option of the list, found {under!r}"
        if len(_way(value, above)) > MOST_LEVELS:
            return f"expected at most {MOST_LEVELS} levels and no option under itself, found more at {value!r}"
    return ""


def leaves(options: Sequence[Option]) -> Sequence[Option]:
    """What can be chosen, branch by branch, each with the way to it: "Food › Foreign body"."""
    headings = {option.under for option in options if option.under}
    return [each for each in with_ways(options) if each.value not in headings and not each.gone]


def with_ways(options: Sequence[Option]) -> list[Option]:
    """Every option of a tree behind the one it stands under, each with the way to it."""
    if not any(option.under for option in options):
        return list(options)
    known, above = {option.value: option for option in options}, _above(options)
    return [_with_way(option, [known[value] for value in _way(option.value, above)]) for option in in_order(options)]


def grouped(options: Sequence[Option]) -> list[tuple[Text | None, list[Option]]]:
    """What can be chosen under the headings of the branches; None heads what stands at the top."""
    headings = {option.value: option.label for option in with_ways(options)}
    branches = {option.under for option in options}
    groups: list[tuple[Text | None, list[Option]]] = []
    for option in in_order(options):
        if option.value not in branches and not option.gone:
            heading = headings.get(option.under)
            if not groups or groups[-1][0] != heading:
                groups.append((heading, []))
            groups[-1][1].append(option)
    return groups


def in_order(options: Sequence[Option]) -> list[Option]:
    """Every option behind the one it stands under, in the order of the list."""
    below: defaultdict[str, list[Option]] = defaultdict(list)
    for option in options:
        below[option.under].append(option)

    def walk(under: str) -> Iterator[Option]:
        for option in below[under]:
            yield option
            yield from walk(option.value)

    return list(walk(""))


def branch_of(value: str, options: Sequence[Option]) -> list[str]:
    """*value* and what it stands under, the top first."""
    return _way(value, _above(options))


def _above(options: Sequence[Option]) -> dict[str, str]:
    return {option.value: option.under for option in options}


def _way(value: str, above: Mapping[str, str]) -> list[str]:
    """From the top to *value*; one level too many where that goes in a circle."""
    way = [value]
    while (under := above.get(way[0], "")) and len(way) <= MOST_LEVELS:
        way.insert(0, under)
    return way


def _with_way(option: Option, way: Sequence[Option]) -> Option:
    if len(way) == 1:
        return option
    label = {tag: _STEP.join(in_language(each.label, tag) for each in way) for tag in option.label}
    return option.model_copy(update={"label": label})
