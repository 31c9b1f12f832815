"""A diagram of a draft edited in a real browser: named, checked, put right, saved, lost and found again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.deployments import files_to_edit
from engine.procedures.diagram import read_diagram
from tests.browser.walking import ROOT, Walk, serving, sideways, violations
from tests.support.site import PASSWORD, an_empty_site, deploy_folder

RETAIL = "retail-complaints-and-returns"
OWNERS = {"owner.one": "欧一", "owner.two": "欧二"}


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
        self.page.wait_for_selector('.mo-status[data-state="saved"]')

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


def test_a_condition_is_built_by_choosing_and_its_text_follows(modeller: Modeller, packages: Site) -> None:
    modeller.select("next_step_decision_to_count_visit")
    builder = modeller.page.locator(".mo-builder")
    expect(builder.locator("select").last).to_be_visible()
    text = modeller.field("condition", "textarea")
    before = text.input_value()

    assert before == 'next_step = "visit_again"'

    builder.locator(".condition select").nth(1).select_option("is_not")
    expect(text).to_have_value('next_step != "visit_again"')
    modeller.page.locator(".mo-toolbar button").first.click()  # undo
    expect(text).to_have_value(before)

    builder.locator(".condition input").fill("")
    modeller.page.wait_for_timeout(600)
    builder.locator(".condition input").fill("restart")
    modeller.page.keyboard.press("Control+s")
    modeller.page.wait_for_selector('.mo-status[data-state="saved"]')
    assert 'next_step = "restart"' in stored(packages, "complaint.bpmn")

    modeller.page.click(".mo-as-text > summary")
    modeller.type("condition", "count(x) > 3 and", "textarea")
    expect(modeller.page.locator('[data-field="condition"] .mo-complaint')).to_be_visible()
    expect(builder).to_be_hidden()


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
    expect(modeller.page.locator('li[data-rule="due-deadline"][data-element="verify"]')).to_have_count(1)
    modeller.page.click('li[data-rule="due-deadline"] .btn')
    expect(modeller.page.locator('li[data-rule="due-deadline"]')).to_have_count(0)
    assert modeller.field("due").input_value() == "unset:"


def test_a_gateway_without_default_is_found_marked_and_mended(modeller: Modeller) -> None:
    modeller.select("founded_decision_to_explain_findings")
    modeller.field("default", "input").uncheck()
    row = modeller.page.locator('li[data-rule="gateway-conditions"][data-element="founded_decision"]')
    expect(row).to_have_count(1)  # the check answers in its own time, and there may have been one on its way
    modeller.page.keyboard.press("Escape")
    modeller.page.evaluate("modeller.modeller.editor.get('selection').select(null)")
    row.locator(".mo-problem").click()
    selected = modeller.page.evaluate("modeller.modeller.editor.selected.id")
    marks = modeller.page.locator(".mo-mark.bad").count()
    row.locator(".btn").click()
    expect(row).to_have_count(0)

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


#: Every kind of element that runs here, one under the other, then each selected with its menus opened.
EVERYTHING = """async () => {
  const { editor } = modeller.modeller;
  await editor.open(`<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="d" targetNamespace="x"><bpmn:collaboration id="c"><bpmn:participant id="pool_1" name="x" processRef="p"/></bpmn:collaboration><bpmn:process id="p" isExecutable="true"/><bpmndi:BPMNDiagram id="b"><bpmndi:BPMNPlane id="bp" bpmnElement="c"><bpmndi:BPMNShape id="pool_1_di" bpmnElement="pool_1" isHorizontal="true"><dc:Bounds x="0" y="0" width="3000" height="1200"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>`);
  const factory = editor.get('elementFactory'), modeling = editor.get('modeling'), pool = editor.element('pool_1');
  let number = 0;
  const put = (facts, parent = pool, hints = {}) => {
    number += 1;
    return modeling.createShape(factory.createShape(facts), hints.at ?? { x: 120 + (number % 16) * 170, y: 80 + Math.floor(number / 16) * 150 }, parent, hints);
  };
  const made = [];
  const task = (type) => put({ type: `bpmn:${type}` });
  for (const type of ['UserTask', 'ManualTask', 'ScriptTask', 'ServiceTask', 'BusinessRuleTask', 'SendTask', 'ReceiveTask', 'CallActivity', 'ExclusiveGateway', 'ParallelGateway', 'InclusiveGateway', 'EventBasedGateway', 'DataObjectReference', 'TextAnnotation', 'Group', 'SubProcess']) made.push(task(type));
  const events = { StartEvent: ['', 'Message', 'Signal'], IntermediateCatchEvent: ['Message', 'Timer', 'Conditional', 'Signal', 'Link'], IntermediateThrowEvent: ['', 'Message', 'Signal', 'Escalation', 'Link'], EndEvent: ['', 'Message', 'Signal', 'Error', 'Escalation', 'Terminate'] };
  for (const [type, triggers] of Object.entries(events)) for (const trigger of triggers) made.push(put({ type: `bpmn:${type}`, ...(trigger && { eventDefinitionType: `bpmn:${trigger}EventDefinition` }) }));
  const host = task('UserTask');
  for (const trigger of ['Message', 'Timer', 'Conditional', 'Signal', 'Error', 'Escalation']) for (const cancelActivity of [true, false]) made.push(put({ type: 'bpmn:BoundaryEvent', eventDefinitionType: `bpmn:${trigger}EventDefinition`, cancelActivity }, host, { attach: true, at: { x: host.x + host.width, y: host.y + host.height } }));
  const inside = put({ type: 'bpmn:SubProcess', isExpanded: true, triggeredByEvent: true });
  made.push(inside, put({ type: 'bpmn:StartEvent', eventDefinitionType: 'bpmn:TimerEventDefinition' }, inside, { at: { x: inside.x + 60, y: inside.y + 60 } }));
  const gateway = editor.element('exclusive_gateway_1');
  for (const target of ['user_task_1', 'script_task_1']) made.push(modeling.connect(gateway, editor.element(target)));
  for (const [id, loop] of [['user_task_1', 'bpmn:MultiInstanceLoopCharacteristics'], ['manual_task_1', 'bpmn:StandardLoopCharacteristics']]) editor.update(editor.element(id), { loopCharacteristics: editor.create(loop) });
  for (const service of ['send_letter', 'count_cases', 'case_statistics']) { const found = task('ServiceTask'); editor.change(found, found.businessObject, { extensionElements: editor.create('bpmn:ExtensionElements', { values: [editor.create('spiffworkflow:ServiceTaskOperator', { id: service })] }) }); made.push(found); }
  modeling.splitLane(pool, 2);
  return [...new Set([...made, host, pool, ...pool.children.filter(each => each.type === 'bpmn:Lane')].map(each => each.id))];
}"""
OPENED = """id => {
  const { editor } = modeller.modeller, element = editor.element(id), words = [];
  editor.get('selection').select(element);
  const read = (root) => words.push(root.innerText ?? '', ...[...root.querySelectorAll('[title],[aria-label],[placeholder]')].flatMap(each => ['title', 'aria-label', 'placeholder'].map(name => each.getAttribute(name) ?? '')));
  modeller.querySelectorAll('details').forEach(each => { each.open = true; });
  return new Promise(resolve => setTimeout(() => {
    read(modeller.querySelector('.mo-panel'));
    for (const pad of modeller.querySelectorAll('.djs-context-pad')) read(pad);
    const menu = editor.get('popupMenu');
    const others = id === 'user_task_1' ? ['bpmn-create', 'color-picker', 'align-elements'] : []; // the same for all
    for (const provider of ['bpmn-replace', 'bpmn-append', ...others]) {
      const target = provider === 'align-elements' ? [element, editor.element('pool_1')] : element;
      if (menu.isEmpty(target, provider)) continue;
      menu.open(target, provider, { x: 300, y: 200, cursor: { x: 300, y: 200 } });
      for (const box of document.querySelectorAll('.djs-popup')) read(box);
      menu.close();
    }
    resolve(words);
  }, 30));
}"""


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
def test_nothing_in_the_modeller_is_left_in_english(browser: Browser, packages: Site, locale: str) -> None:
    with serving(packages) as url:
        modeller = Modeller(Walk(browser, packages, url, locale=locale))
        ids = modeller.page.evaluate(EVERYTHING)
        words = [word for id_ in ids for word in modeller.page.evaluate(OPENED, id_)]
        words += modeller.page.locator(".modeller-head, .mo-toolbar, .djs-palette").all_inner_texts()
        words += modeller.page.eval_on_selector_all(".modeller [title]", "all => all.map(each => each.title)")
        missing = modeller.page.evaluate("[...modeller.modeller.words.missing]")
        complaints = modeller.walk.complaints
        modeller.page.context.close()

    english = sorted(
        {line.strip() for word in words for line in word.splitlines() if LATIN.search(KNOWN.sub("", line))}
    )
    assert len(ids) == 58
    assert missing == []
    assert english == ["Powered by bpmn.io"]
    assert complaints == []


LATIN = re.compile(r"[A-Za-z]{3,}")
#: Latin letters that are no English sentence: names of formats, ids, files, and what the company itself writes.
KNOWN = re.compile(
    r"\{\{[^}]*\}\}|\b(FEEL|BPMN|Ctrl|P3D|SVG|PNG|PDF|English|complaint\.bpmn|[a-z]+(_[a-z0-9]+)+|complaint|return)\b"
)


HOSTILE = """"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>' ${window.hacked=1} {{7*7}} javascript:alert(1)"""


