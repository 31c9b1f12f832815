"""What the editors of the workshop ask of the server: files of a draft, findings about it, and what may be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeGuard

from flask import Blueprint, Response, abort, jsonify, request

from engine.commands.actions import CompanyAction
from engine.commands.drafts import Saved, remove_file, save_file
from engine.complaints import refusal_to_own
from engine.deployments import COMPANY_FILE, DraftFiles, files_to_edit
from engine.errors import NotFound, NotPermitted
from engine.feel import FeelError, compile_expression
from engine.feel.conditions import condition_of, condition_text
from engine.findings import Finding, Severity
from engine.procedures import package_from_files, read_files
from engine.procedures.files import MAX_FILE_BYTES, MAX_FILES
from engine.publishing import ScenarioResult, check_draft, run_scenarios, scenario_findings
from engine.publishing.decision_tests import rows_as_toml, tests_file
from engine.text import whole_number
from webapp.access import actor, for_staff, site
from webapp.decision_trial import readable_rows, rows_of, trial
from webapp.editor_choices import editor_choices
from webapp.feel_words import feel_view
from webapp.finding_words import finding_view
from webapp.shell import own_time_zone

blueprint = Blueprint("drafts", __name__, url_prefix="/workshop/<procedure>")


@blueprint.get("/files/<path:file>")
@for_staff
def file(procedure: str, file: str) -> Response:
    """One file as it is in the draft, or in service where there is no draft."""
    kept = edited(procedure)
    if file not in kept.files:
        raise NotFound("file", file[:200])
    return Response(kept.files[file], content_type="text/plain; charset=utf-8", headers={"ETag": f'"{kept.revision}"'})


@blueprint.put("/files/<path:file>")
@for_staff
def save(procedure: str, file: str) -> Response:
    """Write one file of the draft; ``If-Match`` says which revision the editor had read."""
    content, expected = request.get_data(cache=False), _expected()
    return _saved(
        procedure, site().act(actor(), lambda context: save_file(context, procedure, file, content, expected=expected))
    )


@blueprint.delete("/files/<path:file>")
@for_staff
def remove(procedure: str, file: str) -> Response:
    """Take one file out of the draft; ``If-Match`` as for a save."""
    expected = _expected()
    return _saved(
        procedure, site().act(actor(), lambda context: remove_file(context, procedure, file, expected=expected))
    )


def _saved(procedure: str, saved: Saved) -> Response:
    response = jsonify(
        revision=saved.revision,
        saved_at=saved.saved_at.isoformat(),
        findings=[finding_view(finding) for finding in all_findings_of(procedure, saved.files)],
    )
    response.headers["ETag"] = f'"{saved.revision}"'
    return response


@blueprint.post("/check")
@for_staff
def check(procedure: str) -> Response:
    """All findings about the draft with unsaved texts laid over it; without any its scenarios run too."""
    texts = _texts()
    files = {**edited(procedure).files, **texts}
    found = findings_of(procedure, files) if texts else all_findings_of(procedure, files)
    return jsonify(findings=[finding_view(finding) for finding in found])


@blueprint.get("/choices")
@for_staff
def choices(procedure: str) -> Response:
    """What an element may name."""
    return jsonify(editor_choices(read_files(edited(procedure).files)))


@blueprint.post("/decisions/<path:file>/trial")
@for_staff
def try_decision(procedure: str, file: str) -> Response:
    """What a table, as it stands in the editor, says about given values, and what becomes of its test rows.

    JSON: text, decision, given (name -> typed text), rows (None = those of the draft). The answer has the rows as TOML
    too, to be saved beside the table. A file of rows that cannot be read stays as it is, whatever rows come.
    """
    said = request.get_json(silent=True)
    said = said if isinstance(said, dict) else {}
    text, given = said.get("text"), said.get("given", {})
    if not isinstance(text, str) or len(text) > MAX_FILE_BYTES or not _are_texts(given):
        abort(400, 'expected {"text": "<definitions …", "decision": "severity", "given": {"kind": "safety"}}')
    kept, content = edited(procedure), text.encode(errors="replace")
    rows = kept.files.get(tests_file(file), b"")
    if isinstance(said.get("rows"), list) and readable_rows(rows, tests_file(file)) is not None:
        rows = rows_as_toml(said["rows"])
    fields = {each["id"]: each for each in editor_choices(read_files(kept.files))["fields"]}
    now = site().now(actor().company_id).astimezone(own_time_zone())
    tried = trial(content, file, decision=str(said.get("decision", "")), given=given, now=now, fields=fields)
    return jsonify(**tried, **rows_of(content, file, rows, tests_file(file)), toml=rows.decode(errors="replace"))


@blueprint.post("/conditions")
@for_staff
def conditions(procedure: str) -> Response:
    """A condition's text as a structure that can be built by choosing, or a structure as text.

    JSON: text, or structure. The answer: text, structure (None where only text can say it), only_text, error.
    """
    edited(procedure)
    said = request.get_json(silent=True)
    said = said if isinstance(said, dict) else {}
    text, structure = said.get("text"), said.get("structure")
    try:
        if isinstance(text, str):
            structure = condition_of(text)
        elif structure is not None:
            text = condition_text(structure)
        else:
            abort(400, 'expected {"text": "kind = 3"} or {"structure": {"field": "kind", …}}')
    except FeelError as error:
        return jsonify(text=text, structure=None, only_text=False, error=feel_view(error))
    return jsonify(text=text, structure=structure, only_text=structure is None, error=_mistake(text))


def edited(procedure: str) -> DraftFiles:
    """The files of the draft that an owner may see. Raises NotPermitted, NotFound."""
    if reason := refusal_to_own(actor()):
        raise NotPermitted(CompanyAction.SAVE_DRAFT.value, reason)
    with site().database.reading(actor().company_id) as connection:
        return files_to_edit(connection, site().deployments, actor().company_id, procedure)


def findings_of(procedure: str, files: Mapping[str, bytes]) -> list[Finding]:
    """The same files say the same, and are looked at again and again: the last ones are remembered."""
    return list(_findings(actor().company_id, procedure, frozenset(files.items())))


def all_findings_of(procedure: str, files: Mapping[str, bytes]) -> list[Finding]:
    """All findings, and what the scenarios say where there is no error: they take longer than somebody types."""
    found = findings_of(procedure, files)
    if any(finding.severity is Severity.ERROR for finding in found):
        return found
    return [*found, *scenario_findings(played(files))]


def played(files: Mapping[str, bytes]) -> tuple[ScenarioResult, ...]:
    """The result of every scenario of the package in *files*; remembered, too. Raises PackageRefused."""
    return _played(frozenset(files.items()))


@lru_cache(maxsize=16)
def _findings(company_id: str, procedure: str, named: frozenset[tuple[str, bytes]]) -> tuple[Finding, ...]:
    return tuple(check_draft(dict(sorted(named)), company_id=company_id, procedure=procedure))


@lru_cache(maxsize=16)
def _played(named: frozenset[tuple[str, bytes]]) -> tuple[ScenarioResult, ...]:
    return tuple(run_scenarios(package_from_files(dict(sorted(named)))))


def _mistake(text: str) -> dict[str, object] | None:
    """What can only be null: a function that nothing defines."""
    mistakes = compile_expression(text).mistakes
    return feel_view(mistakes[0]) if mistakes else None


def _are_texts(given: object) -> TypeGuard[dict[str, str]]:
    return isinstance(given, dict) and all(isinstance(value, str) for value in given.values())


def _expected() -> int:
    """The revision that the editor read."""
    said = whole_number(request.headers.get("If-Match", "").strip('"'))
    if said is None:
        abort(428, 'expected the header If-Match with the revision that was read, e.g. "3"')
    return said


def _texts() -> dict[str, bytes]:
    """The unsaved files an editor sends."""
    said = request.get_json(silent=True)
    files = said.get("files") if isinstance(said, dict) else None
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        abort(400, 'expected {"files": {"complaint.bpmn": "…"}}')
    if len(files) > MAX_FILES:
        abort(413, f"expected at most {MAX_FILES} files")
    texts = {path: text.encode(errors="replace") for path, text in files.items() if path != COMPANY_FILE}
    if any(len(content) > 2 * MAX_FILE_BYTES for content in texts.values()):
        abort(413, f"expected files of at most {MAX_FILE_BYTES} bytes")
    return texts
