"""How a case's data reads: labels of options, names of groups, never their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.forms import AnyField, Form, Option, RowsField, ShowField, readable
from engine.forms.model import AnsweredField
from engine.text import enumerated, in_language


@dataclass(frozen=True, slots=True)
class DataWords:
    """The words one procedure has for its data, in one language.

    What a form asked for reads as that form says. What tables and scripts computed reads as a ``show`` field with
    options says, else as the company's group of that id, else field by field.
    """

    asked: Mapping[str, AnyField]  #: by the name in the data, fields inside rows included
    shown: Mapping[str, ShowField]  #: by the name in the data
    groups: Mapping[str, str]  #: group id -> name
    lists: Mapping[str, Sequence[Option]]
    language: str

    def label(self, name: str) -> str:
        """What the forms call that name of the data, "" where none mentions it."""
        found = self.asked.get(name) or self.shown.get(name)
        return in_language(found.label, self.language) if found else ""

    def value(self, name: str, value: Any, *, shown_by: ShowField | None = None) -> str:
        """*value* of that name as one text. *shown_by* is asked for its options before other fields of the name."""
        if name in self.asked:
            return readable(self.asked[name], value, self.language, lists=self.lists)
        labelled = next((f for f in (shown_by, self.shown.get(name)) if f is not None and f.options), None)
        return self._computed(value, labelled)

    def _computed(self, value: Any, labelled: ShowField | None) -> str:
        if isinstance(value, Mapping):
            pairs = [(self.label(key), self.value(key, part)) for key, part in value.items()]
            return " · ".join(f"{label} {words}".strip() for label, words in pairs if words)
        if isinstance(value, list | tuple):
            items = [self._computed(item, labelled) for item in value]
            in_lines = any(isinstance(item, Mapping) for item in value)
            return "\n".join(items) if in_lines else enumerated(items, self.language)
        if labelled is None and isinstance(value, str) and value in self.groups:
            return self.groups[value]
        return readable(labelled or _PLAIN, value, self.language, lists=self.lists)


def data_words(
    forms: Iterable[Form], *, groups: Mapping[str, str], lists: Mapping[str, Sequence[Option]], language: str
) -> DataWords:
    """The words of a procedure with these *forms*; *groups* are already in the reader's language."""
    asked: dict[str, AnyField] = {}
    inner: dict[str, AnyField] = {}
    shown: dict[str, ShowField] = {}
    for field in (field for form in forms for field in form.fields):
        if isinstance(field, ShowField):
            if field.source not in shown or field.options:
                shown[field.source] = field
        elif isinstance(field, AnsweredField):
            asked[field.id] = field
        if isinstance(field, RowsField):
            inner.update({item.id: item for item in field.fields})
    return DataWords(inner | asked, shown, groups, lists, language)


#: For values of which no form says anything.
_PLAIN = ShowField(id="value", type="show", label={"zh-Hans": "值", "zh-Hant": "值", "en": "Value"})
