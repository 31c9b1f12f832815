"""What names every case in lists is confidential, or a form proposes or asks by it: it would be seen, or get lost."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.forms.model import is_given
from engine.procedures.package import Package
from engine.procedures.subject import Subject, error_in, warning_in

NEEDS = ("procedure.toml", "forms/")
FILE = "procedure.toml"


def check(subject: Subject) -> Iterator[Finding]:
    package = subject.package
    for rule in package.confidential:
        if package.case.title in rule.fields:
            message = (
                f'expected confidential.{rule.id} not to cover "{package.case.title}", which is the title of every '
                "case in lists and letters, found it; choose another title in [case]"
            )
            yield error_in(subject, FILE, message, "confidential", rule.id, "fields")
        for form, name in _looked_at(package, frozenset(rule.fields)):
            message = (
                f'expected no field of form "{form}" to be shown by "{name}", which confidential.{rule.id} covers, '
                "found one; who may not read it would see by that what it is"
            )
            yield warning_in(subject, FILE, message, "confidential", rule.id, "fields")


def _looked_at(package: Package, covered: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Forms whose questions depend on an earlier answer that is *covered*, with its name."""
    for form in package.forms.values():
        for condition in (field.show_if for field in form.fields if field.show_if is not None):
            for part in condition.fields():
                if is_given(part.field or "") and (name := (part.field or "")[6:]) in covered:
                    yield form.id, name
