"""Reading clauses.toml."""

from __future__ import annotations

from engine.procedures.package import Clause
from engine.procedures.toml_tables import TableReader, shown


def read_clauses(table: TableReader, *, needed: tuple[str, ...]) -> tuple[tuple[Clause, ...], dict[str, str]]:
    """The clauses in the file's order, and the elements that serve none with the reason (``[ours]``)."""
    clauses: list[Clause] = []
    seen: set[str] = set()
    for entry in table.array("clause"):
        clause = _clause(entry, needed)
        if clause.id in seen:
            entry.wrong("id", "clause-twice", "an id no other clause has", f'"{shown(clause.id)}"')
        seen.add(clause.id)
        clauses.append(clause)
    ours = table.table("ours", required=False)
    reasons = {element: ours.text(element) for element in ours.names()} if ours else {}
    table.close()
    return tuple(clauses), reasons


def _clause(entry: TableReader, needed: tuple[str, ...]) -> Clause:
    return Clause(
        id=entry.text("id"),
        reference=entry.text("reference"),
        summary=entry.words("summary", needed=needed),
        element=entry.texts("element", one_too=True),
        form=entry.texts("form", one_too=True),
        decision=entry.texts("decision", one_too=True),
        deadline=entry.texts("deadline", one_too=True),
        report=entry.texts("report", one_too=True),
        schedule=entry.texts("schedule", one_too=True),
        trigger=entry.texts("trigger", one_too=True),
        letter=entry.texts("letter", one_too=True),
        record=entry.texts("record", one_too=True),
        setting=entry.texts("setting", one_too=True),
        guidance=entry.texts("guidance", one_too=True),
        excused=entry.text("excused", default=""),
    )
