"""Scenarios of procedure packages, walked by people in a real browser: sign in, find the task, fill in, submit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from engine.commands.site import Site
from engine.procedures import Package, PackageRef, collect_files, package_from_files
from engine.procedures.diagram import read_diagram
from engine.procedures.package import Person
from engine.publishing.scenario import PUBLIC, Action, Scenario, ScenarioStep
from engine.publishing.scenario_files import names_of, read_scenario
from engine.queries.cases import Case, case_by_number
from engine.tables import cases
from engine.worker import handlers, tick
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.site import PASSWORD
from tests.web.pictures import PNG
from webapp import create_app

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """The real application of *site* on a free port."""
    server = make_server("127.0.0.1", 0, create_app(site), threaded=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Walk:
    """One browser and one installation."""

    def __init__(self, browser: Browser, site: Site, url: str, **options: Any) -> None:
        self.browser, self.site, self.url, self.options = browser, site, url, options
        self.complaints: list[str] = []

    def page(self, login: str = "") -> Page:
        """A page of *login*, signed in; "" is a visitor."""
        context = self.browser.new_context(**{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **self.options})
        page = context.new_page()
        page.set_default_timeout(15_000)
        self.listen(page)
        if login:
            page.goto(f"{self.url}/session/new")
            page.fill("#name", login)
            page.fill("#password", PASSWORD)
            page.click("main button.primary")
            page.wait_for_url(f"{self.url}/")
        return page

    def listen(self, page: Page) -> None:
        """Remember what the policy refuses on *page* and what its scripts throw."""
        page.on("pageerror", lambda e: None if "ransition" in str(e) else self.complaints.append(str(e)))
        page.on("console", lambda m: self.complaints.append(m.text) if "Content Security" in m.text else None)

    def leave(self, page: Page) -> None:
        """Nobody needs that page any more."""
        page.context.close()

    def move_to(self, instant: datetime) -> None:
        """Let time pass and the worker do what became due."""
        clock = self.site.clock
        assert isinstance(clock, StandingClock)
        clock.at = instant
        self.work()

    def work(self) -> None:
        jobs = self.site.jobs
        assert isinstance(jobs, RememberedJobs)
        while tick(self.site) or jobs.do(handlers(self.site)):
            pass


def walk_scenario(
    walk: Walk,
    company: str,
    procedure: str,
    file: str,
    *,
    steps: int | None = None,
    seen: Callable[[Page, str], None] = lambda page, name: None,
) -> Case:
    """Everything the scenario says, or its first *steps*, over the pages; the case at the end.

    *seen* is shown each form as it was filled in, under the name of its task.
    """
    package, scenario = the_scenario(company, procedure, file)
    people, start = package.company.people, scenario.start
    walk.move_to(start.at)
    page = walk.page("" if start.by == PUBLIC else _login(people, start.by))
    page.goto(f"{walk.url}/{'public' if start.by == PUBLIC else 'register'}/{company}/{procedure}")
    fill(page, start.form)
    seen(page, "intake")
    page.click(".actions .primary")
    page.wait_for_url(lambda url: any(part in url for part in ("/tasks/", "/cases/", "/received/")))
    walk.leave(page)
    number = _newest(walk.site, company)
    for step in scenario.steps[:steps]:
        walk.move_to(step.at or walk.site.clock() + (step.after or timedelta(minutes=30)))
        if step.action is Action.TASK:
            _do(walk, _login(people, step.by), the_case(walk.site, company, number), step, seen)
    walk.work()
    return the_case(walk.site, company, number)


def the_scenario(company: str, procedure: str, file: str) -> tuple[Package, Scenario]:
    """The package of that procedure in this repository, and one of its scenarios."""
    package = package_from_files(collect_files(ROOT / "processes", ROOT / "forms", PackageRef(company, procedure)))
    path = f"scenarios/{file}"
    found = read_scenario(path, package.files[path], names_of(package, read_diagram(package.diagrams)), [])
    assert found is not None
    return package, found


def the_case(site: Site, company: str, number: str) -> Case:
    with site.database.reading_every_company() as connection:
        return case_by_number(connection, site.deployments, company, number)


def _newest(site: Site, company: str) -> str:
    """The number of the company's newest case."""
    newest = sa.select(cases.c.number).where(cases.c.company_id == company).order_by(cases.c.id.desc()).limit(1)
    with site.database.reading(company) as connection:
        return connection.execute(newest).scalar_one()


def _do(walk: Walk, login: str, case: Case, step: ScenarioStep, seen: Callable[[Page, str], None]) -> None:
    page = walk.page(login)
    place = f"{walk.url}/tasks/{_open_task(case, step.name)}"
    page.goto(place)
    fill(page, step.answers)
    for name in set(step.refused or ()) - step.answers.keys():
        for proposed in page.locator(f'[name="f-{name}"]:is([type=text], [type=tel], [type=date], textarea)').all():
            proposed.fill("")
    if step.refused is None:
        seen(page, step.name)
    page.click(".actions .primary")
    if step.refused is None:
        page.wait_for_url(lambda url: url != place and "completion" not in url)
    else:
        page.wait_for_selector("[aria-invalid=true]")
    walk.leave(page)
    walk.work()


def _open_task(case: Case, name: str) -> int:
    """The open task of that element or key."""
    found = [task for task in case.tasks if task.status == "open" and name in {task.element, task.key}]
    assert found, f"expected {name} to be open, found {[task.key for task in case.tasks if task.status == 'open']}"
    return found[0].id


def fill(page: Page, answers: Mapping[str, Any], prefix: str = "f-") -> None:
    """Type *answers* into the form as a person would."""
    for name, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for index, row in enumerate(value):
                if not page.locator(f'[name^="{prefix}{name}.{index}."]').count():
                    page.click(f'button[name="_add_row"][value="{prefix}{name}"]')
                fill(page, row, f"{prefix}{name}.{index}.")
        else:
            _fill_one(page, f'[name="{prefix}{name}"]', value)


def _fill_one(page: Page, selector: str, value: Any) -> None:
    field = page.locator(selector).first
    if field.locator("xpath=ancestor::*[@hidden]").count():
        page.click('button[name="_refresh"]')  # without script: show what the answers so far ask for
    kind = field.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName")
    if kind == "radio":
        page.check(f'{selector}[value="{_text(value)}"]')
    elif kind == "checkbox" and isinstance(value, list):
        for one in value:
            page.check(f'{selector}[value="{one}"]')
    elif kind == "checkbox":
        field.set_checked(bool(value))
    elif kind == "SELECT":
        field.select_option(_text(value))
    elif kind == "file":
        field.set_input_files([{"name": f"{name}.png", "mimeType": "image/png", "buffer": PNG} for name in value])
    elif kind == "datetime-local":
        field.fill(str(value)[:16])
    else:
        field.fill(_text(value))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _login(people: Sequence[Person], who: str) -> str:
    """A person of group *who*, or the person with that login."""
    return next(person.login for person in people if person.login == who or who in person.groups)


def violations(page: Page) -> list[str]:
    """What axe finds on the page."""
    results = Axe().run(page)
    return [f"{found['id']}: {found['nodes'][0]['html'][:120]}" for found in results.response["violations"]]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def settled(page: Page) -> None:
    """Wait until a diagram is drawn, where the page has one."""
    if page.locator("[data-diagram]").count():
        page.locator(".djs-container").first.wait_for()
    if page.url.endswith("/replay"):
        page.wait_for_selector("body[data-ready]")
