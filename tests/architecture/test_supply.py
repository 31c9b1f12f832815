"""What Shouwen runs on: every package pinned with hashes, within what pyproject.toml asks for, its licence known."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "deploy/requirements.lock").read_text(encoding="utf-8")
PINNED = {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", LOCK)}


def test_the_lock_has_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [Requirement(text) for text in project["dependencies"]]

    wrong = [
        f"{one}: locked {PINNED.get(canonicalize_name(one.name))}"
        for one in asked
        if PINNED.get(canonicalize_name(one.name), "") not in one.specifier
    ]

    assert len(asked) > 25
    assert wrong == [], "run: make lock"


def test_every_package_of_the_lock_has_hashes_and_names_no_address() -> None:
    entries = re.split(r"(?m)^(?=[A-Za-z0-9._-]+==)", LOCK)[1:]

    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "http" not in LOCK


def test_the_page_of_licences_has_every_package_of_the_lock() -> None:
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| ([A-Za-z0-9._-]+) \| ([^|]+) \| ([^|]+) \|$", page)
    listed = {canonicalize_name(name): version.strip() for name, version, _ in rows if name != "package"}

    assert listed == PINNED
    assert [name for name, _, licence in rows if licence.strip() in {"", "?", "UNKNOWN"}] == []
