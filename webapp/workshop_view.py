"""How the workshop's things are shown: drafts, saves, versions, publications. And who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from engine.commands.publications import PublicationStatus
from engine.complaints import refusal_to_own
from engine.deployments import Draft
from engine.errors import NotPermitted
from engine.findings import Finding, Severity
from engine.queries.corrective import Cause
from engine.queries.drafts import Comment, Neighbour, OwnedProcedure, Publication, Save, Version
from engine.text import Text
from webapp.access import actor, site
from webapp.finding_words import finding_view
from webapp.presentation import Moment, day_words, moment
from webapp.shell import current_translator, own_time_zone, reader, words


def require_owner() -> None:
    """Raises NotPermitted for those who may not change procedures."""
    if reason := refusal_to_own(actor()):
        raise NotPermitted("read_workshop", reason)


class Look:
    """How things of the workshop are shown to this reader, now."""

    def __init__(self, names: Mapping[str, Text]) -> None:
        self._names, self._now, self._reader = names, site().now(actor().company_id), reader(own_time_zone())

    def listed(self, each: OwnedProcedure) -> SimpleNamespace:
        return SimpleNamespace(
            id=each.card.procedure,
            title=words(each.card.title),
            summary=words(each.card.summary),
            regulation=each.card.regulation,
            version=each.card.version,
            open_cases=each.open_cases,
            draft=self.draft(each.draft, each.card.version) if each.draft else None,
            waiting=self.publication(each.waiting) if each.waiting else None,
        )

    def draft(self, draft: Draft, in_service: int) -> SimpleNamespace:
        return SimpleNamespace(
            revision=draft.revision,
            base=draft.base_version,
            overtaken=draft.base_version != in_service,
            at=self.at(draft.saved_at),
            by=self.who(draft.saved_by),
        )

    def version(self, version: Version, in_service: int, causes: Mapping[int, Sequence[Cause]]) -> SimpleNamespace:
        return SimpleNamespace(
            number=version.version,
            at=self.at(version.deployed_at),
            by=self.who(version.deployed_by),
            open_cases=version.open_cases,
            in_service=version.version == in_service,
            publication=self.publication(version.publication) if version.publication else None,
            causes=causes.get(version.publication.id, ()) if version.publication else (),
        )

    def publication(self, found: Publication) -> SimpleNamespace:
        words_of_status, tone = publication_status(found.status)
        return SimpleNamespace(
            id=found.id,
            status=found.status,
            words=words_of_status,
            tone=tone,
            waits=found.status in {PublicationStatus.ASKED, PublicationStatus.APPROVED},
            reason=found.reason,
            effective=day_words(found.effective_at, self._now, reader=self._reader) if found.effective_at else "",
            asked_at=self.at(found.asked_at),
            asked_by=self.who(found.asked_by),
            own=found.asked_by == actor().name,
            decided_at=self.at(found.decided_at) if found.decided_at else None,
            decided_by=self.who(found.decided_by) if found.decided_by else "",
            answer=found.answer,
            version=found.version,
            findings=[_kept_finding(each) for each in found.findings],
        )

    def neighbour(self, each: Neighbour) -> SimpleNamespace:
        return SimpleNamespace(id=each.procedure, title=words(each.title), message=each.message, tells=each.tells)

    def comment(self, each: Comment) -> SimpleNamespace:
        return SimpleNamespace(
            id=each.id,
            file=each.file,
            element=each.element,
            words=each.words,
            at=self.at(each.said_at),
            by=self.who(each.said_by),
            settled=self.who(each.settled_by) if each.settled_at else "",
        )

    def save(self, save: Save, newest: int) -> SimpleNamespace:
        return SimpleNamespace(
            revision=save.revision,
            what=save.path or _restored(save.restored),
            at=self.at(save.saved_at),
            by=self.who(save.saved_by),
            is_newest=save.revision == newest,
        )

    def at(self, instant: datetime) -> Moment:
        return moment(instant, self._now, reader=self._reader)

    def who(self, login: str) -> str:
        return words(self._names[login]) if login in self._names else current_translator().gettext("System")


def _restored(said: str) -> str:
    """What a save took back, from its two words."""
    kind, _, number = said.partition(" ")
    gettext = current_translator().gettext
    sentences = {
        "version": gettext("taken back to version %(number)s"),
        "save": gettext("taken back to save %(number)s"),
    }
    return sentences[kind] % {"number": number} if kind in sentences else said


def publication_status(status: str) -> tuple[str, str]:
    """Where a publication stands in words, and the tone of its chip."""
    gettext = current_translator().gettext
    return {
        "asked": (gettext("waits for approval"), "warn"),
        "approved": (gettext("approved"), "accent"),
        "in_service": (gettext("in service"), "ok"),
        "refused": (gettext("not approved"), "bad"),
        "withdrawn": (gettext("taken back"), ""),
        "failed": (gettext("could not be put into service"), "bad"),
    }[status]


def _kept_finding(said: Mapping[str, Any]) -> dict[str, Any]:
    """A finding as the history kept it."""
    return finding_view(Finding(said["rule"], Severity.ERROR, said["message"], said["file"], said["line"]))
