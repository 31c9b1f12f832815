"""The process owner's workshop: the company's procedures, their versions, and the draft of the next one."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.drafts import DraftMoved, discard_draft, restore_save, restore_version
from engine.commands.publications import PublicationStatus
from engine.deployments import draft_of, files_to_edit
from engine.findings import Severity
from engine.procedures import Reading, read_files
from engine.queries.corrective import causes_of
from engine.queries.drafts import comments_on, neighbours, owned_procedures, publications_of, saves_of, versions_of
from engine.queries.people import names_of
from engine.text import enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.finding_words import finding_view
from webapp.pages.drafts import all_findings_of
from webapp.shell import current_translator, language, words
from webapp.workshop_view import Look, require_owner

blueprint = Blueprint("workshop", __name__, url_prefix="/workshop")

#: Saves on the page of a procedure.
_SAVES: Final = 30


@blueprint.get("")
@for_staff
def index() -> str:
    require_owner()
    with site().database.reading(actor().company_id) as connection:
        found = owned_procedures(connection, actor().company_id)
        look = Look(names_of(connection, actor().company_id))
    return render_template("workshop.html", procedures=[look.listed(each) for each in found])


@blueprint.get("/<procedure>")
@for_staff
def show(procedure: str) -> str:
    require_owner()
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        current = site().deployments.current(connection, company_id, procedure)
        draft = draft_of(connection, company_id, procedure)
        edited = files_to_edit(connection, site().deployments, company_id, procedure)
        versions = versions_of(connection, company_id, procedure)
        saves = saves_of(connection, company_id, procedure, limit=_SAVES)
        asked = publications_of(connection, company_id, procedure)
        causes = causes_of(connection, site().deployments, actor(), [each.id for each in asked])
        said = comments_on(connection, company_id, procedure)
        others = neighbours(connection, site().deployments, company_id, procedure)
        look = Look(names_of(connection, company_id))
    reading = read_files(edited.files)
    findings = all_findings_of(procedure, edited.files)
    return render_template(
        "workshop_procedure.html",
        procedure=SimpleNamespace(
            id=procedure,
            title=words(current.package.title),
            summary=words(current.package.summary),
            regulation=current.package.regulation.get("title", ""),
            version=current.version,
        ),
        revision=edited.revision,
        draft=look.draft(draft, current.version) if draft else None,
        diagrams=[
            _linked(procedure, "diagrams", path, _processes(reading, path)) for path in sorted(reading.package.diagrams)
        ],
        decisions=[_linked(procedure, "decisions", path, "") for path in sorted(reading.package.decisions)],
        forms=[
            SimpleNamespace(
                path=f"forms/{form.id}.yaml",
                name=words(form.title),
                url=url_for("form_builder.show", procedure=procedure, form=form.id),
            )
            for form in reading.package.forms.values()
        ],
        texts=_texts(procedure, edited.files),
        findings=[finding_view(finding) for finding in findings],
        errors=sum(finding.severity is Severity.ERROR for finding in findings),
        publication=look.publication(asked[0]) if asked and asked[0].status != PublicationStatus.IN_SERVICE else None,
        comments=[_placed(procedure, look.comment(each), reading) for each in said],
        neighbours=[look.neighbour(each) for each in others],
        versions=[look.version(each, current.version, causes) for each in versions],
        saves=[look.save(each, edited.revision) for each in saves],
    )


@blueprint.post("/<procedure>/draft/restored")
@for_staff
def restore(procedure: str) -> Response:
    """Make the draft what a version, or an earlier save of it, was."""
    version, save = whole_number(request.form.get("version", "")), whole_number(request.form.get("save", ""))
    gettext = current_translator().gettext
    try:
        with site().acting(actor()) as context:
            if version is not None:
                restore_version(context, procedure, version, expected=_expected())
            else:
                restore_save(context, procedure, save or 0, expected=_expected())
    except DraftMoved:
        return _moved(procedure)
    flash(gettext("The draft was taken back. What it was before stays in the list of saves."), "ok")
    return redirect(url_for("workshop.show", procedure=procedure), 303)


@blueprint.post("/<procedure>/draft/discarded")
@for_staff
def discard(procedure: str) -> Response:
    """Drop the draft."""
    try:
        with site().acting(actor()) as context:
            discard_draft(context, procedure, expected=_expected())
    except DraftMoved:
        return _moved(procedure)
    flash(current_translator().gettext("The draft is gone. What is in service was not touched."), "ok")
    return redirect(url_for("workshop.show", procedure=procedure), 303)


def _linked(procedure: str, kind: str, path: str, name: str) -> SimpleNamespace:
    """A file that has an editor of its own."""
    page = url_for("workshop.show", procedure=procedure)
    return SimpleNamespace(path=path, name=name or path, url=f"{page}/{kind}/{path}")


def _placed(procedure: str, comment: SimpleNamespace, reading: Reading) -> SimpleNamespace:
    """A comment with what it is about, and where that is."""
    names = reading.package.element_names
    known = reading.diagram.elements.get(comment.element)
    comment.about = words(names.get(comment.element, {})) or (known.name if known else "") or comment.element
    comment.about = comment.about or comment.file
    there = comment.file in reading.package.diagrams
    comment.url = url_for("modeller.show", procedure=procedure, file=comment.file) if there else ""
    return comment


def _texts(procedure: str, files: Mapping[str, bytes]) -> list[SimpleNamespace]:
    """The letters and names in each language, and the rules: what is written as text beside diagrams and forms."""
    gettext = current_translator().gettext
    languages = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
    letters = gettext("Letters and names: %(language)s")
    named = [(f"texts/{tag}.toml", letters % {"language": name}) for tag, name in languages.items()]
    named.append(("procedure.toml", gettext("Rules: time limits, lanes, reports")))
    return [_linked(procedure, "texts", path, name) for path, name in named if path in files]


def _processes(reading: Reading, path: str) -> str:
    """What is drawn in a diagram: the names of its processes."""
    named = (
        words(reading.package.element_names.get(process.id, {})) or process.name
        for process in reading.diagram.processes.values()
        if process.file == path
    )
    return enumerated(dict.fromkeys(filter(None, named)), language())


def _expected() -> int:
    """The revision that the page showed."""
    return whole_number(request.form.get("revision", "")) or 0


def _moved(procedure: str) -> Response:
    """Somebody saved meanwhile: nothing was done, and the page shows what there is now."""
    flash(current_translator().gettext("Somebody saved the draft meanwhile. Look at it again before you go on."), "bad")
    return redirect(url_for("workshop.show", procedure=procedure), 303)
