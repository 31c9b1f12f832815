"""Forms for tests, with only what a test is about."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from engine.forms import Answers, Form, Option, load_form, load_lists, validate

HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)
LABEL = "label: { zh-Hans: 名, en: Name }"


def a_form(*fields: str, **lists: tuple[Option, ...]) -> Form:
    """A form of fields in YAML flow style; each gets a label where it has none."""
    lines = "".join(f"  - {{ {text}{'' if 'label: { zh-Hans: 名' in text else ', ' + LABEL} }}\n" for text in fields)
    content = f"id: a-form\ntitle: {{ zh-Hans: 表, en: Form }}\nfields:\n{lines}"
    return load_form(content.encode(), "a-form.yaml", lists=lists)


def an_option(value: str) -> Option:
    return Option(value=value, label={"zh-Hans": f"{value}号", "zh-Hant": f"{value}號", "en": f"Option {value}"})


def the_sample() -> Form:
    lists = load_lists((HERE / "lists.yaml").read_bytes(), "lists.yaml")
    return load_form((HERE / "complaint-intake.yaml").read_bytes(), "complaint-intake.yaml", lists=lists)


def answer(form: Form, raw: Any, **around: Any) -> Answers:
    return validate(form, raw, **{"given": {}, "today": TODAY, "lists": {}, **around})


def wrong(form: Form, raw: Any, **around: Any) -> list[tuple[Any, ...]]:
    """What is refused, as (field, rule, parameters …)."""
    return [(error.field, error.rule, *error.params.values()) for error in answer(form, raw, **around).errors]
