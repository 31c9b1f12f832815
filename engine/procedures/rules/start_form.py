"""The form that starts a case does not exist: nobody could register a complaint."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import way_out

NEEDS = ("procedure.toml",)


def check(subject: Subject) -> Iterator[Finding]:
    start = subject.package.start
    for key, form in (("form", start.form), ("public_form", start.public_form)):
        if form and not subject.has_form(form):
            message = f'expected start.{key} to name a form, found "{form}"{way_out(form, subject.package.forms)}'
            yield error_in(subject, "procedure.toml", message, "start", key)
