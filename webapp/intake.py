"""Opening a case on a page: what colleagues and customers see alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from engine.commands.cases import intake_form
from engine.deployments import Deployment
from engine.errors import FieldError
from engine.procedures.card import Card, card_of
from webapp.filled_forms import Submission, form_page
from webapp.shell import words


def intake_page(
    deployment: Deployment,
    *,
    public: bool,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError],
    submission: Submission | None = None,
) -> dict[str, Any]:
    """``procedure`` and what `form_page` gives, for a template that shows the intake form; *public*: the customer's."""
    form = intake_form(deployment, public=public)
    page = form_page(form, deployment, values=values, errors=errors, given={}, submission=submission)
    return {"procedure": procedure_card(card_of(deployment.package, deployment.version)), **page}


def procedure_card(card: Card) -> SimpleNamespace:
    """A procedure as lists and intake forms name it, in the reader's language."""
    return SimpleNamespace(
        company=card.company_id,
        company_name=words(card.company_name),
        id=card.procedure,
        title=words(card.title),
        summary=words(card.summary),
        regulation=card.regulation,
    )


def has_poster(deployment: Deployment) -> bool:
    """Whether shops have codes of their own that lead to the public form."""
    return deployment.package.start.public and bool(deployment.package.intake.shop)