def test_hostile_names_stay_words(modeller: Modeller, packages: Site) -> None:
    modeller.page.evaluate(
        """text => {
          const { editor } = modeller.modeller;
          for (const element of editor.elements.filter(each => each.businessObject && !each.labelTarget && each.parent && 'name' in each.businessObject)) editor.update(element, { name: text });
          const task = editor.element('verify');
          editor.change(task, task.businessObject, { documentation: [editor.create('bpmn:Documentation', { text })] });
          const list = task.businessObject.extensionElements.values[0].properties;
          for (const each of list) editor.change(task, each, { value: text });
        }""",
        HOSTILE,
    )
    for element in ("verify", "received", "look_up_visits", "send_reply"):
        modeller.select(element)
    modeller.asked()
    modeller.page.click(".mo-tools button >> nth=6")
    modeller.page.keyboard.type("img")
    modeller.save()
    modeller.open()
    modeller.select("verify")

    assert modeller.field("name", "textarea").input_value() == HOSTILE
    assert modeller.page.evaluate("window.hacked") is None
    assert modeller.page.locator("img[src='x']").count() == 0
    assert modeller.walk.complaints == []


FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="Definitions_1" targetNamespace="x">
  <process id="Process_1" isExecutable="true"><startEvent id="StartEvent_1" name="begin"/><sequenceFlow id="Flow_1" sourceRef="StartEvent_1" targetRef="Activity_1"/>
    <task id="Activity_1" name="Look" camunda:asyncBefore="true"/><sequenceFlow id="Flow_2" sourceRef="Activity_1" targetRef="Event_1"/><endEvent id="Event_1" name="done"/></process>
