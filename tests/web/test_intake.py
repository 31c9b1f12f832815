"""Complaints that come in by other ways than the company's own form alone."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from engine.commands.site import Site
from tests.support.cafe import changed_procedure, the_case
from tests.support.site import a_site
from tests.web.application import an_app
from tests.web.browser import Browser, Page, staff
from tests.web.records import events_of

PUBLIC = "/public/harbour-cafe/complaint"
REGISTER = "/register/harbour-cafe/complaint"
RULES = """[intake]
ask = ["channel", "received", "reference", "anonymous", "proxy", "withheld"]
shop = "shop"
web = { kind = "service" }
[confidential.identity]
fields = ["customer_name", "customer_mail", "represented_name"]
groups = ["kitchen"]
when = "identity_withheld = true"
[lanes]"""
SHOP = "  - { id: shop, type: text, max_length: 60, label: { zh-Hans: 门店, zh-Hant: 門店, en: Shop } }\n  - id: kind"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = a_site(tmp_path)
    changed_procedure(
        site, ("[lanes]", RULES), ("  - id: kind", SHOP), ("[start]\n", '[start]\npublic_form = "intake"\n')
    )
    return site


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def test_staff_say_how_when_and_with_which_number_it_came_in(site: Site, app: Flask) -> None:
    front = staff(app, "fang.lan")
    front.open(REGISTER)

    page = front.submit(
        REGISTER, f_summary="passed on", f_customer_name="Chen", f_kind="taste", f_intake_channel="authority",
        f_intake_reference="12315-77", f_intake_received_at="2026-02-26T10:00",
    )  # fmt: skip

    case = the_case(site, _id_of(page, site))
    assert case.data["intake_channel"] == "authority"
    assert case.data["intake_reference"] == "12315-77"
    assert case.received_at.isoformat() == "2026-02-26T02:00:00+00:00"
    assert case.started_at.isoformat() == "2026-03-02T01:00:00+00:00"
    assert next(clock for clock in case.clocks if clock.deadline == "reply").started_at == case.received_at
    assert "Passed on by an authority" in front.open(f"/cases/{case.number}").words


def test_without_a_channel_staff_are_asked_again(app: Flask) -> None:
    front = staff(app, "fang.lan")
    front.open(REGISTER)

    page = front.submit(REGISTER, f_summary="how?", f_kind="taste")

    assert page.errors() == ["How it came in Please make a choice."]


def test_a_representative_says_for_whom(site: Site, app: Flask) -> None:
    customer = Browser(app)
    customer.open(PUBLIC)

    page = customer.submit(PUBLIC, f_summary="for my mother", f_kind="taste", f_on_behalf="true")
    assert page.errors() == [
        "Who is represented Please fill in this field.",
        "In what capacity Please fill in this field.",
    ]
    page = customer.submit(
        PUBLIC, f_summary="for my mother", f_kind="taste", f_on_behalf="true", f_represented_name="Old Mrs Chen",
        f_represented_as="daughter",
    )  # fmt: skip

    case = the_case(site, _id_of(page, site))
    assert case.data["represented_name"] == "Old Mrs Chen"
    assert "Old Mrs Chen" not in events_of(site, case.id)[0].body
    assert case.data["intake_channel"] == "web"


def test_who_stays_unnamed_is_asked_for_no_name(site: Site, app: Flask) -> None:
    customer = Browser(app)
    customer.open(PUBLIC)

    page = customer.submit(
        PUBLIC, f_summary="nobody's business", f_kind="taste", f_anonymous="true", f_customer_name="Chen"
    )

    assert the_case(site, _id_of(page, site)).data.get("customer_name") is None


def test_a_withheld_name_is_masked_to_all_but_the_named_group(site: Site, app: Flask) -> None:
    customer = Browser(app)
    customer.open(PUBLIC)
    page = customer.submit(
        PUBLIC, f_summary="my manager", f_kind="service", f_customer_name="Chen Xiaoyu", f_identity_withheld="true"
    )
    number = the_case(site, _id_of(page, site)).number

    assert "Chen Xiaoyu" not in staff(app, "fang.lan").open(f"/cases/{number}").words
    assert "Chen Xiaoyu" in staff(app, "gu.qiang").open(f"/cases/{number}").words


def test_the_code_of_a_shop_fills_the_shop_in_and_nobody_can_make_one_up(site: Site, app: Flask) -> None:
    front = staff(app, "fang.lan")
    poster = front.open(f"{REGISTER}/poster?shop=Harbour+Road")
    address = urlsplit(poster.tree.xpath("//p[contains(@class, 'address')]/text()")[0])
    assert poster.tree.xpath("//section//img/@src")[0].startswith("data:image/svg+xml")
    customer = Browser(app)

    form = customer.open(f"{address.path}?{address.query}")
    assert form.value("f-shop") == "Harbour Road"
    page = customer.submit(PUBLIC, page=form, f_summary="no paper", f_kind="taste", f_shop="another shop")
    data = the_case(site, _id_of(page, site)).data
    assert (data["shop"], data["intake_channel"]) == ("Harbour Road", "qr")

    forged = customer.open(f"{address.path}?{address.query.replace('Harbour', 'Airport')}")
    assert forged.value("f-shop") == ""


def _id_of(page: Page, site: Site) -> int:
    assert page.status == 200, page.errors()
    with site.database.reading_every_company() as connection:
        import sqlalchemy as sa

        from engine.tables import cases

        return connection.execute(sa.select(sa.func.max(cases.c.id))).scalar_one()
