"""The packages of this repository keep the rules, execute every clause and behave as their scenarios say."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.findings import Severity
from engine.procedures import PackageRef, collect_files, find_packages, package_from_files
from engine.publishing import check, coverage, run_scenarios

ROOT = Path(__file__).parents[2]
PACKAGES = find_packages(ROOT / "processes")


def files_of(ref: PackageRef) -> dict[str, bytes]:
    return collect_files(ROOT / "processes", ROOT / "forms", ref)


def test_there_are_packages() -> None:
    assert PACKAGES


@pytest.mark.parametrize("ref", PACKAGES, ids=str)
def test_the_package_has_no_errors(ref: PackageRef) -> None:
    errors = [finding for finding in check(files_of(ref)) if finding.severity is Severity.ERROR]

    assert errors == []


@pytest.mark.parametrize("ref", PACKAGES, ids=str)
def test_every_clause_is_linked_or_excused_and_every_element_ordered(ref: PackageRef) -> None:
    found = coverage(package_from_files(files_of(ref)))

    assert found.unlinked == ()
    assert found.elements_without_clause == ()


@pytest.mark.parametrize("ref", PACKAGES, ids=str)
def test_every_scenario_passes(ref: PackageRef) -> None:
    results = run_scenarios(package_from_files(files_of(ref)))

    assert results, "a package without scenarios proves nothing"
    assert {result.file: result.error for result in results if not result.passed} == {}


def test_everybody_of_the_demonstration_has_a_login_of_their_own() -> None:
    companies = {ref.company: ref for ref in PACKAGES}
    logins = [person.login for ref in companies.values() for person in package_from_files(files_of(ref)).company.people]

    assert sorted(login for login in set(logins) if logins.count(login) > 1) == []
