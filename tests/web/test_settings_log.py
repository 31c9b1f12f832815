"""Who set what in the company, and what stood there before."""

from __future__ import annotations

from flask import Flask

from engine.commands.people import Profile, change_person
from engine.commands.site import Site
from tests.support.site import ADMINISTRATOR, actor_of
from tests.web.browser import staff


def test_a_change_of_a_person_shows_what_was_and_what_is(site: Site, app: Flask) -> None:
    person = actor_of(site, "wei.min")
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        assert person.person_id
        name, profile = {"zh-Hans": "wei.min", "en": "wei.min"}, Profile("wei@cafe.example", "后厨", "主管")
        change_person(
            context, person.person_id, name=name, groups=["kitchen"], administrator=False, owner=True, profile=profile
        )

    page = staff(app, ADMINISTRATOR).open("/people/log")

    latest = page.tree.xpath("//tbody/tr")[0]
    said = " ".join(latest.text_content().split())
    assert "Person changed" in said
    assert "wei.min" in said
    assert "GroupsFront desk, Kitchen Kitchen" in said
    assert "Ownerno yes" in said
    assert "Job title— 主管" in said
    assert "Administrator" not in said, "what stayed as it was is left out"


def test_only_administrators_read_it(app: Flask) -> None:
    assert staff(app, "fang.lan").open("/people/log").status == 403


def test_what_is_older_stands_on_the_next_page(site: Site, app: Flask) -> None:
    browser = staff(app, ADMINISTRATOR)
    for _ in range(51):
        browser.open("/account")
        browser.submit("/account/tokens", name="ledger")

    first = browser.open("/people/log")
    older = browser.open(str(first.tree.xpath("//a[text()='Older']/@href")[0]))

    assert len(first.tree.xpath("//tbody/tr")) == 50
    assert "Token for programs made" in first.words
    assert "Person added" in older.words
