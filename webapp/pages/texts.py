"""The files of a draft that are written as text: forms, letters, clauses, rules. Seen as people will see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.drafts import DraftMoved, remove_file, save_file
from engine.deployments import COMPANY_FILE, Deployment, DraftFiles
from engine.errors import NotFound, PackageRefused
from engine.findings import Severity
from engine.procedures import Package, Reading, read_files
from engine.procedures.coverage import is_linked
from engine.procedures.files import MAX_FILE_BYTES, is_known
from engine.procedures.letters import LetterRefused, render_letter
from engine.publishing import coverage
from engine.publishing.running import run_through
from engine.publishing.scenario_files import read_scenario
from engine.text import LANGUAGES, whole_number
from webapp.access import actor, for_staff, site
from webapp.clause_links import ClauseLinks
from webapp.diagrams import element_names
from webapp.filled_forms import form_page
from webapp.finding_words import finding_view
from webapp.pages.drafts import edited, findings_of
from webapp.pages.form_builder import new_form
from webapp.presentation import clause_reference
from webapp.rehearsal import rehearsed
from webapp.shell import current_translator, own_time_zone, reader, words

blueprint = Blueprint("texts", __name__, url_prefix="/workshop/<procedure>")

#: What is edited as text; diagrams and decision tables have editors of their own.
_TEXTS: Final = re.compile(r"(procedure|clauses)\.toml|texts/.+\.toml|scenarios/.+\.toml|forms/[^/]+\.yaml")
_FORM: Final = re.compile(r"forms/([a-z][a-z0-9_-]{0,59})\.yaml")


@blueprint.get("/texts/<path:file>")
@for_staff
def show(procedure: str, file: str) -> str:
    kept = edited(procedure)
    _require_text(file)
    if file not in kept.files and not _FORM.fullmatch(file):
        raise NotFound("file", file[:200])
    named = _FORM.fullmatch(file)
    content = kept.files[file] if file in kept.files or not named else new_form(named[1])
    return _page(procedure, kept, file, content.decode(errors="replace"))


@blueprint.post("/texts/<path:file>")
@for_staff
def save(procedure: str, file: str) -> str | tuple[str, int] | Response:
    """Write the file, take it out, or with ``do=look`` only show what would come of it."""
    kept = edited(procedure)
    _require_text(file)
    text = request.form.get("content", "").replace("\r\n", "\n")
    expected, gettext = whole_number(request.form.get("revision", "")) or 0, current_translator().gettext
    if request.values.get("do") == "look":
        return _page(procedure, kept, file, text)
    try:
        if request.form.get("do") == "remove":
            site().act(actor(), lambda context: remove_file(context, procedure, file, expected=expected))
            flash(gettext("The file is taken out of the draft."), "ok")
            return redirect(url_for("workshop.show", procedure=procedure), 303)
        content = text.encode(errors="replace")
        site().act(actor(), lambda context: save_file(context, procedure, file, content, expected=expected))
    except DraftMoved:
        said = gettext("Somebody saved the draft meanwhile. Look at it again before you go on.")
        return _page(procedure, kept, file, text, problem=said), 412
    except PackageRefused as error:
        return _page(procedure, kept, file, text, problem=error.findings[0].message), 422
    flash(gettext("Saved"), "ok")
    return redirect(url_for("texts.show", procedure=procedure, file=file), 303)


@blueprint.post("/forms")
@for_staff
def begin_form(procedure: str) -> Response:
    """To the builder of a form that there is not yet."""
    edited(procedure)
    name = re.sub(r"[^a-z0-9_]+", "_", request.form.get("name", "").strip().lower()).strip("_")
    if not _FORM.fullmatch(f"forms/{name}.yaml"):
        flash(current_translator().gettext("Write the name of a form in small English letters, digits and _."), "bad")
        return redirect(url_for("workshop.show", procedure=procedure), 303)
    return redirect(url_for("form_builder.show", procedure=procedure, form=name), 303)


@blueprint.get("/clauses")
@for_staff
def clauses(procedure: str) -> str:
    """The regulation in our words beside the diagram: what carries out each clause, and what nothing does."""
    kept = edited(procedure)
    reading = read_files(kept.files)
    package, chosen = reading.package, request.args.get("clause", "")
    covered = coverage(package)
    names = element_names(Deployment(0, 0, package)) if not reading.lost else {}
    links = ClauseLinks(package, names)
    clause = next((each for each in package.clauses if each.id == chosen), None)
    marked = [each for each in clause.element if each in reading.diagram.elements] if clause else []
    without = list(covered.elements_without_clause)
    own = next((each.file for each in reading.diagram.processes.values() if each.id == package.process), "")
    file = next((reading.diagram.elements[each].file for each in [*marked, *without]), own)
    return render_template(
        "clauses.html",
        procedure=SimpleNamespace(id=procedure, title=_title(procedure)),
        regulation=package.regulation.get("title", ""),
        clauses=[
            SimpleNamespace(
                id=each.id,
                reference=clause_reference(each.reference, reader=reader(own_time_zone())),
                text=words(each.summary),
                linked=is_linked(each),
                excused=each.excused,
                links=links.of(each),
                chosen=each.id == chosen,
            )
            for each in package.clauses
        ],
        counts=SimpleNamespace(
            linked=len(covered.linked), excused=len(covered.excused), unlinked=len(covered.unlinked)
        ),
        without=[SimpleNamespace(id=each, name=names.get(each, each)) for each in without],
        diagram=SimpleNamespace(
            xml_url=url_for("drafts.file", procedure=procedure, file=file),
            names=names,
            done=[] if clause else sorted(reading.diagram.elements.keys() - set(without)),
            active=marked,
            late=[] if clause else without,
            words=words(clause.summary) if clause else current_translator().gettext("Diagram"),
        ),
    )


def _page(procedure: str, kept: DraftFiles, file: str, text: str, *, problem: str = "") -> str:
    files = {**kept.files, file: text.encode(errors="replace")}
    found = findings_of(procedure, files) if len(text) <= MAX_FILE_BYTES else []
    own = [each for each in found if each.file == file]
    return render_template(
        "draft_text.html",
        procedure=SimpleNamespace(id=procedure, title=_title(procedure)),
        file=file,
        text=text,
        revision=whole_number(request.form.get("revision", "")) if request.method == "POST" else kept.revision,
        is_new=file not in kept.files,
        builder=named[1] if (named := _FORM.fullmatch(file)) else "",
        removable=bool(_FORM.fullmatch(file)) or file.startswith("scenarios/"),
        problem=problem,
        findings=[finding_view(each) for each in own],
        wrong=sum(each.severity is Severity.ERROR for each in own),
        elsewhere=len(found) - len(own),
        **_preview(file, read_files(files)),
    )


def _preview(file: str, reading: Reading) -> dict[str, Any]:
    """What people will see of the file: a form, or the letters of a language."""
    package = reading.package
    named = _FORM.fullmatch(file)
    if named and named[1] in package.forms:
        shown = form_page(package.forms[named[1]], Deployment(0, 0, package), values=None, errors=(), given={})
        return {"letters": [], **shown}
    if file.startswith("texts/"):
        return {"form": None, "letters": list(_letters(package, file.removeprefix("texts/").removesuffix(".toml")))}
    return {"form": None, "letters": []}


def _letters(package: Package, tag: str) -> Iterator[SimpleNamespace]:
    """The letters of one language, filled in with what the draft's scenarios know."""
    if tag not in LANGUAGES:
        return
    sample = _sample(package)
    for letter in package.letters.values():
        if tag not in letter.body:
            continue
        try:
            found = render_letter(letter, tag, sample)
        except LetterRefused as error:
            yield SimpleNamespace(id=letter.id, subject="", body="", problem=error.message)
        else:
            yield SimpleNamespace(id=letter.id, subject=found.subject, body=found.body, problem="")


def _sample(package: Package) -> dict[str, Any]:
    """Values for every letter: what the cases of the scenarios have in their data at their ends."""
    company, now = package.company, site().now(actor().company_id)
    known: dict[str, Any] = {}
    try:
        draft = rehearsed(package.files)
    except PackageRefused:
        return {"data": known}
    for path, content in package.files.items():
        if path.startswith("scenarios/") and (scenario := read_scenario(path, content, draft.names, [])):
            run, _ = run_through(draft.stage, scenario)
            known = {**known, **(run.last.data if run.last else {})}
    return {
        "data": known,
        "number": f"{now.year}-0001",
        "company": words(company.name),
        "date": now.astimezone(own_time_zone()).date().isoformat(),
        "case_link": "",
    }


def _require_text(file: str) -> None:
    if not is_known(file) or file == COMPANY_FILE or not _TEXTS.fullmatch(file):
        raise NotFound("file", file[:200])


def _title(procedure: str) -> str:
    with site().database.reading(actor().company_id) as connection:
        return words(site().deployments.current(connection, actor().company_id, procedure).package.title)
