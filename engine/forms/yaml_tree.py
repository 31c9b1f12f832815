"""YAML of strangers as plain values with line numbers: no aliases, tags or duplicate keys, bounded size and depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

MAX_BYTES: Final = 256 * 1024
_MAX_DEPTH: Final = 16
_MAX_NODES: Final = 40_000
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, read faster where libyaml is there
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}", re.ASCII)
#: YAML 1.2 core: ``yes``, ``no`` and ``on`` are words, dates are text, 0123 is not octal.
_WORDS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}

Path = tuple[str | int, ...]


class YamlRefused(Exception):
    """The text is not the plain YAML we read. *line* is 1-based."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass(slots=True)
class Tree:
    """A document: mappings are dictionaries with text keys, sequences are tuples."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)  #: where each value begins, for keys the line of the key

    def line(self, path: Path) -> int | None:
        """The line of *path* or of the nearest thing around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def read_yaml(content: bytes) -> Tree:
    """The one document in *content*; raises YamlRefused."""
    if len(content) > MAX_BYTES:
        raise YamlRefused(f"expected at most {MAX_BYTES // 1024} KiB, found {len(content) // 1024}", None)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlRefused("expected UTF-8 text; save the file in UTF-8", line) from None
    reader = _Reader(yaml.parse(text, Loader=LOADER))
    try:
        return reader.document()
    except yaml.YAMLError as error:
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise YamlRefused(f"expected YAML, found: {what}", _line_of_error(error, text)) from None


class _Reader:
    """Builds values from events, so that nothing is built before its size, depth and kind are known to be harmless."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._tree = Tree()
        self._nodes = 0

    def document(self) -> Tree:
        while not isinstance(event := next(self._events), yaml.NodeEvent):
            if isinstance(event, yaml.StreamEndEvent):
                raise YamlRefused("expected a form, found an empty file", 1)
        self._tree.value = self._node(event, ())
        for rest in self._events:
            if isinstance(rest, yaml.NodeEvent):
                raise YamlRefused("expected one document, found a second one", _line(rest))
        return self._tree

    def _node(self, event: Any, path: Path) -> Any:
        line = _line(event)
        self._refuse_unsafe(event, path, line)
        self._tree.lines.setdefault(path, line)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _refuse_unsafe(self, event: Any, path: Path, line: int) -> None:
        self._nodes += 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise YamlRefused("anchors and aliases (& and *) are not allowed; write the part out", line)
        if event.tag is not None:
            raise YamlRefused(f"tags are not allowed, found {event.tag[:60]!r}", line)
        if len(path) > _MAX_DEPTH:
            raise YamlRefused(f"nested deeper than {_MAX_DEPTH}", line)
        if self._nodes > _MAX_NODES:
            raise YamlRefused(f"more than {_MAX_NODES} values", line)

    def _sequence(self, path: Path) -> tuple[Any, ...]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return tuple(items)

    def _mapping(self, path: Path) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlRefused("expected a name before the colon", line)
            self._refuse_unsafe(event, path, line)
            key = event.value
            if key in items:
                raise YamlRefused(f"the name {key[:60]!r} occurs twice; delete one", line)
            self._tree.lines[(*path, key)] = line
            items[key] = self._node(next(self._events), (*path, key))
        return items


def _line_of_error(error: yaml.YAMLError, text: str) -> int:
    """1-based; what is missing at the end is reported on the last line."""
    mark = getattr(error, "problem_mark", None)
    position = getattr(error, "position", 0)
    line = int(mark.line) if mark is not None else text.count("\n", 0, position if isinstance(position, int) else 0)
    return min(line, text.count("\n")) + 1


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
