"""Which names a case's data can have when a token arrives at an element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.forms import Form
from engine.procedures.diagram import Element
from engine.procedures.subject import Subject

#: Names the engine itself offers to expressions, forms and letters.
ALWAYS_KNOWN = frozenset({"number"})

#: What a case is told that a trigger starts: what was noticed, the cases behind it, the numbers of periods.
ALERT_DATA = frozenset({"alert", "alert_value", "alert_words", "alert_cases", "alert_counts"})

#: What a case is told that a survey starts: which one, and the number of the case that it is about.
SURVEY_DATA = frozenset({"survey", "survey_case"})

_BRINGING = frozenset({"message", "signal"})


@dataclass(frozen=True, slots=True)
class DataFlow:
    """Names by element that something before it can have written."""

    names: Mapping[str, frozenset[str]]
    unsure: frozenset[str]  #: elements behind a message or signal, which may bring names nobody declares

    def may_have(self, element: str, name: str) -> bool:
        """Whether the data may hold *name* at *element*."""
        return element in self.unsure or name in self.names.get(element, frozenset())


def data_flow(subject: Subject) -> DataFlow:
    """What is known before each element of every process."""
    diagram = subject.diagram
    names: dict[str, set[str]] = {id_: set(_given_at_start(subject, id_)) for id_ in diagram.elements}
    unsure: set[str] = set()
    for element in diagram.elements.values():
        names[element.id] |= _loop_names(element)
        written = written_by(subject, element)
        brings = not _BRINGING.isdisjoint(element.events)
        if not written and not brings:
            continue
        for later in diagram.reachable(element.id):
            names[later] |= written
            if brings:
                unsure.add(later)
    return DataFlow({id_: frozenset(found) for id_, found in names.items()}, frozenset(unsure))


def written_by(subject: Subject, element: Element) -> frozenset[str]:
    """Names that *element* itself can write into the data."""
    names: set[str] = set()
    if form := subject.package.forms.get(element.properties.get("form", "")):
        names |= answers_of(form)
    if result := element.properties.get("result"):
        names.add(result)
    if decision := subject.decisions.get(element.decision):
        names |= {element.decision, *decision.outputs}
    return frozenset(names | _loop_names(element))


def _loop_names(element: Element) -> set[str]:
    """Names that an activity with several instances gives each of them, or collects from them."""
    if not element.repeats:
        return set()
    tags = ("inputDataItem", "outputDataItem", "loopDataOutputRef")
    return {"loopCounter", *(name for tag in tags if (name := element.repeats.get(tag)))}


def all_written(subject: Subject) -> frozenset[str]:
    """Every name that a form or an element of the package can write."""
    forms = (answers_of(form) for form in subject.package.forms.values())
    told = ALERT_DATA if subject.package.triggers else frozenset[str]()
    return ALWAYS_KNOWN.union(
        told,
        told_by_surveys(subject),
        *forms,
        *(written_by(subject, element) for element in subject.diagram.elements.values()),
    )


def answers_of(form: Form) -> frozenset[str]:
    """Names in the data that *form* writes."""
    return frozenset(field.id for field in form.fields if field.type not in {"section", "show"})


def _given_at_start(subject: Subject, element: str) -> frozenset[str]:
    """What the intake forms give. Other processes of the package are called by the first or run without an intake."""
    package, process = subject.package, subject.diagram.elements[element].process
    told = ALERT_DATA if any(trigger.process == process for trigger in package.triggers.values()) else frozenset[str]()
    return told | _given_by_intake(subject, process)


def _given_by_intake(subject: Subject, process: str) -> frozenset[str]:
    start = subject.package.start
    called = {other.called for other in subject.diagram.of_kind("callActivity")}
    if process != subject.package.process and process not in called:
        return ALWAYS_KNOWN
    forms = (subject.package.forms.get(form) for form in (start.form, start.public_form))
    asked = told_by_surveys(subject) if process == subject.package.process else frozenset[str]()
    return ALWAYS_KNOWN.union(asked, *(answers_of(form) for form in forms if form))


def told_by_surveys(subject: Subject) -> frozenset[str]:
    """Names that the cases have which surveys of the procedure start."""
    surveys = subject.package.surveys.values()
    return SURVEY_DATA.union(*(survey.data for survey in surveys)) if surveys else frozenset()
