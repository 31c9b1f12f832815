"""Checking a package takes seconds, so nothing in the database waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.commands import deployments
from engine.commands.deployments import check_first, deploy
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import PackageRefused
from engine.findings import Finding
from engine.procedures import PackageRef, collect_files
from tests.support.site import CAFE, a_site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


def changed(site: Site, line: str = "# changed") -> dict[str, bytes]:
    files = dict(collect_files(site.settings.processes, site.settings.forms, PackageRef(CAFE, "complaint")))
    files["procedure.toml"] += f"\n{line}\n".encode()
    return files


def test_a_package_is_checked_once_and_while_no_connection_is_held(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    true_check = deployments.check

    def check(files: Mapping[str, bytes]) -> list[Finding]:
        held.append(site.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return true_check(files)

    monkeypatch.setattr(deployments, "check", check)
    files = changed(site)

    check_first(site, CAFE, [files])
    with site.acting(Actor.system(CAFE)) as context:
        done = deploy(context, files)
    check_first(site, CAFE, [files])

    assert (done.version, done.new) == (2, True)
    assert held == [0]


def test_what_was_not_checked_before_is_checked_in_the_transaction(site: Site) -> None:
    with pytest.raises(PackageRefused), site.acting(Actor.system(CAFE)) as context:
        deploy(context, changed(site, "[unknown"))


def test_a_package_with_errors_is_refused_before_anything_is_written(site: Site) -> None:
    with pytest.raises(PackageRefused):
        check_first(site, CAFE, [changed(site, "[unknown")])

    assert site.deployments.is_sound("") is False
