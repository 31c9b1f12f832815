"""What is different between two versions of a procedure, as sentences and on the diagrams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, Response, render_template, request, url_for

from engine.calendars import Unit
from engine.errors import NotFound
from engine.procedures import Package, Reading, read_files
from engine.procedures.differences import Difference, Facet, Kind, Part, differences
from engine.queries.impact import touched_cases
from engine.text import LANGUAGES, enumerated, whole_number
from webapp.access import actor, for_staff, site
from webapp.pages.drafts import edited
from webapp.presentation import clause_reference
from webapp.shell import current_translator, language, own_time_zone, reader, words
from webapp.time_limit_form import unit_words

blueprint = Blueprint("differences", __name__, url_prefix="/workshop/<procedure>")

#: Characters of a value that a sentence still quotes; of longer ones it only says that they differ.
_QUOTED: Final = 120
_LANGUAGES: Final[Mapping[str, str]] = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}
_UNITS: Final = frozenset(Unit) - {Unit.FIELD}
#: The marks of dist/viewer.js: what came is drawn like what is done, what is different like what is active.
_MARKS: Final[Mapping[Kind, str]] = {Kind.ADDED: "done", Kind.CHANGED: "active", Kind.REMOVED: "late"}

#: The kind of link by which a clause names what is different.
_LINKED: Final[Mapping[Part, str]] = {
    Part.STEP: "element",
    Part.DEADLINE: "deadline",
    Part.FORM: "form",
    Part.FIELD: "form",
    Part.DECISION: "decision",
    Part.LETTER: "letter",
}


@blueprint.get("/differences")
@for_staff
def show(procedure: str) -> str:
    """The draft against the version in service, or any two that are named."""
    draft = _readable(read_files(edited(procedure).files))
    with site().database.reading(actor().company_id) as connection:
        current = site().deployments.current(connection, actor().company_id, procedure)
        numbers = site().deployments.versions(connection, actor().company_id, procedure)
    before = _chosen("before", numbers) or current.version
    after = _chosen("after", numbers)
    old, new = _package(procedure, before), _package(procedure, after) if after else draft
    found = differences(old, new)
    look = _Look(old, new)
    return render_template(
        "differences.html",
        procedure=SimpleNamespace(id=procedure, title=words(current.package.title)),
        versions=numbers,
        before=before,
        after=after,
        groups=[
            SimpleNamespace(title=_part_words(part), entries=[look.entry(each) for each in found if each.part is part])
            for part in Part
            if any(each.part is part for each in found)
        ],
        counts={kind.value: sum(each.kind is kind for each in found) for kind in Kind},
        touched=_touched(procedure, found),
        letters=sum(each.part is Part.LETTER for each in found),
        diagrams=list(_drawings(procedure, found, old=(before, old), new=(after, new))),
    )


def _touched(procedure: str, found: Iterable[Difference]) -> int:
    """Open cases that what is different is about."""
    ids: dict[Part, set[str]] = {part: set() for part in Part}
    for each in found:
        ids[each.part].add(each.id.split(".")[0] if each.part is Part.FIELD else each.id)
    with site().database.reading(actor().company_id) as connection:
        return touched_cases(
            connection,
            actor().company_id,
            procedure,
            elements=ids[Part.STEP],
            forms=ids[Part.FORM] | ids[Part.FIELD],
            deadlines=ids[Part.DEADLINE],
        )


@blueprint.get("/versions/<int:version>/diagrams/<path:file>")
@for_staff
def drawing(procedure: str, version: int, file: str) -> Response:
    """A diagram of a version, to be shown."""
    edited(procedure)  # who may not see the draft may not see this
    found = _package(procedure, version).diagrams.get(file)
    if found is None:
        raise NotFound("diagram", file[:200])
    return Response(found, content_type="application/xml; charset=utf-8")


def _readable(reading: Reading) -> Package:
    """The draft without the diagrams that cannot be read: the check names them."""
    diagrams = {name: content for name, content in reading.package.diagrams.items() if name not in reading.lost}
    return replace(reading.package, diagrams=diagrams)


def _chosen(name: str, numbers: tuple[int, ...]) -> int | None:
    found = whole_number(request.args.get(name, ""))
    if found is not None and found not in numbers:
        raise NotFound("version", found)
    return found


def _package(procedure: str, version: int) -> Package:
    with site().database.reading(actor().company_id) as connection:
        return site().deployments.version(connection, actor().company_id, procedure, version).package


def _drawings(
    procedure: str, found: tuple[Difference, ...], *, old: tuple[int, Package], new: tuple[int | None, Package]
) -> Iterator[SimpleNamespace]:
    """The diagrams with something different in them: as they are now, and as they were where something went."""
    (before, was), (after, now) = old, new
    drawn = [each for each in found if each.file]
    for file in sorted({each.file for each in drawn}):
        here = [each for each in drawn if each.file == file]
        came = [each for each in here if each.kind is not Kind.REMOVED]
        went = [each for each in here if each.kind is Kind.REMOVED]
        if came and file in now.diagrams:
            address = url_for("drafts.file", procedure=procedure, file=file)
            if after:
                address = url_for("differences.drawing", procedure=procedure, version=after, file=file)
            yield _drawing(file, address, came, is_old=False)
        if went and file in was.diagrams:
            address = url_for("differences.drawing", procedure=procedure, version=before, file=file)
            yield _drawing(file, address, went, is_old=True)


def _drawing(file: str, address: str, marked: list[Difference], *, is_old: bool) -> SimpleNamespace:
    marks = {_MARKS[kind]: [each.id for each in marked if each.kind is kind] for kind in Kind}
    return SimpleNamespace(file=file, url=address, is_old=is_old, marks=marks, focus=marked[0].id)


class _Look:
    """How a difference is told to this reader."""

    def __init__(self, old: Package, new: Package) -> None:
        self._names: dict[str, dict[str, str]] = {}
        self._clauses: dict[tuple[str, str], list[str]] = {}
        for package in (old, new):
            self._learn("due", {key: words(each.title) for key, each in package.deadlines.items()})
            self._learn("form", {key: words(each.title) for key, each in package.forms.items()})
            self._learn("group", {key: words(each.name) for key, each in package.company.groups.items()})
            self._clauses |= _clauses_by_link(package)
            elements = {key: words(each) for key, each in package.element_names.items()}
            for facet in ("from", "to", "lane", "called", "inside", "attached", "runs_from", "runs_until"):
                self._learn(facet, elements)

    def entry(self, found: Difference) -> SimpleNamespace:
        return SimpleNamespace(
            kind=found.kind.value,
            name=words(found.name) or found.id,
            id=found.id,
            facets=[self._facet(facet) for facet in found.facets],
            clauses=enumerated(self._clauses.get((_LINKED.get(found.part, ""), found.id), ()), language()),
        )

    def _facet(self, facet: Facet) -> SimpleNamespace:
        is_long = len(facet.before) + len(facet.after) > _QUOTED
        return SimpleNamespace(
            name=_facet_words(facet.name),
            is_long=is_long,
            before="" if is_long else self._value(facet.name, facet.before),
            after="" if is_long else self._value(facet.name, facet.after),
        )

    def _value(self, facet: str, value: str) -> str:
        if facet == "unit" and value in _UNITS:
            return words(unit_words(Unit(value)))
        return self._names.get(facet, {}).get(value, value)

    def _learn(self, facet: str, names: Mapping[str, str]) -> None:
        self._names.setdefault(facet, {}).update(names)


def _clauses_by_link(package: Package) -> dict[tuple[str, str], list[str]]:
    """Kind of link and id -> the clauses that it carries out, as people quote them."""
    look, found = reader(own_time_zone()), dict[tuple[str, str], list[str]]()
    for clause in package.clauses:
        for kind in set(_LINKED.values()):
            for id_ in getattr(clause, kind):
                quoted = found.setdefault((kind, id_), [])
                reference = clause_reference(clause.reference, reader=look)
                if reference not in quoted:
                    quoted.append(reference)
    return found


def _part_words(part: Part) -> str:
    gettext = current_translator().gettext
    return {
        Part.STEP: gettext("Steps and events"),
        Part.WAY: gettext("Ways"),
        Part.LANE: gettext("Lanes"),
        Part.DEADLINE: gettext("Time limits"),
        Part.FORM: gettext("Forms"),
        Part.FIELD: gettext("Fields of forms"),
        Part.DECISION: gettext("Decision tables"),
        Part.LETTER: gettext("Letters"),
        Part.CLAUSE: gettext("Clauses"),
        Part.SETTING: gettext("Settings"),
    }[part]


def _facet_words(name: str) -> str:
    """What a fact is called; one that has no name of its own is shown as it is written."""
    plain, _, language = name.rpartition(" ")
    if plain and language in LANGUAGES:
        return f"{_facet_words(plain)} ({_LANGUAGES[language]})"
    gettext = current_translator().gettext
    return {
        "name": gettext("What it is called"),
        "kind": gettext("Kind"),
        "lane": gettext("Lane"),
        "group": gettext("Group"),
        "form": gettext("Form"),
        "due": gettext("Time limit"),
        "guidance": gettext("Guidance"),
        "condition": gettext("Condition"),
        "default": gettext("Default way"),
        "from": gettext("From"),
        "to": gettext("To"),
        "decision": gettext("Decision table"),
        "called": gettext("Called procedure"),
        "script": gettext("Calculation"),
        "service": gettext("Service"),
        "time": gettext("Time"),
        "message": gettext("Message"),
        "amount": gettext("Length"),
        "unit": gettext("Unit"),
        "subject": gettext("Subject"),
        "body": gettext("Text"),
        "element": gettext("Steps"),
        "reference": gettext("Reference"),
        "label": gettext("Label"),
        "required": gettext("Must be answered"),
        "type": gettext("Type"),
        "options": gettext("Options"),
        "content": gettext("Content"),
    }.get(name, name)
