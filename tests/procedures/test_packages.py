"""The packages of this repository keep the rules, execute every clause and behave as their scenarios say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.commands.schedules import next_time
from engine.findings import Severity
from engine.forms import ShowField, YesNoField
from engine.history import Difference, replay_moves
from engine.procedures import Package, PackageRef, calendars_of, collect_files, find_packages, package_from_files
from engine.procedures.diagram import read_diagram
from engine.procedures.intake import option_lists
from engine.publishing import Promise, check, coverage, run_decision_tests, scenario_runs, untried
from engine.publishing.running import Run
from engine.publishing.scenario import Scenario
from engine.publishing.scenario_files import names_of, read_scenario
from engine.text import in_language
from webapp.data_words import data_words

ROOT = Path(__file__).parents[2]
#: Of so many cases of a package one is played again from its record; `shouwen scenario --replay` plays all.
REPLAYED = 4
#: What our values look like, and no Chinese text does.
CODE = re.compile(r"(?<![\w.@-])[a-z]+(_[a-z0-9]+)+(?![\w@])|^[a-z]{3,}$")
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


#: What no scenario tries, and why. Every other way, loop (twice), deadline (met, missed), rung, rule and limit is tried.
LEFT: dict[str, dict[Promise, tuple[str, ...]]] = {
    # A share is never above 100, a count or shortage never below 0, and the first dissatisfied revisit counts 1.
    "baoji-construction/half_year_analysis": {Promise.THRESHOLD: ("timeliness_rate 100 above",)},
    "customer-objection-management/objection": {Promise.THRESHOLD: ("dissatisfied_revisits 1 below",)},
    "customer-service-operations/daily_check": {Promise.THRESHOLD: ("undispatched_count 0 below",)},
    "guoli-renhe-opinion-cards/daily_cards": {
        Promise.THRESHOLD: ("donation_total 0 below", "count(confirmed_missed) 0 below"),
    },
    # The company coordinates once; what is left after that is a dispute.
    "hongda-building-materials/complaint": {
        Promise.LOOP: ("mark_coordinated_to_answer",),
        Promise.THRESHOLD: ("shortage 0 below",),
    },
}
#: Questionnaires: when their time is over nobody waits for them any more.
for _questionnaire in (
    "customer-objection-management/questionnaire",
    "customer-opinion-management/questionnaire",
    "customer-service-policy/questionnaire",
    "food-manufacturer-haccp/questionnaire",
    "hongda-building-materials/questionnaire",
    "jianmei-aluminium/questionnaire",
    "manufacturer-exchange-principles/questionnaire",
    "opinion-consultation-template/customer_call",
    "pharmacy-opinion-management/questionnaire",
    "shanxi-coal-machinery/satisfaction_survey",
):
    LEFT[_questionnaire] = {Promise.MISSED: ("answer_until",)}


@pytest.mark.parametrize("ref", PACKAGES, ids=str)
def test_every_scenario_passes_and_together_they_try_everything(ref: PackageRef) -> None:
    package = package_from_files(files_of(ref))
    played, rows = [*scenario_runs(package)], run_decision_tests(package)
    results = [result for _, result in played]

    assert played, "a package without scenarios proves nothing"
    assert {result.file: result.error for result in results if not result.passed} == {}
    assert [row.title for row in rows if not row.passed] == []
    assert {promise: ids for promise, ids in untried(package, results, rows).items() if ids} == LEFT.get(str(ref), {})
    assert dict(codes_on_forms(package, [run for run, _ in played if run])) == {}
    again = {result.file: replayed(run) for run, result in played[::REPLAYED]}
    assert {file: difference for file, difference in again.items() if difference} == {}


#: The examples that were agreed for each regulation before its package was written, by their numbers: 195.
EXAMPLES = {
    "AD": (2, 3, 4, 5, 6, 7, 9, 10, 11, 12),
    "AR": (2, 3, 4, 5),
    "BJ": (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 17),
    "CD": (1, 2, 3, 4),
    "CF": (1, 3, 4, 5),
    "CN": (1, 2, 4, 5),
    "CQ": (1, 2, 3, 4),
    "CS": (1, 2, 4, 5),
    "DL": (1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12),
    "EX": (2, 3, 5, 6, 7, 8),
    "FD": (1, 2, 4, 5, 6, 7),
    "FM": (1, 2, 3, 5, 6, 8, 9, 10),
    "GL": (1, 2, 3, 4, 6),
    "GS": (3, 4, 5, 6, 7, 8),
    "HD": (1, 2, 3, 5, 6, 8, 9, 10, 11, 12),
    "JM": (1, 2, 3, 4, 5, 7),
    "LF": (1, 2, 5, 6, 7, 8, 9),
    "MA": (1, 3, 4, 6, 7, 8, 9, 10, 11),
    "OB": (1, 2, 3, 5),
    "OP": (1, 2, 3, 5),
    "OW": (1, 2, 3, 5, 6),
    "PH": (1, 2, 3, 4),
    "PT": (1, 2, 3, 4),
    "PV": (1, 2, 3, 4, 6, 7, 8, 9, 10, 11),
    "QD": (1, 2, 3, 4, 5, 7),
    "RT": (1, 3, 4, 6, 7, 8, 9, 10, 11),
    "SV": (1, 2, 4, 5, 6),
    "SX": (2, 3, 4, 5, 7, 8, 9, 10, 11),
    "UV": (1, 2, 3, 5, 7, 8, 9, 10),
    "XL": (2, 3, 4, 5),
}


def test_every_agreed_example_is_played_by_a_scenario_of_its_company() -> None:
    played: dict[str, set[str]] = {}
    for ref, scenario in scenarios():
        for example in scenario.plays:
            played.setdefault(example, set()).add(ref.company)

    assert sum(map(len, EXAMPLES.values())) == 195
    assert sorted(played) == sorted(f"{prefix}-T{number}" for prefix, numbers in EXAMPLES.items() for number in numbers)
    assert {example: companies for example, companies in played.items() if len(companies) > 1} == {}


def test_scenarios_that_the_calendar_starts_begin_when_it_starts_them() -> None:
    begun = [(ref, scenario) for ref, scenario in scenarios() if scenario.start.schedule]

    assert len(begun) > 90
    assert [(str(ref), scenario.file) for ref, scenario in begun if not in_season(ref, scenario)] == []


def in_season(ref: PackageRef, scenario: Scenario) -> bool:
    package, start = package_from_files(files_of(ref)), scenario.start
    before = start.at - timedelta(seconds=1)
    return next_time(package.schedules[start.schedule], calendars_of(package.company).own, after=before) == start.at


#: Who counts from acceptance, as the regulation says, or notes a call.
OTHER_RECEIPT = {
    "gas-station-feedback/complaint": "受理时间",
    "shopping-mall-counters/complaint": "受理时间",
    "xiaolingtong-phone-script/phone_call": "来电时间",
}


def test_the_time_of_receipt_has_one_name() -> None:
    named = {}
    for ref in PACKAGES:
        package = package_from_files(files_of(ref))
        if package.start.received_at:
            form = package.forms[package.start.form]
            field = next(field for field in form.fields if field.id == package.start.received_at)
            named[str(ref)] = in_language(field.label, "zh-Hans")

    assert len(named) > 20
    assert {ref: label for ref, label in named.items() if label != "收到的时间"} == OTHER_RECEIPT


#: Boxes that the platform adds to forms of registration.
ASKED_BY_THE_PLATFORM = {"anonymous", "confidential", "identity_withheld", "on_behalf"}


def test_what_is_answered_by_yes_or_no_is_a_question() -> None:
    labels = [
        (str(ref), form.id, field.id, in_language(field.label, "en"))
        for ref in PACKAGES
        for form in package_from_files(files_of(ref)).forms.values()
        for field in form.fields
        if isinstance(field, YesNoField) and field.id not in ASKED_BY_THE_PLATFORM
    ]

    assert len(labels) > 300
    assert [found for found in labels if not found[-1].endswith("?")] == []


def scenarios() -> Iterator[tuple[PackageRef, Scenario]]:
    """Every scenario of every package."""
    for ref in PACKAGES:
        package = package_from_files(files_of(ref))
        names = names_of(package, read_diagram(package.diagrams))
        for path, content in package.files.items():
            if path.startswith("scenarios/") and (scenario := read_scenario(path, content, names, [])):
                yield ref, scenario


def codes_on_forms(package: Package, runs: Iterable[Run]) -> Iterator[tuple[str, str]]:
    """What open tasks show of earlier answers and of decisions, where it is a value nobody gave words."""
    company = package.company
    groups = {id_: in_language(group.name, company.language) for id_, group in company.groups.items()}
    words = data_words(package.forms.values(), groups=groups, lists=option_lists(company), language=company.language)
    for step in (step for run in runs for *_, step in run.asked):
        for form in (package.forms[task.form] for task in step.open_tasks if task.form):
            for field in (field for field in form.fields if isinstance(field, ShowField)):
                said = words.value(field.source, step.data.get(field.source), shown_by=field)
                if CODE.search(said):
                    yield f"{form.id}.{field.id}", said


def replayed(run: Run | None) -> Difference | None:
    assert run
    return replay_moves(run.stage.definition, run.stage.calendars, run.asked)


def test_everybody_of_the_demonstration_has_a_login_of_their_own() -> None:
    companies = {ref.company: ref for ref in PACKAGES}
    logins = [person.login for ref in companies.values() for person in package_from_files(files_of(ref)).company.people]

    assert sorted(login for login in set(logins) if logins.count(login) > 1) == []
