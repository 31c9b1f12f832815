"""A diagram of a draft edited in a real browser: named, checked, put right, saved, lost and found again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.deployments import files_to_edit
from engine.procedures.diagram import read_diagram
from tests.browser.walking import ROOT, Walk, serving, sideways, violations
from tests.support.site import PASSWORD, an_empty_site, deploy_folder

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium fonts-noto-cjk")
RETAIL = "retail-complaints-and-returns"
OWNERS = {"owner.one": "欧一", "owner.two": "欧二"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: Any) -> Site:
    """An installation with the retail company's real procedures and two owners; copied for each test."""
    folder: Path = tmp_path_factory.mktemp("modeller")
    site = an_empty_site(folder / "var")
    shutil.copytree(ROOT / "processes" / RETAIL, folder / "data/processes" / RETAIL)
    shutil.copytree(ROOT / "forms" / RETAIL, folder / "data/forms" / RETAIL)
    deploy_folder(site, folder / "data/processes", folder / "data/forms")
    with site.acting(Actor(RETAIL, SYSTEM)) as context:
        for login, name in OWNERS.items():
            add_person(
                context, login=login, name={"zh-Hans": name, "en": login}, groups=(), password=PASSWORD, owner=True
            )
    return site


#: Where on the page an element can be clicked: in the middle of a shape, or of the longest piece of a line.
WHERE = """id => {
  const { editor } = modeller.modeller, element = editor.element(id), canvas = editor.get('canvas');
  const { x, y, scale } = canvas.viewbox(), box = canvas.getContainer().getBoundingClientRect();
  const length = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);
  const pieces = element.waypoints?.slice(1).map((point, n) => [element.waypoints[n], point]).sort((a, b) => length(b) - length(a));
  const middle = pieces ? { x: (pieces[0][0].x + pieces[0][1].x) / 2, y: (pieces[0][0].y + pieces[0][1].y) / 2 } : { x: element.x + element.width / 2, y: element.y + element.height / 2 };
  return { x: box.left + (middle.x - x) * scale, y: box.top + (middle.y - y) * scale };
}"""


class Modeller:
    """The page of one diagram, as an owner uses it."""

    def __init__(
        self, walk: Walk, procedure: str = "complaint", file: str = "complaint.bpmn", login: str = "owner.one"
    ) -> None:
        self.walk, self.page = walk, walk.page(login)
        self.address = f"{walk.url}/workshop/{procedure}/diagrams/{file}"
        self.open()

    def open(self) -> None:
        self.page.goto(self.address)
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_selector(".mo-problems[data-asked]")

    def select(self, element: str) -> None:
        """Click the shape, as a person would; one that lies outside the window is brought into it first."""
        self.page.evaluate(
            "id => { const { editor } = modeller.modeller; editor.show(editor.element(id)); editor.get('selection').select(null); }",
            element,
        )
        at = self.page.evaluate(WHERE, element)
        self.page.mouse.click(at["x"], at["y"])
        expect(self.field("id", "input")).to_have_value(element)

    def field(self, name: str, control: str = "select") -> Any:
        return self.page.locator(f'[data-field="{name}"] {control}')

    def type(self, name: str, text: str, control: str = "input") -> None:
        field = self.field(name, control)
        field.evaluate("field => { field.closest('.mo-group').open = true; }")
        field.fill(text)
        field.blur()

    def save(self) -> None:
        self.page.click("#modeller-save")
        expect(self.page.locator('.mo-status[data-state="saved"]')).to_be_visible()

    def asked(self) -> None:
        """Wait until the check has answered for what is there now."""
        self.page.evaluate("modeller.modeller.problems.ask()")

    def rules(self) -> list[str]:
        return self.page.eval_on_selector_all(
            "#mo-problem-list li", "rows => rows.map(row => `${row.dataset.rule} ${row.dataset.element}`)"
        )

    def xml(self) -> bytes:
        return str(self.page.evaluate("modeller.modeller.editor.text()")).encode()


