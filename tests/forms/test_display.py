"""Answers as people read them; what an empty form proposes; which fields a form has."""

from __future__ import annotations

from engine.forms import Line, describe, fields_of, initial_values, personal_fields, readable
from tests.forms.builders import a_form, an_option, the_sample

DATA = {
    "customer": "王建国",
    "phone": None,
    "channel": "mail",
    "received": "2026-11-20T09:30+08:00",
    "department": "store",
    "category": "gone",
    "called_back": False,
    "wishes": ["refund", "apology"],
    "amount": "12000.50",
    "items": [{"model": "X1", "lot": "AB240815", "quantity": 2}],
    "evidence": [{"id": "1", "name": "a.pdf", "size": 1, "type": "application/pdf"}],
}


def test_answers_are_described_in_the_readers_language():
    lines = describe(the_sample(), DATA, "zh-Hant", lists={"departments": (an_option("store"),)})

    assert [(line.label, line.value) for line in lines] == [
        ("客戶名稱", "王建国"),
        ("聯絡電話", ""),
        ("受理渠道", "電子郵件"),
        ("收到時間", "2026-11-20 09:30"),
        ("責任部門", "store號"),
        ("投訴類別", "gone"),
        ("是否已回電", "否"),
        ("客戶訴求", "退款、道歉"),
        ("索賠金額", "12000.50 元"),
        ("涉及產品", ""),
        ("證據附件", "a.pdf"),
    ]
    assert lines[9].rows == (
        (
            Line("items.model", "型號", "淨水器 X1"),
            Line("items.lot", "批號", "AB240815"),
            Line("items.quantity", "數量", "2"),
        ),
    )


def test_answers_of_an_older_form_that_no_longer_fit_are_still_described():
    form = a_form("id: n, type: number", "id: f, type: files", "id: c, type: choice, options: { from: departments }")

    lines = describe(form, {"n": "many", "f": [5], "c": {"x": 1}}, "en")

    assert [line.value for line in lines] == ["many", "", "{'x': 1}"]


def test_defaults_propose_earlier_answers_of_the_same_kind():
    form = a_form(
        "id: a, type: text, default: { data: name }",
        "id: b, type: text, default: { data: rows }",
        "id: c, type: yesno, default: { data: agreed }",
        "id: d, type: number, default: { data: missing }",
        "id: e, type: text",
    )

    assert initial_values(form, {"name": "王", "rows": [{}], "agreed": False, "e": "x"}) == {"a": "王", "c": False}


def test_fields_and_personal_fields_are_named_by_path():
    form = a_form(
        "id: s, type: section",
        "id: name, type: text, personal: true",
        "id: people, type: rows, personal: true, item_label: { zh-Hans: 人, en: Person }, "
        "label: { zh-Hans: 名, en: Name }, fields: [{ id: age, type: number, label: { zh-Hans: 岁, en: Age } }]",
        "id: note, type: textarea",
    )

    assert fields_of(form) == ("name", "people", "people.age", "note")
    assert personal_fields(form) == {"name", "people", "people.age"}


def test_a_computed_value_reads_as_the_options_of_the_field_that_shows_it() -> None:
    form = a_form(
        "id: severity, type: show, options: [{ value: major, label: { zh-Hans: 重大, zh-Hant: 重大, en: Major } }]"
    )

    assert readable(form.fields[0], "major", "en") == "Major"
    assert readable(form.fields[0], "unheard_of", "en") == "unheard_of"
