"""What customers send behind their link: checked, carried out, refused. Every form there does it the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import flash, redirect
from werkzeug.wrappers import Response

from engine.commands.context import Context
from engine.commands.customer_acts import TooManyActs
from engine.commands.looks import record_refused_act
from engine.complaints import Actor
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.forms import Answers, Form, validate
from engine.queries.cases import Case
from webapp.access import site
from webapp.filled_forms import Submission

Answer = TypeVar("Answer")


def customer_of(case: Case) -> Actor:
    """Whoever has the link of *case*."""
    return Actor.customer(case.deployment.package.company.id)


def checked(form: Form, submission: Submission, case: Case) -> Answers:
    """What was sent, on the company's day."""
    today = site().now(customer_of(case).company_id).astimezone(case.deployment.time_zone).date()
    return validate(form, submission.raw, given={}, today=today, lists={}, files=submission.files)


def carried_out(
    case: Case, command: Callable[[Context], Answer]
) -> tuple[Answer, Sequence[FieldError]] | tuple[None, Sequence[FieldError]]:
    """What *command* answers, and what the engine finds wrong with what was sent. Raises NotPermitted."""
    try:
        return site().act(customer_of(case), command), ()
    except AnswersInvalid as error:
        return None, error.errors
    except TooManyActs:
        return None, [FieldError("said", "too_many_acts")]


def refused(case: Case, error: NotPermitted, *, words: str, to: str, tone: str) -> Response:
    """Back to the page that says what is possible. The attempt is history; the code is nobody's but the customer's."""
    with site().acting(customer_of(case)) as context:
        record_refused_act(context, action=error.action, number=case.number, reason=error.reason)
    flash(words, tone)
    return redirect(to, 303)
