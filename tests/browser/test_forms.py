"""The rules of a form in a real browser: the script, the browser's own checks and the server give the same verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from engine.errors import FieldError
from engine.forms import Condition, Form, load_form, validate
from tests.browser.forms_app import GIVEN, TODAY, Server, make_app, sample_form

WORDS = "label: { zh-Hans: 名, en: Name }"


@pytest.fixture(scope="module")
def app() -> Any:
    return make_app(sample_form())


@pytest.fixture(scope="module")
def url(app: Any) -> Iterator[str]:
    with Server(app) as server:
        yield server.url


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    yield from _page(browser, url)


@pytest.fixture
def page_without_script(browser: Browser, url: str) -> Iterator[Page]:
    yield from _page(browser, url, java_script_enabled=False)


def _page(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page at the form; anything the policy refuses or the script throws fails the test."""
    context = browser.new_context(locale="en-GB", timezone_id="Asia/Shanghai", **options)
    page = context.new_page()
    page.set_default_timeout(5000)
    refused: list[str] = []
    # A page transition that a quick test interrupts is reported as an error too, and harms nobody.
    page.on("pageerror", lambda error: None if "ransition" in str(error) else refused.append(str(error)))
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.goto(url)
    yield page
    context.close()
    assert refused == []


TEXTS = [
    "",
    "ab",
    "   ",
    "\u3000",
    "a",
    "AB240815",
    "ab240815",
    " AB240815 ",
    "x" * 12,
    "x" * 13,
    "中文名",
    "😀" * 6,
    "😀" * 7,
    "a\tb",
    "e\u0301" * 12,
]
NUMBERS = ["", "0", "-1", "1", "99", "100", "99.5", "1.5", "1.555", "0.01", "1e1", "1e3", "-0", "007", "12000.5"]
DATES = ["", "2026-11-22", "2026-11-23", "2026-11-01", "2026-10-31", "1899-12-31", "2200-01-01"]
FIELDS = [
    ("type: text, max_length: 12", TEXTS),
    ("type: text, required: true, min_length: 2, max_length: 12", TEXTS),
    ("type: text, required: true, pattern: '[A-Z]{2}\\d{6}'", TEXTS),
    ("type: text, pattern: '(?:[a-z]{1,3}|[A-Z\\-]+)\\d*'", TEXTS),
    ("type: textarea, required: true, min_length: 2, max_length: 12", [*TEXTS, "a\nb", "\n\n", "12345\n789012"]),
    ("type: number", NUMBERS),
    ("type: number, required: true, min: 0, max: 99", NUMBERS),
    ("type: number, decimals: 2, min: -1", NUMBERS),
    ("type: number, money: true, max: 12000.5", NUMBERS),
    ("type: date, max: today", DATES),
    ("type: date, required: true, min: 2026-11-01", DATES),
    ("type: datetime, required: true, max: today", ["", "2026-11-22T23:59", "2026-11-23T00:00", "1899-12-31T08:00"]),
]

# Puts values in as a person's input does, and asks three judges: the browser's own constraints, the script, and what
# the script then shows.
JUDGE = """async ([name, values]) => {
  const { brokenRule } = await import('/static/forms.js?v=0');
  const field = document.querySelector(`[data-field="${name}"]`);
  const control = field.querySelector('input, textarea');
  return values.map((value) => {
    control.value = value;
    control.dispatchEvent(new Event('change', { bubbles: true }));
    const shown = !document.getElementById(`${name}-err`).hidden;
    return { value: control.value, rule: brokenRule(field), valid: control.checkValidity(), shown };
  });
}"""


def _form_of_rules() -> Form:
    """A form with one field for every rule, called r0, r1 …"""
    fields = "".join(f"  - {{ id: r{n}, {WORDS}, {text} }}\n" for n, (text, _) in enumerate(FIELDS))
    return load_form(f"id: all\ntitle: {{ zh-Hans: 表, en: Form }}\nfields:\n{fields}".encode(), "all.yaml", lists={})


