"""Registers as xlsx files. Every cell is a text or a number that we wrote: nothing in it can be a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from xlsxwriter import Workbook

#: What Excel shows of a cell's text.
_LONGEST: Final = 32_767
#: Lines a sheet can have, the heading ones left out.
MOST_ROWS: Final = 1_048_000
_WIDEST: Final = 42
_NARROWEST: Final = 9
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Cell = str | Decimal | int


def spreadsheet(title: str, about: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> tuple[bytes, int]:
    """A workbook with one sheet — title, what it is about, heads, rows — and how many rows it has."""
    with TemporaryDirectory(prefix="shouwen-") as folder:
        path = Path(folder, "register.xlsx")
        count = _write(path, title, about, heads, rows)
        return path.read_bytes(), count


def _write(path: Path, title: str, about: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    book = Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
    sheet = book.add_worksheet()
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter", "bg_color": "#EEF1F5"})
    for place, name in enumerate(heads):
        sheet.set_column(place, place, min(_WIDEST, max(_NARROWEST, 2 * len(name) + 2)))
    sheet.write_string(0, 0, _text(title), bold)
    sheet.write_string(1, 0, _text(about))
    for place, name in enumerate(heads):
        sheet.write_string(2, place, _text(name), head)
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2)
    count = 0
    for row in rows:
        if count == MOST_ROWS:
            break
        count += 1
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(2 + count, place, _text(value), wrapped)
            else:
                sheet.write_number(2 + count, place, float(value), wrapped)
    book.close()
    return count


def _text(value: str) -> str:
    """*value* without the control characters that no XML can hold, as long as a cell may be."""
    return "".join(char for char in value if char >= " " or char in "\n\t")[:_LONGEST]
