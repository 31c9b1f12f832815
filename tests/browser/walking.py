"""Scenarios of procedure packages, walked by people in a real browser: sign in, find the task, fill in, submit."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from engine.commands.site import Site
from engine.queries.cases import Case, case_by_number
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
        self._contexts: dict[str, BrowserContext] = {}

    def page(self, login: str = "") -> Page:
        """A page of *login*, signed in; "" is a visitor. What the policy refuses or a script throws is remembered."""
        context = self.browser.new_context(**{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **self.options})
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda e: None if "ransition" in str(e) else self.complaints.append(str(e)))
        page.on("console", lambda m: self.complaints.append(m.text) if "Content Security" in m.text else None)
        if login:
            page.goto(f"{self.url}/session/new")
            page.fill("#name", login)
            page.fill("#password", PASSWORD)
            page.click("main button.primary")
            page.wait_for_url(f"{self.url}/")
        return page

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


def walk_scenario(walk: Walk, company: str, procedure: str, file: str, *, steps: int | None = None) -> Case:
    """Everything the scenario says, or its first *steps*, over the pages; the case at the end."""
    folder = ROOT / "processes" / company
    scenario = tomllib.loads((folder / procedure / "scenarios" / file).read_text())
    people = tomllib.loads((folder / "company.toml").read_text())["people"]
    start = scenario["start"]
    walk.move_to(datetime.fromisoformat(start["at"]))
    page = walk.page(_login(people, start["by"]))
    page.goto(f"{walk.url}/register/{company}/{procedure}")
    fill(page, start["form"])
    page.click(".actions .primary")
    page.wait_for_url(lambda url: "/tasks/" in url or "/cases/" in url)
    number = page.locator(".crumbs").inner_text().split("/")[1].strip()
    page.context.close()
    for step in scenario["step"][:steps]:
        at = step.get("at") or step.get("until")
        walk.move_to(datetime.fromisoformat(at) if at else walk.site.clock() + timedelta(minutes=30))
        if "task" in step:
            _do(walk, _login(people, step["by"]), number, step)
    walk.work()
    return the_case(walk.site, company, number)


def the_case(site: Site, company: str, number: str) -> Case:
    with site.database.reading_every_company() as connection:
        return case_by_number(connection, site.deployments, company, number)


def _do(walk: Walk, login: str, number: str, step: Mapping[str, Any]) -> None:
    element = step["task"].partition("#")[0]
    case = the_case(walk.site, walk_company(walk, number), number)
    task = next(task for task in case.tasks if task.element == element and task.status == "open")
    page = walk.page(login)
    page.goto(f"{walk.url}/tasks/{task.id}")
    fill(page, step.get("with", {}))
    page.click(".actions .primary")
    page.wait_for_url(lambda url: not url.endswith(f"/tasks/{task.id}") and "completion" not in url)
    page.context.close()
    walk.work()


def walk_company(walk: Walk, number: str) -> str:
    """The company whose case has that number."""
    import sqlalchemy as sa

    from engine.tables import cases

    with walk.site.database.reading_every_company() as connection:
        return connection.execute(sa.select(cases.c.company_id).where(cases.c.number == number)).scalar_one()


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


def _login(people: list[Mapping[str, Any]], who: str) -> str:
    """A person of group *who*, or the person with that login."""
    return next(p["login"] for p in people if p["login"] == who or who in p["groups"])


def violations(page: Page) -> list[str]:
    """What axe finds on the page."""
    results = Axe().run(page)
    return [f"{found['id']}: {found['nodes'][0]['html'][:120]}" for found in results.response["violations"]]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
