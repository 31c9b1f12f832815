"""Cases are found by what they, their answers, letters and files say, and by how they stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.attachments import attach_to_case, receive, store
from engine.commands.findable import keep_texts
from engine.commands.services import WrittenLetter, keep_letter
from engine.commands.site import Site
from engine.commands.user_tasks import claim
from engine.complaints import SYSTEM, Actor
from engine.queries.search import CaseFilter, CasePage, State, find_cases
from engine.queries.unread import unread_in
from engine.tables import cases, history_values, letters, search_queue, search_texts
from engine.worker import handlers, read_words
from tests.support.cafe import a_complaint, a_round, do, task_id
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.site import CAFE, a_site, actor_of
from tests.web.neighbour import NEIGHBOUR, add_neighbour


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


def found(site: Site, text: str = "", *, company: str = CAFE, **narrowed: Any) -> list[str]:
    return [row.number for row in page(site, text, company=company, **narrowed).rows]


def page(
    site: Site, text: str = "", *, company: str = CAFE, cursor: str = "", limit: int = 50, **narrowed: Any
) -> CasePage:
    where = CaseFilter(text=text, **narrowed)
    with site.database.reading(company) as connection:
        return find_cases(
            connection,
            site.deployments,
            Actor.system(company),
            where=where,
            now=site.clock(),
            cursor=cursor,
            limit=limit,
        )


def by_system(site: Site) -> Actor:
    return Actor(CAFE, SYSTEM)


def test_two_chinese_characters_of_an_answer_find_the_case(site: Site) -> None:
    case = a_complaint(site, summary="拿铁里有异物", customer_name="陈女士")
    a_complaint(site, summary="排队太久", kind="service")
    do(site, case.case_id, "assess", remark="已核实，顾客要求退款")

    assert read_words(site) == 2

    for text in ("退款", "异物", "陈", "拿铁", "要求退款", "陈女士 退款", "HC-2026-00001", "口味"):
        assert found(site, text) == ["HC-2026-00001"], text
    for text in ("款退", "退货", "退款 排队", "！"):
        assert found(site, text) == [], text


def test_a_hit_says_where_it_stands_and_who_wrote_it(site: Site) -> None:
    case = a_complaint(site, summary="拿铁里有异物")
    do(site, case.case_id, "assess", remark="已核实，顾客要求退款")
    read_words(site)

    (row,) = page(site, "退款").rows

    (hit,) = row.hits
    assert (hit.part, hit.ref, hit.action, hit.step["en"], hit.actor) == (
        "event", "2", "complete_task", "Check", "fang.lan",
    )  # fmt: skip
    assert [words for words, looked_for in hit.excerpt if looked_for] == ["退款"]


def test_words_of_letters_and_files_are_found(site: Site) -> None:
    case = a_complaint(site)
    letter = WrittenLetter("thanks", "customer", "", "zh-Hans", "感谢您的意见", "我们已调整研磨度")
    with site.acting(by_system(site)) as context:
        keep_letter(context, case.case_id, "k", letter)
        file = store(
            context, receive(site.storage, context.actor.company_id, name="报告.txt", content="水温检测合格".encode())
        )
        attach_to_case(context, case.case_id, [file.id])
    read_words(site)

    assert [(hit.part, hit.name) for row in page(site, "研磨").rows for hit in row.hits] == [("letter", "感谢您的意见")]
    assert [(hit.part, hit.name, hit.ref) for row in page(site, "水温").rows for hit in row.hits] == [
        ("file", "报告.txt", file.id)
    ]
    assert found(site, "报告") == ["HC-2026-00001"]
    assert found(site, "研磨 水温") == ["HC-2026-00001"]


def test_answers_of_earlier_rounds_stay_findable(site: Site) -> None:
    case = a_complaint(site)
    do(site, case.case_id, "assess", remark="first impression")
    do(site, case.case_id, "fix")
    read_words(site)
    do(site, case.case_id, "reply")
    do(site, case.case_id, "confirm")
    do(site, case.case_id, "assess", remark="second look")
    read_words(site)

    assert found(site, "impression") == ["HC-2026-00001"]
    assert found(site, "second look") == ["HC-2026-00001"]


def test_a_case_is_read_again_only_when_something_was_written(site: Site) -> None:
    case = a_complaint(site)
    assert read_words(site) == 1
    assert read_words(site) == 0

    with site.acting(actor_of(site, "fang.lan")) as context:
        claim(context, task_id(site, case.case_id, "assess"))

    assert read_words(site) == 1
    assert read_words(site) == 0


def test_what_was_written_while_the_words_were_read_is_read_next(site: Site) -> None:
    case = a_complaint(site)
    with site.database.reading(CAFE) as connection:
        unread = unread_in(connection, site.deployments, CAFE, case.case_id)
    assert unread is not None
    do(site, case.case_id, "assess", remark="written meanwhile")

    with site.acting(by_system(site)) as context:
        assert keep_texts(context, unread, unread.texts) is False

    assert found(site, "meanwhile") == []
    assert read_words(site) == 1
    assert found(site, "meanwhile") == ["HC-2026-00001"]


def test_two_workers_that_read_the_same_case_keep_it_once(site: Site) -> None:
    case = a_complaint(site)
    with site.database.reading(CAFE) as connection:
        unread = unread_in(connection, site.deployments, CAFE, case.case_id)
    assert unread is not None

    for kept in (True, False):
        with site.acting(by_system(site)) as context:
            assert keep_texts(context, unread, unread.texts) is kept

    assert found(site, "coffee") == ["HC-2026-00001"]


def test_what_is_erased_is_gone_at_once_and_not_found_after_the_next_reading(site: Site) -> None:
    case = a_complaint(site, customer_name="Ruan Lingyu")
    with site.acting(by_system(site)) as context:
        keep_letter(context, case.case_id, "k", WrittenLetter("thanks", "customer", "", "en", "Dear Ruan", "Thanks"))
    read_words(site)
    assert found(site, "Ruan") == ["HC-2026-00001"]

    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.delete(history_values).where(history_values.c.stream == case.case_id))
        connection.execute(sa.update(cases).where(cases.c.id == case.case_id).values(customer=""))
        connection.execute(sa.update(letters).where(letters.c.case_id == case.case_id).values(subject="", body=""))

    with site.database.reading(CAFE) as connection:
        assert not any("Ruan" in text for text in connection.execute(sa.select(search_texts.c.text)).scalars())
    assert found(site, "Ruan") == []
    read_words(site)
    assert found(site, "Ruan") == []
    assert found(site, "coffee") == ["HC-2026-00001"]
    with site.database.reading(CAFE) as connection:
        assert not any("Ruan" in text for text in connection.execute(sa.select(search_texts.c.text)).scalars())


def test_a_company_finds_its_own_cases_only(site: Site, tmp_path: Path) -> None:
    a_complaint(site, summary="the café’s own")
    add_neighbour(site, tmp_path / "neighbour")
    assert read_words(site) == 2

    assert found(site, "secret") == []
    assert found(site, "secret", company=NEIGHBOUR) == ["HC-2026-00001"]
    assert found(site, "own", company=NEIGHBOUR) == []


def test_the_number_of_a_case_finds_it_before_its_words_were_read(site: Site) -> None:
    a_complaint(site)

    assert found(site, "hc-2026-00001") == ["HC-2026-00001"]


def test_pages_follow_each_other_without_a_gap(site: Site) -> None:
    for n in range(7):
        a_complaint(site, summary=f"咖啡 {n}" if n % 2 else "茶")
    read_words(site)

    def walked(text: str) -> Iterator[str]:
        cursor = ""
        while True:
            shown = page(site, text, cursor=cursor, limit=2)
            yield from (row.number for row in shown.rows)
            if not (cursor := shown.next):
                return

    assert [number[-1] for number in walked("")] == ["7", "6", "5", "4", "3", "2", "1"]
    assert [number[-1] for number in walked("咖啡")] == ["6", "4", "2"]


def test_pages_skip_cases_that_only_have_the_pieces(site: Site) -> None:
    a_complaint(site, summary="投诉退款")
    for _ in range(5):
        a_complaint(site, summary="退款投诉，诉退")
    read_words(site)

    first = page(site, "投诉退款", limit=2)

    assert [row.number for row in first.rows] == ["HC-2026-00001"]


def test_lists_are_narrowed_by_how_cases_stand(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_site(tmp_path, clock=clock)
    begin = clock()
    late, ended = a_complaint(site), a_complaint(site)
    do(site, late.case_id, "assess")
    a_round(site, ended.case_id, satisfied="yes")
    assert isinstance(site.jobs, RememberedJobs)
    site.jobs.do(handlers(site))
    clock.move(days=30)
    fresh = a_complaint(site)
    do(site, fresh.case_id, "assess")
    numbers = {late.number: "late", ended.number: "ended", fresh.number: "fresh"}

    def shown(**narrowed: Any) -> list[str]:
        return [numbers[number] for number in found(site, **narrowed)]

    assert shown() == ["fresh", "ended", "late"]
    assert shown(state=State.OPEN) == ["fresh", "late"]
    assert shown(state=State.CLOSED) == ["ended"]
    assert shown(state=State.OVERDUE) == ["late"]
    assert shown(state=State.SOON) == ["fresh"]
    assert shown(state=State.IN_TIME) == ["fresh"]
    assert shown(elements=("fix",)) == ["fresh", "late"]
    assert shown(elements=("confirm",)) == []
    assert shown(person="gu.qiang") == ["ended"]
    assert shown(person="fang.lan") == ["fresh", "ended", "late"]
    assert shown(person="nobody") == []
    assert shown(outcome="closed") == ["ended"]
    assert shown(procedure="complaint") == ["fresh", "ended", "late"]
    assert shown(procedure="another") == []
    assert shown(since=begin + timedelta(days=1)) == ["fresh"]
    assert shown(until=begin + timedelta(days=1)) == ["ended", "late"]


def test_a_text_and_other_filters_narrow_together(site: Site) -> None:
    first = a_complaint(site, summary="咖啡太凉")
    a_complaint(site, summary="咖啡太淡")
    do(site, first.case_id, "assess")
    read_words(site)

    assert found(site, "咖啡", elements=("fix",)) == [first.number]


def test_a_case_that_cannot_be_read_does_not_hide_the_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, whole = a_complaint(site, summary="broken"), a_complaint(site, summary="whole")
    reading = unread_in

    def breaks(connection: sa.Connection, deployments: Any, company_id: str, case_id: int) -> Any:
        if case_id == broken.case_id:
            raise ValueError("cannot be read")
        return reading(connection, deployments, company_id, case_id)

    monkeypatch.setattr("engine.worker.words.unread_in", breaks)

    assert read_words(site) == 1
    assert found(site, "whole") == [whole.number]
    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(search_queue.c.case_id)).scalars().all() == [broken.case_id]


def turned(site: Site, text: str = "", **narrowed: Any) -> list[list[str]]:
    """The last digits of the numbers on each page of two."""
    pages, cursor = [], ""
    while True:
        shown = page(site, text, cursor=cursor, limit=2, **narrowed)
        pages.append([row.number[-1] for row in shown.rows])
        if not (cursor := shown.next):
            return pages


def test_pages_of_words_and_of_a_person_follow_each_other(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(9):
        case = a_complaint(site, summary="咖啡太凉" if n % 3 else "咖啡有异物，要求退款")
        if n % 2:
            do(site, case.case_id, "assess")
    read_words(site)

    for newest in ((4_096, 65_536), (1, 3), (2, 4)):  # however few of the newest are looked at first
        monkeypatch.setattr("engine.search.index._NEWEST", newest)
        assert turned(site, "咖啡") == [["9", "8"], ["7", "6"], ["5", "4"], ["3", "2"], ["1"]], newest
        assert turned(site, "异物 退款") == [["7", "4"], ["1"]], newest
        assert turned(site, "龙虾") == [[]], newest
    assert turned(site, person="fang.lan") == [["8", "6"], ["4", "2"]]
    assert turned(site, person="nobody") == [[]]
    assert turned(site, "退款", person="fang.lan") == [["4"]]


def test_a_case_in_which_a_person_does_much_is_listed_once(site: Site) -> None:
    case = a_complaint(site)
    a_round(site, case.case_id)
    do(site, case.case_id, "assess")
    with site.acting(actor_of(site, "fang.lan")) as context:
        claim(context, task_id(site, case.case_id, "reply"))

    assert found(site, person="fang.lan") == ["HC-2026-00001"]
