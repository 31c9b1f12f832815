"""Any two Chinese characters, three letters or beginning of a word can be asked for."""

from __future__ import annotations

import pytest

from engine.search.grams import excerpt, folded, grams, marked, says_all, terms_of, wanted


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("顾客投诉退款", "退款"),
        ("顾客投诉退款", "退"),
        ("顾客投诉退款", "投诉退款"),
        ("Cold COFFEE, twice", "coffee"),
        ("Cold coffee", "off"),
        ("Cold coffee", "co"),
        ("HC-2026-00012", "hc-2026-00012"),
        ("HC-2026-00012", "0012"),
        ("电话１３８００１３８０００", "13800138000"),
        ("A4纸用完", "a4纸"),
        ("𠮷野家的订单", "𠮷野"),
        ("Ünsal çay", "ünsal"),
    ],
)
def test_a_text_has_every_piece_of_what_stands_in_it(text: str, asked: str) -> None:
    (term,) = terms_of(asked)

    assert wanted(term) <= grams(text)
    assert says_all([folded(text)], [term])


@pytest.mark.parametrize(
    ("text", "asked"),
    [("顾客投诉退款", "款退"), ("Cold coffee", "tea"), ("Cold coffee", "ee"), ("退货，款项", "退款")],
)
def test_what_does_not_stand_there_is_not_found(text: str, asked: str) -> None:
    (term,) = terms_of(asked)

    assert not wanted(term) <= grams(text)


def test_pieces_that_stand_apart_are_told_from_the_words() -> None:
    assert wanted("投诉退款") <= grams("退款投诉，诉退")
    assert not says_all([folded("退款投诉，诉退")], ["投诉退款"])


def test_words_of_a_question_are_folded_and_counted_once() -> None:
    assert terms_of("  Coffee  COFFEE 退款 ！ ") == ("coffee", "退款")
    assert terms_of("！？ — …") == ()
    assert len(terms_of(" ".join(f"word{n}" for n in range(50)))) == 8


def test_folding_keeps_every_character_in_its_place() -> None:
    text = "Straße ﬁn İstanbul ＡＢＣ e\u0301"

    assert len(folded(text)) == len(text)
    assert "abc" in folded(text)


def test_hits_are_marked_where_they_stand_as_they_were_written() -> None:
    assert marked("Cold COFFEE again", ["coffee", "cold"]) == (
        ("Cold", True), (" ", False), ("COFFEE", True), (" again", False),
    )  # fmt: skip
    assert marked("nothing", []) == (("nothing", False),)


def test_an_excerpt_is_one_short_line_around_the_first_hit() -> None:
    pieces = excerpt("前言" * 40 + "\n顾客要求退款" + "后记" * 60, ["退款"])

    assert pieces is not None
    assert [words for words, hit in pieces if hit] == ["退款"]
    line = "".join(words for words, _ in pieces)
    assert line.startswith("…")
    assert line.endswith("…")
    assert "\n" not in line
    assert len(line) < 95
    assert excerpt("nothing here", ["退款"]) is None
