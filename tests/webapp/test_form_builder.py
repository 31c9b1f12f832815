"""The builder of forms over its addresses: the whole form goes along with every press, and nothing is kept before a save."""

from __future__ import annotations

import pytest

from engine.forms.yaml_tree import read_yaml
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import Browser, Page, staff
from webapp.field_form import new_field
from webapp.pages.form_builder import stepped

INTAKE = "/workshop/complaint/forms/intake"


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return staff(an_app(a_site(tmp_path_factory.mktemp("site"))), ADMINISTRATOR)


def press(owner: Browser, page: Page, do: str, **answers: str) -> Page:
    """What the page shows after that press, with what stands in its panel and these answers."""
    form = page.tree.xpath("//form[@id='builder-form']")[0]
    values = {name: value for name, value in form.form_values() if not name.startswith("p-") or name.removeprefix("p-")}
    values["content"] = page.value("content")
    return owner.send(page.path, {**values, **{f"p-{name}": value for name, value in answers.items()}, "do": do})


def ids(page: Page) -> list[str]:
    return [field["id"] for field in read_yaml(page.value("content").encode()).value["fields"]]


def chosen(page: Page) -> str:
    (place,) = page.tree.xpath("//*[@class and contains(concat(' ', @class, ' '), ' chosen ')]/@data-place")
    return str(place)


def test_fields_are_moved_copied_added_and_taken_out(owner: Browser) -> None:
    page = owner.open(INTAKE)
    assert ids(page) == ["summary", "customer_name", "customer_mail", "kind", "photos"]

    page = press(owner, page, "move:3:0")
    assert (ids(page)[0], chosen(page)) == ("kind", "0")
    page = press(owner, page, "step:down:0")
    assert ids(page) == ["summary", "kind", "customer_name", "customer_mail", "photos"]
    page = press(owner, page, "add:number:1")
    page = press(owner, page, "copy:1")
    assert ids(page) == ["summary", "number", "number_2", "kind", "customer_name", "customer_mail", "photos"]
    page = press(owner, page, "remove:2")
    page = press(owner, page, "width:4:1")

    assert "number_2" not in ids(page)
    assert "type: number" in page.value("content")
    assert "width: 4" in page.value("content")
    assert "not saved yet" in page.words


def test_what_is_answered_about_a_field_shows_on_the_form_and_in_its_file(owner: Browser) -> None:
    page = press(owner, owner.open(INTAKE), "choose:0")

    page = press(owner, page, "look", label_en="What went wrong?", label_hans="出了什么问题", max_length="150")

    line = next(line for line in page.value("content").splitlines() if "id: summary" in line)
    assert 'label: { zh-Hans: "出了什么问题", zh-Hant: "投訴事由", en: "What went wrong?" }' in line
    assert "max_length: 150" in line
    assert "pattern" not in line
    assert page.tree.xpath("//section[@id='tried']//label[contains(., 'What went wrong?')]")
    wrong = press(owner, page, "choose:1", id="kind")
    assert (wrong.status, chosen(wrong)) == (422, "0")
    assert "Another field has this name already." in wrong.words


def test_options_keep_their_values_and_new_ones_get_some(owner: Browser) -> None:
    page = press(owner, owner.open(INTAKE), "choose:3")

    added = press(
        owner, page, "look", **{"options.2": "1", "options.2.label_en": "Long queue", "options.2.label_hans": "排队"}
    )

    content = added.value("content")
    assert "      - { value: taste, label: { zh-Hans: 口味, zh-Hant: 口味, en: Taste } }\n" in content
    assert '      - { value: long_queue, label: { zh-Hans: "排队", en: "Long queue" } }\n' in content


def test_a_field_is_shown_only_after_an_answer_that_was_chosen(owner: Browser) -> None:
    page = press(owner, owner.open(INTAKE), "choose:4")

    page = press(owner, page, "look", show_if='kind="service"')

    assert "show_if: { field: kind, is: service }" in page.value("content")
    page = press(owner, page, "step:up:4")
    assert "expected an earlier field" in page.words  # before the field it asks about


def test_fields_of_rows_are_arranged_inside(owner: Browser) -> None:
    page = press(owner, owner.open(INTAKE), "add:rows:0")
    page = press(owner, page, "add:number:0.1")
    page = press(owner, page, "step:left:0.1")

    rows = read_yaml(page.value("content").encode()).value["fields"][0]
    assert [each["id"] for each in rows["fields"]] == ["number", "what"]
    assert chosen(page) == "0.0"
    assert ids(press(owner, page, "add:files"))[1] == "files"  # rows hold no files: it comes behind them


def test_every_kind_can_be_added_and_its_panel_changes_nothing_by_itself(owner: Browser) -> None:
    kinds = ["section", "show", "rows", "files", "yesno", "choice", "number", "datetime", "date", "textarea", "text"]
    page = owner.open(INTAKE)
    for kind in kinds:
        page = press(owner, page, f"add:{kind}:5")  # sends the panel of the one before along

    fields = {field["id"]: field for field in read_yaml(page.value("content").encode()).value["fields"]}
    for kind in kinds:
        assert fields[kind].keys() == new_field(kind, ()).keys()
        assert fields[kind]["label"] == new_field(kind, ())["label"]
    assert "everything" not in page.words
    assert not page.tree.xpath("//section[@id='findings']//*[contains(., 'expected')]")


def test_a_form_is_saved_over_the_revision_that_was_read_only(owner: Browser) -> None:
    new = owner.open("/workshop/complaint/forms/call_back")
    assert ids(new) == ["remark"]

    saved = press(owner, new, "save")
    late = press(owner, new, "save", title_en="An old tab")

    assert (saved.status, late.status) == (200, 412)
    assert "everything is saved" in saved.words
    assert "Look at it again before you go on." in late.words


@pytest.mark.parametrize("content", ["title: [", "- a", "&a x", "fields: {}\n"])
def test_what_is_no_form_is_sent_to_the_text(owner: Browser, content: str) -> None:
    page = owner.open(INTAKE)

    shown = owner.send(
        INTAKE, {"csrf_token": page.value("csrf_token"), "revision": "0", "content": content, "do": "look"}
    )

    assert shown.status in {200, 422}
    assert "As text" in shown.words


@pytest.mark.parametrize(
    ("index", "way", "to"), [(2, "up", 0), (0, "down", 2), (3, "up", 1), (1, "left", 0), (4, "right", 4)]
)
def test_a_field_moves_by_rows_of_twelve_columns(index: int, way: str, to: int) -> None:
    assert to == stepped([12, 6, 6, 4, 12], index, way)


def test_only_owners_build_forms(owner: Browser) -> None:
    clerk = staff(owner.client.application, "fang.lan")

    assert clerk.open(INTAKE).status == 403
