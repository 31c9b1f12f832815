"""Room for words: full-width letters count as 12 pixels, lines come out about equally long."""

from __future__ import annotations

import pytest

from engine.procedures.layout.words import width_of, wrapped


@pytest.mark.parametrize(("text", "width"), [("", 0), ("投诉", 24), ("AB", 13.92), ("（五）", 36)])
def test_width_counts_full_width_letters_as_high_as_wide(text: str, width: float) -> None:
    assert width_of(text) == pytest.approx(width)


def test_short_text_takes_one_line() -> None:
    assert wrapped("是否成立？", 96) == (64, 16)


def test_long_text_is_cut_into_lines_of_about_equal_length() -> None:
    assert wrapped("需要哪些部门会签意见？", 96) == (82, 30)


def test_words_are_kept_whole_where_they_fit() -> None:
    width, height = wrapped("complaint received", 70)

    assert (round(width), height) == (73, 30)


def test_a_word_longer_than_a_line_is_cut() -> None:
    assert wrapped("A" * 40, 90)[1] == 58
