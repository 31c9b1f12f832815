"""Strict reading of TOML tables: every wrong, missing or unknown key becomes a finding, and reading goes on.

``tomllib`` gives no positions, so the lines are found again by a light scan of the text. The scan only serves messages:
where it errs, a message names a line too early, never a wrong value.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, Final

from engine.findings import Finding, Severity
from engine.procedures.words import listed, suggestion
from engine.text import LANGUAGES, Text

#: Ids that stand in data, expressions and URLs: English snake_case.
IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
#: Bytes one TOML file may have; the largest of our own has 60 KB.
MAX_TOML_BYTES: Final = 500_000

_KEY_PART: Final = r"(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)"
_DOTTED: Final = rf"{_KEY_PART}(?:\s*\.\s*{_KEY_PART})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ASSIGNMENT: Final = re.compile(rf"\s*({_DOTTED})\s*=")
_TYPE_NAMES: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
    datetime: "a date-time",
    date: "a date",
    time: "a time",
}

Path = tuple[str, ...]


@dataclass(frozen=True)
class TomlFile:
    """One parsed file: its path inside the package, its root table and its text, for the lines of messages."""

    name: str
    table: Mapping[str, Any]
    text: str = ""

    def line(self, path: Path) -> int | None:
        """The line of *path* or of the nearest table around it."""
        return nearest_line(self._lines, path)

    @cached_property
    def _lines(self) -> Mapping[Path, int]:
        return key_lines(self.text)


def parse_toml(content: bytes, name: str, findings: list[Finding]) -> TomlFile | None:
    """The file's tables, or None after adding the finding that says why it cannot be read."""
    if len(content) > MAX_TOML_BYTES:
        findings.append(_whole_file("file-too-large", name, f"at most {MAX_TOML_BYTES} bytes", f"{len(content)}"))
        return None
    try:
        text = content.decode("utf-8-sig")
        return TomlFile(name, tomllib.loads(text), text)
    except UnicodeDecodeError:
        findings.append(_whole_file("file-not-utf-8", name, "UTF-8 text", "other bytes; save it as UTF-8"))
    except RecursionError:
        findings.append(_whole_file("toml-syntax", name, "plain TOML tables", "tables nested too deeply"))
    except ValueError as error:  # TOMLDecodeError, and numbers beyond Python's digit limit
        line = re.search(r"at line (\d+)", str(error))
        message = f"expected {name} to be valid TOML, found: {error}"
        findings.append(Finding("toml-syntax", Severity.ERROR, message, name, int(line[1]) if line else None))
    return None


