"""Every duty that a regulation asks for again and again is a task in somebody's inbox, its figures beside it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.procedures import collect_files, find_packages, package_from_files
from engine.procedures.package import Package

ROOT = Path(__file__).parents[2]
#: Company -> the clauses of its regulation that ask for something periodically: the register of the thirty regulations.
REGISTER = {
    "hongda-building-materials": "HD-13a HD-13b",
    "baoji-construction": "BJ-06.1-4 BJ-21",
    "manufacturer-exchange-principles": "EX-3.2a EX-3.2b EX-4d",
    "user-visit-and-complaints": "UV-5b UV-6a",
    "guoli-renhe-opinion-cards": "GL-2.1a GL-2.8a",
    "customer-objection-management": "OB-07 OB-09 OB-10 OB-21b",
    "customer-service-operations": "SV-11",
    "customer-service-policy": "CS-4.1a CS-4.2b CS-4.3a CS-5.1 CS-5.2 CS-5.3",
    "customer-opinion-management": "OP-1c OP-4",
    "auto-repair-complaints": "AR-6.1",
    "catering-feedback-system": "CF-4.1",
    "pharmacy-opinion-management": "PH-4a PH-5b",
    "catering-feedback-and-quality-assessment": "CQ-3.3",
    "opinion-consultation-template": "CN-4.2 CN-4.5 CN-4.6",
    "food-manufacturer-haccp": "FM-5.5.1a FM-5.5.2",
    "shanxi-coal-machinery": "SX-4.2f SX-4.2h SX-4.2i SX-4.3 SX-4.7 SX-4.7b1",
    "jianmei-aluminium": "JM-3.2 JM-3.3g",
    "dlyh-restaurant-chain": "DL-6.3.1a DL-6.3.3",
    "property-owner-complaints": "OW-3c",
    "administrative-complaint-centre": "AD-7b AD-7c",
    "property-complaint-tracking": "PV-3.7b PV-4.5.3",
}
#: Put into the register too, but no duty of the calendar: a visit is planned in a case of its own, and UV-5b asks each
#: month whether it was.
PLANNED_BY_PEOPLE = {"UV-5a"}


def packages_of(company: str) -> list[Package]:
    found = find_packages(ROOT / "processes")
    return [
        package_from_files(collect_files(ROOT / "processes", ROOT / "forms", ref))
        for ref in found
        if ref.company == company
    ]


def started(package: Package) -> set[str]:
    """The schedules that a scenario begins with: there is a task for somebody, or the scenario would not pass."""
    scenarios = [content for path, content in package.files.items() if path.startswith("scenarios/")]
    return {tomllib.loads(content.decode())["start"].get("schedule", "") for content in scenarios}


@pytest.mark.parametrize("company", REGISTER)
def test_every_duty_of_the_register_comes_round_with_its_figures(company: str) -> None:
    packages, wrong = packages_of(company), []
    for id_ in REGISTER[company].split():
        own = [package for package in packages if any(clause.id == id_ for clause in package.clauses)]
        comes_round = [package for package in own if package.schedules and started(package) >= set(package.schedules)]
        if not comes_round:
            wrong.append(f"{id_}: no calendar starts it")
        if not any(report.of and report.figures for package in comes_round for report in package.reports.values()):
            wrong.append(f"{id_}: nothing is counted already")

    assert wrong == []


def test_the_duty_without_a_calendar_is_asked_about_by_one_that_has() -> None:
    visits = {
        clause.id: package.id for package in packages_of("user-visit-and-complaints") for clause in package.clauses
    }

    assert [visits[id_] for id_ in PLANNED_BY_PEOPLE] == ["visit"]
    assert visits["UV-5b"] == "plan_check"
