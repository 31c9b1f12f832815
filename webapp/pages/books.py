"""The procedure book: a regulation as the company's people carry it out, on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from engine.deployments import Deployment
from engine.errors import NotFound
from engine.forms import Form, SectionField, ShowField
from engine.forms.model import AnsweredField
from engine.procedures import Package, read_files
from engine.procedures.diagram import Diagram, Element, read_diagram
from engine.procedures.picture import picture
from engine.text import enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.case_view import group_names
from webapp.diagrams import element_names, file_names
from webapp.pages.drafts import edited
from webapp.paper import pdf_response
from webapp.presentation import clause_reference, full_instant
from webapp.shell import current_translator, language, own_time_zone, reader, words

blueprint = Blueprint("books", __name__, url_prefix="/workshop/<procedure>")


@blueprint.get("/book.pdf")
@for_staff
def show(procedure: str) -> Response:
    """The draft as a book, or with ``version`` a version: diagrams, clauses, steps, time limits, forms, letters."""
    package, state = _chosen(procedure)
    return pdf_response(_book(package, state), f"{procedure}.pdf")


@blueprint.get("/drawings/<path:file>.pdf")
@for_staff
def drawing(procedure: str, file: str) -> Response:
    """One diagram of the draft on one sheet."""
    package, state = _chosen(procedure)
    if file not in package.diagrams:
        raise NotFound("diagram", file[:200])
    drawings = [each for each in _drawings(package) if each.file == file]
    return pdf_response(_book(package, state, drawings=drawings), f"{file.removesuffix('.bpmn')}.pdf")


def _chosen(procedure: str) -> tuple[Package, str]:
    """The package, and which one it is in words."""
    gettext, number = current_translator().gettext, whole_number(request.args.get("version", ""))
    kept = edited(procedure)
    if number is None:
        said = gettext("Draft, made from version %(number)s") if kept.has_draft else gettext("Version %(number)s")
        return read_files(kept.files).package, said % {"number": kept.base_version}
    with site().database.reading(actor().company_id) as connection:
        found = site().deployments.version(connection, actor().company_id, procedure, number)
    return found.package, gettext("Version %(number)s") % {"number": number}


def _book(package: Package, state: str, *, drawings: list[SimpleNamespace] | None = None) -> str:
    deployment = Deployment(0, 0, package)
    diagram, names, groups = read_diagram(package.diagrams), element_names(deployment), group_names(deployment)
    look = reader(own_time_zone())
    return render_template(
        "book.html",
        language=language(),
        company=words(package.company.name),
        title=words(package.title),
        summary=words(package.summary),
        regulation=package.regulation.get("title", ""),
        state=state,
        made=full_instant(site().now(actor().company_id), reader=look),
        drawings=_drawings(package) if drawings is None else drawings,
        alone=drawings is not None,
        clauses=[
            SimpleNamespace(
                reference=clause_reference(each.reference, reader=look),
                text=words(each.summary),
                steps=enumerated((names.get(id_, id_) for id_ in each.element), language()),
                excused=each.excused,
            )
            for each in package.clauses
        ],
        steps=list(_steps(package, diagram, names, groups)),
        limits=[
            SimpleNamespace(
                title=words(rule.title),
                ends=enumerated((names.get(id_, id_) for id_ in rule.runs_until), language()),
                told=enumerated((groups.get(rung.to, rung.to) for rung in rule.ladder), language()),
            )
            for rule in package.deadlines.values()
        ],
        forms=[SimpleNamespace(title=words(form.title), fields=list(_fields(form))) for form in package.forms.values()],
        letters=[
            SimpleNamespace(subject=words(letter.subject), body=words(letter.body))
            for letter in package.letters.values()
        ],
    )


def _drawings(package: Package) -> list[SimpleNamespace]:
    deployment = Deployment(0, 0, package)
    names, titles = element_names(deployment), file_names(deployment)
    return [
        SimpleNamespace(file=file, title=titles.get(file, file), picture=Markup(picture(content, file, names)))  # noqa: S704 -- the picture escapes every name
        for file, content in sorted(package.diagrams.items())
    ]


def _steps(
    package: Package, diagram: Diagram, names: Mapping[str, str], groups: Mapping[str, str]
) -> Iterator[SimpleNamespace]:
    """What people do, in the order of the diagrams."""
    for element in diagram.of_kind("userTask"):
        form = package.forms.get(element.properties.get("form", ""))
        due = package.deadlines.get(element.properties.get("due", ""))
        yield SimpleNamespace(
            name=names.get(element.id, element.id),
            group=_group(package, element, groups),
            form=words(form.title) if form else "",
            due=words(due.title) if due else "",
            clauses=enumerated(
                dict.fromkeys(each.reference for each in package.clauses if element.id in each.element), language()
            ),
        )


def _group(package: Package, element: Element, groups: Mapping[str, str]) -> str:
    group = element.properties.get("group", "") or package.lanes.get(element.lane, "")
    return groups.get(group, "" if group.startswith("=") else group)


def _fields(form: Form) -> Iterator[SimpleNamespace]:
    for field in form.fields:
        if isinstance(field, SectionField | ShowField):
            continue
        yield SimpleNamespace(label=words(field.label), required=isinstance(field, AnsweredField) and field.required)
