"""A clause says neither where it lives nor why nothing executes it: nobody could tell whether it is kept."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.coverage import is_linked
from engine.procedures.subject import Subject, error_in

FILE = "clauses.toml"


def check(subject: Subject) -> Iterator[Finding]:
    for index, clause in enumerate(subject.package.clauses):
        linked, excused = is_linked(clause), bool(clause.excused)
        if linked == excused:
            found = (
                "both links and excused; keep one of them" if linked else "neither; link it or say why it is excused"
            )
            message = f"expected clause {clause.id} to have links or excused, found {found}"
            yield error_in(subject, FILE, message, "clause", str(index), clause=clause.id)
