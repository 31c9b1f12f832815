"""Cases drawn by a seed: the same ones on any machine, every stratum in it."""

from __future__ import annotations

import hashlib

import pytest

from engine.history.check import draw

#: Ten cases of one kind, three of another, one of a third.
CASES = [(f"HC-{n:02}", ["taste"]) for n in range(10)] + [(f"HC-{n}", ["service"]) for n in (20, 21, 22)]
CASES += [("HC-30", ["other"])]


def test_the_draw_is_what_the_page_says() -> None:
    by_hand = sorted(
        (number for number, _ in CASES[:10]),
        key=lambda number: hashlib.sha256(f"shouwen-sample/1\n2026\n{number}".encode()).hexdigest(),
    )

    assert draw(CASES[:10], "2026", 4) == by_hand[:4]
    assert draw(CASES, "2026", 5) == ["HC-06", "HC-21", "HC-05", "HC-08", "HC-30"]


@pytest.mark.parametrize(
    ("size", "of_each"),
    [
        (1, (1, 0, 0)),  # fewer than strata: the largest first
        (3, (1, 1, 1)),
        (5, (3, 1, 1)),  # two more to share among nine and two: 1.6 and 0.4
        (8, (5, 2, 1)),  # five more: 4.09 and 0.91
        (14, (10, 3, 1)),
        (99, (10, 3, 1)),
    ],
)
def test_every_stratum_has_its_share_and_one_at_least(size: int, of_each: tuple[int, int, int]) -> None:
    drawn = draw(CASES, "a seed", size)
    kinds = dict(CASES)

    assert tuple(sum(kinds[number] == [kind] for number in drawn) for kind in ("taste", "service", "other")) == of_each


def test_the_order_in_which_cases_are_known_does_not_matter_and_another_seed_draws_others() -> None:
    assert draw(CASES, "a", 6) == draw(CASES[::-1], "a", 6)
    assert draw(CASES, "a", 6) != draw(CASES, "b", 6)


def test_a_case_that_comes_later_takes_the_place_of_one_at_most() -> None:
    before, after = draw(CASES[:10], "a", 5), draw([*CASES[:10], ("HC-99", ["taste"])], "a", 5)

    assert len(set(before) - set(after)) <= 1


def test_nothing_is_drawn_from_nothing() -> None:
    assert draw([], "a", 5) == []
