"""A case's data reads in words: no id of an option or a group stands on a page."""

from __future__ import annotations

from engine.forms import Form
from tests.forms.builders import a_form
from webapp.data_words import DataWords, data_words

KINDS = "options: [{ value: major, label: { zh-Hans: 重大, zh-Hant: 重大, en: Major } }]"


def words_of(*forms: Form) -> DataWords:
    return data_words(forms, groups={"quality": "质量部"}, lists={}, language="zh-Hans")


def test_a_computed_value_reads_as_the_field_that_shows_it_says() -> None:
    plain, labelled = a_form("id: severity, type: show"), a_form(f"id: level, data: severity, type: show, {KINDS}")

    words = words_of(plain, labelled)

    assert words.value("severity", "major") == "重大"


def test_an_answer_reads_as_the_form_says_that_asked_for_it() -> None:
    words = words_of(a_form("id: severity, type: show"), a_form(f"id: severity, type: choice, {KINDS}"))

    assert words.value("severity", "major") == "重大"


def test_the_id_of_a_group_reads_as_its_name() -> None:
    words = words_of(a_form("id: lead_department, type: show"))

    assert words.value("lead_department", "quality") == "质量部"
    assert words.value("lead_department", ["quality", "nobody"]) == "质量部、nobody"


def test_computed_rows_read_line_by_line_with_the_labels_of_their_fields() -> None:
    words = words_of(
        a_form("id: visits, type: show"), a_form("id: satisfied, type: yesno", f"id: kind, type: choice, {KINDS}")
    )

    said = words.value("visits", [{"satisfied": True, "kind": "major"}, {"satisfied": False, "by": "quality"}])

    satisfied, kind = words.label("satisfied"), words.label("kind")
    assert said == f"{satisfied} 是 · {kind} 重大\n{satisfied} 否 · 质量部"


def test_what_is_missing_reads_as_nothing() -> None:
    assert words_of().value("severity", None) == ""
    assert words_of().label("severity") == ""
