"""What owners say to each other about a draft: on the page of the procedure, and beside the element in the modeller."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine.commands.comments import comment_on_draft, reopen_comment, settle_comment
from engine.errors import AnswersInvalid
from engine.queries.drafts import comments_on
from engine.queries.people import names_of
from webapp.access import actor, for_staff, site
from webapp.pages.drafts import edited
from webapp.shell import current_translator
from webapp.workshop_view import Look

blueprint = Blueprint("comments", __name__, url_prefix="/workshop/<procedure>/comments")


@blueprint.get("")
@for_staff
def show(procedure: str) -> Response:
    """All of them, for the modeller."""
    edited(procedure)
    return _all(procedure)


@blueprint.post("")
@for_staff
def add(procedure: str) -> AnyResponse:
    """``words`` about the draft, or about ``element`` of the diagram ``file``."""
    said = {name: request.form.get(name, "") for name in ("words", "file", "element")}
    try:
        site().act(actor(), lambda context: comment_on_draft(context, procedure, **said))
    except AnswersInvalid:
        if not _is_page():
            raise
        flash(current_translator().gettext("Write what there is to say, in at most 2000 characters."), "bad")
    return _back(procedure)


@blueprint.post("/<int:comment_id>/settled")
@for_staff
def settle(procedure: str, comment_id: int) -> AnyResponse:
    site().act(actor(), lambda context: settle_comment(context, procedure, comment_id))
    return _back(procedure)


@blueprint.post("/<int:comment_id>/reopened")
@for_staff
def reopen(procedure: str, comment_id: int) -> AnyResponse:
    site().act(actor(), lambda context: reopen_comment(context, procedure, comment_id))
    return _back(procedure)


def _is_page() -> bool:
    """Whether a form of a page asks, not the modeller."""
    return request.headers.get("Accept", "") != "application/json"


def _back(procedure: str) -> AnyResponse:
    if _is_page():
        return redirect(url_for("workshop.show", procedure=procedure, _anchor="comments"), 303)
    return _all(procedure)


def _all(procedure: str) -> Response:
    company_id = actor().company_id
    with site().database.reading(company_id) as connection:
        found = comments_on(connection, company_id, procedure)
        look = Look(names_of(connection, company_id))
    shown = [look.comment(each) for each in found]
    return jsonify(
        comments=[
            {
                "id": each.id,
                "file": each.file,
                "element": each.element,
                "words": each.words,
                "by": each.by,
                "at": each.at.words,
                "settled": each.settled,
            }
            for each in shown
        ]
    )