def test_script_and_server_agree_on_every_value(browser: Browser) -> None:
    """One verdict with the same rule and the same limit, for each of more than a hundred pairs of field and value."""
    form = _form_of_rules()
    differences: list[Any] = []
    with Server(make_app(form)) as server:
        page = browser.new_page()
        page.goto(server.url)
        for number, (text, values) in enumerate(FIELDS):
            seen = page.evaluate(JUDGE, [f"f-r{number}", values])
            for value, browsers in zip(values, seen, strict=True):
                answers = validate(form, {f"r{number}": value}, given={}, today=TODAY, lists={})
                expected = _rule(next((error for error in answers.errors if error.field == f"r{number}"), None))
                script = tuple(browsers["rule"]) if browsers["rule"] else None
                agreed = _same_rule(expected, script) and browsers["shown"] == (expected is not None)
                # Browsers count lengths only after typing by hand, everything else always.
                counted = (expected or ("",))[0] in {"min_length", "max_length"}
                if not agreed or (browsers["valid"] != (expected is None) and not counted):
                    differences.append((text, value, expected, browsers))
        page.close()

    assert sum(len(values) for _, values in FIELDS) > 140
    assert differences == []


def _rule(error: FieldError | None) -> tuple[Any, ...] | None:
    return None if error is None else (error.rule, *error.params.values())


def _same_rule(server: tuple[Any, ...] | None, script: tuple[Any, ...] | None) -> bool:
    if server is None or script is None:
        return server is script
    rule = "decimals" if script[0] == "whole" else script[0]
    return rule == server[0] and [str(n) for n in script[1:]] == [str(n) for n in server[1:]]


CONDITIONS = [
    {"field": "a", "is": "x"},
    {"field": "a", "is": None},
    {"field": "a", "is": True},
    {"field": "a", "is": False},
    {"field": "a", "is": 5},
    {"field": "a", "in": ("x", "y")},
    {"field": "a", "in": ("5", 7, True)},
    {"field": "a", "gte": 5.0},
    {"field": "a", "lte": 5.0},
    {"field": "a", "gte": 0.0, "lte": 5.0},
    {"all": ({"field": "a", "gte": 1.0}, {"field": "b", "is": "y"})},
    {"any": ({"field": "a", "is": "x"}, {"all": ({"field": "b", "is": "y"}, {"field": "a", "is": None})})},
    {"any": ({"field": "given.vip", "is": False}, {"field": "a", "is": "x"})},
    {"all": ({"field": "given.vip", "is": True}, {"field": "a", "is": "x"})},
]
OPERANDS = [
    None,
    "",
    "x",
    "y",
    "5",
    "5.0",
    "1e1",
    " 5",
    "0x5",
    "-",
    True,
    False,
    0,
    1,
    5,
    5.5,
    -1,
    [],
    ["x"],
    ["5", "y"],
    ["z"],
]


def test_script_and_server_agree_on_every_condition(page: Page) -> None:
    cases = [
        (Condition.model_validate(condition), {"a": first, "b": second})
        for condition in CONDITIONS
        for first in OPERANDS
        for second in (None, "y")
    ]
    expected = [condition.holds(answers, GIVEN) for condition, answers in cases]

    seen = page.evaluate(
        """async (cases) => {
          const { holds } = await import('/static/forms.js?v=0');
          return cases.map(([condition, answers]) => holds(condition, (id) => answers[id] ?? null));
        }""",
        [[json.loads(condition.for_browser(GIVEN)), answers] for condition, answers in cases],
    )

    assert {True, False} == set(expected)
    assert [cases[i] for i in range(len(cases)) if seen[i] != expected[i]] == []


def test_pages_learn_nothing_of_the_case_through_conditions() -> None:
    condition = Condition.model_validate({"field": "given.vip", "is": False})

    assert condition.for_browser({"vip": False}) == '{"all":[]}'
    assert condition.for_browser({"vip": True}) == '{"any":[]}'


def _fill(page: Page) -> None:
    """Right answers to everything that is asked at first."""
    page.fill("#f-customer", "王建国")
    page.get_by_label("Hotline").check()
    page.fill("#f-received", "2026-11-20T09:30")
    page.select_option("#f-category", "service")
    page.fill("#f-occurred", "2026-11-19")
    page.get_by_role("radiogroup", name="Has the customer been called back?").get_by_label("No").check()
    page.get_by_label("Apology").check()
    page.select_option("#f-items\\.0\\.model", "X1")
    page.fill("#f-items\\.0\\.lot", "AB240815")
    page.fill("#f-items\\.0\\.quantity", "2")
    page.fill("#f-description", "底座冒烟，客户要求退货并赔偿。")


