"""What a company keeps of its customers, why, how long, who sees it, and what they may ask: made from its packages."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from types import SimpleNamespace

from flask import Blueprint, render_template, url_for

from engine.commands.cases import intake_form
from engine.commands.filings import KEPT_FOR
from engine.deployments import Deployment
from engine.forms import FilesField, personal_fields
from engine.forms.model import AnsweredField
from engine.procedures.package import Retention
from engine.queries.hooks import has_hooks
from engine.queries.procedures import all_procedure_cards
from engine.worker.leftovers import UNSENT_FOR
from webapp.access import about_company, open_to_all, site
from webapp.presentation import span_of_months
from webapp.shell import reader, words

blueprint = Blueprint("privacy", __name__, url_prefix="/public/privacy")


@blueprint.get("")
@open_to_all
def index() -> str:
    """The notices of all companies that take complaints here."""
    with site().database.reading_every_company() as connection:
        cards = [card for card in all_procedure_cards(connection) if card.public]
    companies = [next(group) for _, group in groupby(cards, key=lambda card: card.company_id)]
    return render_template(
        "public_privacies.html",
        companies=[
            SimpleNamespace(name=words(each.company_name), url=url_for("privacy.show", company=each.company_id))
            for each in companies
        ],
    )


@blueprint.get("/<company>")
@open_to_all
def show(company: str) -> str:
    with site().database.reading(company) as connection:
        own = site().deployments.company(connection, company)
        deployments = site().deployments.all_current(connection, company)
        told = has_hooks(connection, company)
    about_company(company)
    return render_template(
        "public_privacy.html",
        company=words(own.name),
        contact=words(own.privacy.contact),
        notice=words(own.privacy.notice),
        days=own.privacy.answer_days,
        procedures=[_procedure(each) for each in deployments if each.package.start.public],
        four_eyes=own.four_eyes,
        told=told,
        aside_days=KEPT_FOR.days,
        unsent_days=UNSENT_FOR.days,
        mailed=bool(site().settings.mail_url),
    )


def _procedure(deployment: Deployment) -> SimpleNamespace:
    """What a procedure asks its customers: title, personal and other fields, files bool, kept (words, "" = no time)."""
    form = intake_form(deployment, public=True)
    personal = personal_fields(form)
    fields = [field for field in form.fields if isinstance(field, AnsweredField) and not isinstance(field, FilesField)]
    return SimpleNamespace(
        title=words(deployment.package.title),
        personal=_labels(field for field in fields if field.id in personal),
        asked=_labels(field for field in fields if field.id not in personal),
        files=any(isinstance(field, FilesField) for field in form.fields),
        kept=_time(deployment.package.retention, deployment),
        proposed=deployment.package.retention is not None and deployment.package.retention.then_erase,
    )


def _labels(fields: Iterable[AnsweredField]) -> list[str]:
    return list(dict.fromkeys(words(field.label) for field in fields))


def _time(rule: Retention | None, deployment: Deployment) -> str:
    return span_of_months(rule.months, reader=reader(deployment.time_zone)) if rule else ""
