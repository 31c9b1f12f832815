"""A scenario as a file: it reads as it was, and what a run has shown holds in the next one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.interpreter import compile_definition
from engine.procedures import Package, PackageRef, calendars_of, collect_files, package_from_files
from engine.procedures.diagram import read_diagram
from engine.procedures.toml_tables import parse_toml
from engine.publishing import path_coverage, run_scenarios
from engine.publishing.running import Stage, run_through
from engine.publishing.scenario import Expectation, Scenario, Start
from engine.publishing.scenario_files import names_of, read_scenario
from engine.publishing.scenario_writing import expecting_what_happened, scenario_as_toml

ROOT = Path(__file__).parents[2]


AT = datetime.fromisoformat("2026-03-02T09:00:00+08:00")


@pytest.fixture(scope="module")
def package() -> Package:
    return package_from_files(
        collect_files(ROOT / "processes", ROOT / "forms", PackageRef("retail-complaints-and-returns", "complaint"))
    )


@pytest.fixture(scope="module")
def stage(package: Package) -> Stage:
    return Stage(package, compile_definition(package), calendars_of(package.company))


def scenarios(package: Package) -> Iterator[Scenario]:
    for path, content in package.files.items():
        if path.startswith("scenarios/"):
            yield read(package, path, content)


def read(package: Package, path: str, content: bytes) -> Scenario:
    found = read_scenario(path, content, names_of(package, read_diagram(package.diagrams)), findings := [])
    assert findings == []
    assert found is not None
    return found


def test_what_is_written_reads_as_the_same_scenario(package: Package) -> None:
    for scenario in scenarios(package):
        assert read(package, scenario.file, scenario_as_toml(scenario)) == scenario


def test_a_mail_opens_a_case_with_what_it_says(package: Package, stage: Stage) -> None:
    content = b"""title = "by mail"
[start]
at = 2026-03-02T09:00:00+08:00
[start.mail]
subject = "The worktop has cracked"
sender = "chen@example.org"
words = "After two days."
"""
    scenario = read(package, "scenarios/mail.toml", content)

    run, result = run_through(stage, scenario)

    assert result.error == ""
    assert run.last is not None
    assert run.last.data["complaint_subject"] == "The worktop has cracked"
    assert run.last.data["customer_mail"] == "chen@example.org"
    assert read(package, scenario.file, scenario_as_toml(scenario)) == scenario


def test_what_opens_a_case_is_written_however_it_was(package: Package) -> None:
    for start in ('trigger = "rising"\ndata = { value = "a" }', 'schedule = "weekly"', 'event = "told"'):
        file = parse_toml(f"[start]\nat = 2026-03-02T09:00:00+08:00\n{start}\n".encode(), "x.toml", [])
        assert file is not None
        said = {name: value for name, value in dict(file.table)["start"].items() if name != "at"}
        scenario = Scenario("x.toml", "x", (), "", Start(at=AT, **said), (), None)

        assert start.partition("\n")[0] in scenario_as_toml(scenario).decode()


def test_what_a_run_has_shown_holds_in_the_next_one(package: Package, stage: Stage) -> None:
    scenario = next(each for each in scenarios(package) if each.file == "scenarios/untrue.toml")

    expecting = expecting_what_happened(scenario, *run_through(stage, scenario))

    assert run_through(stage, read(package, scenario.file, scenario_as_toml(expecting)))[1].error == ""
    assert [step.expect.sent for step in expecting.steps][-1] == ("findings",)
    assert expecting.end is not None
    assert expecting.end.outcome == "closed_unfounded"


def test_coverage_says_which_ways_no_scenario_walks(package: Package, stage: Stage) -> None:
    untrue = [each for each in run_scenarios(package) if each.file == "scenarios/untrue.toml"]

    covered = path_coverage(stage.definition, untrue)

    assert "explain_findings" in covered.elements
    assert "handle" not in covered.elements
    assert {"transfer", "negotiate"} & set(covered.elements_left)
    assert covered.percent < 60
    assert path_coverage(stage.definition, run_scenarios(package)).percent == 100


REFUSED = b"""title = "no type"
[start]
at = 2026-03-02T09:00:00+08:00
by = "customer_service"
refused = ["complaint_type"]
[start.form]
customer_name = "X"
"""


def test_a_start_may_be_one_that_the_form_refuses(package: Package, stage: Stage) -> None:
    main = next(path for path in package.files if path.endswith("/main_path_service.toml"))
    told = read(package, main, package.files[main])
    form = {name: value for name, value in told.start.form.items() if name != "complaint_type"}
    start = replace(told.start, form=form, refused=("complaint_type",), expect=Expectation())
    refused = replace(told, start=start, steps=(), end=None)

    assert run_through(stage, refused)[1].error == ""
    assert read(package, main, scenario_as_toml(refused)) == refused
    assert expecting_what_happened(refused, *run_through(stage, refused)) == refused


def test_a_start_is_not_refused_for_other_fields_than_the_scenario_says(package: Package, stage: Stage) -> None:
    scenario = read(package, "scenarios/x.toml", REFUSED)

    error = run_through(stage, scenario)[1].error

    assert error.startswith("start: expected refused fields [complaint_type], found [")


def test_nothing_stands_behind_a_start_that_is_refused(package: Package, stage: Stage) -> None:
    more = b'\n[[step]]\nwait = "P1D"\n'

    assert run_through(stage, read(package, "scenarios/x.toml", REFUSED + more))[1].error == (
        "start: expected nothing behind a start that is refused, found steps or an end"
    )


def test_a_start_says_what_has_to_follow_at_once(package: Package, stage: Stage) -> None:
    main = next(path for path in package.files if path.endswith("/main_path_service.toml"))
    told = read(package, main, package.files[main])
    kept = replace(told, start=replace(told.start, expect=Expectation(open=("verify",), sent=("acknowledgement",))))
    wrong = replace(told, start=replace(told.start, expect=Expectation(open=("reply",))))

    assert run_through(stage, kept)[1].error == ""
    assert read(package, main, scenario_as_toml(kept)) == kept
    assert run_through(stage, wrong)[1].error == "start: expected open tasks [reply], found [verify]"
