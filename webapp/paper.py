"""Pages as PDF: a template that extends ``paper.html``, set on A4 by WeasyPrint.

Nothing is fetched: styles come from ``static/paper.css``; drawings and pictures stand in the page (SVG, ``data:``).
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Response, send_file

from engine.errors import EngineError

_STYLES: Final = Path(__file__).parent / "static" / "paper.css"


class PaperUnavailable(EngineError):
    """The library that sets type is not on this machine: WeasyPrint needs Pango (Debian: libpango-1.0-0)."""


def pdf(html: str) -> bytes:
    """The page as PDF; about 0.2 s of CPU for a page of Chinese, for fonts are cut to the characters used.

    *html* comes from a template of ours. Whatever else it asks for, only ``data:`` addresses are read.
    Raises PaperUnavailable.
    """
    weasyprint, styles = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=["data"])
    written: bytes = weasyprint.HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=[styles])
    return written


def pdf_response(html: str, filename: str, *, download: bool = False) -> Response:
    """The page as a PDF that browsers show, or keep as *filename*."""
    return send_file(io.BytesIO(pdf(html)), mimetype="application/pdf", as_attachment=download, download_name=filename)


@cache
def _weasyprint() -> tuple[Any, Any]:
    """The library, loaded when the first page is set (0.8 s), and our style sheet."""
    try:
        import weasyprint
    except OSError as error:
        raise PaperUnavailable("PDF files need Pango on the server: apt-get install libpango-1.0-0") from error
    return weasyprint, weasyprint.CSS(filename=_STYLES)
