"""A case's papers: the company's printed forms and the letters, as PDF to print and as docx to change."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, abort, render_template, send_file

from engine.commands.cases import record_reading
from engine.queries.cases import Case
from engine.queries.people import names_of
from engine.queries.timeline import case_events, moments
from webapp.access import actor, case_of, for_staff, site
from webapp.apart import reading_in
from webapp.letter_check import check_to_print
from webapp.paper import pdf
from webapp.papers import letter_sheet, records_of, sheet_of
from webapp.word_files import DOCX, docx_of_letter, docx_of_sheet

blueprint = Blueprint("papers", __name__, url_prefix="/cases")

_PDF: Final = "application/pdf"


@blueprint.get("/<number>/papers/<record>.<kind>")
@for_staff
def show(number: str, record: str, kind: str) -> Response:
    """One of the company's printed forms, filled in, as ``pdf`` or ``docx``."""
    case = case_of(number)
    wanted = records_of(case.deployment.package).get(record) or abort(404)
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
        found = moments(case_events(connection, actor().company_id, case))
    now = site().now(actor().company_id)
    with reading_in(case.deployment.package.company.language):
        sheet = sheet_of(case, wanted, found, names, now=now)
        made = _made(kind, lambda: pdf(render_template("sheet.html", sheet=sheet)), lambda: docx_of_sheet(sheet))
    return _handed_out(case, made, kind, name=f"{number} {sheet.title}", page=f"paper {record}")


@blueprint.get("/<number>/letters/<int:place>.<kind>")
@for_staff
def letter(number: str, place: int, kind: str) -> Response:
    """The letter that was written as the *place*-th of the case."""
    case = case_of(number)
    written = case.letters[place - 1] if 0 < place <= len(case.letters) else abort(404)
    now, check = site().now(actor().company_id), check_to_print(case, written)
    with reading_in(written.language):
        sheet = letter_sheet(case, written, check=check, now=now)
        made = _made(
            kind, lambda: pdf(render_template("letter_paper.html", letter=sheet)), lambda: docx_of_letter(sheet)
        )
    return _handed_out(case, made, kind, name=f"{number} {sheet.subject}", page=f"letter {place}")


def _made(kind: str, as_pdf: Callable[[], bytes], as_docx: Callable[[], bytes]) -> bytes:
    if kind not in {"pdf", "docx"}:
        abort(404)
    return as_pdf() if kind == "pdf" else as_docx()


def _handed_out(case: Case, content: bytes, kind: str, *, name: str, page: str) -> Response:
    with site().acting(actor()) as context:
        record_reading(context, case.id, page=page)
    response = send_file(
        io.BytesIO(content),
        mimetype=_PDF if kind == "pdf" else DOCX,
        as_attachment=kind == "docx",
        download_name=f"{name[:120]}.{kind}",
    )
    response.headers["Cache-Control"] = "no-store"
    return response