</definitions>"""


def test_a_diagram_of_another_program_is_brought_in_and_mended(modeller: Modeller, packages: Site) -> None:
    modeller.page.click(".modeller-head .menu summary")
    with modeller.page.expect_file_chooser() as chooser:
        modeller.page.click(".modeller-head .menu-box button >> nth=0")
    chooser.value.set_files([{"name": "their.bpmn", "mimeType": "application/xml", "buffer": FOREIGN.encode()}])
    words = modeller.page.locator(".mo-dialog").inner_text()
    modeller.page.click(".mo-dialog .primary")
    modeller.asked()
    before = modeller.rules()
    modeller.page.click('li[data-rule="element-does-not-run"] .btn')
    expect(modeller.page.locator('li[data-rule="element-does-not-run"]')).to_have_count(0)
    modeller.page.evaluate("""() => {
      const { beside, editor } = modeller.modeller, task = editor.element('Activity_1');
      beside.setName('en', task, 'Look at it');
      beside.link(beside.clauses()[0], task);
    }""")
    modeller.asked()
    modeller.page.click('li[data-rule="element-ids"] .btn')
    expect(modeller.page.locator('li[data-rule="element-ids"]')).to_have_count(1)  # the process keeps its own
    modeller.save()
    kept = stored(packages, "complaint.bpmn")

    assert "重新排布" in words
    assert "element-does-not-run Activity_1" in before
    assert '<bpmn:userTask id="activity_1" name="Look"' in kept or '<userTask id="activity_1" name="Look"' in kept
    assert 'camunda:asyncBefore="true"' in kept
    assert 'activity_1 = "Look at it"' in stored(packages, "texts/en.toml")
    clauses = stored(packages, "clauses.toml")
    assert ("Activity_1" in clauses, '"activity_1"' in clauses) == (False, True)


def test_a_diagram_goes_out_as_bpmn_svg_and_png(modeller: Modeller) -> None:
    found = {}
    for number, kind in ((1, "bpmn"), (2, "svg"), (3, "png")):
        modeller.page.click(".modeller-head .menu summary")
        with modeller.page.expect_download() as download:
            modeller.page.click(f".modeller-head .menu-box button >> nth={number}")
        found[kind] = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename == f"complaint.{kind}"

    assert read_diagram({"complaint.bpmn": found["bpmn"]}).elements["verify"].name == "核实投诉内容"
    assert "核实投诉内容" in found["svg"].decode()
    assert b"var(--" not in found["svg"]
    assert found["png"][:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(found["png"][16:20]) > 2000
