"""The names of China's public holidays in every language of the product, as the ``holidays`` package gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from engine.text import Text


def _festival(simplified: str, traditional: str, english: str) -> Text:
    return {"zh-Hans": simplified, "zh-Hant": traditional, "en": english}


NEW_YEAR: Final = _festival("元旦", "元旦", "New Year's Day")
_FESTIVALS: Final[Mapping[str, Text]] = {
    "元旦": NEW_YEAR,
    "农历除夕": _festival("农历除夕", "農曆除夕", "Chinese New Year's Eve"),
    "春节": _festival("春节", "春節", "Chinese New Year (Spring Festival)"),
    "清明节": _festival("清明节", "清明節", "Tomb-Sweeping Day"),
    "劳动节": _festival("劳动节", "勞動節", "Labor Day"),
    "端午节": _festival("端午节", "端午節", "Dragon Boat Festival"),
    "中秋节": _festival("中秋节", "中秋節", "Mid-Autumn Festival"),
    "国庆节": _festival("国庆节", "國慶節", "National Day"),
}
_ALSO: Final[Mapping[str, str]] = {
    "元旦节": "元旦",
    "除夕": "农历除夕",
    "清明": "清明节",
    "五一": "劳动节",
    "五一劳动节": "劳动节",
    "五一国际劳动节": "劳动节",
    "国际劳动节": "劳动节",
    "端午": "端午节",
    "中秋": "中秋节",
    "国庆": "国庆节",
    "十一国庆节": "国庆节",
}
_BY_NAME: Final[Mapping[str, Text]] = {
    **{words: festival for festival in _FESTIVALS.values() for words in festival.values()},
    **{other: _FESTIVALS[name] for other, name in _ALSO.items()},
}
#: Since when each is a public holiday of the whole country. Source: 全国年节及纪念日放假办法, as changed in 2007.
_SINCE: Final[Mapping[str, int]] = {
    "元旦": 2001,
    "春节": 2001,
    "清明节": 2008,
    "劳动节": 2001,
    "端午节": 2008,
    "中秋节": 2008,
    "国庆节": 2001,
}
_BETWEEN: Final = re.compile(r"\s*(?:[、/]|和|及|与|與)\s*")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


def festival_name(words: str) -> Text:
    """The festival, or the festivals ("国庆节、中秋节"), of that name in every language; other names as they are given.

    A name nobody knows stands under the language its letters are of; {} for none.
    """
    parts = [_BY_NAME.get(part) for part in _BETWEEN.split(words)]
    known = [part for part in parts if part]
    if len(known) == len(parts):
        return {tag: " / ".join(part[tag] for part in known) for tag in NEW_YEAR}
    return ({"zh-Hans": words} if _CHINESE.search(words) else {"en": words}) if words else {}


def missing_festivals(year: int, named: Iterable[Text]) -> tuple[Text, ...]:
    """The festivals that are holidays by law in *year*, in its order, and that none of the *named* holidays is."""
    found = {part for name in named for part in _BETWEEN.split(name.get("zh-Hans", ""))}
    return tuple(_FESTIVALS[name] for name, since in _SINCE.items() if year >= since and name not in found)


def is_festival(words: str) -> bool:
    """Whether every part of *words* is the name of a known festival."""
    return all(part in _BY_NAME for part in _BETWEEN.split(words))
