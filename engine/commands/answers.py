"""The answers of a form as a command takes them: checked, with the uploads they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.commands.attachments import files_for_form
from engine.commands.context import Context
from engine.commands.locking import LockedCase
from engine.deployments import Deployment
from engine.errors import AnswersInvalid
from engine.forms import Form, validate


def checked(
    context: Context,
    deployment: Deployment,
    form: Form,
    raw: Mapping[str, Any],
    *,
    case: LockedCase | None,
    given: Mapping[str, Any],
) -> Mapping[str, Any]:
    """What *raw* says, converted; *case* is None where the form opens one, *given* is the data its task sees.

    Raises AnswersInvalid with every wrong field.
    """
    answers = validate(
        form,
        raw,
        given=given,
        today=context.now.astimezone(deployment.time_zone).date(),
        lists=deployment.lists,
        files=files_for_form(context, case.id if case else None, raw, form),
    )
    if answers.errors:
        raise AnswersInvalid(answers.errors)
    return answers.data