@pytest.fixture
def modeller(browser: Browser, packages: Site) -> Iterator[Modeller]:
    with serving(packages) as url:
        found = Modeller(Walk(browser, packages, url))
        yield found
        found.page.context.close()
        discard(packages)


def discard(site: Site) -> None:
    """No draft is left for the next test."""
    import sqlalchemy as sa

    from engine.tables import draft_saves, drafts

    with site.database.transaction(RETAIL) as connection:
        connection.execute(sa.delete(draft_saves))
        connection.execute(sa.delete(drafts))


def stored(site: Site, path: str, procedure: str = "complaint") -> str:
    with site.database.reading(RETAIL) as connection:
        return files_to_edit(connection, site.deployments, RETAIL, procedure).files[path].decode()


def test_a_step_gets_names_and_the_draft_keeps_both(modeller: Modeller, packages: Site) -> None:
    modeller.select("verify")
    modeller.type("name", "核对投诉", "textarea")
    modeller.type("name-en", "Look into “it”")
    modeller.save()

    assert 'name="核对投诉"' in stored(packages, "complaint.bpmn")
    assert 'verify = "Look into “it”"' in stored(packages, "texts/en.toml")
    assert modeller.rules() == []
    assert modeller.walk.complaints == []


def test_every_edit_is_one_step_to_undo(modeller: Modeller) -> None:
    before = modeller.xml()
    modeller.select("verify")
    modeller.type("name", "核对", "textarea")
    modeller.field("due").select_option(":solution")
    modeller.field("form").select_option(":reply")
    modeller.type("name-en", "Look")
    modeller.type("documentation", "see the binder", "textarea")
    modeller.type("id", "look_into")
    steps = modeller.page.evaluate(
        "modeller.modeller.editor.stack._stack.filter((each, n, all) => !n || all[n - 1].id !== each.id).length"
    )
    changed = modeller.page.evaluate("modeller.modeller.beside.changed()")
    for _ in range(6):
        modeller.page.click(".mo-tools button >> nth=0")

    assert steps == 6
    assert 'look_into = "Look"' in changed["texts/en.toml"]
    assert '"look_into"' in changed["clauses.toml"]
    assert modeller.xml() == before
    assert modeller.page.evaluate("modeller.modeller.beside.changed()") == {}
    assert modeller.page.locator(".mo-tools button >> nth=0").is_disabled()


def test_a_choice_that_does_not_exist_stays_visible_and_can_be_put_right(modeller: Modeller) -> None:
    modeller.page.evaluate(
        "() => { const { editor } = modeller.modeller; const task = editor.element('verify');"
        " const list = task.businessObject.extensionElements.values[0].properties.find(each => each.name === 'due');"
        " editor.change(task, list, { value: 'gone' }); }"
    )
    modeller.select("verify")
    modeller.asked()

    assert modeller.field("due").input_value() == ":gone"
    assert "gone" in modeller.page.locator('[data-field="due"] .mo-complaint').inner_text()
    assert "due-deadline verify" in modeller.rules()
    modeller.page.click('li[data-rule="due-deadline"] .btn')
    expect(modeller.page.locator('li[data-rule="due-deadline"]')).to_have_count(0)
    assert modeller.field("due").input_value() == "unset:"


def test_a_gateway_without_default_is_found_marked_and_mended(modeller: Modeller) -> None:
    modeller.select("founded_decision_to_explain_findings")
    modeller.field("default", "input").uncheck()
    modeller.asked()
    found = modeller.rules()
    modeller.page.keyboard.press("Escape")
    modeller.page.evaluate("modeller.modeller.editor.get('selection').select(null)")
    row = modeller.page.locator('li[data-rule="gateway-conditions"][data-element="founded_decision"]')
    row.locator(".mo-problem").click()
    selected = modeller.page.evaluate("modeller.modeller.editor.selected.id")
    marks = modeller.page.locator(".mo-mark.bad").count()
    row.locator(".btn").click()
    expect(row).to_have_count(0)

    assert "gateway-conditions founded_decision" in found
    assert selected == "founded_decision"
    assert marks == 2
    assert modeller.rules() == []
    assert 'default="founded_decision_to_explain_findings"' in modeller.xml().decode()


