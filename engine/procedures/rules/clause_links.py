"""A clause links to something that does not exist: the package would claim to do what it does not."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from engine.findings import Finding
from engine.forms import fields_of
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import suggestion, way_out

NEEDS = ("company.toml", "procedure.toml", "texts/", ".bpmn", ".dmn")
FILE = "clauses.toml"


def check(subject: Subject) -> Iterator[Finding]:
    lookups = _lookups(subject)
    for index, clause in enumerate(subject.package.clauses):
        for kind, problem_of in lookups.items():
            for link in getattr(clause, kind):
                if problem := problem_of(link):
                    message = f'expected {kind} of clause {clause.id} to exist, found "{link}"{problem}'
                    yield error_in(subject, FILE, message, "clause", str(index), kind, clause=clause.id)


def _lookups(subject: Subject) -> Mapping[str, Callable[[str], str]]:
    """For each kind of link a function that answers what is wrong with one, or ""."""
    package, diagram = subject.package, subject.diagram
    parts = {*diagram.elements, *diagram.flows, *diagram.lanes, *diagram.processes}
    settings = [_tables(package.files.get(file, b"")) for file in ("procedure.toml", "company.toml")]
    return {
        "element": _among(parts),
        "form": lambda link: _form_problem(subject, link),
        "decision": lambda link: _decision_problem(subject, link),
        "deadline": _among(package.deadlines),
        "report": _among(package.reports),
        "schedule": _among(package.schedules),
        "trigger": _among(package.triggers),
        "letter": _among(package.letters),
        "record": _among(package.records),
        "guidance": _among(package.guidance),
        "setting": lambda link: "" if any(_has(tables, link) for tables in settings) else _NO_SETTING,
    }


_NO_SETTING = "; a setting is a key of procedure.toml or company.toml by dotted path, e.g. deadlines.reply"


def _among(known: Collection[str]) -> Callable[[str], str]:
    return lambda link: "" if link in known else way_out(link, known)


def _form_problem(subject: Subject, link: str) -> str:
    name, _, field = link.partition(".")
    if not subject.has_form(name):
        return way_out(name, subject.package.forms)
    form = subject.package.forms.get(name)
    if not field or form is None:
        return ""
    fields = {*fields_of(form), *(part.id for part in form.fields)}
    return "" if field in fields else suggestion(field, fields) or f"; form {name} has no such field"


def _decision_problem(subject: Subject, link: str) -> str:
    name, hash_, rule = link.partition("#")
    decision = subject.decisions.get(name)
    if decision is None:
        return way_out(name, subject.decisions)
    if not hash_ or (rule.isascii() and rule.isdigit() and 1 <= int(rule[:9]) <= decision.rules):
        return ""
    return f"; decision {name} has rules 1 to {decision.rules}"


def _tables(content: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(content.decode(errors="replace"))
    except (ValueError, RecursionError):  # reading has said so already
        return {}


def _has(tables: Mapping[str, Any], path: str) -> bool:
    value: Any = tables
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True
