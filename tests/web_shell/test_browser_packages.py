"""The packages of the browser files: pinned, checked by hash, from wherever the machine's registry is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import webapp.translate

ISLANDS = Path(webapp.translate.__file__).parent / "islands"


def test_every_package_is_pinned_to_one_version() -> None:
    package = json.loads((ISLANDS / "package.json").read_text(encoding="utf-8"))

    versions = {**package["dependencies"], **package["devDependencies"]}

    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}


def test_the_lock_names_no_registry_and_checks_every_file() -> None:
    lock = json.loads((ISLANDS / "package-lock.json").read_text(encoding="utf-8"))

    packages = {name: facts for name, facts in lock["packages"].items() if name}

    assert [name for name, facts in packages.items() if "resolved" in facts] == []
    assert [name for name, facts in packages.items() if "integrity" not in facts] == []


def test_the_lock_serves_every_platform() -> None:
    lock = (ISLANDS / "package-lock.json").read_text(encoding="utf-8")

    assert {"linux-x64", "linux-arm64", "darwin-arm64", "win32-x64"} <= set(re.findall(r"@esbuild/([a-z0-9-]+)", lock))
