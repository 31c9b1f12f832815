"""Uploaded files, given back only as downloads or as pictures that run nothing."""

from __future__ import annotations

import io

from flask import Blueprint, Response, send_file

from engine.commands.cases import record_reading
from engine.errors import NotPermitted
from engine.queries.cases import attachment, case_by_id, readable
from webapp.access import actor, for_staff, site

blueprint = Blueprint("attachments", __name__, url_prefix="/attachments")


@blueprint.get("/<attachment_id>")
@for_staff
def show(attachment_id: str) -> Response:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        file, case_id = attachment(connection, company_id, attachment_id)
    if case_id is not None:
        with site().database.reading(company_id) as connection:
            case = readable(connection, actor(), case_by_id(connection, site().deployments, company_id, case_id))
        if file.id in case.veil.files:
            raise NotPermitted("read_attachment", "confidential")
        with site().acting(actor()) as context:
            record_reading(context, case_id, page=f"attachment {file.id}")
    content = io.BytesIO(site().storage.read(company_id, file.sha256))
    response = send_file(content, mimetype=file.media_type, as_attachment=True, download_name=file.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
