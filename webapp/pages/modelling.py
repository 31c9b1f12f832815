"""What the modeller asks beside the draft's files: the dates a deadline gives, and a foreign file made fit to open."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal, InvalidOperation
from typing import Final

from flask import Blueprint, Response, jsonify, request

from engine.calendars import Deadline, DeadlineInvalid, Unit, coming_dates
from engine.errors import UnsafeFile
from engine.procedures import DeadlineRule, read_files
from engine.procedures.foreign import bring_in
from engine.procedures.layout import LayoutRefused
from engine.safe_xml import MAX_BYTES
from webapp.access import actor, for_staff, site
from webapp.calendar_view import moved_view
from webapp.finding_words import finding_view
from webapp.pages.drafts import edited, findings_of
from webapp.shell import current_translator, own_time_zone, reader

blueprint = Blueprint("modelling", __name__, url_prefix="/workshop/<procedure>")

_LONGEST_NAME: Final = 100


@blueprint.get("/dates")
@for_staff
def dates(procedure: str) -> Response:
    """The next ten dates that a deadline of the draft gives for what begins now and at this time on the days ahead."""
    package = read_files(edited(procedure).files).package
    rule = package.deadlines.get(request.args.get("deadline", ""))
    deadline = _fixed(rule) if rule else None
    if rule is None or deadline is None:
        return jsonify(rows=None, reason=_reason(rule))
    with site().database.reading(actor().company_id) as connection:
        calendar = site().deployments.calendars(connection, actor().company_id).of(rule.calendar)
    now, look = site().now(actor().company_id).replace(second=0, microsecond=0), reader(own_time_zone())
    receipts = coming_dates(deadline, after=now, calendar=calendar)
    return jsonify(
        rows=[
            {
                "start": moved_view(each.started_at, look),
                "due": moved_view(each.due_at, look),
                "provisional": each.provisional,
            }
            for each in receipts
        ]
    )


@blueprint.post("/diagrams/<path:file>/foreign")
@for_staff
def foreign(procedure: str, file: str) -> tuple[Response, int] | Response:
    """A BPMN file of another program, ready to open in place of a diagram, with what must change for it to run."""
    files = edited(procedure).files
    try:
        found = bring_in(*_uploaded())
    except (UnsafeFile, LayoutRefused) as error:
        return jsonify(reason=_refused(error.reason)), 422
    findings = [finding for finding in findings_of(procedure, {**files, file: found.content}) if finding.file == file]
    return jsonify(
        xml=found.content.decode(), drawn=found.drawn, findings=[finding_view(finding) for finding in findings]
    )


def _uploaded() -> tuple[bytes, str]:
    """Content and name of the file that was sent; of one that is too large only so much that it shows."""
    upload = request.files.get("file")
    if upload is None:
        return b"", ""
    with closing(upload):
        return upload.read(MAX_BYTES + 1), (upload.filename or "")[:_LONGEST_NAME]


def _fixed(rule: DeadlineRule) -> Deadline | None:
    """The deadline whose length is written in the procedure; None when it stands in the data of each case."""
    if rule.unit is Unit.FIELD or rule.field or not rule.amount:
        return None
    try:
        amount = Decimal(rule.amount)
        return Deadline(amount, rule.unit, start=rule.start, end=rule.end, roll=rule.roll, by=rule.by)
    except (InvalidOperation, DeadlineInvalid):
        return None


def _reason(rule: DeadlineRule | None) -> str:
    gettext = current_translator().gettext
    if rule is None:
        return gettext("This deadline does not exist.")
    if not rule.amount and rule.unit is not Unit.FIELD:
        return gettext("This limit has no date; it is only shown.")
    return gettext("The date depends on what each case says.")


def _refused(reason: str) -> str:
    """Why a file cannot be brought in, and what to do."""
    gettext = current_translator().gettext
    sentences = {
        "too-large": gettext("The file is larger than 2 MB. Split it."),
        "too-many-elements": gettext("The file has too many elements. Split it."),
        "too-large-to-draw": gettext("The file has too many shapes to be drawn. Split it."),
        "too-deep": gettext("The file is nested too deeply."),
        "too-many-attributes": gettext("An element of the file has too many attributes."),
        "not-utf-8": gettext("The file is not written in UTF-8. Save it again as UTF-8."),
        "doctype": gettext("The file has a DOCTYPE, which could read other files. Remove it."),
        "processing-instruction": gettext("The file has processing instructions. Remove them."),
        "not-well-formed": gettext("The file is no XML that can be read."),
        "not-bpmn": gettext("The file is XML, but no BPMN 2.0."),
        "nothing-to-draw": gettext("The file holds no process."),
    }
    return sentences.get(reason, gettext("The file cannot be read."))
