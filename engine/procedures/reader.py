"""From files to a Package, with every problem at once.

Reading never stops at the first mistake: what is wrong is noted and answered with an empty value, so that one look
shows the author everything and the rules can still run over the rest.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.errors import PackageRefused, UnsafeFile
from engine.findings import Finding, Severity
from engine.procedures.clauses import read_clauses
from engine.procedures.company import needed_languages, read_company
from engine.procedures.diagram import Diagram, open_diagram, read_roots
from engine.procedures.files import PackageRef, check_paths, check_sizes, collect_files, is_known
from engine.procedures.form_files import read_forms
from engine.procedures.intake_fields import received_field, with_intake_fields
from engine.procedures.package import Package
from engine.procedures.procedure import read_procedure
from engine.procedures.texts import Texts, element_names, read_texts
from engine.procedures.toml_tables import TableReader, TomlFile, parse_toml, shown
from engine.procedures.words import suggestion
from engine.text import LANGUAGES

#: What all diagrams of a package may have together: checks look at each with all the others, and at every expression
#: several times. The largest of ours has 150 processes, lanes and flow nodes, 140 flows and 1,500 characters of FEEL.
MAX_PARTS: Final = 500
MAX_FLOWS: Final = 1_000
MAX_FEEL: Final = 20_000

#: Begins of the rules whose findings mean that a file could not be read at all.
_LOSING: Final = ("file-", "toml-syntax", "form-")
_UNSAFE_WAY_OUT: Final[Mapping[str, str]] = {
    "too-large": "split the file",
    "not-utf-8": "save it as UTF-8",
    "doctype": "remove the DOCTYPE line",
    "processing-instruction": "remove the <?…?> lines after the first",
    "too-many-elements": "split the file",
    "too-deep": "nest less deeply",
    "too-many-attributes": "remove the attributes nothing reads",
    "not-well-formed": "open it in the modeller and save it again",
    "not-bpmn": "save it as BPMN 2.0 XML",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read, and everything that was wrong with it. Only a package without findings may be deployed."""

    package: Package
    diagram: Diagram
    findings: tuple[Finding, ...]
    lost: frozenset[str]  #: paths of files that could not be read at all; what they hold is missing in the package


def identity_of(files: Mapping[str, bytes]) -> tuple[str, str]:
    """The ids of company and procedure, without reading more than they stand in.

    Raises PackageRefused with every finding when they cannot be read.
    """
    try:
        ids = [tomllib.loads(files[name].decode())["id"] for name in ("company.toml", "procedure.toml")]
    except (KeyError, ValueError, RecursionError):
        package = package_from_files(files)
        return package.company.id, package.id
    return str(ids[0]), str(ids[1])


def read_package(processes: Path, forms: Path, ref: PackageRef) -> Package:
    """The procedure *ref* from its folders.

    Raises NotFound when there is none and PackageRefused with every finding.
    """
    package = package_from_files(collect_files(processes, forms, ref))
    if (package.company.id, package.id) != (ref.company, ref.procedure):
        message = (
            f"expected the ids {ref} of the folders, found {package.company.id}/{package.id}; "
            "id in company.toml and procedure.toml is the folder's name"
        )
        raise PackageRefused([Finding("id-not-folder", Severity.ERROR, message, "procedure.toml")])
    return package


def package_from_files(files: Mapping[str, bytes]) -> Package:
    """The procedure that *files*, by path inside the deployment, hold. Raises PackageRefused with every finding."""
    reading = read_files(files)
    if reading.findings:
        raise PackageRefused(reading.findings)
    return reading.package


def read_files(files: Mapping[str, bytes]) -> Reading:
    """All that can be read of *files*, with empty values where something is wrong, and what is wrong."""
    if unfit := tuple(check_sizes(files)):
        return _unread(unfit)
    findings = list(check_paths(files))
    diagram = _diagram(_ending(files, ".bpmn"), findings)
    if unfit := tuple(_check_amounts(diagram)):
        return _unread(unfit)
    return _read({path: content for path, content in files.items() if is_known(path)}, diagram, findings=findings)


def _unread(unfit: tuple[Finding, ...]) -> Reading:
    """The reading of files nobody goes through because they are too large; what they hold is not called missing."""
    return replace(_read({}, read_roots({}), findings=[]), findings=unfit)


def _check_amounts(diagram: Diagram) -> Iterator[Finding]:
    """What makes the diagrams too much to look through."""
    counted = (diagram.processes, diagram.lanes, diagram.elements, diagram.nameless, diagram.duplicates)
    amounts = (
        (sum(map(len, counted)), MAX_PARTS, "elements"),
        (len(diagram.flows), MAX_FLOWS, "sequence flows"),
        (diagram.written, MAX_FEEL, "characters of expressions"),
    )
    for found, most, what in amounts:
        if found > most:
            message = f"expected at most {most} {what} in the diagrams, found {found}; split the procedure"
            yield Finding("package-too-large", Severity.ERROR, message, "")


