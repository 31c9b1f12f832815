"""Printed forms and letters as docx, which people change in their office program before they print them."""

from __future__ import annotations

import io
from typing import Any, Final

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from webapp.papers import LetterSheet, Sheet, SheetRow
from webapp.shell import current_translator

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What offices have; the program takes another font of the kind where it is missing.
_FONTS: Final = {"zh-Hans": "宋体", "zh-Hant": "新細明體", "en": "宋体"}
_COLUMNS: Final = 4
#: The code by which a letter is checked, and the words beside it.
_CODE: Final = Mm(24)
_SMALL: Final = 9


def docx_of_sheet(sheet: Sheet) -> bytes:
    """*sheet* as a docx file."""
    gettext = current_translator().gettext
    document = _document(
        sheet.language, sheet.title, head=f"{sheet.company}    {sheet.number}    {sheet.form}".rstrip()
    )
    _centred(document, sheet.company, size=12)
    _centred(document, sheet.title, size=18, bold=True)
    if sheet.form:
        document.add_paragraph(gettext("Form %(number)s") % {"number": sheet.form}).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _table(document, [SheetRow(pairs=sheet.facts[:2]), SheetRow(pairs=sheet.facts[2:])])
    for part in sheet.parts:
        heading = document.add_paragraph()
        heading.paragraph_format.keep_with_next = True
        _run(heading, part.title, bold=True, size=12)
        _table(document, part.rows)
        document.add_paragraph(part.written).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    signs = document.add_table(rows=1, cols=len(sheet.signatures))
    for cell, name in zip(signs.rows[0].cells, sheet.signatures, strict=True):
        cell.text = f"{name}：\n\n{gettext('Date')}："
    if sheet.seal:
        document.add_paragraph(f"\n{gettext('(seal)')}").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if sheet.copies:
        document.add_paragraph(gettext("Copies: %(names)s") % {"names": "、".join(sheet.copies)})
    return _written(document)


def docx_of_letter(letter: LetterSheet) -> bytes:
    """*letter* as a docx file."""
    gettext = current_translator().gettext
    document = _document(letter.language, letter.subject, head=f"{letter.company}    {letter.number}")
    _centred(document, letter.company, size=14, bold=True)
    _centred(document, letter.subject, size=16, bold=True)
    if letter.withdrawn:
        _centred(document, gettext("Withdrawn: %(date)s") % {"date": letter.withdrawn}, size=12, bold=True)
    for line in letter.body.splitlines():
        document.add_paragraph(line)
    for line in ("", letter.company, letter.date, gettext("(seal)")):
        document.add_paragraph(line).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _check(document, letter)
    return _written(document)


def _check(document: Any, letter: LetterSheet) -> None:
    """How readers find out that the letter is genuine, beside its code."""
    picture, said = document.add_table(rows=1, cols=2).rows[0].cells
    picture.paragraphs[0].add_run().add_picture(io.BytesIO(letter.check.png), width=_CODE)
    picture.width, said.width = Mm(30), Mm(140)
    gettext = current_translator().gettext
    _run(
        said.paragraphs[0], gettext("Is this letter genuine? Scan the code, or open the address and type the code:"),
        size=_SMALL,
    )  # fmt: skip
    for line in (letter.check.entry, letter.check.code):
        _run(said.add_paragraph(), line, size=_SMALL)


def _document(language: str, title: str, *, head: str) -> Any:
    document: Any = docx.Document()
    document.core_properties.title = title
    document.core_properties.author = ""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(20)
    section.header.paragraphs[0].text = head
    normal = document.styles["Normal"]
    normal.font.size = Pt(10.5)
    normal.font.name = "Times New Roman"
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), _FONTS.get(language, _FONTS["zh-Hans"]))
    normal.paragraph_format.space_after = Pt(4)
    return document


def _table(document: Any, rows: Any) -> None:
    """A table with thin rules: answers in two pairs a line, whatever is wide over the rest of it."""
    rows = list(rows)
    if not rows:
        return
    table: Any = None
    for row in rows:
        if row.table_head:
            table = None
            _inner(document, row)
            continue
        if table is None:
            table = document.add_table(rows=0, cols=_COLUMNS)
            table.style = "Table Grid"
        cells = table.add_row().cells
        if row.heading:
            cells[0].merge(cells[3]).text = row.heading
        elif len(row.pairs) == 1:
            cells[0].text = row.pairs[0][0]
            cells[1].merge(cells[3]).text = row.pairs[0][1]
        else:
            for place, (label, value) in enumerate(row.pairs):
                cells[2 * place].text, cells[2 * place + 1].text = label, value
    document.add_paragraph()


def _inner(document: Any, row: SheetRow) -> None:
    table = document.add_table(rows=1, cols=len(row.table_head))
    table.style = "Table Grid"
    for cell, words in zip(table.rows[0].cells, row.table_head, strict=True):
        cell.text = words
    for line in row.table_rows or (("",) * len(row.table_head),):
        for cell, words in zip(table.add_row().cells, line, strict=True):
            cell.text = words


def _centred(document: Any, words: str, *, size: int, bold: bool = False) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(paragraph, words, size=size, bold=bold)


def _run(paragraph: Any, words: str, *, size: int, bold: bool = False) -> None:
    run = paragraph.add_run(words)
    run.bold = bold
    run.font.size = Pt(size)


def _written(document: Any) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
