"""Looking for cases over the pages and the API: what is shown, what is not, and what is recorded."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.tables import history_events
from engine.worker import read_words
from tests.support.cafe import a_complaint, do
from tests.support.site import CAFE, a_site
from tests.support.unfiltered import without_company_conditions
from tests.web.api.program import Program
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.neighbour import add_neighbour


def test_what_was_looked_for_is_marked_where_it_stands(site: Site, app: Flask) -> None:
    case = a_complaint(site, summary="拿铁里有异物", customer_name="阮女士")
    do(site, case.case_id, "assess", remark="顾客要求退款")
    read_words(site)
    front = staff(app, "fang.lan")

    page = front.open("/cases?text=退款")

    assert case.number in page.words
    assert "顾客要求退款 — Check · fang.lan" in page.words
    assert [mark.text for mark in page.tree.iter("mark")] == ["退款"]
    assert [mark.text for mark in front.open("/cases?text=异物 阮").tree.iter("mark")] == ["异物", "阮"]
    assert "No case matches" in front.open("/cases?text=退货").words


def test_every_search_is_in_the_companys_history_and_its_words_can_be_erased(site: Site, app: Flask) -> None:
    case = a_complaint(site, summary="a search for traces")
    read_words(site)
    staff(app, "fang.lan").open("/cases?text=traces&status=open")

    with site.database.reading(CAFE) as connection:
        t = history_events.c
        body = connection.execute(
            sa.select(t.body).where(t.stream == 0, t.action == "search").order_by(t.seq.desc()).limit(1)
        ).scalar_one()

    assert case.number in body
    assert '"status":"open"' in body
    assert "traces" not in body, "what somebody looked for is sealed apart"


def test_every_page_has_the_box_and_it_remembers_what_was_looked_for(app: Flask) -> None:
    front = staff(app, "fang.lan")

    for path in ("/", "/cases", "/calendar", "/register"):
        (box,) = front.open(path).tree.xpath("//header//input[@name='text']")
        assert box.getparent().get("action") == "/cases"
    assert front.open("/cases?text=咖啡").tree.xpath("//header//input[@name='text']")[0].get("value") == "咖啡"


def test_what_nobody_knows_narrows_nothing_and_breaks_nothing(app: Flask) -> None:
    front = staff(app, "fang.lan")

    for query in (
        "status=none", "since=yesterday", "until=9999-12-31", "cursor=x", "cursor=1.99999999999999999999999",
        "clause=HC-1", "clause=complaint/HC-9", "text=%00", "text=%22%27*()", "person=nobody&outcome=x&step=y", "text=%F0",
    ):  # fmt: skip
        assert front.open(f"/cases?{query}").status == 200, query


def test_a_clause_shows_the_cases_that_stand_at_its_steps(site: Site, app: Flask) -> None:
    case, other = a_complaint(site, summary="clause of the kitchen"), a_complaint(site, summary="clause still to check")
    do(site, case.case_id, "assess")
    front = staff(app, "fang.lan")

    page = front.open("/cases?clause=complaint/HC-2")

    assert case.number in page.words
    assert other.number not in page.words
    assert other.number in front.open("/cases?clause=complaint/HC-1&procedure=complaint").words


def test_the_next_page_keeps_the_filters(site: Site, app: Flask) -> None:
    for n in range(51):
        a_complaint(site, summary=f"many of them {n}")
    read_words(site)
    front: Browser = staff(app, "fang.lan")

    page = front.open("/cases?text=many&status=open")
    (link,) = page.tree.xpath("//a[@rel='next']/@href")

    assert "text=many" in link
    assert "status=open" in link
    assert front.open(link).words.count("many of them") == 1


def test_programs_find_what_people_find(site: Site, app: Flask) -> None:
    case = a_complaint(site, summary="found by a program")
    do(site, case.case_id, "assess", remark="程序也能找到")
    read_words(site)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        program = Program(app, create_token(context, login="fang.lan", name="tests"))

    (item,) = program.get("/cases", text="程序").json["items"]

    assert (item["number"], item["procedure"], item["status"]) == (case.number, "complaint", "open")
    (hit,) = item["hits"]
    assert (hit["part"], hit["action"], hit["actor"]) == ("event", "complete_task", "fang.lan")
    assert "程序也能找到" in hit["excerpt"]
    first = program.get("/cases", limit="1").json
    second = program.get("/cases", limit="1", cursor=first["next"]).json
    assert first["items"][0]["id"] > second["items"][0]["id"]


def test_without_a_condition_the_words_of_another_company_are_not_found(tmp_path: Path, database_kind: str) -> None:
    site = a_site(tmp_path)
    a_complaint(site, summary="the café’s own")
    add_neighbour(site, tmp_path / "neighbour")
    read_words(site)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        program = Program(an_app(site), create_token(context, login="fang.lan", name="tests"))

    with without_company_conditions(site.database) as removed:
        words = program.get("/cases", text="neighbour").json["items"]
        every = program.get("/cases").json["items"]

    assert len(removed) >= 3
    assert words == [], "pieces of words differ from company to company"
    assert len(every) == (1 if database_kind == "postgresql" else 2)
