"""[steps] or [confidential] speaks of something that is no user task: what it says there would bind nobody."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.subject import Subject, error_in
from engine.procedures.words import way_out

NEEDS = ("procedure.toml", ".bpmn")
FILE = "procedure.toml"


def check(subject: Subject) -> Iterator[Finding]:
    tasks = {element.id for element in subject.diagram.of_kind("userTask")}
    for secret in subject.package.confidential:
        for id_ in secret.steps:
            if id_ not in tasks:
                found = f'found "{id_}"{way_out(id_, tasks)}'
                message = f"expected confidential.{secret.id}.steps to name user tasks, {found}"
                yield error_in(subject, FILE, message, "confidential", secret.id, "steps")
    if corrective := subject.package.corrective:
        for key, ids in (("done", corrective.done), ("check", corrective.check)):
            for id_ in ids:
                if id_ not in tasks:
                    found = f'found "{id_}"{way_out(id_, tasks)}'
                    message = f"expected corrective.{key} to name user tasks, {found}"
                    yield error_in(subject, FILE, message, "corrective", key)
    for id_, rule in subject.package.steps.items():
        if id_ not in tasks:
            message = f"expected [steps.{id_}] to be named after a user task, found none{way_out(id_, tasks)}"
            yield error_in(subject, FILE, message, "steps", id_)
        for other in rule.separate_from:
            if other not in tasks - {id_}:
                found = f'found "{other}"{way_out(other, tasks - {id_})}'
                message = f"expected steps.{id_}.separate_from to name other user tasks, {found}"
                yield error_in(subject, FILE, message, "steps", id_, "separate_from")
