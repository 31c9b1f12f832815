"""What browsers send becomes raw answers; values and errors become what the template shows."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from werkzeug.datastructures import FileStorage, MultiDict

from engine.errors import FieldError
from engine.forms import StoredFile
from tests.forms.builders import TODAY, a_form, the_sample
from webapp.form_pages import SENTENCES, form_context, press, read_answers, uploads


def context(form, values=None, **around):
    needed = {"language": "en", "gettext": str, "given": {}, "today": TODAY, "lists": {}}
    return form_context(form, values or {}, **{**needed, **around})


def test_only_answers_to_the_form_are_read():
    post = MultiDict(
        [
            ("csrf_token", "t"),
            ("f-customer", "王"),
            ("g-customer", "another form"),
            ("f-wishes", "refund"),
            ("f-wishes", "apology"),
            ("f-evidence", "u1"),
            ("f-unknown", "x"),
        ]
    )

    assert read_answers(the_sample(), post) == {
        "customer": "王",
        "wishes": ["refund", "apology"],
        "evidence": ["u1"],
        "items": [],
    }


def test_rows_are_read_in_order_without_gaps_even_where_nothing_was_typed():
    post = MultiDict([("f-items.7.lot", "B"), ("f-items.2", "1"), ("f-items.x.lot", "?"), ("f-items.99999.lot", "?")])

    assert read_answers(the_sample(), post)["items"] == [{}, {"lot": "B"}]


def test_buttons_of_the_form_change_the_answers():
    form = the_sample()
    raw = {"items": [{"lot": "A"}, {"lot": "B"}], "evidence": ["u1", "u2"]}

    assert press(form, MultiDict({"f-customer": "王"}), raw) is None
    assert press(form, MultiDict({"_refresh": "1"}), raw).raw == raw
    assert press(form, MultiDict({"_add_row": "f-items"}), raw).raw["items"] == [{"lot": "A"}, {"lot": "B"}, {}]
    assert press(form, MultiDict({"_add_row": "f-items"}), raw).focus == "items.2"
    assert press(form, MultiDict({"_remove_row": "f-items.0"}), raw).raw["items"] == [{"lot": "B"}]
    assert press(form, MultiDict({"_remove_file": "f-evidence:u1"}), raw).raw["evidence"] == ["u2"]


@pytest.mark.parametrize(
    ("button", "value"),
    [("_add_row", "f-customer"), ("_add_row", "x"), ("_remove_row", "f-items.9"), ("_remove_row", "."), ("_remove_file", ":")],
)  # fmt: skip
def test_buttons_that_the_form_does_not_have_change_nothing(button, value):
    raw = {"customer": "王", "items": [{}], "evidence": []}

    assert press(the_sample(), MultiDict({button: value}), raw).raw == raw


def test_no_more_files_are_taken_than_needed_to_refuse_them():
    files = MultiDict(("f-evidence", FileStorage(BytesIO(b"x"), f"{n}.png")) for n in range(20))
    files.add("f-evidence", FileStorage(BytesIO(b""), ""))
    files.add("f-customer", FileStorage(BytesIO(b"x"), "x.png"))

    assert [(field, upload.filename) for field, upload in uploads(the_sample(), files)] == [
        ("evidence", f"{n}.png") for n in range(6)
    ]


def test_there_is_a_sentence_for_every_rule_that_the_engine_knows():
    folder = Path(__file__).parents[2] / "engine" / "forms"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    rules = set(re.findall(r'_Wrong\(\s*"(\w+)"', source)) | set(re.findall(r'FieldError\([^,]+, "(\w+)"', source))

    assert {"required", "rows_min", "unknown_field"} < rules
    assert rules <= set(SENTENCES)


def test_errors_are_said_with_their_number_and_lead_to_the_field():
    shown = context(the_sample())

    assert shown.sentence(FieldError("phone", "max_length", {"n": 5})) == "Please write at most 5 characters."
    assert shown.sentence(FieldError("n", "decimals", {"n": 0})) == "Please enter a whole number."
    assert shown.label_of("items.1.lot") == "Product 2 · Lot"
    assert shown.label_of("nonsense") == "nonsense"
    assert [shown.target(path) for path in ("customer", "channel", "called_back", "injury", "items.1.lot")] == [
        "f-customer",
        "f-channel-1",
        "f-called_back-1",
        "f-injury",
        "f-items.1.lot",
    ]


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("type: datetime", "2026-11-20T01:30Z", "2026-11-20T09:30"),
        ("type: datetime", "yesterday", "yesterday"),
        ("type: number", 12000.0, "12000"),
        ("type: number", "12000.0", "12000.0"),
        ("type: number, decimals: 6", 0.000001, "0.000001"),
        ("type: text", None, ""),
        ("type: text", ["odd"], ""),
    ],
)
def test_values_of_the_data_and_typed_ones_are_shown_as_inputs_want_them(field, value, shown):
    form = a_form(f"id: it, {field}")

    assert context(form).value(form.fields[0], value) == shown


def test_what_was_answered_earlier_reads_like_the_field_that_asked_for_it():
    form = a_form("id: seen, type: show, data: wishes", "id: other, type: show", "id: none, type: show")
    given = {"wishes": ["refund"], "other": {"a": 1}}

    shown = context(form, given=given, sources=[the_sample()], language="zh-Hant").shown

    assert shown == {"seen": "退款", "other": "1"}


def test_stored_files_are_shown_from_ids_and_from_values_and_lost_ones_are_not():
    form = the_sample()
    stored = StoredFile("u1", "a.pdf", 2_900_000, "application/pdf")
    shown = context(form, files={"u1": stored})

    assert shown.stored(["u1", "u1", "gone"]) == [stored]
    assert shown.stored([{"id": "u1", "name": "a.pdf"}]) == [stored]
    assert [shown.size(size) for size in (10, 20_000, stored.size)] == ["1 KB", "20 KB", "2.8 MB"]
