"""Uploaded files, given back only as downloads, and pictures without where and when they were taken.

Who may take a case away as a file gets what was sent byte by byte with ``?original=yes``.
"""

from __future__ import annotations

import io

from flask import Blueprint, Response, request, send_file

from engine.commands.cases import record_reading
from engine.complaints import refusal_to_export
from engine.errors import NotPermitted
from engine.queries.cases import attachment, case_by_id, readable
from engine.traces import without_traces
from webapp.access import actor, for_staff, site

blueprint = Blueprint("attachments", __name__, url_prefix="/attachments")


@blueprint.get("/<attachment_id>")
@for_staff
def show(attachment_id: str) -> Response:
    company_id, original = actor().company_id, request.args.get("original") == "yes"
    if original and (refusal := refusal_to_export(actor())):
        raise NotPermitted("read_original", refusal)
    with site().database.reading(company_id) as connection:
        file, case_id = attachment(connection, company_id, attachment_id)
    if case_id is not None:
        with site().database.reading(company_id) as connection:
            case = readable(connection, actor(), case_by_id(connection, site().deployments, company_id, case_id))
        if file.id in case.veil.files:
            raise NotPermitted("read_attachment", "confidential")
        with site().acting(actor()) as context:
            record_reading(context, case_id, page=f"{'original ' if original else ''}attachment {file.id}")
    content = site().storage.read(company_id, file.sha256)
    shown = io.BytesIO(content if original else without_traces(content, file.media_type))
    response = send_file(shown, mimetype=file.media_type, as_attachment=True, download_name=file.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
