"""How long a telephone complaint takes from the ringing to its number, of every company, step by step.

    python -m tests.browser.time_registering [COMPANY ...]

The seconds of hands and head are those of the keystroke-level model (Card, Moran and Newell 1980) for a typist who is no
professional; a Chinese character is taken as three and a half strokes. The seconds of the machine are waited for: the
page opened, the caller looked up, the form sent until the case has its number. Not a test: it is for reading.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, sync_playwright

from engine.procedures import PackageRef, find_packages
from engine.publishing.scenario import PUBLIC
from tests.browser.walk_every_procedure import CHIEF, Stroll, installation
from tests.browser.walking import ROOT, fill, serving, the_scenario

#: Seconds: a key, pointing at something and clicking, thinking before a part of the work.
_KEY: Final = 0.28
_POINT: Final = 1.1 + 0.2
_THINK: Final = 1.35
#: Keys for a Chinese character by its sound, with choosing it.
_CHARACTER: Final = 3.5
#: The list of what can be registered, the caller's number, the look at what is known of him.
_BEFORE: Final = 2 * (_THINK + _POINT) + 12 * _KEY + _THINK


@dataclass(frozen=True)
class Time:
    """Of one registration, in seconds."""

    fields: int
    person: float
    machine: float


def main(wanted: Sequence[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for ref, file in _longest(wanted):
            company, procedure = ref.company, ref.procedure
            package, scenario = the_scenario(company, procedure, file)
            who = scenario.start.by
            login = next(person.login for person in package.company.people if who in {person.login, *person.groups})
            with tempfile.TemporaryDirectory() as place:
                site = installation(Path(place), company, scenario.start.at)
                with serving(site) as url:
                    walk = Stroll(browser, site, url, company, locale="zh-CN")
                    page = walk.page(login)
                    taken = _registered(page, f"{url}/register/{company}/{procedure}", scenario.start.form)
                    walk.context.close()
                site.database.close()
            said = (
                f"{taken.fields:3} fields  {taken.person:5.0f} s of the person  {taken.machine:5.1f} s of the machine"
            )
            print(f"{said}  {company}/{procedure}", flush=True)
        browser.close()


def _longest(wanted: Sequence[str]) -> Iterator[tuple[PackageRef, str]]:
    """Of each company the scenario whose complaint its staff write down in the most fields."""
    found: dict[str, tuple[int, PackageRef, str]] = {}
    for ref in find_packages(ROOT / "processes"):
        if not ref.procedure.endswith(CHIEF) or (wanted and ref.company not in wanted):
            continue
        for file in sorted((ROOT / "processes" / str(ref) / "scenarios").glob("*.toml")):
            start = tomllib.loads(file.read_text())["start"]
            size = len(start.get("form", {}))
            if start.get("by", PUBLIC) != PUBLIC and size > found.get(ref.company, (0,))[0]:
                found[ref.company] = (size, ref, file.name)
    for _, ref, file in found.values():
        yield ref, file


def _registered(page: Page, place: str, answers: Mapping[str, Any]) -> Time:
    opened = time.perf_counter()
    page.goto(place)
    machine = time.perf_counter() - opened
    fill(page, answers)
    asked = page.locator("form[data-form] [name^='f-']")
    proposed = set(asked.evaluate_all("all => all.filter(e => e.defaultValue).map(e => e.name.slice(2))"))
    person = _BEFORE + sum(_seconds(value) for name, value in answers.items() if name not in proposed)
    sent = time.perf_counter()
    page.click(".actions .primary")
    page.wait_for_url(lambda url: "/tasks/" in url or "/cases/" in url)
    return Time(len(answers), person + _THINK + _POINT, machine + time.perf_counter() - sent)


def _seconds(value: Any) -> float:
    """To answer one field: to think, to go there, and to type or choose."""
    if isinstance(value, list):
        rows = [each for each in value if isinstance(each, Mapping)]
        return sum(_seconds(each) for row in rows for each in row.values()) if rows else _THINK + _POINT * len(value)
    if isinstance(value, bool | datetime | date):
        return _THINK + 2 * _POINT
    text = str(value)
    if text.isidentifier() and text.isascii():  # one of a list
        return _THINK + _POINT
    strokes = sum(1 if each.isascii() else _CHARACTER for each in text)
    return _THINK + _KEY * (1 + strokes)


if __name__ == "__main__":
    main(sys.argv[1:])