def nearest_line(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of *path* or of the nearest table around it that has one."""
    return next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), None)


def key_lines(text: str) -> dict[Path, int]:
    """The 1-based line of every table header and key that stands at the start of a line.

    Tables of an array are counted from 0: ``("clause", "0", "id")``.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    open_quotes = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if open_quotes:
            if line.count(open_quotes) % 2:
                open_quotes = ""
            continue
        if header := _HEADER.match(line):
            table = _split_key(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, str(counts[table]))
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            lines.setdefault((*table, *_split_key(assignment[1])), number)
        open_quotes = next((quotes for quotes in ('"""', "'''") if line.count(quotes) % 2), "")
    return lines


class TableReader:
    """Takes values out of one table by key. What is wrong is noted in *findings* and answered with an empty value.

    Call ``close`` when every known key was asked for: keys nobody asked for are findings too.
    """

    def __init__(self, file: TomlFile, table: Mapping[str, Any], *, findings: list[Finding], path: Path = ()) -> None:
        self._file, self._table, self._findings, self._path = file, table, findings, path
        self._known: list[str] = []

    def has(self, key: str) -> bool:
        """Whether the table has *key*; asking makes it a known key."""
        self._known.append(key)
        return key in self._table

    def text(self, key: str, *, default: str | None = None) -> str:
        """A non-empty text. Without *default* the key is required."""
        value = self._take(key, str, required=default is None)
        if value is None:
            return default or ""
        if not value.strip() and default is None:
            self.wrong(key, "toml-empty", "a text that is not empty", '""')
        return str(value)

    def identifier(self, key: str, *, default: str | None = None) -> str:
        """An English snake_case id."""
        value = self.text(key, default=default)
        if value and not IDENTIFIER.fullmatch(value):
            self.wrong(key, "toml-bad-identifier", "an id in lower-case snake_case", f'"{shown(value)}"')
        return value

    def choice(self, key: str, options: Sequence[str], *, default: str | None = None) -> str:
        """One of *options*."""
        value = self.text(key, default=default)
        if value in options:
            return value
        if value:
            self.wrong(
                key, "toml-unknown-word", f"one of {listed(options)}", f'"{shown(value)}"{suggestion(value, options)}'
            )
        return default if default is not None else options[0]

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false; missing means *default*."""
        value = self._take(key, bool, required=False)
        return default if value is None else bool(value)

    def whole(self, key: str, *, default: int, least: int, most: int) -> int:
        """A whole number between *least* and *most*, both included."""
        value = self._take(key, int, required=False)
        if value is None:
            return default
        if not least <= value <= most:
            self.wrong(key, "toml-out-of-range", f"a whole number from {least} to {most}", str(value))
            return default
        return int(value)

    def number(self, key: str, *, least: float, most: float) -> float:
        """A number above *least* and up to *most*. Required."""
        self._known.append(key)
        value = self._table.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and least < value <= most:
            return float(value)
        expected = f"a number above {least:g} and up to {most:g}"
        self.wrong(key, "toml-out-of-range", expected, "nothing; add the key" if value is None else _described(value))
        return most

    def day(self, key: str) -> date:
        """A date, written without quotes. Required."""
        value = self._take(key, date, required=True)
        return value if value is not None else date.min

    def number_or_text(self, key: str) -> str:
        """A number or an expression, as text."""
        self._known.append(key)
        value = self._table.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        found = "nothing" if value is None else _described(value)
        self.wrong(key, "toml-wrong-type", "a number or a FEEL expression in quotes", found)
        return ""

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers, empty when missing."""
        return tuple(float(item) for item in self._items(key, (int, float), "a list of numbers"))

    def texts(self, key: str, *, one_too: bool = False) -> tuple[str, ...]:
        """A list of texts, empty when missing. *one_too* accepts a single text for a list of one."""
        if one_too and isinstance(self._table.get(key), str):
            return (self.text(key),)
        return tuple(str(item) for item in self._items(key, (str,), "a list of texts"))

    def words(self, key: str, *, needed: Collection[str], required: bool = True) -> Text:
        """A text by language that has at least the *needed* languages."""
        table = self.table(key, required=required)
        if table is None:
            return {}
        words: dict[str, str] = {tag: table.text(tag, default="") for tag in LANGUAGES if tag in table.names()}
        table.close(known=LANGUAGES)
        missing = [tag for tag in needed if not words.get(tag, "").strip()]
        if missing:
            found = listed([tag for tag in words if words[tag].strip()]) or "none"
            self.wrong(
                key, "text-language-missing", f"words in {listed(missing)} too", f"{found}; add the missing language"
            )
        return words

    def table(self, key: str, *, required: bool = True) -> TableReader | None:
        """The table under *key*."""
        value = self._take(key, dict, required=required)
        return None if value is None else self._below(value, key)

    def tables(self, key: str) -> Iterator[tuple[str, TableReader]]:
        """Each table inside the table under *key*, with its snake_case id; closed when the next one is asked for."""
        holder = self.table(key, required=False)
        if holder is None:
            return
        for id_ in holder.names():
            holder.check_identifier(id_)
            if (inner := holder.table(id_)) is not None:
                yield id_, inner
                inner.close()

    def holds_table(self, key: str) -> bool:
        """Whether a table stands under *key*, where something else may stand, too."""
        return isinstance(self._table.get(key), dict)

    def array(self, key: str) -> Iterator[TableReader]:
        """Each table of the array of tables under *key*; closed when the next one is asked for."""
        for index, item in enumerate(self._items(key, (dict,), f"tables, written [[{key}]]")):
            inner = self._below(item, key, str(index))
            yield inner
            inner.close()

    def mixed(self, key: str) -> Iterator[TableReader | None]:
        """For each item of the list under *key* a reader where it is a table, None where it is something else."""
        self._known.append(key)
        for index, item in enumerate(self._table.get(key, ())):
            yield self._below(item, key, str(index)) if isinstance(item, dict) else None

    def raw(self, key: str) -> Any:
        """The value as it stands, for free-form answers; None when missing."""
        self._known.append(key)
        return self._table.get(key)

    def answers(self, key: str, *, blank: str | None = "") -> dict[str, Any]:
        """The free-form table under *key* as JSON values, empty when missing: TOML's dates and times become text.

        TOML has no null: with *blank* None, ``""`` stands for it.
        """
        values = self._take(key, dict, required=False) or {}
        return {name: _json(part, blank) for name, part in values.items()}

    def names(self) -> tuple[str, ...]:
        """The keys the table has, in the file's order."""
        return tuple(self._table)

    def check_identifier(self, key: str) -> None:
        """Notes a finding when *key* itself is no snake_case identifier."""
        if not IDENTIFIER.fullmatch(key):
            self.wrong(key, "toml-bad-identifier", "its id to be lower-case snake_case", f'"{shown(key)}"')

    def close(self, known: Collection[str] = ()) -> None:
        """Notes every key that was never asked for and is not *known*."""
        expected = [*dict.fromkeys([*self._known, *known])]
        for key in self._table:
            if key not in expected:
                way_out = suggestion(key, expected) or f"; remove it or use one of {listed(sorted(expected))}"
                self.wrong(key, "toml-unknown-key", "a known key", f'"{shown(key)}"{way_out}')

    def wrong(self, key: str, rule: str, expected: str, found: str) -> None:
        """Notes a finding at *key*."""
        path = (*self._path, key) if key else self._path
        message = f"expected {'.'.join(path) or self._file.name} to be {expected}, found {found}"
        params = {"key": ".".join(path), "expected": expected, "found": found}
        line = self._file.line(path)
        self._findings.append(Finding(rule, Severity.ERROR, message, self._file.name, line, params=params))

    def _take(self, key: str, kind: type, *, required: bool) -> Any:
        self._known.append(key)
        value = self._table.get(key)
        if value is None:
            if required:
                self.wrong(key, "toml-missing-key", _TYPE_NAMES[kind], "nothing; add the key")
            return None
        if type(value) is not kind:
            self.wrong(key, "toml-wrong-type", _TYPE_NAMES[kind], _described(value))
            return None
        return value

    def _items(self, key: str, kinds: tuple[type, ...], expected: str) -> list[Any]:
        value = self._take(key, list, required=False) or []
        right = [item for item in value if type(item) in kinds]
        if len(right) < len(value):
            wrong = next(item for item in value if type(item) not in kinds)
            self.wrong(key, "toml-wrong-type", expected, f"{_described(wrong)} in it")
        return right

    def _below(self, table: Mapping[str, Any], *keys: str) -> TableReader:
        return TableReader(self._file, table, findings=self._findings, path=(*self._path, *keys))


def shown(value: str) -> str:
    """*value* short enough for a message."""
    limit = 80
    return value if len(value) <= limit else f"{value[:limit]}…"


def _json(value: Any, blank: str | None) -> Any:
    match value:
        case "":
            return blank
        case dict():
            return {name: _json(part, blank) for name, part in value.items()}
        case list():
            return [_json(part, blank) for part in value]
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return value


def _described(value: Any) -> str:
    name = _TYPE_NAMES.get(type(value), type(value).__name__)
    return name if isinstance(value, dict | list) else f"{name} ({shown(str(value))})"


def _split_key(text: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(_KEY_PART, text))


def _whole_file(rule: str, name: str, expected: str, found: str) -> Finding:
    return Finding(rule, Severity.ERROR, f"expected {name} to be {expected}, found {found}", name)


def written_value(value: Any) -> str:
    """A JSON value as TOML on one line; null is ``""``, for TOML has none."""
    match value:
        case None:
            return '""'
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case dict():
            pairs = (f"{written_value(str(name))} = {written_value(part)}" for name, part in value.items())
            return "{ " + ", ".join(pairs) + " }" if value else "{}"
        case list():
            return "[" + ", ".join(map(written_value, value)) + "]"
        case _:  # a JSON text is a TOML text but for one character
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
