"""The working paper of a sample: how it was drawn, and how each case stands to its clauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from flask import render_template

from engine.commands.site import Site
from engine.complaints import Actor
from engine.deployments import Deployment
from engine.queries.audits import KeptSample, cases_of_sample
from engine.queries.conformance import Verdict
from engine.queries.people import names_of
from webapp.apart import reading_in
from webapp.case_view import case_status, who
from webapp.conformance_view import verdict_words
from webapp.data_words import DataWords, data_words
from webapp.paper import pdf
from webapp.presentation import full_instant
from webapp.shell import current_translator, reader, words


def sample_paper(
    site: Site, actor: Actor, sample: KeptSample, judged: Sequence[tuple[str, Mapping[str, Any]]], *, language: str
) -> bytes:
    """The paper as PDF; *judged* are numbers and verdicts of the cases as `case_record.verdicts_of` writes them."""
    with site.database.reading(actor.company_id) as connection:
        deployments = site.deployments.all_current(connection, actor.company_id)
        company = site.deployments.company(connection, actor.company_id)
        names = names_of(connection, actor.company_id)
        found = {each.number: each for each in cases_of_sample(connection, site.deployments, actor, sample)}
        zone = site.deployments.calendars(connection, actor.company_id).own.time_zone
    with reading_in(language or company.language):
        look = reader(zone)
        said = StrataWords(deployments)
        rows = [
            SimpleNamespace(
                number=number,
                title=found[number].title if number in found else "",
                strata=said.values(sample.strata, dict(sample.population)[number]),
                status=case_status(found[number].status, {})[0] if number in found else "",
                verdicts=Counter(each["verdict"] for each in verdicts["clauses"]),
                by_hand=len(verdicts["interventions"]),
            )
            for number, verdicts in judged
        ]
        return pdf(
            render_template(
                "sample_paper.html",
                language=language or company.language,
                company=words(company.name),
                sample=sample,
                span=f"{full_instant(sample.since, reader=look)} – {full_instant(sample.until, reader=look)}",
                drawn=SimpleNamespace(at=full_instant(sample.drawn_at, reader=look), by=who(sample.drawn_by, names)),
                made=SimpleNamespace(
                    at=full_instant(site.now(actor.company_id), reader=look), by=who(actor.name, names)
                ),
                strata=[said.name(name) for name in sample.strata],
                counts=strata_counts(sample, said),
                rows=rows,
                verdicts=[(str(verdict), verdict_words(verdict)) for verdict in Verdict],
            )
        )


def strata_counts(sample: KeptSample, said: StrataWords) -> list[tuple[list[str], int, int]]:
    """Each stratum in words, how many cases it has, and how many were drawn."""
    there = Counter(values for _, values in sample.population)
    of = dict(sample.population)
    drawn = Counter(of[number] for number in sample.drawn)
    return [(said.values(sample.strata, values), there[values], drawn[values]) for values in sorted(there)]


class StrataWords:
    """What strata and their values are called in the reader's language."""

    def __init__(self, deployments: Iterable[Deployment]) -> None:
        self._deployments = tuple(deployments)

    def name(self, stratum: str) -> str:
        gettext = current_translator().gettext
        known = {
            "procedure": gettext("Procedure"),
            "on_time": gettext("Within its time limits"),
            "department": gettext("Department"),
        }
        return known.get(stratum) or self._label(stratum.removeprefix("data:"))

    def values(self, strata: Sequence[str], values: Sequence[str]) -> list[str]:
        return [self._value(stratum, value) for stratum, value in zip(strata, values, strict=True)]

    def columns(self) -> list[str]:
        """The procedures' own columns, that cases may be divided by."""
        names = dict.fromkeys(name for each in self._deployments for name in each.package.case.columns)
        return [f"data:{name}" for name in names if self._label(name)]

    def _value(self, stratum: str, value: str) -> str:
        gettext = current_translator().gettext
        if not value:
            return "—"
        if stratum == "on_time":
            return gettext("in time") if value == "yes" else gettext("too late")
        for each in self._deployments:
            if stratum == "procedure" and each.package.id == value:
                return words(each.package.title)
            if stratum == "department" and value in each.package.company.groups:
                return words(each.package.company.groups[value].name)
            name = stratum.removeprefix("data:")
            if name in each.package.case.columns and (text := self._data(each).value(name, value)):
                return text
        return value

    def _label(self, name: str) -> str:
        return next((label for each in self._deployments if (label := self._data(each).label(name))), "")

    def _data(self, deployment: Deployment) -> DataWords:
        return data_words(
            deployment.package.forms.values(),
            groups={group.id: words(group.name) for group in deployment.package.company.groups.values()},
            lists=deployment.lists,
            language=current_translator().language,
        )
