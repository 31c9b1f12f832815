"""A form's file with one thing changed: every other byte stays, comments included."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotFound
from engine.forms.arranging import with_copy, with_field, with_keys, with_moved, without_field
from engine.forms.yaml_tree import read_yaml

ROOT = Path(__file__).parents[2]
FORM = """\
id: intake  # as the file is called
title: { zh-Hans: 记录, en: Record }
unheard: 1
fields:
  # who it is
  - { id: name, type: text, label: { zh-Hans: "姓名", en: "Name" } }  # first
  # what it is about
  - id: kind
    type: choice
    # of these
    options:
      - { value: a, label: { zh-Hans: 甲, en: A } }  # mostly
      - { value: b, label: { zh-Hans: 乙, en: B } }
    label: { zh-Hans: 类别, en: Kind }

  - id: items
    type: rows
    fields:
      - { id: what, type: text }
      - { id: many, type: number }
# the end
""".encode()


def ids(content: bytes) -> list[str]:
    return [field["id"] for field in read_yaml(content).value["fields"]]


def test_a_field_moves_with_the_comment_above_it() -> None:
    moved = with_moved(FORM, ("fields", 1), 0).decode()

    assert ids(moved.encode()) == ["kind", "name", "items"]
    assert moved.startswith("id: intake  # as the file is called\ntitle: { zh-Hans: 记录, en: Record }\nunheard: 1\n")
    assert "fields:\n  # what it is about\n  - id: kind\n    type: choice\n    # of these\n" in moved
    assert '  # who it is\n  - { id: name, type: text, label: { zh-Hans: "姓名", en: "Name" } }  # first\n' in moved
    assert moved.endswith("# the end\n")
    assert with_moved(moved.encode(), ("fields", 0), 1) == FORM


def test_fields_of_rows_are_arranged_like_all_others() -> None:
    moved = with_moved(FORM, ("fields", 2, "fields", 1), 0)

    before = b"      - { id: what, type: text }\n      - { id: many, type: number }\n"
    after = b"      - { id: many, type: number }\n      - { id: what, type: text }\n"
    assert moved == FORM.replace(before, after)


def test_a_field_is_added_where_it_was_put_and_taken_out_again() -> None:
    field = {"id": "remark", "type": "textarea", "label": {"zh-Hans": "说明: 一", "en": "Remark"}}

    added = with_field(FORM, ("fields",), 1, field)

    line = '  - { id: remark, type: textarea, label: { "zh-Hans": "说明: 一", en: "Remark" } }\n'
    assert line.replace('"zh-Hans"', "zh-Hans").encode() in added
    assert ids(added) == ["name", "remark", "kind", "items"]
    assert without_field(added, ("fields", 1)) == FORM


def test_a_copy_stands_behind_its_model_under_its_own_name() -> None:
    copied = with_copy(FORM, ("fields", 1), "kind_2")

    assert ids(copied) == ["name", "kind", "kind_2", "items"]
    assert copied.count(b"# mostly") == 2
    assert without_field(copied, ("fields", 2)) == FORM


def test_only_the_keys_that_are_named_are_written() -> None:
    changed = with_keys(FORM, ("fields", 0), {"required": True, "label": {"zh-Hans": "称呼", "en": "Name"}})

    before = '{ id: name, type: text, label: { zh-Hans: "姓名", en: "Name" } }  # first'
    after = '{ id: name, type: text, label: { zh-Hans: "称呼", en: "Name" }, required: true }  # first'
    assert changed == FORM.replace(before.encode(), after.encode())
    assert with_keys(changed, ("fields", 0), {"required": None}) == FORM.replace("姓名".encode(), "称呼".encode())


def test_keys_in_lines_come_and_go_in_lines() -> None:
    changed = with_keys(FORM, ("fields", 1), {"width": 6, "label": {"zh-Hans": "种类", "en": "Kind"}})

    assert '    label: { zh-Hans: "种类", en: "Kind" }\n    width: 6\n\n' in changed.decode()
    assert with_keys(
        changed, ("fields", 1), {"width": None, "label": {"zh-Hans": "类别", "en": "Kind"}}
    ) == FORM.replace("{ zh-Hans: 类别, en: Kind }".encode(), '{ zh-Hans: "类别", en: "Kind" }'.encode())
    assert b"type: choice" not in with_keys(FORM, ("fields", 1), {"type": None})


def test_options_that_stay_keep_their_lines() -> None:
    kept = {"value": "a", "label": {"zh-Hans": "甲", "en": "A"}}
    new = {"value": "c", "label": {"zh-Hans": "丙", "en": "C"}}

    changed = with_keys(FORM, ("fields", 1), {"options": [new, kept]}).decode()

    assert (
        "    options:\n"
        '      - { value: c, label: { zh-Hans: "丙", en: "C" } }\n'
        "      - { value: a, label: { zh-Hans: 甲, en: A } }  # mostly\n"
        "    label:"
    ) in changed


def test_the_title_is_a_key_of_the_form_itself() -> None:
    changed = with_keys(FORM, (), {"title": {"zh-Hans": "登记", "en": "Record"}})

    assert changed == FORM.replace(
        "{ zh-Hans: 记录, en: Record }".encode(), '{ zh-Hans: "登记", en: "Record" }'.encode()
    )


@pytest.mark.parametrize(
    "content",
    [
        b"fields: [ { id: a, type: text }, { id: b, type: text } ]\n",  # on one line
        b"fields: [\n  # why\n  { id: a, type: text },\n  { id: b, type: text },\n]\n",
        b"fields:\n- id: a\n  type: text\n- id: b\n  type: text",  # no line at the end
        b"fields:\n  -\n    id: a\n    type: text\n  - id: b\n    type: text\n",  # the dash alone
        b"\xef\xbb\xbffields:\n  - { id: a, type: text, }\n  - { id: b, type: text, }\n",  # commas at the end
        b"fields:\r\n  - { id: a, type: text }\r\n  - { id: b, type: text }\r\n",
        b'"fields":\n  - {"id": "a", "type": "text"}\n  - {"id": "b", "type": "text"}\n',
        b"fields:\n  - id: a\n    type: text\n    hint: |\n      two\n      lines\n  - id: b\n    type: text\n    hint: >-\n      x\n",
    ],
)
def test_a_file_written_in_another_way_means_what_was_asked_for(content: bytes) -> None:
    def value(found: bytes) -> list[dict[str, object]]:
        return list(read_yaml(found).value["fields"])

    first, second = value(content)

    assert value(with_moved(content, ("fields", 0), 1)) == [second, first]
    assert value(without_field(content, ("fields", 0))) == [second]
    assert value(with_copy(content, ("fields", 1), "c")) == [first, second, {**second, "id": "c"}]
    assert value(with_keys(content, ("fields", 0), {"required": True})) == [{**first, "required": True}, second]
    assert value(with_keys(content, ("fields", 1), {"type": None})) == [
        first,
        {k: v for k, v in second.items() if k != "type"},
    ]
    assert value(with_field(content, ("fields",), 2, {"id": "n"})) == [first, second, {"id": "n"}]


def test_what_is_not_there_is_not_found_and_the_last_field_stays() -> None:
    for place in (("fields", 9), ("fields", -1), ("fields", 0, "fields", 0), ("nothing", 0)):
        with pytest.raises(NotFound):
            with_moved(FORM, place, 0)
    alone = b"fields:\n  - { id: a, type: text }\n"
    assert without_field(alone, ("fields", 0)) == alone


def test_every_form_that_comes_along_is_arranged_and_put_back_byte_for_byte() -> None:
    number = 0
    for path in sorted(ROOT.glob("forms/*/*/*.yaml"))[::20]:
        content = path.read_bytes()
        if path.parent.name == "common" or len(read_yaml(content).value["fields"]) < 2:
            continue
        number += 1
        last = len(read_yaml(content).value["fields"]) - 1
        assert with_moved(with_moved(content, ("fields", 0), last), ("fields", last), 0) == content, path
        assert without_field(with_copy(content, ("fields", 0), "copied"), ("fields", 1)) == content, path
        assert with_keys(with_keys(content, ("fields", 0), {"unheard": 1}), ("fields", 0), {"unheard": None}) == content

    assert number > 25
