"""Cases that have to do with each other: both histories say so, clocks end or stand as the procedure says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands import cases, relations
from engine.commands.idempotency import RequestKey
from engine.commands.relations import Relation
from engine.commands.site import Site
from engine.commands.steps import LinkKind
from engine.complaints import caller_number
from engine.errors import AnswersInvalid, NotPermitted
from engine.interpreter import CaseEnded
from engine.queries.known import cases_of_caller, relations_of, similar_cases
from engine.queries.search import find_cases
from engine.tables import history_events
from tests.support.cafe import (
    COMPLAINT,
    a_complaint,
    changed_procedure,
    do,
    open_steps,
    the_case,
    with_rules,
    with_telephone,
)
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.web.records import assert_history_verifies


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path, clock=StandingClock())


def by(site: Site, login: str, command: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with site.acting(actor_of(site, login)) as context:
        return command(context, *given, **named)


def wrong(site: Site, command: Callable[..., Any], *given: Any, **named: Any) -> list[tuple[str, str]]:
    with pytest.raises(AnswersInvalid) as refused:
        by(site, "fang.lan", command, *given, **named)
    return [(error.field, error.rule) for error in refused.value.errors]


def happened(site: Site, case_id: int) -> list[tuple[str, str]]:
    """Action and subject of what happened in the case."""
    e = history_events.c
    with site.database.reading(CAFE) as connection:
        rows = connection.execute(sa.select(e.action, e.subject).where(e.stream == case_id).order_by(e.seq)).all()
    return [(row.action, row.subject) for row in rows]


def clocks(site: Site, case_id: int) -> dict[str, str]:
    return {clock.deadline: clock.status for clock in the_case(site, case_id).clocks}


def test_linked_cases_say_so_in_both_histories_and_go_on(site: Site) -> None:
    first, second = a_complaint(site), a_complaint(site)

    by(site, "fang.lan", relations.link, second.case_id, first.number, reason="the same evening")

    assert happened(site, first.case_id)[-1] == ("link_case", second.number)
    assert happened(site, second.case_id)[-1] == ("link_case", first.number)
    assert open_steps(site, second.case_id) == ["assess"]
    assert wrong(site, relations.link, first.case_id, second.number, reason="again") == [("other", "related_already")]

    by(site, "fang.lan", relations.unlink, first.case_id, second.number, reason="another evening")

    assert happened(site, second.case_id)[-1] == ("unlink_case", first.number)
    assert wrong(site, relations.unlink, first.case_id, second.number, reason="x") == [("other", "not_related")]
    assert_history_verifies(site)


def test_a_joined_case_ends_with_its_clocks_and_leads_to_the_other(site: Site) -> None:
    main, double = a_complaint(site), a_complaint(site)

    by(site, "fang.lan", relations.join, double.case_id, main.number, reason="rang twice")

    assert the_case(site, double.case_id).status == "withdrawn"
    assert clocks(site, double.case_id) == {"reply": "cancelled"}
    assert clocks(site, main.case_id) == {"reply": "running"}
    assert happened(site, double.case_id)[-1] == ("join_case", main.number)
    assert happened(site, main.case_id)[-1] == ("take_in_case", double.number)
    with site.database.reading(CAFE) as connection:
        found = relations_of(connection, site.deployments, actor_of(site, "fang.lan"), double.case_id)
    assert [(each.kind, each.first, each.number, each.reason) for each in found] == [
        ("joined", True, main.number, "rang twice")
    ]
    third = a_complaint(site)
    assert wrong(site, relations.join, double.case_id, third.number, reason="x") == [("other", "joined_already")]
    do(site, third.case_id, "assess", founded="no")
    with pytest.raises(CaseEnded):
        by(site, "fang.lan", relations.join, third.case_id, main.number, reason="x")
    assert_history_verifies(site)


def test_where_joined_cases_stand_they_are_parted_again_or_end_with_the_other(site: Site) -> None:
    with_rules(site, '[work]\njoined = "stands"')
    main, double = a_complaint(site), a_complaint(site)
    by(site, "fang.lan", relations.join, double.case_id, main.number, reason="rang twice")
    assert the_case(site, double.case_id).status == "suspended"
    assert clocks(site, double.case_id) == {"reply": "paused"}

    by(site, "fang.lan", relations.part, double.case_id, main.number, reason="another cup")
    assert the_case(site, double.case_id).status == "open"
    assert clocks(site, double.case_id) == {"reply": "running"}
    assert happened(site, main.case_id)[-1] == ("part_case", double.number)

    by(site, "fang.lan", relations.join, double.case_id, main.number, reason="the same cup after all")
    do(site, main.case_id, "assess", founded="no")

    assert the_case(site, main.case_id).status == "completed"
    assert the_case(site, double.case_id).status == "withdrawn"
    assert happened(site, double.case_id)[-1] == ("end_joined", main.number)
    assert_history_verifies(site)


def test_what_cannot_be_joined_is_refused_with_the_reason(site: Site) -> None:
    first, second, third = a_complaint(site), a_complaint(site), a_complaint(site)

    assert wrong(site, relations.join, first.case_id, "HC-0", reason="x") == [("other", "no_such_case")]
    assert wrong(site, relations.join, first.case_id, first.number, reason="x") == [("other", "same_case")]
    assert wrong(site, relations.join, first.case_id, second.number, reason=" ") == [("reason", "required")]
    do(site, second.case_id, "assess", founded="no")
    assert wrong(site, relations.join, first.case_id, second.number, reason="x") == [("other", "case_ended")]
    with pytest.raises(NotPermitted, match="not-answerable"):
        by(site, "gu.qiang", relations.join, first.case_id, third.number, reason="x")
    assert the_case(site, first.case_id).status == "open"


def test_a_procedure_may_forbid_joining(site: Site) -> None:
    with_rules(site, '[work]\njoined = "no"')
    first, second = a_complaint(site), a_complaint(site)

    with pytest.raises(NotPermitted, match="never-joined"):
        by(site, "fang.lan", relations.join, first.case_id, second.number, reason="x")


def test_what_is_split_off_arrived_with_the_first_complaint(site: Site) -> None:
    first = a_complaint(site)
    site.clock.move(hours=30)  # type: ignore[attr-defined]
    relation = Relation(LinkKind.SPLIT, first.number, "two matters")

    def split() -> cases.Started:
        raw = {**COMPLAINT, "summary": "and the waiter was rude"}
        key = RequestKey("split")
        return by(site, "fang.lan", relations.start_related, "complaint", raw, relation, idempotency_key=key)

    second = split()

    assert split().number == second.number
    assert the_case(site, second.case_id).received_at == the_case(site, first.case_id).received_at
    assert happened(site, second.case_id)[-1] == ("split_off", first.number)
    assert [each for each in happened(site, first.case_id) if each[0] == "split_case"] == [
        ("split_case", second.number)
    ]
    assert_history_verifies(site)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+86 138-0013-8000", "13800138000"),
        ("13800138000", "13800138000"),
        ("0086 (138) 0013 8000", "13800138000"),
        ("010-6552 9988", "01065529988"),
        ("8620", ""),  # an extension
        ("１３８００１３８０００", ""),  # full width is refused by the forms
        (None, ""),
    ],
)
def test_a_caller_is_known_however_the_number_is_written(written: str | None, number: str) -> None:
    assert caller_number(written) == number


def test_earlier_complaints_of_the_same_number_are_found_open_ones_first(site: Site) -> None:
    with_telephone(site)
    closed = a_complaint(site, customer_phone="138 0013 8000", summary="first")
    do(site, closed.case_id, "assess", founded="no")
    a_complaint(site, customer_phone="139 0013 9000")
    again = a_complaint(site, customer_phone="+86 138-0013-8000", summary="again")
    closed_later = a_complaint(site, customer_phone="13800138000", summary="third")
    do(site, closed_later.case_id, "assess", founded="no")

    with site.database.reading(CAFE) as connection:
        fang = actor_of(site, "fang.lan")
        found = cases_of_caller(connection, site.deployments, fang, "138-00138000")
        page = find_cases(connection, site.deployments, fang, now=site.clock())

    assert [case.number for case in found] == [again.number, closed_later.number, closed.number]
    assert [row.repeats for row in page.rows] == [2, 1, 0, 0]


def test_open_complaints_that_say_the_same_are_found_in_chinese(site: Site) -> None:
    fang = actor_of(site, "fang.lan")
    hair = a_complaint(site, summary="拿铁咖啡里发现一根头发")
    a_complaint(site, summary="排队等候四十分钟无人理会")
    order = a_complaint(site, summary="订单 A20260312 一直没有送到")
    done = a_complaint(site, summary="拿铁咖啡里有头发")
    do(site, done.case_id, "assess", founded="no")

    with site.database.reading(CAFE) as connection:

        def similar(said: str) -> list[tuple[str, tuple[str, ...]]]:
            found = similar_cases(connection, site.deployments, fang, [said])
            return [(case.number, case.same) for case in found]

        assert similar("顾客说拿铁里有头发") == [(hair.number, ())]
        assert similar("客人问订单a20260312到哪里了") == [(order.number, ("a20260312",))]
        assert similar("希望多放一点糖") == []
        assert similar("头发") == []


def test_nobody_is_shown_a_complaint_about_themselves(site: Site) -> None:
    changed_procedure(site, ("[lanes]", '[work]\nrespondent = ["customer_mail"]\n\n[lanes]'))
    a_complaint(site, summary="拿铁咖啡里发现一根头发", customer_mail="fang.lan")

    with site.database.reading(CAFE) as connection:
        told = [
            len(similar_cases(connection, site.deployments, actor_of(site, login), ["拿铁咖啡里发现头发"]))
            for login in ("fang.lan", "wei.min")
        ]

    assert told == [0, 1]


def test_who_may_not_read_the_number_finds_nobody_by_it(site: Site) -> None:
    with_telephone(site)
    rules = '[confidential.customer]\nfields = ["customer_phone", "customer_name"]\ngroups = ["kitchen"]\n\n[lanes]'
    changed_procedure(site, ("[lanes]", rules))
    a_complaint(site, customer_phone="13800138000", customer_name="王红", summary="拿铁咖啡里发现一根头发")

    with site.database.reading(CAFE) as connection:
        seen = {
            login: (
                [case.customer for case in cases_of_caller(connection, site.deployments, reader, "13800138000")],
                [case.customer for case in similar_cases(connection, site.deployments, reader, ["拿铁里有头发"])],
            )
            for login in ("gu.qiang", ADMINISTRATOR)
            for reader in [actor_of(site, login)]
        }

    assert seen == {"gu.qiang": (["王红"], ["王红"]), ADMINISTRATOR: ([], ["王＊"])}
