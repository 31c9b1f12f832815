"""A printed record names a form, or a step needs an answer, that no form has: it would never be there."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.forms.model import answered
from engine.procedures.subject import Subject, error_in

NEEDS = ("procedure.toml", "forms/")
FILE = "procedure.toml"


def check(subject: Subject) -> Iterator[Finding]:
    package = subject.package
    for record in package.records.values():
        for form in record.forms:
            if form not in package.forms:
                message = (
                    f'expected records.{record.id} to name forms of the procedure, found "{form}"; '
                    f"name some of {', '.join(sorted(package.forms))}"
                )
                yield error_in(subject, FILE, message, "records", record.id, "forms")
    asked = {name for form in package.forms.values() for name, _ in answered(form)}
    for step, rule in package.steps.items():
        for name in rule.needs:
            if name not in asked:
                message = (
                    f'expected steps.{step} to need answers that some form asks for, found "{name}"; '
                    "correct the name, or remove it"
                )
                yield error_in(subject, FILE, message, "steps", step, "needs")
