"""Whom a case is about, and who did the step that another one is kept apart from, have no hand in it whatever the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands import cases, delegations, hand_overs, signatures, user_tasks
from engine.commands.context import Context
from engine.commands.errands import Addressee
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Absent, Actor
from engine.complaints.inbox import View
from engine.errors import AnswersInvalid, NotPermitted
from engine.queries.cases import Case, case_by_id, readable
from engine.queries.errands import waiting_errands
from engine.queries.inbox import inbox
from engine.tables import user_tasks as tasks
from tests.support.cafe import ANSWERS, COMPLAINT, with_rules
from tests.support.site import CAFE, a_site

FOUR = ("anna", "boris", "clara", "david")
GROUPS = ("front", "kitchen")
RULES = '[work]\nrespondent = ["summary"]\n[steps.fix]\nseparate_from = ["assess"]\n'
OUT = frozenset({"recused", "separated"})


@dataclass(frozen=True)
class Act:
    """One way to have a hand in the second step, and everybody who has one by it."""

    way: str
    hands: tuple[str, ...]


def acts() -> Iterator[Act]:
    """Every way of one, two or three of the four people."""
    for person in FOUR:
        yield Act("completes", (person,))
    for pair in permutations(FOUR, 2):
        for way in ("stands in", "hands over", "delegates", "asks to sign", "has it signed afterwards"):
            yield Act(way, pair)
    for three in permutations(FOUR, 3):
        for way in ("hands over to who is represented", "delegates to who is represented", "signs for who was asked"):
            yield Act(way, three)


def may(act: Act, *, about: str, did_the_first: set[str]) -> bool:
    """The rule, on its own: nobody with a hand in it is whom the case is about, or did the first step."""
    return not ({about} | did_the_first) & set(act.hands)


class Office:
    """The four people at work on one case, in one transaction."""

    def __init__(self, context: Context, ids: dict[str, int]) -> None:
        self.context, self.ids = context, ids

    def actor(self, person: str, *away: str) -> Actor:
        """*person*, who stands in for everybody of *away*."""
        absent = tuple(Absent(self.ids[login], login, frozenset(GROUPS)) for login in away)
        return Actor(CAFE, person, self.ids[person], frozenset(GROUPS), stands_in_for=absent)

    def run(self, person: str, command: Callable[..., Any], *given: Any, for_: str = "", **named: Any) -> Any:
        actor = self.actor(person, *([for_] if for_ else []))
        return command(replace(self.context, actor=actor), *given, **named)

    def readers(self, case_id: int) -> set[str]:
        """Who of the four may open the case, whomever they stand in for: nobody or everybody, or it would say so."""
        case = case_by_id(self.context.connection, self.context.deployments, CAFE, case_id)
        found = set()
        for person in FOUR:
            others = [login for login in FOUR if login != person]
            ways = {self.opens(self.actor(person, *away), case) for away in ((), *((each,) for each in others), others)}
            assert len(ways) == 1, (person, "depends on whom they stand in for")
            found |= {person} if ways == {True} else set()
        return found

    def opens(self, actor: Actor, case: Case) -> bool:
        try:
            readable(self.context.connection, actor, case)
        except NotPermitted:
            return False
        return True

    def finds(self, person: str) -> set[int]:
        """Cases of which any list tells *person*, who stands in for the other three."""
        context, actor = self.context, self.actor(person, *(login for login in FOUR if login != person))
        connection, deployments, now = context.connection, context.deployments, context.now
        lists = [inbox(connection, deployments, actor, view=view, now=now).rows for view in View]
        asked = [errand.case_id for errand in waiting_errands(connection, deployments, actor)]
        return {row.case_id for rows in lists for row in rows} | set(asked)

    def complete(self, person: str, task: int, element: str, *, for_: str = "") -> Any:
        if for_:
            self.run(for_, user_tasks.claim, task)
        return self.run(person, user_tasks.complete, task, ANSWERS[element], for_=for_)

    def task(self, element: str) -> int:
        found = sa.select(tasks.c.id).where(tasks.c.element == element, tasks.c.status == "open")
        return self.context.connection.execute(found.order_by(tasks.c.id.desc())).scalars().first() or 0

    def carry_out(self, act: Act) -> None:
        """Do it to the end, so that whoever is named has truly had a hand in it."""
        fix, (first, *others) = self.task("fix"), act.hands
        asked = Addressee(login=others[0]) if others else Addressee()
        match act.way:
            case "completes":
                self.complete(first, fix, "fix")
            case "stands in":
                self.assign(fix, others[0])
                self.run(first, user_tasks.complete, fix, ANSWERS["fix"], for_=others[0])
            case "hands over":
                self.run(first, hand_overs.hand_over, fix, asked, reason="x")
                self.run(others[0], user_tasks.complete, fix, ANSWERS["fix"])
            case "delegates":
                errand = self.run(first, delegations.delegate, fix, asked, reason="x")
                self.run(others[0], delegations.answer_delegation, errand, ANSWERS["fix"], answer="")
            case "asks to sign":
                errand = self.run(first, signatures.ask_signature, fix, asked, before=True, reason="x")
                self.run(others[0], signatures.sign, errand, agreed=True)
            case "has it signed afterwards":
                errand = self.run(first, signatures.ask_signature, fix, asked, before=False, reason="x")
                self.run(first, user_tasks.complete, fix, ANSWERS["fix"])
                self.run(others[0], signatures.sign, errand, agreed=True)
            case "hands over to who is represented":
                self.run(first, hand_overs.hand_over, fix, asked, reason="x")
                self.run(others[1], user_tasks.complete, fix, ANSWERS["fix"], for_=others[0])
            case "delegates to who is represented":
                errand = self.run(first, delegations.delegate, fix, asked, reason="x")
                self.run(others[1], delegations.answer_delegation, errand, ANSWERS["fix"], for_=others[0], answer="")
            case _:
                errand = self.run(first, signatures.ask_signature, fix, asked, before=True, reason="x")
                self.run(others[1], signatures.sign, errand, for_=others[0], agreed=True)

    def assign(self, task: int, person: str) -> None:
        values = {"assignee_id": self.ids[person]}
        self.context.connection.execute(sa.update(tasks).where(tasks.c.id == task).values(values))

    def done(self, act: Act, then: Callable[[], None] = lambda: None) -> bool:
        """Whether it could be done; *then* looks at what became of it, and nothing of it stays."""
        point = self.context.connection.begin_nested()
        why: set[str] = set()
        try:
            self.carry_out(act)
            then()
        except NotPermitted as error:
            why = {error.reason}
        except AnswersInvalid as error:
            why = {each.rule for each in error.errors}
        finally:
            point.rollback()
        assert why <= OUT, (act, why)
        return not why


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    found = a_site(tmp_path_factory.mktemp("four"))
    with_rules(found, RULES)
    return found


def test_no_way_of_any_four_people_leads_around_it(site: Site) -> None:
    """Every way of the four, after the first step was done by one of them, or by one for another.

    Behind each, whom the case is about can neither open it nor find it in a list, for whomever they stand in.
    """
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        ids = {
            person: add_person(context, login=person, name={"zh-Hans": person, "en": person}, groups=GROUPS)
            for person in FOUR
        }
    ways, tried, refused = list(acts()), 0, 0
    first_by = [("anna", ""), ("anna", "boris")]  # who is who makes no difference: the others are all permuted
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        office = Office(context, ids)
        for person, represented in first_by:
            for about in ("", *FOUR):
                point = context.connection.begin_nested()
                summary = f"about {about}" if about else "about nobody"
                opener = Actor(CAFE, "fang.lan", None, frozenset(GROUPS))
                opener = replace(opener, person_id=ids["david"], name="opener")
                case = cases.start(
                    replace(context, actor=opener), "complaint", {**COMPLAINT, "summary": summary}
                ).case_id

                def kept_from(case: int = case, about: str = about) -> None:
                    assert office.readers(case) == set(FOUR) - {about}
                    assert not about or case not in office.finds(about)

                first = {person, represented} - {""}
                office.assign(office.task("assess"), represented or person)
                assess = (office.task("assess"), ANSWERS["assess"])
                if about in first:
                    with pytest.raises(NotPermitted):
                        office.run(person, user_tasks.complete, *assess, for_=represented)
                else:
                    office.run(person, user_tasks.complete, *assess, for_=represented)
                    assert case in office.finds("clara") or about == "clara"
                    for act in ways:
                        expected = may(act, about=about, did_the_first=first)
                        assert office.done(act, kept_from) is expected, (act, about, first)
                        tried, refused = tried + 1, refused + (not expected)
                point.rollback()

    assert (len(ways), tried, 0 < refused < tried) == (136, 7 * 136, True)


def test_who_signed_or_filled_in_the_first_step_keeps_out_of_the_second(tmp_path: Path) -> None:
    own = a_site(tmp_path)
    with_rules(own, RULES)
    with own.acting(Actor(CAFE, SYSTEM)) as context:
        ids = {
            person: add_person(context, login=person, name={"zh-Hans": person, "en": person}, groups=GROUPS)
            for person in FOUR
        }
    with own.acting(Actor(CAFE, SYSTEM)) as context:
        office = Office(context, ids)
        office.run("david", cases.start, "complaint", COMPLAINT)
        assess = office.task("assess")
        errand = office.run("anna", delegations.delegate, assess, Addressee(login="boris"), reason="x")
        office.run("boris", delegations.answer_delegation, errand, ANSWERS["assess"], answer="")
        errand = office.run("anna", signatures.ask_signature, assess, Addressee(login="clara"), before=True, reason="x")
        office.run("clara", signatures.sign, errand, agreed=False, opinion="no")
        office.complete("anna", assess, "assess")

        possible = {act.hands for act in acts() if office.done(act)}

    assert possible == {("david",)}
