"""The process owner's workshop: the company's procedures, their versions, and the draft of the next one."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.drafts import DraftMoved, discard_draft, restore_save, restore_version
from engine.complaints import refusal_to_own
from engine.deployments import Draft, draft_of, files_to_edit
from engine.errors import NotPermitted
from engine.findings import Severity
from engine.procedures import Reading, read_files
from engine.queries.drafts import OwnedProcedure, Save, Version, owned_procedures, saves_of, versions_of
from engine.queries.people import names_of
from engine.text import Text, enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.finding_words import finding_view
from webapp.pages.drafts import findings_of
from webapp.presentation import Moment, moment
from webapp.shell import current_translator, language, own_time_zone, reader, words

blueprint = Blueprint("workshop", __name__, url_prefix="/workshop")

#: Saves on the page of a procedure.
_SAVES: Final = 30


@blueprint.get("")
@for_staff
def index() -> str:
    _require_owner("read_workshop")
    with site().database.reading(actor().company_id) as connection:
        found = owned_procedures(connection, actor().company_id)
        look = _Look(names_of(connection, actor().company_id))
    return render_template("workshop.html", procedures=[look.listed(each) for each in found])


@blueprint.get("/<procedure>")
@for_staff
def show(procedure: str) -> str:
    _require_owner("read_workshop")
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        current = site().deployments.current(connection, company_id, procedure)
        draft = draft_of(connection, company_id, procedure)
        edited = files_to_edit(connection, site().deployments, company_id, procedure)
        versions = versions_of(connection, company_id, procedure)
        saves = saves_of(connection, company_id, procedure, limit=_SAVES)
        look = _Look(names_of(connection, company_id))
    reading = read_files(edited.files)
    findings = findings_of(procedure, edited.files)
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
        findings=[finding_view(finding) for finding in findings],
        errors=sum(finding.severity is Severity.ERROR for finding in findings),
        versions=[look.version(each, current.version) for each in versions],
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


class _Look:
    """How things of the workshop are shown to this reader, now."""

    def __init__(self, names: dict[str, Text]) -> None:
        self._names, self._now, self._reader = names, site().now(actor().company_id), reader(own_time_zone())

    def listed(self, each: OwnedProcedure) -> SimpleNamespace:
        return SimpleNamespace(
            id=each.card.procedure,
            title=words(each.card.title),
            summary=words(each.card.summary),
            regulation=each.card.regulation,
            version=each.card.version,
            open_cases=each.open_cases,
            draft=self.draft(each.draft, each.card.version) if each.draft else None,
        )

    def draft(self, draft: Draft, in_service: int) -> SimpleNamespace:
        return SimpleNamespace(
            revision=draft.revision,
            base=draft.base_version,
            overtaken=draft.base_version != in_service,
            at=self.at(draft.saved_at),
            by=self.who(draft.saved_by),
        )

    def version(self, version: Version, in_service: int) -> SimpleNamespace:
        return SimpleNamespace(
            number=version.version,
            at=self.at(version.deployed_at),
            by=self.who(version.deployed_by),
            open_cases=version.open_cases,
            in_service=version.version == in_service,
        )

    def save(self, save: Save, newest: int) -> SimpleNamespace:
        return SimpleNamespace(
            revision=save.revision,
            what=save.path or _restored(save.restored),
            at=self.at(save.saved_at),
            by=self.who(save.saved_by),
            is_newest=save.revision == newest,
        )

    def at(self, instant: datetime) -> Moment:
        return moment(instant, self._now, reader=self._reader)

    def who(self, login: str) -> str:
        return words(self._names[login]) if login in self._names else current_translator().gettext("System")


def _restored(said: str) -> str:
    """What a save took back, from its two words."""
    kind, _, number = said.partition(" ")
    gettext = current_translator().gettext
    sentences = {
        "version": gettext("taken back to version %(number)s"),
        "save": gettext("taken back to save %(number)s"),
    }
    return sentences[kind] % {"number": number} if kind in sentences else said


def _linked(procedure: str, kind: str, path: str, name: str) -> SimpleNamespace:
    """A file that has an editor of its own."""
    page = url_for("workshop.show", procedure=procedure)
    return SimpleNamespace(path=path, name=name or path, url=f"{page}/{kind}/{path}")


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


def _require_owner(action: str) -> None:
    if reason := refusal_to_own(actor()):
        raise NotPermitted(action, reason)
