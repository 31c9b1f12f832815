"""PDF files: Chinese text that can be read again, pages with numbers, and nothing fetched from anywhere."""

from __future__ import annotations

import io
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from pypdf import PdfReader

import webapp.paper
from webapp.paper import pdf, pdf_response

PAGE = """{% extends "paper.html" %}{% set paper_language = 'zh-Hant' %}{% set paper_title = '顧客投訴處理記錄' %}
{% set paper_company = '大同百貨' %}{% set paper_number = 'DT-2026-00007' %}{% set paper_made = '二〇二六年十一月' %}
{% block main %}<table class="facts"><tr><th>投訴內容</th><td>{{ said }}</td></tr></table>{{ more }}
<p class="break">第二頁</p>{% endblock %}"""


@pytest.fixture
def app() -> Flask:
    return Flask("paper", template_folder=str(Path(webapp.paper.__file__).parent / "templates"))


def test_a_page_says_what_it_said(app: Flask) -> None:
    first, second = PdfReader(io.BytesIO(pdf(_page(app, said="電梯門夾傷了手 <b>急</b>")))).pages

    words = first.extract_text()
    assert "顧客投訴處理記錄" in words
    assert "電梯門夾傷了手 <b>急</b>" in words
    assert "DT-2026-00007" in words
    assert "1 / 2" in words
    assert "第二頁" in second.extract_text()
    assert [round(float(side) / 72 * 25.4) for side in first.mediabox[2:]] == [210, 297]


def test_nothing_is_fetched(app: Flask) -> None:
    with _counted() as (port, asked):
        text = _page(app, said="一").replace("</body>", f'<img src="http://127.0.0.1:{port}/a.png"></body>')
        text = text.replace("<title>", f'<link rel="stylesheet" href="http://127.0.0.1:{port}/a.css"><title>')
        made = pdf(text.replace("</body>", '<img src="file:///etc/passwd"><object data="file:///etc/passwd"></body>'))

    assert len(PdfReader(io.BytesIO(made)).pages) == 2
    assert asked == []


def test_a_file_is_named_in_the_company_s_own_words(app: Flask) -> None:
    page = _page(app, said="一")
    with app.test_request_context("/"), pdf_response(page, "投诉处理单.pdf", download=True) as answer:
        assert answer.mimetype == "application/pdf"
        said = answer.headers["Content-Disposition"]

    assert said.endswith("; filename*=UTF-8''%E6%8A%95%E8%AF%89%E5%A4%84%E7%90%86%E5%8D%95.pdf")


def _page(app: Flask, *, said: str) -> str:
    with app.app_context():
        return render_template_string(PAGE, said=said, more="")


@contextmanager
def _counted() -> Iterator[tuple[int, list[bytes]]]:
    """A port, and what was asked of it."""
    asked: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(100))

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], asked
        server.shutdown()
