"""A case of every company walked in a real browser from intake to its end, with a picture of each form on the way.

    python -m tests.browser.walk_every_procedure FOLDER [COMPANY[/PROCEDURE] ...]

Not a test: thirty companies take some twenty minutes, and pictures are for eyes. In FOLDER each case gets a folder of its
own with its pages in order. Says what stopped a walk, what a page complained of, and where one is wider than its window.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from engine.commands.people import add_person
from engine.commands.sign_in import begin_session
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.procedures import find_packages
from tests.browser.walking import ROOT, Walk, serving, sideways, the_scenario, walk_scenario
from tests.support.clock import StandingClock
from tests.support.site import actor_of, an_empty_site, deploy_folder
from webapp.access import SESSION_COOKIE

#: What the companies' chief procedures are called: the one a customer's word begins.
CHIEF: Final = (
    "complaint",
    "feedback",
    "objection",
    "opinion",
    "request",
    "service_order",
    "service",
    "call",
    "campaign",
)
#: Pixels: of the window; of a form's picture on the sheet at most.
_WIDTH: Final = 1280
_WIDEST: Final = 760
_GAP: Final = 10
_COLUMNS: Final = 3
_LOCALES: Final = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}


def main(folder: Path, wanted: Sequence[str]) -> int:
    """Walk what is *wanted*, or the longest way through each company's chief procedure; how many walks failed."""
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for company, procedure, file in _chosen(wanted):
            try:
                said = _walked(browser, folder / company / procedure, company, procedure, file)
            except Exception as error:  # noqa: BLE001 -- one walk that fails must not hide the others
                failed += 1
                said = [f"FAILED {error}", traceback.format_exc(limit=-3)]
            print(f"{company}/{procedure} {file}", *said, sep="\n  ", flush=True)
        browser.close()
    return failed


def _chosen(wanted: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Company, procedure and scenario of each walk."""
    packages = find_packages(ROOT / "processes")
    for one in wanted or sorted({ref.company for ref in packages}):
        of_it = [ref for ref in packages if one in {ref.company, str(ref)}]
        folders = {ref: ROOT / "processes" / str(ref) / "scenarios" for ref in of_it}
        ways = [(_length(str(ref), file), ref, file.name) for ref in of_it for file in folders[ref].glob("*.toml")]
        _, ref, name = max(ways)
        yield ref.company, ref.procedure, name


def _length(procedure: str, file: Path) -> tuple[bool, bool, int, int]:
    """What makes a way the longest: it can be walked, belongs to the chief procedure, has many different tasks."""
    scenario = tomllib.loads(file.read_text())
    start, steps = scenario["start"], scenario.get("step", [])
    elsewhere = any(kind in step for step in steps for kind in ("message", "signal"))
    walkable = "by" in start and "end" in scenario and "process" not in scenario and not elsewhere
    tasks = {step["task"].partition("#")[0] for step in steps if "task" in step}
    return walkable, procedure.endswith(CHIEF), len(tasks), -len(steps)


def _walked(browser: Browser, folder: Path, company: str, procedure: str, file: str) -> list[str]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package, scenario = the_scenario(company, procedure, file)
    album, language = _Album(folder), package.company.language
    with tempfile.TemporaryDirectory() as place:
        site = installation(Path(place), company, scenario.start.at)
        with serving(site) as url:
            walk = Stroll(
                browser, site, url, company, locale=_LOCALES[language], viewport={"width": _WIDTH, "height": 900}
            )
            case = walk_scenario(walk, company, procedure, file, seen=album.take)
            page = walk.page(package.company.people[0].login)
            page.goto(f"{url}/cases/{case.number}")
            page.wait_for_load_state("networkidle")
            album.take(page, "case")
            walk.context.close()
        site.database.close()
    album.paste(folder.parent / f"{procedure}.forms.webp")
    ended = f"{case.number} {case.status} {case.outcome}, {len(case.tasks)} tasks, {len(case.letters)} letters"
    return [ended, *walk.complaints, *album.wide]


class Stroll(Walk):
    """Everybody at one window, signed in without being asked: what a page needs is fetched once."""

    def __init__(self, browser: Browser, site: Site, url: str, company: str, **options: Any) -> None:
        super().__init__(browser, site, url, **options)
        self._company = company
        self.context = browser.new_context(timezone_id="Asia/Shanghai", **options)
        self.context.route("**/viewer.js*", lambda route: route.abort())  # the diagrams have pictures of their own

    def page(self, login: str = "") -> Page:
        self.context.clear_cookies()
        if login:
            self.context.add_cookies([{"name": SESSION_COOKIE, "value": self._session(login), "url": self.url}])
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        self.listen(page)
        return page

    def leave(self, page: Page) -> None:
        page.close()

    def _session(self, login: str) -> str:
        person = actor_of(self.site, login, self._company).person_id
        assert person is not None
        with self.site.signing_in(Actor.customer(self._company)) as context:
            return begin_session(context, person, device="")


class _Album:
    """Pictures of whole pages in the order they were taken, and one of all forms side by side."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._taken, self.wide = folder, 0, list[str]()
        self._forms: list[Image.Image] = []

    def take(self, page: Page, name: str) -> None:
        self._taken += 1
        page.evaluate("document.activeElement.blur()")
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": _WIDTH, "height": height})  # what sticks to an edge lies where it belongs
        file = self._folder / f"{self._taken:02} {name.replace('/', ' ')}.png"
        page.screenshot(path=file)
        if over := sideways(page):
            self.wide.append(f"{name}: {over} px wider than its window")
        shown = page.locator("main form[data-form]").first
        head, body = page.locator("main h1").first.bounding_box(), shown.bounding_box() if shown.count() else None
        if head and body:
            with Image.open(file) as whole:
                box = (body["x"] - 8, head["y"] - 8, body["x"] + body["width"] + 8, body["y"] + body["height"] + 8)
                form = whole.convert("RGB").crop(tuple(map(int, box)))
                form.thumbnail((_WIDEST - _GAP, form.height))
                self._forms.append(form)

    def paste(self, file: Path) -> None:
        """Write the sheet of forms: three columns, each form under the shortest one so far."""
        heights = [0] * _COLUMNS
        places = []
        for form in self._forms:
            column = heights.index(min(heights))
            places.append((column * _WIDEST, heights[column]))
            heights[column] += form.height
        sheet = Image.new("RGB", (_WIDEST * min(_COLUMNS, len(self._forms)), max(heights)), "#f5f6f8")
        for form, place in zip(self._forms, places, strict=True):
            sheet.paste(form, place)
        sheet.resize((sheet.width * 2 // 3, sheet.height * 2 // 3)).save(file, quality=70, method=6)


def installation(folder: Path, company: str, begin: datetime) -> Site:
    """The company alone with its people, when its case begins."""
    for kind in ("processes", "forms"):
        shutil.copytree(ROOT / kind / company, folder / kind / company)
    site = an_empty_site(folder / "var", clock=StandingClock(begin))
    deploy_folder(site, folder / "processes", folder / "forms")
    with site.database.reading(company) as connection:
        people = site.deployments.company(connection, company).people
    with site.acting(Actor(company, SYSTEM)) as context:
        for person in people:
            add_person(context, login=person.login, name=person.name, groups=person.groups)
    return site


if __name__ == "__main__":
    sys.exit(min(1, main(Path(sys.argv[1]), sys.argv[2:])))
