"""``check``, ``scenario``, ``coverage``, ``deploy``, ``layout``, ``gallery``: procedure packages as files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.commands.deployments import check_first, deploy
from engine.complaints import SYSTEM, Actor
from engine.errors import PackageRefused
from engine.findings import Finding, Severity
from engine.history import replay_moves
from engine.procedures import PackageRef, collect_files, find_packages, package_from_files
from engine.procedures.layout import THOROUGH, layout
from engine.procedures.package import Package
from engine.publishing import (
    DecisionTestResult,
    ScenarioResult,
    check,
    coverage,
    run_decision_tests,
    run_scenarios,
    scenario_runs,
    untried,
)
from engine.settings import Settings, read_settings
from webapp.cli.site import opened
from webapp.gallery import written


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, words, run in (
        ("check", "every finding of every procedure package", _check),
        ("scenario", "run scenarios on virtual time", _scenario),
        ("coverage", "clauses linked, excused, unlinked", _coverage),
    ):
        verb = verbs.add_parser(name, help=words)
        verb.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="folders of packages; default all")
        verb.add_argument("--json", action="store_true", help="machine-readable")
        if name == "scenario":
            again = "play each case again afterwards from what was asked, and compare"
            verb.add_argument("--replay", action="store_true", help=again)
            verb.add_argument("--untried", action="store_true", help="say what no scenario of a package tries")
        verb.set_defaults(run=run)
    put = verbs.add_parser("deploy", help="check, then store as a new immutable deployment")
    put.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    put.add_argument("--company", help="only packages of this company")
    put.set_defaults(run=_deploy)
    draw = verbs.add_parser("layout", help="draw or redraw the diagram interchange of a BPMN file")
    draw.add_argument("file", type=Path)
    draw.set_defaults(run=_layout)
    pictures = verbs.add_parser("gallery", help="draw every diagram as SVG into a folder, with a page of them all")
    pictures.add_argument("folder", type=Path)
    pictures.set_defaults(run=_gallery)


def print_findings(findings: Iterable[Finding], *, where: str = "") -> None:
    """Findings as lines that editors can jump to."""
    for finding in findings:
        place = f"{where}{finding.file}:{finding.line or 1}"
        element = f" [{finding.element}]" if finding.element else ""
        print(f"{place}: {finding.severity}: {finding.message}{element} ({finding.rule})", file=sys.stderr)


def _check(given: argparse.Namespace) -> int:
    settings = read_settings()
    found = [(ref, check(_files(settings, ref))) for settings, ref in _packages(settings, given.paths)]
    if given.json:
        print(json.dumps([asdict(f) | {"procedure": str(ref)} for ref, fs in found for f in fs], ensure_ascii=False))
    else:
        for ref, findings in found:
            print_findings(findings, where=f"{ref}/")
    errors = sum(finding.severity is Severity.ERROR for _, findings in found for finding in findings)
    if not given.json:
        total = sum(len(findings) for _, findings in found)
        print(f"{len(found)} packages checked, {total} findings, {errors} errors")
    return 1 if errors else 0


def _scenario(given: argparse.Namespace) -> int:
    settings = read_settings()
    rows = [row for place, ref in _packages(settings, given.paths) for row in _scenario_rows(place, ref, given)]
    failed = sum(not row["passed"] for row in rows)
    if given.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _scenario_rows(place: Settings, ref: PackageRef, given: argparse.Namespace) -> list[dict[str, Any]]:
    """What became of each scenario; a package that cannot be read counts as one that failed."""
    try:
        package = package_from_files(_files(place, ref))
        scenarios = [*_played_again(package)] if given.replay else run_scenarios(package)
        tests = run_decision_tests(package)
    except PackageRefused as error:
        print_findings(error.findings, where=f"{ref}/")
        return [{"procedure": str(ref), "file": "", "title": "", "passed": False, "error": "the package has errors"}]
    results: list[DecisionTestResult | ScenarioResult] = [*tests, *scenarios]
    if given.untried and not given.json:
        for promise, ids in untried(package, scenarios, tests).items():
            for id_ in ids:
                print(f"untried {ref}  {promise}: {id_}", flush=True)
    for result in results:
        if not given.json:
            mark = "passed" if result.passed else "FAILED"
            print(f"{mark}  {ref}  {result.title}" + ("" if result.passed else f"\n        {result.error}"), flush=True)
    return [
        {"procedure": str(ref), "file": r.file, "title": r.title, "passed": r.passed, "error": r.error} for r in results
    ]


def _played_again(package: Package) -> Iterator[ScenarioResult]:
    """The results of the scenarios; one that does not play again as it went has failed."""
    for run, result in scenario_runs(package):
        again = replay_moves(run.stage.definition, run.stage.calendars, run.asked) if run else None
        yield replace(result, passed=False, error=f"played again: {again.message}") if again else result


def _coverage(given: argparse.Namespace) -> int:
    settings = read_settings()
    rows = [row for place, ref in _packages(settings, given.paths) if (row := _coverage_row(place, ref))]
    if given.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        _print_coverage(rows)
    return 1 if any(row["unlinked"] for row in rows) else 0


def _coverage_row(place: Settings, ref: PackageRef) -> dict[str, Any] | None:
    try:
        found = coverage(package_from_files(_files(place, ref)))
    except PackageRefused as error:
        print_findings(error.findings, where=f"{ref}/")
        return None
    return {
        "procedure": str(ref),
        "linked": list(found.linked),
        "excused": list(found.excused),
        "unlinked": list(found.unlinked),
        "elements_without_clause": list(found.elements_without_clause),
    }


def _print_coverage(rows: list[dict[str, Any]]) -> None:
    """One line a procedure, and the clauses of all companies, each counted once."""
    seen: dict[str, set[tuple[str, str]]] = {"linked": set(), "excused": set(), "unlinked": set()}
    for row in rows:
        counts = [len(row[kind]) for kind in seen]
        print("{:<62} linked {:>3}  excused {:>3}  unlinked {:>3}".format(row["procedure"], *counts))
        company = row["procedure"].partition("/")[0]
        for kind, clauses in seen.items():
            clauses |= {(company, clause) for clause in row[kind]}
    seen["excused"] -= seen["linked"]
    companies = len({row["procedure"].partition("/")[0] for row in rows})
    counts = [len(clauses) for clauses in seen.values()]
    print(f"{companies} companies, {len(rows)} procedures")
    print("clauses, each once: linked {}, excused {}, unlinked {}".format(*counts))


def _deploy(given: argparse.Namespace) -> int:
    settings = read_settings()
    with opened(settings, migrate=True) as site:
        for place, ref in _packages(settings, given.paths):
            if given.company and ref.company != given.company:
                continue
            files = _files(place, ref)
            check_first(site, ref.company, [files])
            with site.acting(Actor(ref.company, SYSTEM)) as context:
                done = deploy(context, files)
            state = "deployed" if done.new else "unchanged"
            print(f"{ref}: version {done.version} {state}")
    return 0


def _layout(given: argparse.Namespace) -> int:
    content = given.file.read_bytes()
    drawn = layout(content, given.file.name, drawings=THOROUGH)
    given.file.write_bytes(drawn)
    print(f"{given.file}: drawn")
    return 0


def _files(settings: Settings, ref: PackageRef) -> dict[str, bytes]:
    return collect_files(settings.processes, settings.forms, ref)


def _packages(settings: Settings, paths: list[Path]) -> list[tuple[Settings, PackageRef]]:
    """Every package below *paths*, or all. A path may be a processes folder, a company's or a procedure's.

    Forms lie in the folder ``forms`` beside the processes folder. Raises ValueError for a path without packages.
    """
    if not paths:
        return [(settings, ref) for ref in find_packages(settings.processes)]
    found = []
    for path in paths:
        root, wanted = _root_of(path.resolve())
        place = settings if root == settings.processes else _beside(settings, root)
        here = [(place, ref) for ref in find_packages(root) if wanted in {"", ref.company, str(ref)}]
        if not here:
            raise ValueError(f"expected a procedure package at {path}, found none (is procedure.toml there?)")
        found += here
    return found


def _root_of(path: Path) -> tuple[Path, str]:
    """The processes folder that *path* lies in, and which company or procedure of it is meant."""
    if (path / "procedure.toml").is_file():
        return path.parent.parent, f"{path.parent.name}/{path.name}"
    if (path / "company.toml").is_file():
        return path.parent, path.name
    return path, ""


def _beside(settings: Settings, root: Path) -> Settings:
    return replace(settings, processes=root, forms=root.parent / "forms")


def _gallery(given: argparse.Namespace) -> int:
    packages = [package_from_files(_files(settings, ref)) for settings, ref in _packages(read_settings(), [])]
    sheets = [str(path.relative_to(given.folder)) for path in given.folder.rglob("*.forms.webp")]
    files = written(packages, sheets)
    for old in given.folder.rglob("*.svg"):
        if str(old.relative_to(given.folder)) not in files:
            old.unlink()
    for name, text in files.items():
        path = given.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(files) - 1} diagrams of {len(packages)} packages")
    return 0
