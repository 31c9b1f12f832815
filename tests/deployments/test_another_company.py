"""A company is data: one that this repository has never heard of goes into service from a folder, beside another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.commands import cases, user_tasks
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.errors import NotFound, PackageRefused
from engine.procedures import PackageRef, collect_files
from engine.queries.cases import case_by_id
from engine.queries.procedures import all_procedure_cards
from tests.support.cafe import COMPLAINT
from tests.support.site import CAFE, COMPANIES, a_site, actor_of, deploy_folder

BAKERY = "corner-bakery"


def a_bakery(folder: Path) -> tuple[Path, Path]:
    """Folders of a company made from nothing but files."""
    for kind in ("processes", "forms"):
        shutil.copytree(COMPANIES / kind / CAFE, folder / kind / BAKERY)
    profile = folder / "processes" / BAKERY / "company.toml"
    profile.write_text(profile.read_text().replace(CAFE, BAKERY).replace("HC-", "CB-"))
    return folder / "processes", folder / "forms"


def with_a_bakery(folder: Path) -> Site:
    site = a_site(folder / "var")
    deploy_folder(site, *a_bakery(folder / "data"))
    with site.acting(Actor(BAKERY, SYSTEM)) as context:
        add_person(context, login="baker", name={"en": "Baker"}, groups=["front"])
    return site


def test_its_cases_run_at_once(tmp_path: Path) -> None:
    site = with_a_bakery(tmp_path)
    baker = actor_of(site, "baker", BAKERY)

    with site.acting(baker) as context:
        started = cases.start(context, "complaint", COMPLAINT)
    with site.acting(baker) as context:
        user_tasks.complete(context, started.opened[0].id, {"founded": "no", "remark": "none of ours"})

    with site.database.reading_every_company() as connection:
        case = case_by_id(connection, site.deployments, BAKERY, started.case_id)
    assert (case.number, case.outcome) == ("CB-2026-00001", "rejected")


def test_neither_company_sees_the_other(tmp_path: Path) -> None:
    site = with_a_bakery(tmp_path)
    with site.acting(actor_of(site, "baker", BAKERY)) as context:
        started = cases.start(context, "complaint", COMPLAINT)

    with pytest.raises(NotFound), site.database.reading_every_company() as connection:
        case_by_id(connection, site.deployments, CAFE, started.case_id)
    with pytest.raises(NotFound), site.acting(actor_of(site, "fang.lan")) as context:
        user_tasks.claim(context, started.opened[0].id)


def test_the_same_files_again_change_nothing_and_new_ones_leave_running_cases_alone(tmp_path: Path) -> None:
    site = with_a_bakery(tmp_path)
    processes, forms = tmp_path / "data" / "processes", tmp_path / "data" / "forms"
    baker = actor_of(site, "baker", BAKERY)
    with site.acting(baker) as context:
        before = cases.start(context, "complaint", COMPLAINT)

    again = _deploy(site, processes, forms)
    procedure = processes / BAKERY / "complaint" / "procedure.toml"
    procedure.write_text(procedure.read_text().replace("amount = 2", "amount = 3"))
    changed = _deploy(site, processes, forms)

    assert (again.version, again.new, changed.version, changed.new) == (1, False, 2, True)
    with site.database.reading_every_company() as connection:
        assert case_by_id(connection, site.deployments, BAKERY, before.case_id).deployment.version == 1
        assert [card.version for card in all_procedure_cards(connection) if card.company_id == BAKERY] == [2]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "words"),
    [
        ("complaint/complaint.bpmn", "</bpmn:process>", "", "file-not-well-formed", "complaint.bpmn"),
        ("complaint/complaint.bpmn", 'sourceRef="received"', 'sourceRef="recieved"', "", "recieved"),
        ("complaint/procedure.toml", 'form = "intake"', 'form = "intaek"', "", "intaek"),
        ("complaint/procedure.toml", 'unit = "working_days"', 'unit = "fortnights"', "", "fortnights"),
        ("complaint/scenarios/closed.toml", 'task = "assess"', 'task = "asess"', "", "asess"),
        ("complaint/complaint.bpmn", 'founded = "yes"', 'founded == "yes"', "", "founded = "),
    ],
    ids=["unfinished BPMN", "flow from nowhere", "form missing", "unknown unit", "scenario names no step", "not FEEL"],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_deployed(
    tmp_path: Path, file: str, old: str, new: str, rule: str, words: str
) -> None:
    processes, forms = a_bakery(tmp_path / "data")
    path = processes / BAKERY / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    site = a_site(tmp_path / "var")

    with pytest.raises(PackageRefused) as refused:
        _deploy(site, processes, forms)

    findings = refused.value.findings
    assert any(finding.file == Path(file).name or finding.file.endswith(Path(file).name) for finding in findings)
    assert any(words in finding.message for finding in findings), [finding.message for finding in findings]
    with site.database.reading_every_company() as connection:
        assert {card.company_id for card in all_procedure_cards(connection)} == {CAFE}


def _deploy(site: Site, processes: Path, forms: Path):
    files = collect_files(processes, forms, PackageRef(BAKERY, "complaint"))
    with site.acting(Actor(BAKERY, SYSTEM)) as context:
        return deploy(context, files)


def test_a_refusal_names_what_every_check_found(tmp_path: Path) -> None:
    processes, forms = a_bakery(tmp_path / "data")
    folder = processes / BAKERY / "complaint"
    for file, old, new in (
        ("complaint.bpmn", 'founded = "yes"', 'founded == "yes"'),
        ("procedure.toml", 'unit = "working_days"', 'unit = "fortnights"'),
    ):
        (folder / file).write_text((folder / file).read_text().replace(old, new, 1))
    (processes / BAKERY / "company.toml").write_text("id = [" * 5_000)

    with pytest.raises(PackageRefused) as refused:
        _deploy(a_site(tmp_path / "var"), processes, forms)

    named = {(finding.file, finding.rule) for finding in refused.value.findings}
    assert {("complaint.bpmn", "feel-compiles"), ("company.toml", "toml-syntax")} <= named
    assert "procedure.toml" in {file for file, _ in named}
