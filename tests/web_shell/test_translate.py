"""Which language a page speaks, and what a translator answers."""

from __future__ import annotations

import pytest
from jinja2 import Environment

from webapp.translate import Translator, choose_language, install, translator


@pytest.mark.parametrize(
    ("cookie", "accept", "expected", "reason"),
    [
        ("en", "zh-CN", "en", "the reader's own choice comes first"),
        ("xx", "zh-TW", "zh-Hant", "a cookie with an unknown language counts for nothing"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans", "mainland"),
        (None, "zh-TW", "zh-Hant", "Taiwan reads Traditional"),
        (None, "zh-HK,en;q=0.5", "zh-Hant", "Hong Kong reads Traditional"),
        (None, "zh-Hant-CN", "zh-Hant", "a script is stronger than a region"),
        (None, "zh-Hans-HK", "zh-Hans", "a script is stronger than a region"),
        (None, "zh", "zh-Hans", "Chinese without more"),
        (None, "en-GB", "en", "any English"),
        (None, "fr, de;q=0.9, en;q=0.1", "en", "the best one that we speak"),
        (None, "en;q=0.2, zh-TW;q=0.9", "zh-Hant", "weights decide, not the order"),
        (None, "fr", "zh-Hant", "nothing we speak: the company's language"),
        (None, None, "zh-Hant", "no wish at all: the company's language"),
        (None, ";;;q=,,\x00", "zh-Hant", "nonsense is no wish"),
    ],
)
def test_the_language_of_a_page(cookie: str | None, accept: str | None, expected: str, reason: str) -> None:
    assert expected == choose_language(cookie=cookie, accept_language=accept, default="zh-Hant"), reason


def test_english_is_its_own_translation() -> None:
    assert translator("en").gettext("My tasks") == "My tasks"
    assert translator("en").ngettext("%(num)s day", "%(num)s days", 1) == "%(num)s day"
    assert translator("en").ngettext("%(num)s day", "%(num)s days", 2) == "%(num)s days"


def test_chinese_has_one_form_for_all_numbers() -> None:
    assert translator("zh-Hans").ngettext("%(num)s day", "%(num)s days", 1) == "%(num)s 天"
    assert translator("zh-Hans").ngettext("%(num)s day", "%(num)s days", 2) == "%(num)s 天"


def test_the_two_chinese_catalogues_are_different_languages() -> None:
    assert translator("zh-Hans").gettext("User name") == "用户名"
    assert translator("zh-Hant").gettext("User name") == "使用者名稱"


def test_a_message_nobody_translated_stays_english() -> None:
    assert Translator("zh-Hans").gettext("Brand new") == "Brand new"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError):
        translator("fr")


def test_a_template_speaks_the_language_of_the_request_even_inside_imported_macros() -> None:
    current = [translator("zh-Hans")]
    environment = Environment(autoescape=True)
    install(environment, lambda: current[0])
    page = environment.from_string(
        "{% macro count(n) %}{{ ngettext('%(num)s day', '%(num)s days', n) }}{% endmacro %}{{ _('My tasks') }} {{ count(2) }}"
    )

    simplified = page.render()
    current[0] = translator("en")
    english = page.render()

    assert simplified == "我的待办 2 天"
    assert english == "My tasks 2 days"


def test_values_put_into_a_translation_are_escaped() -> None:
    environment = Environment(autoescape=True)
    install(environment, lambda: translator("zh-Hans"))

    page = environment.from_string("{{ _('Account of %(name)s', name=name) }}").render(name="<script>")

    assert page == "&lt;script&gt; 的账户"
