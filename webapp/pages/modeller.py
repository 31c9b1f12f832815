"""The modeller: one diagram of a procedure's draft, edited in the browser. The draft itself is kept by the workshop."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, render_template, url_for

from engine.errors import NotFound
from engine.procedures import Package, read_files
from engine.text import LANGUAGES, Text
from webapp import csrf
from webapp.access import actor, for_staff, site
from webapp.condition_words import builder_words
from webapp.pages.drafts import edited
from webapp.shell import language, words

blueprint = Blueprint("modeller", __name__, url_prefix="/workshop/<procedure>")


@blueprint.get("/diagrams/<path:file>")
@for_staff
def show(procedure: str, file: str) -> str:
    package = read_files(edited(procedure).files).package
    if file not in package.diagrams:
        raise NotFound("diagram", file[:200])
    with site().database.reading(actor().company_id) as connection:
        published = site().deployments.current(connection, actor().company_id, procedure)
    elements = published.definition.elements
    return render_template(
        "modeller.html",
        procedure=SimpleNamespace(id=procedure, title=words(published.package.title), version=published.version),
        file=file,
        settings={
            **_addresses(procedure, file),
            "procedure": procedure,
            "file": file,
            "language": language(),
            "own": package.company.language,
            "languages": sorted(_languages(package), key=lambda each: each != package.company.language),
            "names": _names(package),
            "taken": [*elements, *published.definition.flows],
            "token": csrf.token(),
            "conditionWords": builder_words(),
            "timeZone": package.company.time_zone,
            "person": f"{actor().company_id}/{actor().name}",
        },
    )


def _addresses(procedure: str, file: str) -> dict[str, str]:
    return {
        "files": url_for("drafts.file", procedure=procedure, file="x").removesuffix("x"),
        "check": url_for("drafts.check", procedure=procedure),
        "pdf": url_for("books.drawing", procedure=procedure, file=file),
        "forms": url_for("form_builder.show", procedure=procedure, form="x").removesuffix("x"),
        "comments": url_for("comments.show", procedure=procedure),
        "choices": url_for("drafts.choices", procedure=procedure),
        "dates": url_for("modelling.dates", procedure=procedure),
        "foreign": url_for("modelling.foreign", procedure=procedure, file=file),
        "conditions": url_for("drafts.conditions", procedure=procedure),
    }


def _languages(package: Package) -> list[str]:
    """The languages the procedure is kept in: the diagram's own, English, and others that have a file of texts."""
    kept = {package.company.language, "en"}
    return [each for each in LANGUAGES if each in kept or f"texts/{each}.toml" in package.files]


def _names(package: Package) -> dict[str, Mapping[str, Any]]:
    """What groups and forms are called in every language: lanes and steps may be named after them."""
    groups: dict[str, Text] = {group.id: group.name for group in package.company.groups.values()}
    forms: dict[str, Text] = {form.id: form.title for form in package.forms.values()}
    return {"groups": groups, "forms": forms}
