"""Filters of the inbox that people keep and share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.filters import MOST_FILTERS, remove_filter, save_filter
from engine.commands.site import Site
from engine.complaints.inbox import Filter, View
from engine.errors import AnswersInvalid, NotFound, NotPermitted
from engine.queries.filters import saved_filters_of
from engine.tables import history_values
from tests.support.cafe import a_complaint
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site, actor_of


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def by(site: Site, login: str, command: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with site.acting(actor_of(site, login)) as context:
        return command(context, *given, **named)


def seen(site: Site, login: str) -> list[tuple[str, str, int]]:
    """Name, owner and count of each filter that *login* sees."""
    with site.database.reading(CAFE) as connection:
        found = saved_filters_of(connection, site.deployments, actor_of(site, login), now=site.now(CAFE))
    return [(each.name, each.owner, each.count) for each in found]


def test_a_filter_is_counted_over_the_readers_own_tasks_and_shared_with_a_group(
    site: Site, clock: StandingClock
) -> None:
    a_complaint(site, summary="milk gone sour")
    clock.move(days=4)
    a_complaint(site, summary="no spoon")

    by(site, "fang.lan", save_filter, "  late  ones ", view=View.GROUPS, where=Filter(late=True), group="front")
    by(site, "fang.lan", save_filter, "milk", view=View.GROUPS, where=Filter(text="milk", element="assess"))
    by(site, "fang.lan", save_filter, "begun by me", view=View.STARTED, where=Filter(procedure="complaint"))

    assert seen(site, "fang.lan") == [
        ("begun by me", "fang.lan", 2),
        ("late ones", "fang.lan", 1),
        ("milk", "fang.lan", 1),
    ]
    assert seen(site, "wei.min") == [("late ones", "fang.lan", 1)]
    assert seen(site, "gu.qiang") == []


def test_the_same_name_takes_the_place_of_the_filter(site: Site) -> None:
    a_complaint(site)
    by(site, "fang.lan", save_filter, "mine", view=View.GROUPS, where=Filter(element="fix"), group="front")

    by(site, "fang.lan", save_filter, "mine", view=View.GROUPS, where=Filter(element="assess"))

    assert seen(site, "fang.lan") == [("mine", "fang.lan", 1)]
    assert seen(site, "wei.min") == []


def test_what_cannot_be_kept_is_refused(site: Site) -> None:
    where = Filter(late=True)
    with pytest.raises(AnswersInvalid, match="name"):
        by(site, "fang.lan", save_filter, " ", view=View.MINE, where=where)
    with pytest.raises(NotPermitted):
        by(site, "fang.lan", save_filter, "x", view=View.MINE, where=where, group="kitchen")
    for number in range(MOST_FILTERS):
        by(site, "fang.lan", save_filter, f"filter {number}", view=View.MINE, where=where)
    with pytest.raises(AnswersInvalid) as caught:
        by(site, "fang.lan", save_filter, "one more", view=View.MINE, where=where)
    assert [(each.rule, each.params) for each in caught.value.errors] == [("too_many_filters", {"n": 12})]


def test_people_remove_their_own_and_administrators_everybodys(site: Site) -> None:
    by(site, "fang.lan", save_filter, "late", view=View.GROUPS, where=Filter(late=True), group="front")
    with pytest.raises(NotFound):
        by(site, "wei.min", remove_filter, 1)

    by(site, "an.qi", remove_filter, 1)

    assert seen(site, "fang.lan") == []


def test_names_and_words_of_a_filter_are_sealed_so_that_they_can_be_erased(site: Site) -> None:
    by(site, "fang.lan", save_filter, "Mr Chen", view=View.MINE, where=Filter(text="Chen"))

    with site.database.reading(CAFE) as connection:
        sealed = connection.execute(sa.select(history_values.c.value).where(history_values.c.stream == 0)).scalars()
        assert {"Mr Chen", "Chen"} <= set(sealed)
