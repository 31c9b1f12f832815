"""Reading the files of ``texts/``: one language a file, the same keys in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.procedures.package import Letter
from engine.procedures.toml_tables import TableReader
from engine.text import Text

Words = dict[str, dict[str, str]]  # id -> language -> words


@dataclass(slots=True)
class Texts:
    """What all languages together say, while they are being read."""

    subjects: Words = field(default_factory=dict)
    bodies: Words = field(default_factory=dict)
    guidance: Words = field(default_factory=dict)
    elements: Words = field(default_factory=dict)

    def letters(self) -> dict[str, Letter]:
        """The letters by id, in the order they were first met."""
        return {
            id_: Letter(id=id_, subject=subject, body=self.bodies.get(id_, {}))
            for id_, subject in self.subjects.items()
        }


def read_texts(table: TableReader, language: str, *, own: str, texts: Texts) -> None:
    """Adds the words of one language to *texts*. *own* is the language of the diagram."""
    for id_, letter in table.tables("letters"):
        texts.subjects.setdefault(id_, {})[language] = letter.text("subject")
        texts.bodies.setdefault(id_, {})[language] = letter.text("body")
    for key, words in (("guidance", texts.guidance), ("elements", texts.elements)):
        section = table.table(key, required=False)
        for id_ in section.names() if section else ():
            assert section is not None
            words.setdefault(id_, {})[language] = section.text(id_)
    if language == own and table.has("elements"):
        table.wrong(
            "elements",
            "elements-in-own-language",
            "in the files of other languages",
            "it in the diagram's own; write the names in the diagram",
        )
    table.close()


def element_names(names: Mapping[str, str], texts: Texts, *, own: str) -> dict[str, Text]:
    """Every element's names: the diagram's (*names*) in the company's *own* language, the others from *texts*."""
    found: dict[str, Text] = {}
    for id_, name in names.items():
        words = {own: name} if name else {}
        words.update({language: text for language, text in texts.elements.get(id_, {}).items() if language != own})
        if words:
            found[id_] = words
    return found
