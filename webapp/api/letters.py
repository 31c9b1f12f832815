"""The letters of a case for programs, and withdrawing one that was sent wrongly."""

from __future__ import annotations

from flask import Blueprint, Response

from engine.commands.cases import record_reading
from engine.commands.letter_withdrawals import withdraw_letter
from engine.queries.cases import Case
from webapp.access import actor, case_of, for_programs, site
from webapp.api import schemas
from webapp.api.openapi import operation
from webapp.api.wire import PREFIX, answer, body_as

blueprint = Blueprint("api_letters", __name__, url_prefix=PREFIX)


@blueprint.get("/cases/<number>/letters")
@for_programs
@operation("The letters of a case, in the order they were written", schemas.Letters, errors=(401, 404))
def list_letters(number: str) -> Response:
    case = case_of(number)
    with site().acting(actor()) as context:
        record_reading(context, case.id, page="letters")
    return answer(schemas.Letters(items=[_letter(case, place) for place in range(1, len(case.letters) + 1)]))


@blueprint.post("/cases/<number>/letters/<int:place>/withdrawal")
@for_programs
@operation(
    "Withdraw a letter that was sent wrongly; it stays as it was written",
    schemas.Letter,
    request=schemas.Reason,
    errors=(401, 403, 404, 409),
)
def withdraw(number: str, place: int) -> Response:
    given, case = body_as(schemas.Reason), case_of(number)
    site().act(actor(), lambda context: withdraw_letter(context, case.id, place, reason=given.reason))
    return answer(_letter(case_of(number), place))


def _letter(case: Case, place: int) -> schemas.Letter:
    letter = case.letters[place - 1]
    return schemas.Letter(
        place=place,
        letter=letter.letter,
        to=letter.recipient,
        language=letter.language,
        subject=letter.subject,
        body=letter.body,
        written_at=letter.written_at,
        sent_at=letter.sent_at,
        withdrawn_at=letter.withdrawn_at,
    )