def test_the_next_ten_dates_of_a_deadline_are_real(modeller: Modeller) -> None:
    modeller.select("verify")
    rows = modeller.page.locator(".mo-dates tbody tr")
    expect(rows).to_have_count(10)

    assert rows.first.inner_text().split("\t") == ["2026年3月2日 09:00", "2026年3月9日 18:00"]


def test_work_that_was_not_saved_survives_a_crash(modeller: Modeller) -> None:
    modeller.select("verify")
    modeller.type("name", "崩溃之前", "textarea")
    modeller.type("name-en", "Before the crash")
    modeller.page.evaluate("modeller.modeller.saving.keep()")
    context = modeller.page.context
    modeller.page.close(run_before_unload=False)
    modeller.page = context.new_page()
    modeller.page.goto(modeller.address)
    modeller.page.click(".mo-dialog .primary")
    modeller.page.wait_for_selector("body[data-ready]")

    modeller.select("verify")
    assert modeller.field("name", "textarea").input_value() == "崩溃之前"
    assert modeller.field("name-en", "input").input_value() == "Before the crash"
    modeller.save()
    assert modeller.page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('shouwen-modeller'))") == []


def test_two_owners_see_both_and_choose(modeller: Modeller, packages: Site) -> None:
    other = Modeller(modeller.walk, login="owner.two")
    other.select("reply")
    other.type("name", "另一个人写的", "textarea")
    other.save()
    modeller.select("verify")
    modeller.type("name", "我写的", "textarea")
    modeller.page.click("#modeller-save")
    dialog = modeller.page.locator(".mo-dialog")
    expect(dialog.locator(".djs-container")).to_have_count(2)
    words = dialog.inner_text()
    dialog.locator(".primary").click()
    expect(modeller.page.locator('.mo-status[data-state="saved"]')).to_be_visible()

    assert "欧二" in words
    assert "我写的" in stored(packages, "complaint.bpmn")
    assert "另一个人写的" not in stored(packages, "complaint.bpmn")
    other.page.context.close()


def test_diagrams_of_all_companies_come_back_as_they_were(modeller: Modeller) -> None:
    different = {}
    for path in sorted((ROOT / "processes").glob("*/*/*.bpmn")):
        written = modeller.page.evaluate(
            "async xml => { const { editor } = modeller.modeller; await editor.open(xml); return editor.text(); }",
            path.read_text(),
        )
        before, after = (meaning(content) for content in (path.read_bytes(), written.encode()))
        if before != after:
            different[path.name] = [pair for pair in zip(before, after, strict=False) if pair[0] != pair[1]][:1]

    assert different == {}


def meaning(content: bytes) -> list[Any]:
    """Everything the engine reads of a diagram, without the lines where it stands."""
    from dataclasses import asdict

    diagram = read_diagram({"x.bpmn": content})
    parts = [*diagram.processes.values(), *diagram.lanes.values(), *diagram.elements.values(), *diagram.flows.values()]
    plain = [asdict(part) | {"line": 0} for part in parts]
    for part in plain:
        for nested in ("timer", "operator"):
            if part.get(nested):
                part[nested]["line"] = 0
    return [*sorted(plain, key=lambda part: part["id"]), sorted(diagram.drawn)]


@pytest.mark.parametrize("look", ["zh-CN light", "zh-TW dark", "en-GB dark"])
def test_the_page_is_accessible_and_fits(browser: Browser, packages: Site, look: str) -> None:
    locale, scheme = look.split()
    with serving(packages) as url:
        walk = Walk(
            browser,
            packages,
            url,
            bypass_csp=True,
            locale=locale,
            color_scheme=scheme,
            viewport={"width": 1280, "height": 800},
        )
        page = Modeller(walk)
        page.select("verify")

        assert violations(page.page) == []
        assert sideways(page.page) == 0
        page.page.set_viewport_size({"width": 390, "height": 844})
        assert violations(page.page) == []
        assert sideways(page.page) == 0
        page.page.context.close()
