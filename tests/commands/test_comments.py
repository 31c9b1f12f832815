"""What owners say to each other about a draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.comments import comment_on_draft, reopen_comment, settle_comment
from engine.commands.site import Site
from engine.deployments import draft_of, files_to_edit
from engine.errors import AnswersInvalid, NotFound, NotPermitted
from engine.queries.drafts import Comment, comments_on
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.records import company_events


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


def said(site: Site, words: str, *, by: str = ADMINISTRATOR, **place: str) -> int:
    with site.acting(actor_of(site, by)) as context:
        return comment_on_draft(context, "complaint", words, **place)


def comments(site: Site) -> list[Comment]:
    with site.database.reading(CAFE) as connection:
        return comments_on(connection, CAFE, "complaint")


def test_a_comment_stands_with_its_element_until_it_is_settled(site: Site) -> None:
    first = said(site, " Who does this at night? ", file="complaint.bpmn", element="fix")
    second = said(site, "Looks good.")

    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        settle_comment(context, "complaint", first)
        settle_comment(context, "complaint", first)

    left, settled = comments(site)
    assert (left.id, left.words, left.element, left.settled_at) == (second, "Looks good.", "", None)
    assert (settled.words, settled.file, settled.element) == ("Who does this at night?", "complaint.bpmn", "fix")
    assert (settled.said_by, settled.settled_by) == (ADMINISTRATOR, ADMINISTRATOR)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        reopen_comment(context, "complaint", first)
    assert [each.id for each in comments(site)] == [first, second]


def test_nothing_of_it_comes_into_the_draft_and_the_history_says_where_it_was(site: Site) -> None:
    said(site, "Chen would know.", file="complaint.bpmn", element="fix")

    with site.database.reading(CAFE) as connection:
        assert draft_of(connection, CAFE, "complaint") is None
        files = files_to_edit(connection, site.deployments, CAFE, "complaint").files
    assert not any(b"Chen would know" in content for content in files.values())
    event = company_events(site)[-1]
    assert (event.action, event.subject, event.content["element"]) == ("comment_draft", "complaint", "fix")
    assert "Chen" not in event.body


def test_only_owners_say_something_and_something_is_said(site: Site) -> None:
    with pytest.raises(NotPermitted):
        said(site, "May I?", by="fang.lan")
    for words in (" ", "x" * 2001):
        with pytest.raises(AnswersInvalid):
            said(site, words)
    number = said(site, "Here.")
    with pytest.raises(NotFound), site.acting(actor_of(site, ADMINISTRATOR)) as context:
        settle_comment(context, "another", number)
    assert len(comments(site)) == 1