def _read(files: Mapping[str, bytes], diagram: Diagram, *, findings: list[Finding]) -> Reading:
    company = read_company(_root(files, "company.toml", findings))
    needed = needed_languages(company.language)
    procedure = read_procedure(_root(files, "procedure.toml", findings), needed=needed)
    clauses, ours = read_clauses(_root(files, "clauses.toml", findings), needed=needed)
    texts = _texts(files, company.language, findings)
    names = _names(diagram)
    if not any(finding.file.endswith(".bpmn") for finding in findings):  # else their elements are only out of sight
        findings.extend(_unknown_names(texts, names))
    package = Package(
        company=company,
        id=procedure.id,
        title=procedure.title,
        summary=procedure.summary,
        process=procedure.process,
        case_number=procedure.case_number,
        regulation=procedure.regulation,
        start=replace(procedure.start, received_at=received_field(procedure.start, procedure.intake)),
        case=procedure.case,
        lanes=procedure.lanes,
        milestones=procedure.milestones,
        outcomes=procedure.outcomes,
        deadlines=procedure.deadlines,
        schedules=procedure.schedules,
        clauses=clauses,
        ours=ours,
        forms=with_intake_fields(read_forms(files, findings), procedure.start, procedure.intake),
        letters=texts.letters(),
        guidance=texts.guidance,
        element_names=element_names(names, texts, own=company.language),
        diagrams=_ending(files, ".bpmn"),
        decisions=_ending(files, ".dmn"),
        files=dict(files),
        reports=procedure.reports,
        triggers=procedure.triggers,
        surveys=procedure.surveys,
        keeps=procedure.keeps,
        work=procedure.work,
        steps=procedure.steps,
        records=procedure.records,
        confidential=procedure.confidential,
        customer=procedure.customer,
        retention=procedure.retention,
        intake=procedure.intake,
        corrective=procedure.corrective,
    )
    lost = frozenset(finding.file for finding in findings if finding.rule.startswith(_LOSING))
    return Reading(package=package, diagram=diagram, findings=tuple(findings), lost=lost)


def _ending(files: Mapping[str, bytes], suffix: str) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if path.endswith(suffix) and is_known(path)}


def _root(files: Mapping[str, bytes], path: str, findings: list[Finding]) -> TableReader:
    """The root table of a file; where it cannot be read, an empty one whose missing keys nobody hears of."""
    content = files.get(path)
    if content is None:
        message = f"expected the file {path}, found none; see docs/procedure-packages.md for what stands in it"
        findings.append(Finding("file-missing", Severity.ERROR, message, path))
    file = None if content is None else parse_toml(content, path, findings)
    if file is None:
        return TableReader(TomlFile(path, {}), {}, findings=[])
    return TableReader(file, file.table, findings=findings)


def _texts(files: Mapping[str, bytes], own: str, findings: list[Finding]) -> Texts:
    texts = Texts()
    for language in LANGUAGES:
        path = f"texts/{language}.toml"
        if path in files:
            read_texts(_root(files, path, findings), language, own=own, texts=texts)
    return texts


def _diagram(diagrams: Mapping[str, bytes], findings: list[Finding]) -> Diagram:
    """The readable diagrams together; the others are findings."""
    readable = {}
    for name, content in diagrams.items():
        try:
            readable[name] = open_diagram(content, name)
        except UnsafeFile as error:
            findings.append(unsafe_finding(error))
    if not diagrams:
        message = "expected at least one diagram, found no .bpmn file; draw the process and save it in the folder"
        findings.append(Finding("file-missing", Severity.ERROR, message, ""))
    return read_roots(readable)


def unsafe_finding(error: UnsafeFile) -> Finding:
    """The finding for an XML file that is refused before it is read."""
    message = f"{error}; {_UNSAFE_WAY_OUT.get(error.reason, 'save it again as plain XML')}"
    params = {"reason": error.reason}
    return Finding("file-unsafe", Severity.ERROR, message, error.name, error.line, params=params)


def _names(diagram: Diagram) -> dict[str, str]:
    """What the diagram calls everything that can have a name: processes, lanes, elements and flows."""
    named = (diagram.processes, diagram.lanes, diagram.elements, diagram.flows)
    return {id_: part.name for parts in named for id_, part in parts.items()}


def _unknown_names(texts: Texts, names: Mapping[str, str]) -> Iterator[Finding]:
    for id_, words in texts.elements.items():
        if id_ not in names:
            hint = suggestion(id_, names)
            message = f'expected [elements] to name elements of the diagrams, found "{shown(id_)}"{hint}'
            path = f"texts/{next(iter(words))}.toml"
            yield Finding("element-text-unknown", Severity.ERROR, message, path, element=shown(id_))
