"""procedure.toml names a field that no form has: lists, letters and clocks would find nothing there."""

from __future__ import annotations

from collections.abc import Iterator

from engine.calendars import Unit
from engine.findings import Finding
from engine.procedures.data_flow import all_written
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import suggestion

NEEDS = ("procedure.toml", "forms/", ".bpmn")
FILE = "procedure.toml"


def check(subject: Subject) -> Iterator[Finding]:
    known = all_written(subject)
    for path, name in _named(subject):
        if name not in known:
            message = (
                f'expected {".".join(path)} to name a field that a form has, found "{name}"{suggestion(name, known)}'
            )
            yield error_in(subject, FILE, message, *path)
    yield from _received_at(subject)


def _named(subject: Subject) -> Iterator[tuple[tuple[str, ...], str]]:
    case = subject.package.case
    for key in ("title", "customer", "contact_mail", "level", "cause", "department"):
        if name := getattr(case, key):
            yield ("case", key), name
    for name in case.columns:
        yield ("case", "columns"), name
    for name in subject.package.work.respondent:
        yield ("work", "respondent"), name
    for rule in subject.package.confidential:
        for name in rule.fields:
            yield ("confidential", rule.id, "fields"), name
    intake = subject.package.intake
    for key in ("shop", "text"):
        if name := getattr(intake, key):
            yield ("intake", key), name
    for way, answers in intake.answers.items():
        for name in answers:
            yield ("intake", way), name
    for id_, deadline in subject.package.deadlines.items():
        if deadline.field:
            yield ("deadlines", id_, "field" if deadline.unit is Unit.FIELD else "before"), deadline.field


def _received_at(subject: Subject) -> Iterator[Finding]:
    start = subject.package.start
    form = subject.package.forms.get(start.form)
    if not start.received_at or form is None:
        return
    dates = [field.id for field in form.fields if field.type in {"date", "datetime"}]
    if start.received_at not in dates:
        message = (
            f'expected start.received_at to name a date or datetime of form "{form.id}", '
            f'found "{start.received_at}"{suggestion(start.received_at, dates)}'
        )
        yield error_in(subject, FILE, message, "start", "received_at")
