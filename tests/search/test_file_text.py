"""What files say, whatever is done to the reader."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from engine import confined
from engine.search import file_text
from engine.search.file_text import words_of_file

OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def a_file(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


def a_docx(body: str, *, declaration: str = "") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f'{declaration}<w:document xmlns:w="{WORD}">{body}</w:document>')
    return packed.getvalue()


def a_pdf(text: bytes) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
         NameObject("/BaseFont"): NameObject("/Helvetica")}
    )  # fmt: skip
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(b"BT /F1 12 Tf 10 100 Td (" + text + b") Tj ET")
    page[NameObject("/Contents")] = stream
    packed = io.BytesIO()
    writer.write(packed)
    return packed.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_plain_text_is_read_in_the_encodings_of_chinese_offices(tmp_path: Path, encoding: str) -> None:
    assert (
        words_of_file(a_file(tmp_path, "检验报告：不合格".encode(encoding)), "text/plain").strip() == "检验报告：不合格"
    )


def test_a_pdf_says_what_its_pages_say(tmp_path: Path) -> None:
    assert "inspection report" in words_of_file(a_file(tmp_path, a_pdf(b"inspection report")), "application/pdf")


def test_a_docx_says_its_paragraphs_line_by_line(tmp_path: Path) -> None:
    body = "<w:body><w:p><w:r><w:t>检验</w:t></w:r><w:r><w:t>报告</w:t></w:r></w:p><w:p><w:t>合格</w:t></w:p></w:body>"

    said = words_of_file(a_file(tmp_path, a_docx(body)), f"{OFFICE}wordprocessingml.document")

    assert said.split() == ["检验报告", "合格"]


def test_an_xlsx_says_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["批号", "B-20260117"])

    assert words_of_file(path, f"{OFFICE}spreadsheetml.sheet").split() == ["批号", "B-20260117"]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7 nothing of a PDF", "application/pdf"),
        (b"no zip", f"{OFFICE}wordprocessingml.document"),
        (a_docx("<w:p>not closed"), f"{OFFICE}wordprocessingml.document"),
        (b"\x89PNG", "image/png"),
    ],
)
def test_what_cannot_be_read_says_nothing(tmp_path: Path, content: bytes, media_type: str) -> None:
    assert words_of_file(a_file(tmp_path, content), media_type) == ""


def test_a_file_that_is_gone_says_nothing(tmp_path: Path) -> None:
    assert words_of_file(tmp_path / "gone", "text/plain") == ""


def test_a_document_cannot_fetch_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    declaration = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'

    said = words_of_file(
        a_file(tmp_path, a_docx("<w:p><w:t>&x;</w:t></w:p>", declaration=declaration)),
        f"{OFFICE}wordprocessingml.document",
    )

    assert "secret" not in said


def test_a_document_that_unpacks_to_gigabytes_is_left_out(tmp_path: Path) -> None:
    body = "<w:p><w:t>" + "x" * 60_000_000 + "</w:t></w:p>"

    assert words_of_file(a_file(tmp_path, a_docx(body)), f"{OFFICE}wordprocessingml.document") == ""


def test_a_file_is_read_up_to_a_limit(tmp_path: Path) -> None:
    said = words_of_file(a_file(tmp_path, ("字" * 250_000).encode()), "text/plain")

    assert len(said.strip()) == file_text.MAX_CHARACTERS


def test_short_chinese_of_an_old_spreadsheet_is_not_taken_for_a_cut(tmp_path: Path) -> None:
    assert words_of_file(a_file(tmp_path, "Customer: 张三".encode("gb18030")), "text/plain").strip() == "Customer: 张三"
    assert words_of_file(a_file(tmp_path, "姓名".encode("gb18030")), "text/plain").strip() == "姓名"


def test_a_reader_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_SECONDS", 0.01)

    assert words_of_file(a_file(tmp_path, b"words"), "text/plain") == ""
