"""What the editors of a procedure offer to choose from: the draft's own forms, groups, deadlines, fields …"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.decisions import DecisionError, DecisionModel, read_decisions
from engine.decisions.model import Table
from engine.errors import UnsafeFile
from engine.forms.model import ChoiceField, RowsField, answered
from engine.procedures import Reading
from engine.procedures.intake import option_lists
from engine.text import Text
from webapp.presentation import clause_reference
from webapp.shell import own_time_zone, reader, words

#: What a field of a form is to an expression, by the field's type; the others are not compared with anything.
VALUE_TYPES: Final[Mapping[str, str]] = {
    "text": "string",
    "textarea": "string",
    "number": "number",
    "date": "date",
    "datetime": "date and time",
    "choice": "string",
    "yesno": "boolean",
    "rows": "list",
}


def editor_choices(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    """Everything that an element of the diagrams may name, with words in the reader's language."""
    package, look = reading.package, reader(own_time_zone())
    return {
        "forms": [_choice(form.id, form.title) for form in package.forms.values()],
        "groups": [_choice(group.id, group.name) for group in package.company.groups.values()],
        "deadlines": [_choice(rule.id, rule.title) for rule in package.deadlines.values()],
        "decisions": _decisions(package.decisions),
        "letters": [_choice(letter.id, letter.subject) for letter in package.letters.values()],
        "clauses": [
            {"id": clause.id, "label": clause_reference(clause.reference, reader=look), "text": words(clause.summary)}
            for clause in package.clauses
        ],
        "messages": [
            {"id": name, "label": name}
            for name in sorted({e.message for e in reading.diagram.elements.values() if e.message})
        ],
        "procedures": [
            {"id": process.id, "label": words(package.element_names.get(process.id, {})) or process.id}
            for process in reading.diagram.processes.values()
        ],
        "fields": fields_of_reading(reading),
    }


def fields_of_reading(reading: Reading) -> list[dict[str, Any]]:
    """Every name that data of a case may have: what forms ask, then what decisions say; each name once."""
    found: dict[str, dict[str, Any]] = {}
    for each in (*_asked(reading), *_decided(reading)):
        found.setdefault(each["id"], each)
    return list(found.values())


def _asked(reading: Reading) -> Iterator[dict[str, Any]]:
    lists = option_lists(reading.package.company)
    rows = {
        field.id for form in reading.package.forms.values() for field in form.fields if isinstance(field, RowsField)
    }
    for form in reading.package.forms.values():
        for path, field in answered(form):
            kind = VALUE_TYPES.get(str(getattr(field, "type", "")))
            if kind is None or path.partition(".")[0] in rows - {path}:
                continue
            options = field.choices(lists) if isinstance(field, ChoiceField) else ()
            many = isinstance(field, ChoiceField) and field.style == "checks"
            yield {
                **_choice(path, field.label),
                "type": "list" if many else kind,
                "options": [{"value": option.value, "label": words(option.label)} for option in options],
            }


def _decided(reading: Reading) -> Iterator[dict[str, Any]]:
    """What decision tables write into the case, with the values they may give."""
    for model in readable_decisions(reading.package.decisions):
        for decision in model.decisions.values():
            outputs = decision.logic.outputs if isinstance(decision.logic, Table) else ()
            for output in outputs:
                options = [value for value in output.order if isinstance(value, str)]
                yield {
                    "id": output.name,
                    "label": output.name,
                    "type": output.type.name.lower() if output.type.name == "Any" else output.type.name,
                    "options": [{"value": value, "label": value} for value in options],
                }


def _decisions(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"id": each.id, "label": each.name} for model in readable_decisions(files) for each in model.decisions.values()
    ]


def readable_decisions(files: Mapping[str, bytes]) -> Iterator[DecisionModel]:
    """The decision files that can be read; the check names the others."""
    for name, content in files.items():
        try:
            yield read_decisions(content, name)
        except (DecisionError, UnsafeFile):
            continue


def _choice(id_: str, label: Text) -> dict[str, Any]:
    return {"id": id_, "label": words(label) or id_}
