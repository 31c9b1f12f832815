"""What a rule looks at, and how it says what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.findings import Finding, Severity
from engine.procedures.decision_index import DecisionIndex
from engine.procedures.diagram import Diagram, Element, Flow
from engine.procedures.package import Package
from engine.procedures.toml_tables import Path, key_lines, nearest_line
from engine.text import Text


@dataclass(frozen=True)
class Subject:
    """One package under check, with its parts already read."""

    package: Package
    diagram: Diagram
    decisions: DecisionIndex
    lost: frozenset[str] = frozenset()  #: files that could not be read, so that what they hold is not called missing

    def lacks(self, needs: tuple[str, ...]) -> bool:
        """Whether a lost file's path begins or ends with one of *needs*."""
        return any(path.startswith(needs) or path.endswith(needs) for path in self.lost)

    def letter_templates(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every template of every letter, with its file and the key path in it."""
        for letter in self.package.letters.values():
            for part, texts in (("subject", letter.subject), ("body", letter.body)):
                for language, template in texts.items():
                    yield (f"texts/{language}.toml", "letters", letter.id, part), template

    def line_of(self, file: str, *path: str) -> int | None:
        """The line where a key of a TOML file stands, or the nearest table around it."""
        return nearest_line(self._toml_lines.get(file, {}), path)

    def has_form(self, form: str) -> bool:
        """Whether a form has a file; one that cannot be read is a finding of its own and not called missing."""
        return f"forms/{form}.yaml" in self.package.files

    @cached_property
    def _toml_lines(self) -> Mapping[str, Mapping[Path, int]]:
        asked = [path for path in self.package.files if path.endswith(".toml") and not path.startswith("scenarios/")]
        return {path: key_lines(self.package.files[path].decode(errors="replace")) for path in asked}


def error_at(part: Element | Flow, message: str, *, line: int | None = None, **params: str) -> Finding:
    """An error in a diagram, at an element or flow."""
    return Finding("", Severity.ERROR, message, part.file, line or part.line, part.id, params)


def warning_at(part: Element | Flow, message: str, *, line: int | None = None, **params: str) -> Finding:
    """A warning in a diagram, at an element or flow."""
    return Finding("", Severity.WARNING, message, part.file, line or part.line, part.id, params)


def error_in(subject: Subject, file: str, message: str, *path: str, **params: str) -> Finding:
    """An error in a file; *path* leads to the key in a TOML file, its last part being what is meant."""
    element = path[-1] if path else None
    return Finding("", Severity.ERROR, message, file, subject.line_of(file, *path), element, params)


def warning_in(subject: Subject, file: str, message: str, *path: str, **params: str) -> Finding:
    """A warning in a file; *path* as in ``error_in``."""
    element = path[-1] if path else None
    return Finding("", Severity.WARNING, message, file, subject.line_of(file, *path), element, params)


def missing_languages(words: Text, needed: tuple[str, ...]) -> list[str]:
    """The *needed* languages without words."""
    return [tag for tag in needed if not words.get(tag, "").strip()]


def is_expression(text: str) -> bool:
    """Whether a property's text is FEEL rather than an id."""
    return text.startswith("=")
