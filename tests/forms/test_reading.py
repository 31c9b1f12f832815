"""A form's file is read strictly: every problem at once, each with its line and the way out."""

from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.forms import FormRefused, load_form, load_lists
from tests.forms.builders import LABEL, an_option
from tests.support.cost import cost_of

HEAD = "id: it\ntitle: { zh-Hans: 表, en: Form }\n"


def findings(text: str | bytes, name: str = "it.yaml", **lists) -> list[tuple[int | None, str, str]]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(FormRefused) as refused:
        load_form(content, name, lists=lists)
    assert isinstance(refused.value, EngineError)
    return [(finding.line, finding.rule, finding.message) for finding in refused.value.findings]


def test_every_problem_of_a_form_is_reported_at_once_with_its_line():
    text = f"""\
id: intake
title: {{ zh-Hans: 投诉记录 }}
fields:
  - {{ id: name, type: text, {LABEL}, requierd: true }}
  - id: kind
    type: choice
    options: {{ from: kindz }}
    style: radios
    label: {{ zh: 名, en: Name }}
  - {{ id: n, type: nummer, {LABEL} }}
  - {{ id: name, type: date, max: tomorrow, {LABEL} }}
  - {{ id: late, type: text, show_if: {{ field: nam, is: x }}, {LABEL} }}
  - {{ id: for, type: text, {LABEL} }}
"""

    assert findings(text, kinds=(an_option("a"),)) == [
        (1, "form-id-differs", "expected the id 'it' as the file is called, found 'intake'; make them the same"),
        (2, "form-bad-value", "title: expected words in 'en' too"),
        (4, "form-unknown-key", "field 'name': 'requierd' is not known here; did you mean 'required'?"),
        (
            7,
            "form-bad-value",
            "field 'kind': options: expected the name of a list, found 'kindz'; there are: departments, kinds",
        ),
        (
            8,
            "form-bad-value",
            "field 'kind': style: expected 'select', 'radio' or 'checks', found 'radios'; did you mean 'radio'?",
        ),
        (9, "form-bad-value", "field 'kind': label: expected the languages zh-Hans, zh-Hant, en, found zh"),
        (
            10,
            "form-unknown-type",
            "field 'n': there is no type 'nummer' here; did you mean 'number'?; there are: section, show, text, textarea, number, date, datetime, choice, yesno, files, rows",
        ),
        (11, "form-bad-value", "field 'name': max: expected 'today' or a date like 2026-01-31"),
        (11, "form-duplicate-id", "field 'name' occurs twice; give the second one another id"),
        (
            12,
            "form-condition",
            "field 'late': show_if expected an earlier field or given.<name>, found 'nam'; did you mean 'name'?",
        ),
        (13, "form-bad-value", "field 'for': id: this word belongs to the expression language; choose another id"),
    ]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("id: a, type: text, required: 1", "required: expected true or false, found 1"),
        ("id: a, type: text, max_length: '5'", "max_length: expected a whole number, found '5'"),
        ("id: 9a, type: text", "id: expected small letters, digits and _, a letter first, at most 60"),
        ("id: a", "'type' is missing; add one of: section, show"),
        ("type: text", "'id' is missing; add it"),
        ("id: a, type: text, min_length: 9, max_length: 5", "expected min_length not above max_length, found 9 and 5"),
        ("id: a, type: number, min: 0.5", "expected min with at most 0 decimals, found 0.5"),
        ("id: a, type: number, min: .inf", "min: expected a number, found '.inf'"),
        ("id: a, type: choice, options: []", "expected 1 to 500 options, found 0"),
        ("id: a, type: choice, options: { form: x }", "expected a list of options or { from: name of a list }"),
        ("id: a, type: files, accept: [pdf]", "String should match pattern"),
        ("id: a, type: text, pattern: '(a+)+'", "the pattern repeats a group that itself varies"),
        ("id: a, type: text, pattern: 'a', max_length: 500", "expected max_length of at most 200 where there is a pattern"),
        ("id: a, type: text, show_if: { field: n, gte: 1, is: 2 }", "expected 'field' with one of is, in, gte, lte"),
        ("id: a, type: text, show_if: { all: [] }", "show_if"),
        ("id: a, type: text, show_if: { field: n, is: x }", "expected a number for 'n', found 'x'"),
        ("id: a, type: text, show_if: { field: y, is: 'yes' }", "expected true or false for 'y', found 'yes'"),
        ("id: a, type: text, show_if: { field: c, in: [yess] }", "expected an option of 'c', found 'yess'; did you mean 'yes'?"),
        ("id: a, type: text, show_if: { field: c, gte: 1 }", "compares 'c' by size, which only numbers have"),
        ("id: a, type: text, show_if: { field: a, is: x }", "expected an earlier field or given.<name>, found 'a'"),
        ("id: a, type: text, show_if: { field: s, is: x }", "names 's', which is no field that conditions can compare"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_right_is_refused_with_the_way_out(field, said):
    earlier = f"""\
fields:
  - {{ id: s, type: section, {LABEL} }}
  - {{ id: n, type: number, {LABEL} }}
  - {{ id: y, type: yesno, {LABEL} }}
  - {{ id: c, type: choice, options: [{{ value: yes, {LABEL} }}, {{ value: no, {LABEL} }}], {LABEL} }}
  - {{ {field}, {LABEL} }}
"""

    [(line, _rule, message)] = findings(HEAD + earlier)

    assert line == 8
    assert said in message


def test_rows_hold_simple_fields_only():
    text = f"""\
fields:
  - id: items
    type: rows
    {LABEL}
    item_label: {{ zh-Hans: 项, en: Item }}
    fields:
      - {{ id: a, type: files, {LABEL} }}
      - {{ id: b, type: text, min: 3, {LABEL} }}
"""

    assert [(line, rule) for line, rule, _ in findings(HEAD + text)] == [
        (9, "form-unknown-type"),
        (10, "form-unknown-key"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "empty file"),
        ("a: [1", 1, "expected YAML"),
        ("a: 1\na: 2", 2, "the name 'a' occurs twice"),
        ("a: &x [1]\nb: *x", 1, "anchors and aliases"),
        ("a: !!python/object:os.system x", 1, "tags are not allowed"),
        ("a: 1\n---\nb: 2", 3, "expected one document"),
        ("? [a]\n: 1", 1, "expected a name before the colon"),
        ("a: " + "[" * 5000, 1, "nested deeper than 16"),
        (b"a: \xff", 1, "expected UTF-8"),
        ("a: \x00", 1, "expected YAML"),
        ("[]", 1, "expected a form with id, title and fields"),
        ("just words", 1, "expected a form with id, title and fields"),
        ("{}", 1, "'id' is missing"),
        ("id: it\nfields: 5", 2, "fields: expected a list, found 5"),
    ],
)
def test_a_file_that_is_no_plain_yaml_form_is_refused(text, line, said):
    found = findings(text)

    assert line in [at for at, _rule, message in found if said in message], found


