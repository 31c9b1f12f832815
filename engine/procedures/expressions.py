"""Every FEEL text of a package and the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.calendars import Unit
from engine.procedures.diagram import Element
from engine.procedures.subject import Subject, is_expression


@dataclass(frozen=True, slots=True)
class FeelText:
    """One expression, what it is for, and where it stands."""

    text: str
    use: str  #: for messages, e.g. ``the condition of flow f_founded``
    file: str
    line: int | None
    element: str  #: id of the element, flow, lane or deadline it belongs to
    names_at: str = ""  #: element whose data it sees; "" where any data of the case may be meant
    names_after: bool = False  #: whether what that element writes is there already


def feel_texts(subject: Subject) -> Iterator[FeelText]:
    """All expressions in the order of the diagrams, then those of procedure.toml. Empty texts are left out."""
    return (found for found in _all(subject) if found.text.strip())


def _all(subject: Subject) -> Iterator[FeelText]:
    for flow in subject.diagram.flows.values():
        if flow.condition is not None:
            use = f"the condition of flow {flow.id}"
            yield FeelText(flow.condition, use, flow.file, flow.line, flow.id, flow.source, names_after=True)
    for element in subject.diagram.elements.values():
        yield from _of_element(element)
    for each in subject.diagram.correlations:
        yield FeelText(each.text, f"the correlation {each.property}", each.file, each.line, each.property)
    yield from _of_procedure(subject)


def _of_element(element: Element) -> Iterator[FeelText]:
    def found(text: str, use: str, line: int | None = None) -> FeelText:
        return FeelText(text, f"{use} of {element.id}", element.file, line or element.line, element.id, element.id)

    if element.kind == "scriptTask":
        yield found(element.script, "the script")
    for name in ("due", "group"):
        if is_expression(text := element.properties.get(name, "")):
            yield found(text[1:], f"the property {name}")
    yield found(element.payload, "the payload")
    yield replace(found(element.condition, "the condition"), names_at="")  # it sees what other branches write as well
    if element.operator:
        for name, text in element.operator.parameters.items():
            yield found(text, f"the parameter {name}", element.operator.line)
    yield found(element.repeats.get("loopCardinality", ""), "the loopCardinality")
    if condition := element.repeats.get("completionCondition", ""):
        yield replace(found(condition, "the completionCondition"), names_at="")  # it sees counters and items as well


def _of_procedure(subject: Subject) -> Iterator[FeelText]:
    file = "procedure.toml"
    for lane, group in subject.package.lanes.items():
        if is_expression(group):
            yield FeelText(group[1:], f"the group of lane {lane}", file, subject.line_of(file, "lanes", lane), lane)
    for id_, deadline in subject.package.deadlines.items():
        if deadline.unit is not Unit.FIELD:
            line = subject.line_of(file, "deadlines", id_, "amount")
            yield FeelText(deadline.amount, f"the amount of deadline {id_}", file, line, id_)
    for rule in subject.package.confidential:
        line = subject.line_of(file, "confidential", rule.id, "when")
        yield FeelText(rule.when, f"confidential.{rule.id}.when", file, line, rule.id)
    for id_, report in subject.package.reports.items():
        line = subject.line_of(file, "reports", id_)
        for text in (report.where, report.rows, report.across, *(column.show for column in report.columns)):
            yield FeelText(text, f"an expression of report {id_}", file, line, id_)
        for figure in report.figures:
            line = subject.line_of(file, "reports", id_, "figures", figure.id)
            for text in (figure.count, figure.among, figure.sum, figure.mean, figure.value):
                yield FeelText(text, f"figure {figure.id} of report {id_}", file, line, id_)
    for id_, trigger in subject.package.triggers.items():
        line = subject.line_of(file, "triggers", id_)
        for text in (trigger.where, trigger.by, trigger.distinct, trigger.mean, trigger.count):
            yield FeelText(text, f"an expression of trigger {id_}", file, line, id_)
    if subject.package.corrective:
        line = subject.line_of(file, "corrective", "like")
        yield FeelText(subject.package.corrective.like, "corrective.like", file, line, "corrective")
    for id_, survey in subject.package.surveys.items():
        line = subject.line_of(file, "surveys", id_)
        for text in (survey.where, survey.by, survey.customer, *survey.data.values()):
            yield FeelText(text, f"an expression of survey {id_}", file, line, id_)
    for element, fill in subject.package.customer.fills.items():
        for name, text in fill.says.items():
            line = subject.line_of(file, "customer", "fills", element, "says", name)
            yield FeelText(text, f"what customer.fills.{element} says of {name}", file, line, element, element)
    satisfied = subject.package.case.satisfied
    yield FeelText(satisfied, "case.satisfied", file, subject.line_of(file, "case", "satisfied"), "case")
