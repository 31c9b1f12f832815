"""What owners do to drafts: saved by revision, taken back, discarded, and never seen by a case."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.commands.deployments import deploy
from engine.commands.drafts import DraftMoved, discard_draft, remove_file, restore_save, restore_version, save_file
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.deployments import draft_of, files_to_edit
from engine.deployments import drafts as reading
from engine.errors import NotFound, NotPermitted, PackageRefused
from engine.history import Event, Stream, read_events
from engine.queries.drafts import owned_procedures, saves_of, versions_of
from tests.support.cafe import a_complaint
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.records import assert_history_verifies


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(database_kind: str, tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def do(site: Site, command: Callable[..., Any], *given: Any, by: str = ADMINISTRATOR, **named: Any) -> Any:
    with site.acting(actor_of(site, by)) as context:
        return command(context, "complaint", *given, **named)


def files_of(site: Site) -> dict[str, bytes]:
    with site.database.reading(CAFE) as connection:
        return dict(files_to_edit(connection, site.deployments, CAFE, "complaint").files)


def events(site: Site) -> list[Event]:
    with site.database.reading(CAFE) as connection:
        return [each for each in read_events(connection, Stream(CAFE, 0, "")) if "draft" in each.action]


def test_the_first_save_begins_a_draft_and_what_is_in_service_stays(site: Site) -> None:
    before = files_of(site)

    saved = do(site, save_file, "clauses.toml", b"# new", expected=0)

    assert saved.revision == 1
    assert files_of(site) == {**before, "clauses.toml": b"# new"}
    with site.database.reading(CAFE) as connection:
        assert site.deployments.current(connection, CAFE, "complaint").package.files["clauses.toml"] != b"# new"
        draft = draft_of(connection, CAFE, "complaint")
    assert draft is not None
    assert (draft.base_version, draft.revision, draft.saved_by) == (1, 1, ADMINISTRATOR)


def test_a_save_over_what_somebody_else_saved_is_refused_with_who_and_when(site: Site, clock: StandingClock) -> None:
    do(site, save_file, "clauses.toml", b"# mine", expected=0)
    clock.move(minutes=5)

    with pytest.raises(DraftMoved) as refused:
        do(site, save_file, "clauses.toml", b"# theirs", expected=0)

    draft = refused.value.draft
    assert draft is not None
    assert (draft.revision, draft.saved_by) == (1, ADMINISTRATOR)
    assert files_of(site)["clauses.toml"] == b"# mine"


def test_the_same_bytes_again_are_no_new_save(site: Site) -> None:
    do(site, save_file, "clauses.toml", b"# new", expected=0)

    assert do(site, save_file, "clauses.toml", b"# new", expected=1).revision == 1
    assert len(events(site)) == 2


def test_every_save_stands_in_the_companys_history(site: Site) -> None:
    do(site, save_file, "clauses.toml", b"# new", expected=0)
    do(site, restore_version, 1, expected=1)
    do(site, discard_draft, expected=2)

    digest = "0b4b698c7a19e1f4ca160277bd3a9a555578fb0f7cd553bf286984e473848eb3"
    found = [(event.actor, event.action, event.subject, json.loads(event.body)) for event in events(site)]
    assert [each[:3] for each in found] == [
        (ADMINISTRATOR, "begin_draft", "complaint"),
        (ADMINISTRATOR, "save_draft", "complaint"),
        (ADMINISTRATOR, "restore_draft", "complaint"),
        (ADMINISTRATOR, "discard_draft", "complaint"),
    ]
    assert found[1][3] == {"revision": 1, "path": "clauses.toml", "digest": digest}
    assert found[2][3] == {"revision": 2, "version": 1}
    assert_history_verifies(site)


def test_a_draft_is_taken_back_to_any_save_of_it_and_to_any_version(site: Site) -> None:
    published = files_of(site)
    do(site, save_file, "clauses.toml", b"# one", expected=0)
    do(site, save_file, "clauses.toml", b"# two", expected=1)

    do(site, restore_save, 1, expected=2)
    assert files_of(site)["clauses.toml"] == b"# one"

    do(site, restore_version, 1, expected=3)
    assert files_of(site) == published
    with site.database.reading(CAFE) as connection:
        saves = saves_of(connection, CAFE, "complaint", limit=10)
    assert [(each.revision, each.path, each.restored) for each in saves] == [
        (4, "", "version 1"),
        (3, "", "save 1"),
        (2, "clauses.toml", ""),
        (1, "clauses.toml", ""),
    ]


def test_of_very_many_saves_the_oldest_are_forgotten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.commands.drafts.MOST_SAVES", 3)
    for number in range(5):
        do(site, save_file, "clauses.toml", b"# %d" % number, expected=number)

    with site.database.reading(CAFE) as connection:
        assert [each.revision for each in saves_of(connection, CAFE, "complaint", limit=10)] == [5, 4, 3]
    with pytest.raises(NotFound):
        do(site, restore_save, 1, expected=5)
    assert reading.MOST_SAVES == 400


def test_a_discarded_draft_is_gone_and_its_revisions_never_come_again(site: Site) -> None:
    published = files_of(site)
    do(site, save_file, "clauses.toml", b"# one", expected=0)

    do(site, discard_draft, expected=1)

    assert files_of(site) == published
    assert do(site, save_file, "clauses.toml", b"# two", expected=2).revision == 3


@pytest.mark.parametrize("read_at", [0, 1, 2])
def test_what_was_read_before_a_draft_ended_cannot_be_saved_over_what_came_after(site: Site, read_at: int) -> None:
    do(site, save_file, "clauses.toml", b"# one", expected=0)
    do(site, save_file, "clauses.toml", b"# two", expected=1)
    do(site, discard_draft, expected=2)

    with pytest.raises(DraftMoved):
        do(site, save_file, "clauses.toml", b"# of an old tab", expected=read_at)


def test_what_was_read_before_a_version_came_into_service_cannot_be_saved_over_it(site: Site) -> None:
    clauses = files_of(site)["clauses.toml"]
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        deploy(context, {**files_of(site), "clauses.toml": clauses + b"\n# from files\n"})

    with pytest.raises(DraftMoved):
        do(site, save_file, "clauses.toml", b"# of an old tab", expected=0)


def test_a_file_is_taken_out_of_the_draft(site: Site) -> None:
    do(site, remove_file, "forms/reply.yaml", expected=0)

    assert "forms/reply.yaml" not in files_of(site)
    with pytest.raises(NotFound):
        do(site, remove_file, "forms/reply.yaml", expected=1)


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("company.toml", NotPermitted),  # belongs to all procedures
        ("../complaint.bpmn", NotFound),
        ("forms/Reply.yaml", NotFound),
        ("notes.txt", NotFound),
    ],
)
def test_only_files_of_the_package_can_be_written(site: Site, path: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        do(site, save_file, path, b"x", expected=0)


def test_a_file_larger_than_a_package_may_have_is_refused_and_nothing_is_kept(site: Site) -> None:
    with pytest.raises(PackageRefused) as refused:
        do(site, save_file, "complaint.bpmn", b"x" * 2_000_001, expected=0)

    assert [finding.rule for finding in refused.value.findings] == ["file-too-large"]
    with site.database.reading(CAFE) as connection:
        assert draft_of(connection, CAFE, "complaint") is None


@pytest.mark.parametrize("command", [save_file, remove_file, restore_version, restore_save, discard_draft])
def test_who_owns_no_procedures_may_do_none_of_it(site: Site, command: Callable[..., Any]) -> None:
    given = {save_file: ("clauses.toml", b"x"), discard_draft: (), remove_file: ("clauses.toml",)}.get(command, (1,))

    with pytest.raises(NotPermitted) as refused:
        do(site, command, *given, by="fang.lan", expected=0)

    assert refused.value.reason == "not-an-owner"


def test_a_procedure_nobody_deployed_has_no_draft(site: Site) -> None:
    with pytest.raises(NotFound), site.acting(actor_of(site, ADMINISTRATOR)) as context:
        save_file(context, "returns", "clauses.toml", b"x", expected=0)


def test_the_list_counts_open_cases_and_the_versions_say_which_runs_where(site: Site) -> None:
    a_complaint(site)
    a_complaint(site)

    with site.database.reading(CAFE) as connection:
        (listed,) = owned_procedures(connection, CAFE)
        (version,) = versions_of(connection, CAFE, "complaint")

    assert (listed.card.procedure, listed.open_cases, listed.draft) == ("complaint", 2, None)
    assert (version.version, version.open_cases, version.deployed_by) == (1, 2, "system")