def test_a_file_of_any_size_is_refused_quickly():
    long, took_long = cost_of(lambda: findings("a: 1\n" * 1_000_000))
    many, took_many = cost_of(lambda: findings("[" + "0," * 100_000 + "]"))

    assert "at most 256 KiB" in long[0][2]
    assert "more than 40000 values" in many[0][2]
    assert took_long + took_many < 2


def test_words_like_yes_and_dates_are_text_as_in_yaml_1_2():
    option = f"{{ value: yes, {LABEL} }}, {{ value: no, {LABEL} }}, {{ value: off, {LABEL} }}"
    text = f"fields:\n  - {{ id: c, type: choice, options: [{option}], {LABEL} }}\n"
    text += f"  - {{ id: d, type: date, min: 2026-01-01, {LABEL} }}\n"

    form = load_form((HEAD + text).encode(), "it.yaml", lists={})

    assert [option.value for option in form.fields[0].options] == ["yes", "no", "off"]
    assert form.fields[1].min == "2026-01-01"


def test_a_form_cannot_be_changed():
    form = load_form(f"{HEAD}fields: [{{ id: a, type: text, {LABEL} }}]".encode(), "it.yaml", lists={})

    with pytest.raises(ValueError, match="frozen"):
        form.fields[0].required = True


def test_lists_of_options_are_read_and_checked():
    good = b"channels:\n  - { value: a, label: { zh-Hans: x, en: x } }\n"
    bad = b"one:\n  - { value: a, label: { zh-Hans: x, en: x } }\n  - { value: a, label: { zh-Hans: x, en: x } }\ntwo: []\n"

    assert [option.value for option in load_lists(good, "lists.yaml")["channels"]] == ["a"]
    with pytest.raises(FormRefused) as refused:
        load_lists(bad, "lists.yaml")
    assert [(finding.line, finding.element) for finding in refused.value.findings] == [(1, "one"), (4, "two")]
