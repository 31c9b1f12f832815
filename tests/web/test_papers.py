"""The company's own printed forms and the letters: every named record prints from a case."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
import sqlalchemy as sa
from flask import Flask
from pypdf import PdfReader

from engine.commands.site import Site
from engine.errors import AnswersInvalid
from engine.procedures import collect_files, find_packages, package_from_files
from engine.tables import letters
from tests.support.cafe import a_complaint, do, with_rules
from tests.support.site import a_site
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.records import events_of
from webapp.papers import records_of

HANDLING = """
[records.handling]
title = { zh-Hans = "顾客投诉处理记录", zh-Hant = "顧客投訴處理記錄", en = "Complaint handling record" }
form = "HC-R-01"
forms = ["assess", "intake"]
seal = true
[[records.handling.signatures]]
name = { zh-Hans = "店长签字", zh-Hant = "店長簽字", en = "Signature of the manager" }
[[records.handling.copies]]
name = { zh-Hans = "品质部", zh-Hant = "品質部", en = "Quality department" }
[[records.handling.copies]]
name = { zh-Hans = "厂长", zh-Hant = "廠長", en = "Works manager" }
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path)
    with_rules(made, HANDLING)
    return made


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


@pytest.fixture
def number(site: Site) -> str:
    case = a_complaint(site, summary="咖啡太凉", customer_name="王红")
    do(site, case.case_id, "assess", remark="咖啡机水温不够")
    return case.number


def printed(browser: Browser, path: str) -> str:
    """The words of the PDF there, without the spaces that setting type leaves between Chinese."""
    response = browser.client.get(path)
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    reader = PdfReader(io.BytesIO(response.data))
    width, height = (float(side) / 72 * 25.4 for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)
    return "".join("".join(page.extract_text() for page in reader.pages).split())


def test_a_record_prints_what_its_forms_said_in_its_own_order(app: Flask, number: str) -> None:
    fang = staff(app, "fang.lan")
    page = fang.open(f"/cases/{number}")
    assert "Complaint handling record" in page.words

    words = printed(fang, f"/cases/{number}/papers/handling.pdf")

    for said in ("港湾咖啡", "顾客投诉处理记录", "HC-R-01", number, "王红", "店长签字", "品质部、厂长", "（盖章处）"):
        assert said in words
    assert words.index("咖啡机水温不够") < words.index("咖啡太凉")


def test_the_same_record_is_a_word_file_to_be_changed(app: Flask, number: str) -> None:
    response = staff(app, "fang.lan").client.get(f"/cases/{number}/papers/handling.docx")

    named = response.headers["Content-Disposition"]
    assert "attachment" in named
    assert "filename*=UTF-8''HC-2026-00001%20%E9%A1%BE" in named
    assert named.isascii(), "servers send headers as Latin-1"
    document = docx.Document(io.BytesIO(response.data))
    words = "".join(paragraph.text for paragraph in document.paragraphs)
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert "顾客投诉处理记录" in words
    assert "抄送：品质部、厂长" in words
    assert {"王红", "咖啡太凉", "咖啡机水温不够"} <= set(cells)
    assert round(document.sections[0].page_width.mm) == 210
    assert 'w:eastAsia="宋体"' in document.styles["Normal"].element.xml


def test_every_form_of_a_case_prints_by_itself_and_all_of_them_together(app: Flask, number: str) -> None:
    fang = staff(app, "fang.lan")

    assert "咖啡太凉" not in printed(fang, f"/cases/{number}/papers/assess.pdf")
    whole = printed(fang, f"/cases/{number}/papers/case.pdf")
    assert whole.index("咖啡太凉") < whole.index("咖啡机水温不够")
    assert fang.client.get(f"/cases/{number}/papers/nothing.pdf").status_code == 404
    assert fang.client.get(f"/cases/{number}/papers/case.exe").status_code == 404


def test_a_letter_prints_on_the_companys_paper(site: Site, app: Flask, number: str) -> None:

    fang = staff(app, "fang.lan")
    with site.database.transaction("harbour-cafe") as connection:
        row = {
            "company_id": "harbour-cafe", "case_id": 1, "key": "k", "letter": "thanks", "recipient": "customer",
            "address": "", "language": "zh-Hans", "subject": "关于您投诉的答复", "body": "王红女士：\n您好。",
            "written_at": site.clock(),
        }  # fmt: skip
        connection.execute(sa.insert(letters).values(row))

    words = printed(fang, f"/cases/{number}/letters/1.pdf")
    response = fang.client.get(f"/cases/{number}/letters/1.docx")

    assert "关于您投诉的答复王红女士：您好。港湾咖啡" in words
    document = docx.Document(io.BytesIO(response.data))
    assert "王红女士：" in [paragraph.text for paragraph in document.paragraphs]
    assert fang.client.get(f"/cases/{number}/letters/2.pdf").status_code == 404


def test_who_prints_leaves_a_trace(site: Site, app: Flask, number: str) -> None:
    fang = staff(app, "fang.lan")

    fang.client.get(f"/cases/{number}/papers/handling.docx")

    event = events_of(site, 1)[-1]
    assert (event.action, event.subject, event.actor) == ("read_case", "paper handling", "fang.lan")


def test_a_reply_is_not_sent_while_a_part_of_it_is_missing(site: Site, app: Flask) -> None:
    with_rules(site, '[steps.assess]\nneeds = ["customer_mail", "remark"]')
    case = a_complaint(site, customer_mail="")

    with pytest.raises(AnswersInvalid) as refused:
        do(site, case.case_id, "assess")

    assert [(error.field, error.rule, dict(error.params)) for error in refused.value.errors] == [
        ("founded", "parts_missing", {"n": "电子邮件"})
    ]
    do(site, a_complaint(site).case_id, "assess")


def test_every_record_that_a_package_names_has_forms_to_print() -> None:
    root = Path(__file__).parents[2]
    empty = []
    for ref in find_packages(root / "processes"):
        package = package_from_files(collect_files(root / "processes", root / "forms", ref))
        for record in records_of(package).values():
            empty += [(ref.procedure, record.id, form) for form in record.forms if form not in package.forms]
    assert empty == []
