"""Tables that people upload: xlsx, or comma-separated text as spreadsheets save it.

``python -m engine.sheets`` reads one from its standard input and writes its rows as JSON.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import orjson

from engine.confined import confine, output_of
from engine.errors import EngineError

#: Rows and columns that are read; whoever has more sends several files.
MAX_ROWS: Final = 2_000
MAX_COLUMNS: Final = 50
_MAX_BYTES: Final = 5_000_000
#: Bytes of all parts of an xlsx: a zip says of itself how small it is.
_MAX_PARTS: Final = 100_000_000
_LONGEST_CELL: Final = 1_000
_ZIP: Final = b"PK\x03\x04"


class UnreadableSheet(EngineError):
    """A file is no table that can be read. *reason*: ``too-large``, ``too-many-rows``, ``empty`` or ``unreadable``."""

    code = "unreadable-sheet"

    def __init__(self, reason: str) -> None:
        super().__init__(f"expected a table as xlsx or csv, found: {reason}")
        self.reason = reason


def read_sheet(content: bytes) -> list[list[str]]:
    """The rows of the first sheet as text, blank rows left out, each as long as the first. Raises UnreadableSheet."""
    if len(content) > _MAX_BYTES:
        raise UnreadableSheet("too-large")
    written = output_of(__name__, given=content)
    rows: list[list[str]] | str = orjson.loads(written) if written else "unreadable"
    if isinstance(rows, str):
        raise UnreadableSheet(rows)
    if len(rows) > MAX_ROWS:
        raise UnreadableSheet("too-many-rows")
    if not rows:
        raise UnreadableSheet("empty")
    width = len(rows[0])
    return [(row + [""] * width)[:width] for row in rows]


def _rows(content: bytes) -> Iterator[list[str]]:
    return _of_xlsx(content) if content.startswith(_ZIP) else _of_text(content)


def _of_xlsx(content: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MAX_PARTS:
            raise UnreadableSheet("too-large")
    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    for row in sheet.iter_rows(values_only=True, max_row=MAX_ROWS * 2, max_col=MAX_COLUMNS):
        yield [_text(value) for value in row]


def _of_text(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")  # how spreadsheets in China save it
    if "\0" in text:
        raise UnreadableSheet("unreadable")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True):
        yield [cell.strip()[:_LONGEST_CELL] for cell in row[:MAX_COLUMNS]]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a spreadsheet keeps every number as one with a fraction
    return str(value).strip()[:_LONGEST_CELL]


def _main() -> None:
    content = sys.stdin.buffer.read()
    confine()
    try:
        found: list[list[str]] | str = _filled_rows(content)
    except UnreadableSheet as error:
        found = error.reason
    sys.stdout.buffer.write(orjson.dumps(found))


def _filled_rows(content: bytes) -> list[list[str]]:
    rows = []
    for row in _rows(content):
        while row and not row[-1]:
            row.pop()
        if row:
            rows.append(row)
        if len(rows) > MAX_ROWS:
            break
    return rows


if __name__ == "__main__":
    _main()
