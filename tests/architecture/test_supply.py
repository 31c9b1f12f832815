"""What Shouwen runs on: every package pinned with hashes, within what pyproject.toml asks for, its licence known."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import audit
from tests.support.supply import SBOM, bill_of_materials, written

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


def test_the_bill_of_materials_is_made_from_lock_and_licences() -> None:
    assert SBOM.read_text(encoding="utf-8") == written(), "run: make lock"
    assert {each["name"] for each in bill_of_materials()["components"] if "licenses" in each} == set(PINNED)


def test_a_known_weakness_fails_the_check_and_nobody_to_ask_does_not(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    weak = {"name": "kettle", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
    skipped = {"name": "spoon", "skip_reason": "not found"}
    answers = iter([None, [skipped], [skipped, {"name": "cup", "version": "2", "vulns": []}], [weak]])
    monkeypatch.setattr(audit, "asked", lambda: next(answers))

    assert [audit.main() for _ in range(4)] == [0, 0, 0, 1]

    said = capfd.readouterr()
    assert said.err.count("NOT ASKED, no") == 2
    assert "NOT ASKED about spoon" in said.err
    assert "none in 1 packages\nkettle 1.0: PYSEC-1, mended in 1.1" in said.out


def test_the_page_of_licences_has_every_package_of_the_lock() -> None:
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| ([A-Za-z0-9._-]+) \| ([^|]+) \| ([^|]+) \|$", page)
    listed = {canonicalize_name(name): version.strip() for name, version, _ in rows if name != "package"}

    assert listed == PINNED
    assert [name for name, _, licence in rows if licence.strip() in {"", "?", "UNKNOWN"}] == []
