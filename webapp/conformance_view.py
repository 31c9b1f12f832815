"""How a case stands to its clauses, in words: for the page, and for paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Final

from engine.deployments import Deployment
from engine.history import Event
from engine.queries.cases import Case
from engine.queries.conformance import Deviation, Judgement, Verdict, deviations, judge
from engine.queries.timeline import Moment, moments
from engine.text import Text
from webapp.case_view import on_behalf, what_of
from webapp.presentation import clause_reference, full_instant
from webapp.shell import current_translator, reader, words

_TONES: Final[Mapping[Verdict, str]] = {Verdict.NOT_MET: "bad", Verdict.MET: "ok", Verdict.OPEN: "accent"}


def conformance_of(
    case: Case, events: Sequence[Event], names: Mapping[str, Text], versions: Sequence[tuple[int, Deployment]]
) -> SimpleNamespace:
    """``counts``, ``clauses``, ``by_hand``, ``version`` and ``several`` of templates/conformance.html."""
    found = {moment.seq: moment for moment in moments(events)}
    judged = judge(case.deployment.package, events, ended=case.ended_at is not None)

    def event(seq: int) -> SimpleNamespace | None:
        return _event(case, found[seq], on_behalf(found[seq], names)) if seq else None

    return SimpleNamespace(
        version=case.deployment.version,
        several=len(versions) > 1,
        counts=[(verdict_words(verdict), _TONES.get(verdict, ""), _count(judged, verdict)) for verdict in Verdict],
        clauses=[_clause(case, each, event(each.seq)) for each in judged],
        by_hand=[event(each.seq) for each in _by_hand(deviations(events))],
    )


def _by_hand(found: tuple[Deviation, ...]) -> tuple[Deviation, ...]:
    return tuple(sorted(found, key=lambda each: each.seq))


def _clause(case: Case, judgement: Judgement, event: SimpleNamespace | None) -> SimpleNamespace:
    return SimpleNamespace(
        reference=clause_reference(judgement.clause.reference, reader=reader(case.deployment.time_zone)),
        given=judgement.clause.reference,
        summary=words(judgement.clause.summary),
        verdict=verdict_words(judgement.verdict),
        tone=_TONES.get(judgement.verdict, ""),
        why=_why(case, judgement),
        event=event,
    )


def _why(case: Case, judgement: Judgement) -> str:
    gettext, package = current_translator().gettext, case.deployment.package
    rule = package.deadlines.get(judgement.about)
    name = words(rule.title if rule else package.element_names.get(judgement.about, {})) or judgement.about
    said = {
        "skipped": gettext("Skipped by hand: %(name)s"),
        "moved": gettext("Taken elsewhere by hand: %(name)s"),
        "overdue": gettext("Not in time: %(name)s"),
    }.get(judgement.reason)
    return said % {"name": name} if said else name


def _event(case: Case, moment: Moment, who: str) -> SimpleNamespace:
    return SimpleNamespace(
        seq=moment.seq,
        what=what_of(case, moment),
        who=who,
        at=full_instant(moment.at, reader=reader(case.deployment.time_zone)),
        reason=moment.reason,
    )


def _count(judged: tuple[Judgement, ...], verdict: Verdict) -> int:
    return sum(each.verdict is verdict for each in judged)


def verdict_words(verdict: Verdict) -> str:
    """What a verdict is called."""
    gettext = current_translator().gettext
    return {
        Verdict.NOT_MET: gettext("not met"),
        Verdict.OPEN: gettext("still going on"),
        Verdict.MET: gettext("met"),
        Verdict.NOT_APPLICABLE: gettext("not applicable"),
        Verdict.UNKNOWABLE: gettext("cannot be judged from a case"),
    }[verdict]
