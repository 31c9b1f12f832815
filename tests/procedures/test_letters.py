"""Letters are Liquid with limits."""

from __future__ import annotations

import pytest

from engine.procedures.letters import LetterRefused, names_in, render_letter
from engine.procedures.package import Letter


def letter(body: str) -> Letter:
    return Letter(id="done", subject={"zh-Hans": "投诉\n{{ number }}"}, body={"zh-Hans": body, "en": "English"})


def test_values_are_put_in() -> None:
    rendered = render_letter(letter("{{ data.name }}您好"), "zh-Hans", {"number": "A-1", "data": {"name": "王芳"}})

    assert (rendered.subject, rendered.body) == ("投诉 A-1", "王芳您好")


def test_the_nearest_language_is_taken() -> None:
    assert render_letter(letter("您好"), "zh-Hant", {}).body == "您好"
    assert render_letter(letter("您好"), "en", {}).body == "English"


def test_answers_that_were_not_given_stay_empty() -> None:
    assert render_letter(letter("[{{ data.name }}]"), "zh-Hans", {"data": {}}).body == "[]"


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in (1..100000) %}x{% endfor %}",
        "{% for a in (1..1000) %}{% for b in (1..1000) %}x{% endfor %}{% endfor %}",
        "{% for a in (1..4000) %}" + "x" * 1000 + "{% endfor %}",
        "{% include 'secret' %}",
        "{% render 'secret' %}",
        "{{ data.name | unknown }}",
        "{% if data.name %}",
    ],
)
def test_greedy_and_broken_templates_are_refused(body: str) -> None:
    with pytest.raises(LetterRefused):
        render_letter(letter(body), "zh-Hans", {"data": {"name": "x"}})


def test_used_names_are_known() -> None:
    template = "{{ data.name }}{% for row in data.rows %}{{ row.price }}{% endfor %}{% assign a = number %}{{ a }}"

    assert names_in(template) == {("data", "name"), ("data", "rows"), ("number",)}


def test_the_line_of_a_mistake_is_named() -> None:
    with pytest.raises(LetterRefused) as refused:
        names_in("one\ntwo {% nothing %}")

    assert refused.value.line == 2
