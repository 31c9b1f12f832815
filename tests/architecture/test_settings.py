"""Every setting has a page's line, a name in the environment, and a clear refusal."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from engine.settings import Settings, read_settings
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")


def _name(field: str) -> str:
    return "PORT" if field == "port" else f"SHOUWEN_{field.upper()}"


def test_the_page_has_one_line_for_every_setting_and_no_other() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE)

    assert documented == [_name(field.name) for field in dataclasses.fields(Settings)]


def test_the_page_says_the_true_defaults() -> None:
    for field in dataclasses.fields(Settings):
        if isinstance(field.default, int | str) and field.default != "":
            shown = (
                {True: "yes", False: "no"}.get(field.default, field.default) if field.type == "bool" else field.default
            )
            line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{_name(field.name)}` |"))
            assert f"| `{shown}` |" in line, line


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_is_read_from_its_name(field: str, tmp_path: Path) -> None:
    given = {
        "var": str(tmp_path),
        "secure_cookies": "yes",
        "json_logs": "yes",
        "private_hooks": "yes",
        "database_url": "sqlite:///x.db",
        "second_factor": "everybody",
        "jobs": "pgqueuer",
    }
    kind = next(one.type for one in dataclasses.fields(Settings) if one.name == field)
    text = given.get(field) or (
        "17" if kind == "int" else str(tmp_path / "x") if kind == "Path" else "http://example.org"
    )

    changed = read_settings({_name(field): text})

    expected = {"int": 17, "Path": Path(text), "bool": True}.get(kind, text)
    assert getattr(changed, field) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "eighty"),
        ("SHOUWEN_THREADS", "-1"),
        ("SHOUWEN_MAX_REQUEST_BYTES", "16 MB"),
        ("SHOUWEN_SECURE_COOKIES", "on please"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: expected .*, found '{text}'$"):
        read_settings({name: text})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("0", False),
        ("false", False),
        ("No", False),
        ("1", True),
        ("TRUE", True),
        ("yes", True),
        ("on", True),
    ],
)
def test_yes_and_no_are_read_as_people_write_them(text: str, *, expected: bool) -> None:
    assert read_settings({"SHOUWEN_SECURE_COOKIES": text}).secure_cookies is expected
