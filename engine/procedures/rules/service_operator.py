"""A service task asks for an unknown service or asks wrongly: nobody could answer it and the case would stand still."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.findings import Finding
from engine.procedures.diagram import Element, Operator
from engine.procedures.subject import Subject, error_at, warning_at
from engine.procedures.words import listed, suggestion, way_out

NEEDS = ("company.toml", "texts/")
#: A FEEL text literal without escapes, the usual way to name a letter or group.
_LITERAL = re.compile(r'"([^"\\]*)"')
CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Service:
    """What one operator must be given, and whether more is welcome."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    open_ended: bool = False
    answers: bool = True  #: whether it has a result to keep


SERVICES: Mapping[str, Service] = {
    "send_letter": Service(required=("letter", "to"), open_ended=True, answers=False),
    "count_cases": Service(required=("field", "value", "days")),
    "case_statistics": Service(required=("days",), optional=("procedure",)),
    "ask_customers": Service(required=("procedure", "survey"), optional=("customers",)),
    "survey_results": Service(required=(), optional=("procedure", "days")),
}


def check(subject: Subject) -> Iterator[Finding]:
    for task in subject.diagram.of_kind("serviceTask"):
        if task.operator is None:
            yield error_at(task, f"expected {task.id} to name a service, found none; there is {listed(SERVICES)}")
        elif task.operator.id not in SERVICES:
            hint = way_out(task.operator.id, SERVICES)
            yield error_at(task, f'expected {task.id} to name a service, found "{task.operator.id}"{hint}')
        else:
            yield from _parameters(task, task.operator, SERVICES[task.operator.id])
            yield from _letter(subject, task, task.operator)


def _parameters(task: Element, operator: Operator, service: Service) -> Iterator[Finding]:
    for name in service.required:
        if not operator.parameters.get(name):
            message = f"expected {operator.id} of {task.id} to have the parameter {name}, found none; add it"
            yield error_at(task, message, line=operator.line)
    for name in operator.parameters:
        known = service.required + service.optional
        if name not in known and not service.open_ended:
            hint = suggestion(name, known) or "; remove it"
            message = f'expected parameters {listed(known)} for {operator.id} of {task.id}, found "{name}"{hint}'
            yield error_at(task, message, line=operator.line)
    if service.answers and not task.properties.get("result"):
        message = (
            f"expected {task.id} to keep the answer of {operator.id}, found no property result; the answer is lost"
        )
        yield warning_at(task, message, line=operator.line)


def _letter(subject: Subject, task: Element, operator: Operator) -> Iterator[Finding]:
    letters, groups = subject.package.letters, subject.package.company.groups
    letter, to = (_LITERAL.fullmatch(operator.parameters.get(name, "")) for name in ("letter", "to"))
    if letter and letter[1] not in letters:
        message = (
            f'expected {task.id} to send a letter of the package, found "{letter[1]}"{way_out(letter[1], letters)}'
        )
        yield error_at(task, message, line=operator.line)
    if to and operator.id == "send_letter" and to[1] not in {CUSTOMER, *groups}:
        hint = way_out(to[1], [CUSTOMER, *groups])
        message = f'expected {task.id} to send to "{CUSTOMER}" or a group, found "{to[1]}"{hint}'
        yield error_at(task, message, line=operator.line)