SUBMITTED = {
    "customer": "王建国",
    "phone": None,
    "channel": "hotline",
    "received": "2026-11-20T09:30+08:00",
    "department": None,
    "category": "service",
    "occurred": "2026-11-19",
    "called_back": False,
    "wishes": ["apology"],
    "items": [{"model": "X1", "lot": "AB240815", "quantity": 2}],
    "description": "底座冒烟，客户要求退货并赔偿。",
    "evidence": [],
}


def _answer(page: Page) -> Any:
    return json.loads(page.locator("body").inner_text())


def test_a_filled_form_arrives_as_values(page: Page) -> None:
    _fill(page)

    page.click("[data-submit]")

    assert _answer(page) == SUBMITTED


def test_a_filled_form_arrives_as_values_without_script(page_without_script: Page) -> None:
    _fill(page_without_script)

    page_without_script.click("[data-submit]")

    assert _answer(page_without_script) == SUBMITTED


def test_rows_conditions_and_corrections_work_without_script(page_without_script: Page) -> None:
    page = page_without_script
    _fill(page)
    page.select_option("#f-category", "safety")
    page.get_by_label("Refund").check()
    page.click("text=Add: Product")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.fill("#f-items\\.1\\.lot", "CD240815")
    page.locator("[data-row]").nth(0).get_by_role("button", name="Remove").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#f-items\\.0\\.lot")).to_have_value("CD240815")
    page.check("#f-injury")
    page.fill("#f-amount", "12000.50")
    page.click("text=Update the fields")
    page.fill("#f-injury_detail", "左手烫伤")
    page.fill("#f-approval", "F-1")
    page.select_option("#f-items\\.0\\.model", "X2")
    page.fill("#f-items\\.0\\.quantity", "3")
    page.set_input_files("#f-evidence", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    page.click("[data-submit]")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Evidence Only these kinds of file are accepted: .jpg, .png, .pdf")
    expect(page.locator("#f-amount")).to_have_value("12000.50")
    page.click("[data-remove-upload]")
    page.set_input_files("#f-evidence", {"name": "a.PDF", "mimeType": "application/pdf", "buffer": b"xyz"})

    page.click("[data-submit]")

    answer = _answer(page)
    assert answer["injury_detail"] == "左手烫伤"
    assert answer["amount"] == "12000.50"
    assert answer["items"] == [{"model": "X2", "lot": "CD240815", "quantity": 3}]
    assert [(file["name"], file["size"]) for file in answer["evidence"]] == [("a.PDF", 3)]


def test_the_server_names_every_wrong_field_with_a_link_to_it(page_without_script: Page) -> None:
    page = page_without_script
    _fill(page)
    page.fill("#f-customer", "   ")
    page.fill("#f-description", "          ")

    page.click("[data-submit]")

    links = page.get_by_role("alert").get_by_role("link")
    expect(links).to_have_text(["Customer name Please fill in this field.", "Description Please fill in this field."])
    links.first.click()
    expect(page.locator("#f-customer")).to_be_focused()
    expect(page.locator("#f-customer")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-customer")).to_have_accessible_description("Please fill in this field.")


def test_fields_appear_and_disappear_with_what_they_depend_on(page: Page) -> None:
    expect(page.locator("#f-injury")).to_be_hidden()
    page.select_option("#f-category", "safety")
    page.check("#f-injury")
    expect(page.locator("#f-injury_detail")).to_be_visible()
    page.get_by_label("Refund").check()
    page.fill("#f-amount", "12000")
    expect(page.locator("#f-approval")).to_be_visible()

    page.fill("#f-amount", "9")
    page.select_option("#f-category", "service")

    expect(page.locator("#f-approval")).to_be_hidden()
    expect(page.locator("#f-injury_detail")).to_be_hidden()


def test_the_script_says_what_is_wrong_before_anything_is_sent(page: Page) -> None:
    page.fill("#f-phone", "123")
    page.click("[data-submit]")

    expect(page.locator("#f-customer")).to_be_focused()
    expect(page.locator("#f-phone-err")).to_have_text("This does not have the expected format.")
    expect(page.locator("#f-channel-err")).to_have_text("Please make a choice.")
    expect(page.locator("#f-wishes-err")).to_have_text("Please make a choice.")

    page.fill("#f-phone", "13800000000")
    page.get_by_label("Exchange").check()
    expect(page.locator("#f-phone-err")).to_be_hidden()
    expect(page.locator("#f-wishes-err")).to_be_hidden()


def test_rows_are_added_removed_and_numbered_by_the_script(page: Page) -> None:
    expect(page.locator("[data-row]").get_by_role("button", name="Remove")).to_have_count(0)
    page.click("text=Add: Product")
    expect(page.locator("#f-items\\.1\\.model")).to_be_focused()
    page.fill("#f-items\\.1\\.lot", "CD240815")

    page.locator("[data-row]").nth(0).get_by_role("button", name="Remove").click()

    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-number]").nth(0)).to_have_text("1")
    expect(page.locator("#f-items\\.1\\.lot")).to_have_value("CD240815")


def test_too_many_big_and_foreign_files_are_refused_by_the_script(page: Page, tmp_path: Path) -> None:
    def choose(*names: str, size: int = 1) -> None:
        for name in names:
            with (tmp_path / name).open("wb") as file:
                file.truncate(size)
        while page.locator(".picked button").count():  # what was chosen stays until it is removed
            page.locator(".picked button").first.click()
        page.set_input_files("#f-evidence", [tmp_path / name for name in names])
        expect(page.locator(".picked button")).to_have_count(len(names))

    error = page.locator("#f-evidence-err")
    choose("a.gif")
    expect(error).to_have_text("Only these kinds of file are accepted: .jpg, .png, .pdf")
    choose("a.png", size=10 * 1024 * 1024 + 1)
    expect(error).to_have_text("A file may have at most 10 MB.")
    choose(*(f"{n}.png" for n in range(6)))
    expect(error).to_have_text("Please keep at most 5 files.")
    choose("a.png", "b.png", size=8_000_000)
    expect(error).to_have_text("All new files together may have at most 15 MB. Please add them in turns.")
    choose("a.PNG")
    expect(error).to_be_hidden()


def test_changes_are_saved_as_a_draft_without_files(app: Any, page: Page) -> None:
    app.drafts.clear()
    with page.expect_response("**/draft"):
        page.set_input_files("#f-evidence", {"name": "a.png", "mimeType": "image/png", "buffer": b"x"})

    with page.expect_response("**/draft"):
        page.fill("#f-customer", "王")

    expect(page.locator("[data-draft-status]")).to_contain_text("Draft saved at")
    assert app.drafts[-1]["customer"] == "王"
    assert "evidence" not in app.drafts[-1]


def test_two_copies_of_a_form_on_one_page_do_not_touch_each_other(browser: Browser) -> None:
    with Server(make_app(sample_form(), copies=2)) as server:
        page = browser.new_page()
        page.goto(server.url)
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
        page.select_option("#g-category", "safety")

        assert len(ids) == len(set(ids))
        expect(page.locator("#g-injury")).to_be_visible()
        expect(page.locator("#f-injury")).to_be_hidden()
        page.close()


def test_accessibility_rules_hold_with_everything_shown_and_wrong(browser: Browser, url: str) -> None:
    context = browser.new_context(bypass_csp=True, color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    page.goto(url)
    page.select_option("#f-category", "safety")
    page.check("#f-injury")
    page.get_by_label("Refund").check()
    page.fill("#f-amount", "12000")
    page.set_input_files("#f-evidence", {"name": "a.png", "mimeType": "image/png", "buffer": b"x"})
    page.evaluate("document.forms[0].submit()")
    page.wait_for_selector(".errsum")

    everything = _violations(page, ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"])
    page.emulate_media(color_scheme="dark")
    in_the_dark = _violations(page, ["color-contrast"], kind="rule")

    context.close()
    assert (everything, in_the_dark) == ([], [])


def _violations(page: Page, names: list[str], *, kind: str = "tag") -> list[Any]:
    results = Axe().run(page, options={"runOnly": {"type": kind, "values": names}, "resultTypes": ["violations"]})
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in results.response["violations"]]


def test_nothing_sticks_out_on_a_phone(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(url)

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.close()
