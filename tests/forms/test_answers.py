"""Answers of browsers and programs become values of the data, or every wrong field is named."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from engine.forms import StoredFile
from tests.forms.builders import a_form, an_option, answer, the_sample, wrong
from tests.support.cost import cost_of

TEXT = "id: it, type: text"
OPTIONS = "options: [{ value: a, label: { zh-Hans: 甲, en: A } }, { value: b, label: { zh-Hans: 乙, en: B } }]"


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (TEXT, "  王\u3000建国 ", "王\u3000建国"),
        (TEXT, "a\r\nb\tc", "a b c"),
        (TEXT, "e\u0301", "é"),  # composed, so that searching finds it
        (TEXT, "bad\u202egpj.exe\x00", "badgpj.exe"),  # no turned direction, no control characters
        (TEXT, " \u0000 ", None),
        ("id: it, type: textarea", "a\r\nb\n", "a\nb"),
        ("id: it, type: number", "12", 12),
        ("id: it, type: number", "１２", 12),
        ("id: it, type: number", 12, 12),
        ("id: it, type: number, decimals: 2", "12.50", 12.5),
        ("id: it, type: number, decimals: 2", "12.00", 12),
        ("id: it, type: number", "1e3", 1000),
        ("id: it, type: number, money: true", "12000", "12000.00"),
        ("id: it, type: number, money: true", 0.1, "0.10"),
        ("id: it, type: number, money: true, decimals: 0", "7", "7"),
        ("id: it, type: date", "2026-02-28", "2026-02-28"),
        ("id: it, type: datetime", "2026-11-20T09:30", "2026-11-20T09:30+08:00"),
        ("id: it, type: datetime", "2026-11-20T01:30:00Z", "2026-11-20T09:30+08:00"),
        ("id: it, type: datetime", "2026-11-20T09:30:05+08:00", "2026-11-20T09:30:05+08:00"),
        ("id: it, type: yesno", None, False),
        ("id: it, type: yesno", "true", True),
        ("id: it, type: yesno, required: true", False, False),
        (f"id: it, type: choice, {OPTIONS}", "b", "b"),
        (f"id: it, type: choice, style: checks, {OPTIONS}", ["b", "a", "b"], ["b", "a"]),
        (f"id: it, type: choice, style: checks, {OPTIONS}", "a", ["a"]),
        (f"id: it, type: choice, style: checks, {OPTIONS}", None, []),
        ("id: it, type: files", None, []),
    ],
)
def test_an_answer_becomes_the_value_that_the_format_promises(field, raw, value):
    answers = answer(a_form(field), {"it": raw})

    assert answers.errors == ()
    assert answers.data == {"it": value}
    assert type(answers.data["it"]) is type(value)


@pytest.mark.parametrize(
    ("field", "raw", "rule"),
    [
        (f"{TEXT}, required: true", "\u3000", ("required",)),
        (TEXT, 5, ("type",)),
        (TEXT, ["a"], ("type",)),
        (f"{TEXT}, min_length: 2", "a", ("min_length", 2)),
        (f"{TEXT}, max_length: 2", "abc", ("max_length", 2)),
        (f"{TEXT}, max_length: 1", "😀", ("max_length", 1)),  # browsers count it as two
        (f"{TEXT}, pattern: '1[3-9]\\d{{9}}'", "12800000000", ("pattern",)),
        (f"{TEXT}, pattern: '\\d'", "٣", ("pattern",)),  # a digit, but not for browsers
        ("id: it, type: number", "12a", ("number",)),
        ("id: it, type: number", "NaN", ("number",)),
        ("id: it, type: number", "+1", ("number",)),
        ("id: it, type: number", True, ("type",)),
        ("id: it, type: number", {}, ("type",)),
        ("id: it, type: number", float("inf"), ("type",)),
        ("id: it, type: number", "1.5", ("decimals", 0)),
        ("id: it, type: number, decimals: 2", "1.555", ("decimals", 2)),
        ("id: it, type: number, min: 1", "0", ("min", "1")),
        ("id: it, type: number, decimals: 1, max: 2.5", "2.6", ("max", "2.5")),
        ("id: it, type: number", "1e999", ("max", "999999999999999")),
        ("id: it, type: number", 10**4000, ("max", "999999999999999")),
        ("id: it, type: date", "2026-02-30", ("date",)),
        ("id: it, type: date", "20260228", ("date",)),
        ("id: it, type: date, max: today", "2026-11-23", ("date_max", "2026-11-22")),
        ("id: it, type: date, min: today", "2026-11-21", ("date_min", "2026-11-22")),
        ("id: it, type: date", 20261122, ("type",)),
        ("id: it, type: datetime, max: today", "2026-11-22T16:30Z", ("date_max", "2026-11-22")),  # tomorrow in Beijing
        ("id: it, type: datetime", "2026-11-22", ("date",)),
        ("id: it, type: yesno, required: true", "", ("choose",)),
        ("id: it, type: yesno", "maybe", ("option",)),
        (f"id: it, type: choice, required: true, {OPTIONS}", "", ("choose",)),
        (f"id: it, type: choice, {OPTIONS}", "c", ("option",)),
        (f"id: it, type: choice, {OPTIONS}", ["a"], ("type",)),
        (f"id: it, type: choice, style: checks, required: true, {OPTIONS}", [], ("choose",)),
        (f"id: it, type: choice, style: checks, {OPTIONS}", ["a", "c"], ("option",)),
        (f"id: it, type: choice, style: checks, {OPTIONS}", [["a"]], ("type",)),
        ("id: it, type: files, required: true", [], ("required",)),
        ("id: it, type: files", ["elsewhere"], ("file_unknown",)),
        ("id: it, type: files", [{"id": {}}], ("type",)),
        ("id: it, type: files", 5, ("type",)),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused_by_that_rule(field, raw, rule):
    form = a_form(field)

    assert wrong(form, {"it": raw}) == [("it", *rule)]
    assert answer(form, {"it": raw}).data == {}


def test_every_wrong_field_is_named_at_once_in_the_forms_order():
    raw = {"items": [{"model": "X9", "lot": "AB240815", "quantity": 0, "colour": "red"}], "nonsense": 1, "phone": "1"}

    assert wrong(the_sample(), raw) == [
        ("customer", "required"),
        ("phone", "pattern"),
        ("channel", "choose"),
        ("received", "required"),
        ("category", "choose"),
        ("occurred", "required"),
        ("called_back", "choose"),
        ("wishes", "choose"),
        ("items.0.model", "option"),
        ("items.0.quantity", "min", "1"),
        ("items.0.colour", "unknown_field"),
        ("description", "required"),
        ("nonsense", "unknown_field"),
    ]


def test_answers_to_hidden_fields_are_dropped_unread():
    form = a_form(
        "id: kind, type: text",
        "id: detail, type: number, required: true, show_if: { field: kind, is: other }",
    )

    answers = answer(form, {"kind": "usual", "detail": "not a number"})

    assert answers.errors == ()
    assert answers.data == {"kind": "usual"}
    assert answers.visible == {"kind"}


def test_a_hidden_field_hides_what_depends_on_it():
    form = a_form(
        "id: a, type: yesno",
        "id: b, type: yesno, show_if: { field: a, is: true }",
        "id: c, type: text, required: true, show_if: { field: b, is: true }",
    )

    assert answer(form, {"a": "", "b": "true"}).data == {"a": False}
    assert wrong(form, {"a": "true", "b": "true"}) == [("c", "required")]


def test_departments_come_from_the_company():
    form = a_form("id: it, type: choice, options: { from: departments }")
    departments = {"departments": (an_option("store"),)}

    assert answer(form, {"it": "store"}, lists=departments).data == {"it": "store"}
    assert wrong(form, {"it": "store"}) == [("it", "option")]


def test_files_are_taken_from_what_is_stored_and_must_fit():
    form = a_form("id: it, type: files, accept: [.pdf], max_files: 2, max_mb: 1")
    files = {
        "f1": StoredFile("f1", "报告.PDF", 10, "application/pdf"),
        "f2": StoredFile("f2", "report.exe", 10, "application/pdf"),
        "f3": StoredFile("f3", "long.pdf", 1024 * 1024 + 1, "application/pdf"),
    }

    assert answer(form, {"it": ["f1", "f1"]}, files=files).data == {
        "it": [{"id": "f1", "name": "报告.PDF", "size": 10, "type": "application/pdf"}]
    }
    assert answer(form, {"it": [{"id": "f1", "name": "forged.pdf"}]}, files=files).data["it"][0]["name"] == "报告.PDF"
    assert wrong(form, {"it": "f2"}, files=files) == [("it", "file_type", ".pdf")]
    assert wrong(form, {"it": ["f3"]}, files=files) == [("it", "file_size", 1)]
    assert wrong(form, {"it": ["a", "b", "c"]}, files=files) == [("it", "files_max", 2)]


def test_too_few_and_too_many_rows_are_refused():
    form = a_form(
        "id: it, type: rows, min_rows: 1, max_rows: 2, item_label: { zh-Hans: 项, en: Item }, "
        "label: { zh-Hans: 名, en: Name }, fields: [{ id: n, type: number, label: { zh-Hans: 数, en: N } }]"
    )

    assert wrong(form, {}) == [("it", "rows_min", 1)]
    assert wrong(form, {"it": [{}, {}, {"n": "x"}]}) == [("it", "rows_max", 2)]
    assert wrong(form, {"it": ["row"]}) == [("it", "type")]
    assert answer(form, {"it": [{"n": "1"}, {}]}).data == {"it": [{"n": 1}, {"n": None}]}


def test_numbers_that_are_none_stay_as_they_were_typed():
    answers = answer(a_form("id: it, type: number"), {"it": "12 000,5"})

    assert answers.raw["it"] == "12 000,5"


def test_a_local_time_that_summer_time_skips_is_no_time():
    form = a_form("id: it, type: datetime")
    berlin = ZoneInfo("Europe/Berlin")

    assert wrong(form, {"it": "2026-03-29T02:30"}, zone=berlin) == [("it", "date")]
    assert answer(form, {"it": "2026-03-29T03:30"}, zone=berlin).data == {"it": "2026-03-29T03:30+02:00"}


@pytest.mark.parametrize("raw", [None, [], "text", 5])
def test_anything_but_a_table_of_answers_is_refused(raw):
    assert wrong(a_form(TEXT), raw) == [("", "type")]


def test_hostile_answers_cost_next_to_nothing():
    """A request of some megabytes may not occupy a worker: far more than a second would mean work per character."""
    form = a_form(
        "id: t, type: text, pattern: '(?:\\d{1,20})?\\w*\\d*x'",
        "id: n, type: number",
        f"id: c, type: choice, style: checks, {OPTIONS}",
        "id: f, type: files",
        "id: r, type: rows, item_label: { zh-Hans: 项, en: Item }, label: { zh-Hans: 名, en: Name }, "
        "fields: [{ id: n, type: number, label: { zh-Hans: 数, en: N } }]",
    )
    raw = {
        "t": "1" * 200,
        "n": "1e" + "9" * 2_000_000,
        "c": ["z"] * 500_000,
        "f": ["z"] * 500_000,
        "r": [{"n": 10**4299}] * 100_000,
        **{f"unknown{n}": 1 for n in range(50_000)},
    }

    errors, took = cost_of(lambda: wrong(form, raw))

    assert took < 2
    assert len(errors) < 300
