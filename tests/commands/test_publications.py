"""From draft to version: four eyes, all findings, the day it takes effect, and what came between."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.commands.deployments import deploy
from engine.commands.drafts import DraftMoved, restore_version, save_file
from engine.commands.people import add_person
from engine.commands.publications import (
    NothingToPublish,
    approve_publication,
    ask_publication,
    refuse_publication,
    withdraw_publication,
)
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.deployments import draft_of, files_to_edit
from engine.errors import AlreadyDone, AnswersInvalid, NotFound, NotPermitted, PackageRefused
from engine.history import Stream, read_events
from engine.queries.drafts import Publication, publications_of, versions_of
from engine.worker import tick
from tests.support.cafe import a_complaint, the_case
from tests.support.clock import MONDAY, StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.neighbour import NEIGHBOUR, add_neighbour
from tests.web.records import assert_history_verifies

OWNER = "qin.yu"


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: Path, clock: StandingClock) -> Site:
    found = a_site(tmp_path, clock=clock)
    with found.acting(Actor(CAFE, SYSTEM)) as context:
        add_person(context, login=OWNER, name={"zh-Hans": "秦羽", "en": "Qin Yu"}, groups=(), owner=True)
    return found


def do(site: Site, command: Callable[..., Any], *given: Any, by: str = OWNER, **named: Any) -> Any:
    with site.acting(actor_of(site, by)) as context:
        return command(context, *given, **named)


def files_of(site: Site) -> dict[str, bytes]:
    with site.database.reading(CAFE) as connection:
        return dict(files_to_edit(connection, site.deployments, CAFE, "complaint").files)


def change(site: Site, was: str, becomes: str, *, expected: int = 0, file: str = "procedure.toml") -> int:
    content = files_of(site)[file]
    assert was.encode() in content
    saved = do(
        site, save_file, "complaint", file, content.replace(was.encode(), becomes.encode(), 1), expected=expected
    )
    return int(saved.revision)


def ask(site: Site, *, effective_at: datetime | None = None, expected: int = 1, by: str = OWNER) -> int:
    found = do(site, ask_publication, "complaint", reason="faster", effective_at=effective_at, expected=expected, by=by)
    return int(found)


def publication(site: Site) -> Publication:
    with site.database.reading(CAFE) as connection:
        return publications_of(connection, CAFE, "complaint")[0]


def version(site: Site) -> int:
    with site.database.reading(CAFE) as connection:
        return site.deployments.current(connection, CAFE, "complaint").version


def actions(site: Site) -> list[tuple[str, str]]:
    with site.database.reading(CAFE) as connection:
        events = read_events(connection, Stream(CAFE, 0, ""))
    return [(event.actor, event.action) for event in events][-4:]


def test_one_owner_asks_another_approves_and_new_cases_run_it(site: Site) -> None:
    old = a_complaint(site)
    change(site, "amount = 2", "amount = 1")

    asked = ask(site)
    assert version(site) == 1
    assert do(site, approve_publication, asked, answer="agreed", by=ADMINISTRATOR) == 2

    assert version(site) == 2
    assert the_case(site, old.case_id).deployment.version == 1
    assert the_case(site, a_complaint(site).case_id).deployment.version == 2
    with site.database.reading(CAFE) as connection:
        assert draft_of(connection, CAFE, "complaint") is None
        newest, oldest = versions_of(connection, CAFE, "complaint")
    assert newest.publication is not None
    assert (newest.publication.asked_by, newest.publication.decided_by) == (OWNER, ADMINISTRATOR)
    assert (newest.publication.reason, newest.publication.answer) == ("faster", "agreed")
    assert (oldest.open_cases, oldest.publication) == (1, None)
    assert actions(site)[-2:] == [(ADMINISTRATOR, "approve_publication"), (ADMINISTRATOR, "deploy_procedure")]
    assert_history_verifies(site)


def test_nobody_approves_what_they_asked_for(site: Site) -> None:
    change(site, "amount = 2", "amount = 1")
    asked = ask(site)

    with pytest.raises(NotPermitted) as refused:
        do(site, approve_publication, asked, answer="fine")

    assert refused.value.reason == "own-publication"
    assert (version(site), publication(site).status) == (1, "asked")


def test_a_company_may_say_that_two_eyes_are_enough(site: Site, tmp_path: Path) -> None:
    files = files_of(site)
    profile = files["company.toml"].replace(b'language = "zh-Hans"', b'language = "zh-Hans"\nfour_eyes = false', 1)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, {**files, "company.toml": profile})
    change(site, "amount = 2", "amount = 1", expected=1)

    assert do(site, approve_publication, ask(site, expected=2), answer="fine") == 3


def test_what_has_errors_is_not_even_asked_for_and_all_of_them_are_said(site: Site) -> None:
    change(site, 'form = "intake"', 'form = "intakes"')
    change(site, 'contact_mail = "customer_mail"', 'contact_mail = "mail"', expected=1)

    with pytest.raises(PackageRefused) as refused:
        ask(site, expected=2)

    assert {finding.rule for finding in refused.value.findings} == {"case-fields", "start-form"}


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_a_reason_is_asked_for(site: Site, reason: str) -> None:
    change(site, "amount = 2", "amount = 1")

    with pytest.raises(AnswersInvalid):
        do(site, ask_publication, "complaint", reason=reason, effective_at=None, expected=1)


def test_nothing_is_published_that_changes_nothing(site: Site) -> None:
    do(site, restore_version, "complaint", 1, expected=0)

    with pytest.raises(NothingToPublish):
        ask(site)


def test_only_what_was_looked_at_is_asked_for(site: Site) -> None:
    change(site, "amount = 2", "amount = 1")
    change(site, "amount = 1", "amount = 3", expected=1)

    with pytest.raises(DraftMoved):
        ask(site, expected=1)


def test_what_is_saved_after_asking_stays_in_the_draft(site: Site) -> None:
    change(site, "amount = 2", "amount = 1")
    asked = ask(site)
    change(site, "amount = 1", "amount = 3", expected=1)

    do(site, approve_publication, asked, answer="agreed", by=ADMINISTRATOR)

    with site.database.reading(CAFE) as connection:
        current = site.deployments.current(connection, CAFE, "complaint")
        draft = draft_of(connection, CAFE, "complaint")
    assert current.package.deadlines["reply"].amount == "1"
    assert draft is not None
    assert (draft.revision, draft.base_version) == (2, 2)
    assert b"amount = 3" in files_of(site)["procedure.toml"]


def test_one_waits_at_a_time(site: Site) -> None:
    change(site, "amount = 2", "amount = 1")
    ask(site)

    with pytest.raises(AlreadyDone) as refused:
        ask(site, by=ADMINISTRATOR)

    assert refused.value.by == OWNER


def test_a_refusal_keeps_the_draft_and_says_why(site: Site) -> None:
    change(site, "amount = 2", "amount = 1")
    asked = ask(site)

    do(site, refuse_publication, asked, answer="too fast", by=ADMINISTRATOR)

    assert (publication(site).status, publication(site).answer) == ("refused", "too fast")
    with pytest.raises(AlreadyDone):
        do(site, approve_publication, asked, answer="oh well", by=ADMINISTRATOR)
    assert ask(site) == asked + 1


def test_it_takes_effect_on_its_day_and_not_before(site: Site, clock: StandingClock) -> None:
    change(site, "amount = 2", "amount = 1")
    day = MONDAY + timedelta(days=3)
    asked = ask(site, effective_at=day)

    assert do(site, approve_publication, asked, answer="agreed", by=ADMINISTRATOR) is None
    clock.at = day - timedelta(seconds=1)
    tick(site)
    assert version(site) == 1

    clock.at = day
    tick(site)
    assert version(site) == 2
    assert publication(site).version == 2
    with site.database.reading(CAFE) as connection:
        assert versions_of(connection, CAFE, "complaint")[0].publication is not None
    assert tick(site) == 0


def test_it_can_be_taken_back_before_its_day(site: Site, clock: StandingClock) -> None:
    change(site, "amount = 2", "amount = 1")
    asked = ask(site, effective_at=MONDAY + timedelta(days=3))
    do(site, approve_publication, asked, answer="agreed", by=ADMINISTRATOR)

    do(site, withdraw_publication, asked, answer="the law was postponed")

    clock.move(days=4)
    tick(site)
    assert version(site) == 1
    assert publication(site).status == "withdrawn"


def test_it_does_not_undo_what_came_into_service_meanwhile(site: Site, clock: StandingClock) -> None:
    change(site, "amount = 2", "amount = 1")
    asked = ask(site, effective_at=MONDAY + timedelta(days=3))
    do(site, approve_publication, asked, answer="agreed", by=ADMINISTRATOR)
    hot = {**files_of(site)}
    hot["procedure.toml"] = hot["procedure.toml"].replace(b"amount = 1", b"amount = 5", 1)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, hot)

    clock.move(days=3)
    tick(site)

    assert version(site) == 2
    found = publication(site)
    assert (found.status, [each["rule"] for each in found.findings]) == ("failed", ["draft-overtaken"])
    assert actions(site)[-1] == ("system", "fail_publication")
    assert tick(site) == 0


def test_a_publication_of_another_company_is_not_found(site: Site, tmp_path: Path) -> None:
    add_neighbour(site, tmp_path / "next door")
    change(site, "amount = 2", "amount = 1")
    asked = ask(site)
    theirs = Actor(NEIGHBOUR, "boss", person_id=1, administrator=True)

    for command in (approve_publication, refuse_publication, withdraw_publication):
        with pytest.raises(NotFound), site.acting(theirs) as context:
            command(context, asked, answer="mine now")


def test_who_owns_no_procedures_decides_nothing(site: Site) -> None:
    change(site, "amount = 2", "amount = 1")
    asked = ask(site)

    for command in (approve_publication, refuse_publication, withdraw_publication):
        with pytest.raises(NotPermitted) as refused:
            do(site, command, asked, answer="x", by="fang.lan")
        assert refused.value.reason == "not-an-owner"


def test_the_history_says_what_was_asked_for_with_the_digest_of_the_files(site: Site) -> None:
    change(site, "amount = 2", "amount = 1")
    asked = ask(site, effective_at=MONDAY + timedelta(days=3))

    with site.database.reading(CAFE) as connection:
        event = read_events(connection, Stream(CAFE, 0, ""))[-1]
    body = json.loads(event.body)
    assert len(body.pop("digest")) == 64
    assert body == {
        "base_version": 1,
        "effective_at": "2026-03-05T01:00:00+00:00",
        "publication": asked,
        "reason": "faster",
        "revision": 1,
    }
