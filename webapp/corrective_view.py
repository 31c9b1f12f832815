"""Corrective actions as pages show them: what was begun because of what, what it changed, and whether it helped."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

import sqlalchemy as sa
from flask import url_for

from engine.commands.cases import may_start
from engine.queries.alerts import alerts_about
from engine.queries.audits import findings_mended_by
from engine.queries.cases import Case
from engine.queries.corrective import Change, changes_of, effect_of_case
from engine.queries.effects import Effect, Verdict
from webapp.access import actor, site
from webapp.presentation import moment
from webapp.shell import current_translator, own_time_zone, reader, words
from webapp.workshop_view import publication_status


def corrective_card(connection: sa.Connection, case: Case, *, now: datetime) -> SimpleNamespace:
    """Beside a case: what it led to, whether that helped, and where a corrective action can be begun."""
    store, company_id = site().deployments, actor().company_id
    changes = changes_of(connection, store, company_id, case.id)
    is_one = case.deployment.package.corrective is not None
    effect = effect_of_case(connection, store, actor(), case, now=now) if is_one else None
    offered = [each for each in corrective_offers(connection) if each.procedure != case.procedure]
    found = findings_mended_by(connection, actor(), case.id) if is_one else ()
    return SimpleNamespace(
        is_one=is_one,
        changes=[_change(each, now) for each in changes],
        alerts=[
            SimpleNamespace(id=each.id, title=" · ".join(filter(None, (words(each.title), words(each.words)))))
            for each in alerts_about(connection, store, company_id, case.number)
        ],
        findings=[SimpleNamespace(id=each.id, number=each.number, text=each.text) for each in found],
        effect=effect_view(effect) if effect else None,
        offered=[] if actor().auditor else offered,
    )


def corrective_offers(connection: sa.Connection) -> list[SimpleNamespace]:
    """The company's corrective actions that the reader may begin; what customers begin, too, is a complaint first."""
    return [
        SimpleNamespace(procedure=each.package.id, title=words(each.package.title))
        for each in site().deployments.all_current(connection, actor().company_id)
        if each.package.corrective and not each.package.start.public
        if may_start(actor(), each.package.start.groups)
    ]


def effect_view(effect: Effect) -> SimpleNamespace:
    """Both numbers, and what may be said of them."""
    said, tone = verdict_words(effect.verdict)
    return SimpleNamespace(
        days=effect.days, before=len(effect.before), after=len(effect.after), verdict=said, tone=tone
    )


def verdict_words(verdict: Verdict) -> tuple[str, str]:
    """A verdict in words, and the tone of its chip."""
    gettext = current_translator().gettext
    return {
        Verdict.FEWER: (gettext("fewer, and hardly by chance"), "ok"),
        Verdict.PERHAPS: (gettext("fewer, which may be chance"), "warn"),
        Verdict.NOT_FEWER: (gettext("not fewer than before"), "bad"),
        Verdict.TOO_FEW: (gettext("too few cases before to say"), ""),
    }[verdict]


def effect_figures(connection: sa.Connection, case: Case, *, now: datetime) -> SimpleNamespace:
    """The card beside the task that judges the effect, as `webapp.ready_figures` makes them."""
    gettext, url = current_translator().gettext, url_for("corrective.effect", number=case.number)
    effect = effect_of_case(connection, site().deployments, actor(), case, now=now)

    def line(title: str, value: str, part: str = "") -> SimpleNamespace:
        link = f"{url}#{part}" if part else None
        return SimpleNamespace(title=title, value=value, counted_url=link, of="", left_out="", target="")

    if effect is None:
        figures = [line(gettext("Cases like those behind it"), gettext("nothing to compare yet"))]
    else:
        view = effect_view(effect)
        figures = [
            line(gettext("In the %(days)s days before it began") % {"days": view.days}, str(view.before), "before"),
            line(gettext("In the %(days)s days since it is in place") % {"days": view.days}, str(view.after), "after"),
            line(gettext("What the numbers say"), view.verdict),
        ]
    return SimpleNamespace(title=gettext("Effect of the measure"), period="", url=url, figures=figures, table=None)


def _change(change: Change, now: datetime) -> SimpleNamespace:
    said, tone = publication_status(change.status)
    owner = actor().owner or actor().administrator
    before = (change.version or 0) - 1
    compared = url_for("differences.show", procedure=change.procedure, before=before, after=change.version)
    asked = url_for("publications.show", procedure=change.procedure, publication_id=change.publication)
    return SimpleNamespace(
        title=words(change.title),
        version=change.version,
        words=said,
        tone=tone,
        at=moment(change.at, now, reader=reader(own_time_zone())),
        url=(compared if change.version else asked) if owner else None,
    )
