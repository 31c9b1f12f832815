"""Messages cross cases and procedures: kept until somebody takes them or their time is over, taken once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.errors import CorrelationTooWide, MessageUnknown, ProcedureFailed
from engine.commands.idempotency import RequestKey
from engine.commands.interventions import intervene
from engine.commands.messages import Received, deliver, fail_delivery, receive_message
from engine.commands.retries import retry
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import NotFound
from engine.interpreter import DataRefused, Resume, Suspend
from engine.tables import messages, subscriptions
from engine.worker import tick
from tests.support import crossing
from tests.support.clock import StandingClock
from tests.support.crossing import (
    ACME,
    FAULTY,
    FAULTY_FLOW,
    a_company,
    actions_of,
    all_cases,
    assert_whole,
    begin,
    catch,
    complete,
    deploy_line,
    deploy_order,
    deploy_payer,
    do_jobs,
    end,
    events_of,
    kept,
    message,
    open_steps,
    start,
    task,
    the_case,
    throw,
)
from tests.support.site import an_empty_site
from tests.support.statements import driver_statements


def receive(site: Site, name: str, correlation: Any = (), data: Any = (), *, key: str = "") -> Received:
    with site.acting(crossing.person(site)) as context:
        return receive_message(
            context, name, correlation=dict(correlation), data=dict(data), idempotency_key=RequestKey(key)
        )


def the_message(site: Site) -> sa.Row[Any]:
    with site.database.reading_every_company() as connection:
        return connection.execute(sa.select(messages)).one()


def subscribed(site: Site) -> list[tuple[Any, ...]]:
    t = subscriptions.c
    with site.database.reading_every_company() as connection:
        rows = connection.execute(sa.select(t.case_id, t.element, t.trigger, t.name, t.correlation).order_by(t.case_id))
        return [tuple(row) for row in rows]


def test_a_message_crosses_from_one_procedure_to_another(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    order = begin(site, "order", order_number="7")
    payer = begin(site, "payer", order_number="7")
    assert open_steps(site, order.case_id) == []

    do_jobs(site)

    assert open_steps(site, order.case_id) == ["pack"]
    assert the_case(site, order.case_id).data["amount"] == 12
    assert kept(site) == [("taken", order.case_id)]
    received = events_of(site, order.case_id)[-1]
    assert (received.actor, received.action, received.subject) == ("system", "receive_message", "paid")
    assert received.content["sender"] == payer.number
    assert received.content["sent_at"] == "2026-03-02T01:00:00+00:00"
    assert_whole(site)


def test_a_message_sent_before_anybody_waits_is_kept_for_who_begins_to_wait(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_company(tmp_path, clock=clock)
    begin(site, "payer", order_number="7")
    do_jobs(site)
    assert kept(site) == [("waiting", None)]
    clock.move(days=20)

    order = begin(site, "order", order_number="7")
    do_jobs(site)

    assert open_steps(site, order.case_id) == ["pack"]
    assert kept(site) == [("taken", order.case_id)]
    assert_whole(site)


def test_what_is_taken_leaves_its_data_to_the_history(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    begin(site, "order", order_number="7")
    begin(site, "payer", order_number="7")
    assert the_message(site).data == {"amount": 12}

    do_jobs(site)

    assert the_message(site).data == {}


def test_the_case_that_has_waited_longest_gets_it_and_the_next_the_next(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_company(tmp_path, clock=clock)
    first, second = begin(site, "order", order_number="7"), None
    clock.move(seconds=1)
    second = begin(site, "order", order_number="7")
    clock.move(seconds=1)

    begin(site, "payer", order_number="7")
    do_jobs(site)
    after_one = (open_steps(site, first.case_id), open_steps(site, second.case_id))
    begin(site, "payer", order_number="7")
    do_jobs(site)

    assert after_one == (["pack"], [])
    assert open_steps(site, second.case_id) == ["pack"]
    assert kept(site) == [("taken", first.case_id), ("taken", second.case_id)]


@pytest.mark.parametrize(
    ("correlation", "taken"),
    [
        ({"order": 7}, True),
        ({"order": 7, "country": "CN"}, True),  # it may say more than the case asks for
        ({"order": "7"}, False),  # a text is no number
        ({"order": 8}, False),
        ({"order": True}, False),
        ({"order": None}, False),
        ({"order": [7]}, False),
        ({"country": "CN"}, False),
        ({}, False),
    ],
)
def test_a_case_is_found_by_the_values_it_asks_for(tmp_path: Path, correlation: dict[str, Any], *, taken: bool) -> None:
    site = a_company(tmp_path)
    order = begin(site, "order", order_number="7")

    received = receive(site, "paid", correlation)

    assert (received.case, received.status) == ((order.number, "open") if taken else ("", "waiting"))
    assert open_steps(site, order.case_id) == (["pack"] if taken else [])
    assert_whole(site)


@pytest.mark.parametrize(("asked", "taken"), [("7", False), ("8", True)])
def test_a_kept_message_is_found_by_the_same_values(tmp_path: Path, asked: str, *, taken: bool) -> None:
    site = a_company(tmp_path)
    receive(site, "paid", {"order": 8, "country": "CN"})
    receive(site, "paid", {"order": "7"})

    order = begin(site, "order", order_number=asked)
    do_jobs(site)

    assert open_steps(site, order.case_id) == (["pack"] if taken else [])


def test_a_message_may_name_its_case(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    first, second = begin(site, "order", order_number="7"), begin(site, "order", order_number="7")

    received = receive(site, "paid", {"order": 7, "case": second.number})

    assert received.case == second.number
    assert open_steps(site, first.case_id) == []
    with pytest.raises(NotFound):
        receive(site, "paid", {"order": 7, "case": "AC-2026-99999"})


def test_a_message_for_one_case_waits_for_that_case_only(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    deploy_line(site, "later", start(), task("first"), catch(message("paid"), "wait"), task("then"), end())
    named = begin(site, "later", order_number="7")
    assert receive(site, "paid", {"order": 7, "case": named.number}).status == "waiting"

    other = begin(site, "order", order_number="7")
    do_jobs(site)
    assert open_steps(site, other.case_id) == []
    complete(site, named.case_id, "first")
    do_jobs(site)

    assert open_steps(site, named.case_id) == ["then"]
    assert_whole(site)


def test_a_loop_takes_the_kept_messages_one_after_the_other(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    watching = '<bpmn:boundaryEvent id="heard" name="heard" attachedToRef="work" cancelActivity="false">'
    more = (
        f"{watching}{message('told')}</bpmn:boundaryEvent>" + task("note") + end(id="noted")
        + '<bpmn:sequenceFlow id="f1" sourceRef="heard" targetRef="note"/>'
        + '<bpmn:sequenceFlow id="f2" sourceRef="note" targetRef="noted"/>'
    )  # fmt: skip
    deploy_line(site, "listener", start(), task("work"), end(), more=more)
    for _ in range(3):
        receive(site, "told")

    listener = begin(site, "listener")
    do_jobs(site)

    assert open_steps(site, listener.case_id).count("note") == 3
    assert kept(site) == [("taken", listener.case_id)] * 3
    assert_whole(site)


def test_a_job_that_is_repeated_delivers_nothing_twice(tmp_path: Path) -> None:
    """What a worker does that was killed between its commit and the job's."""
    site = a_company(tmp_path)
    order = begin(site, "order", order_number="7")
    again = begin(site, "order", order_number="7")
    begin(site, "payer", order_number="7")
    jobs = list(site.jobs.put_jobs)

    do_jobs(site)
    site.jobs.put_jobs.extend(jobs)
    do_jobs(site)

    assert actions_of(site, order.case_id) == ["start_case", "receive_message"]
    assert actions_of(site, again.case_id) == ["start_case"]


def test_a_step_that_is_undone_has_sent_nothing(tmp_path: Path) -> None:
    site = a_company(tmp_path)

    def undone() -> None:
        with site.acting(crossing.person(site)) as context:
            crossing.case_commands.start(context, "payer", {"order_number": "7"})
            raise RuntimeError("undo it")

    with pytest.raises(RuntimeError):
        undone()

    assert kept(site) == []


def test_two_transactions_that_did_not_see_each_other_are_brought_together(tmp_path: Path) -> None:
    """On PostgreSQL one side can miss the other; here the jobs are lost instead."""
    clock = StandingClock()
    site = a_company(tmp_path, clock=clock)
    begin(site, "payer", order_number="7")
    order = begin(site, "order", order_number="7")
    site.jobs.put_jobs.clear()
    assert tick(site) == 0, "not before jobs had their time"

    clock.move(seconds=10)

    assert [tick(site), tick(site)] == [1, 0]
    assert open_steps(site, order.case_id) == ["pack"]


def test_a_message_that_waits_is_looked_after_ever_less_often(tmp_path: Path) -> None:
    clock = StandingClock()
    site = a_company(tmp_path, clock=clock)
    receive(site, "paid", {"order": 7})
    waits = []

    for _ in range(15):
        waits.append((the_message(site).due_at - clock.at).total_seconds())
        clock.at = the_message(site).due_at
        tick(site)

    assert waits[:4] == [10, 10, 20, 40]
    assert waits[14] == 81920


class TestTime:
    def test_what_nobody_took_in_its_time_is_an_incident_of_the_sender(self, tmp_path: Path) -> None:
        clock = StandingClock()
        site = a_company(tmp_path, clock=clock)
        payer = begin(site, "payer", order_number="7")
        do_jobs(site)
        clock.move(days=30)

        tick(site)
        clock.move(days=1)
        tick(site)

        assert kept(site) == [("expired", None)]
        (incident,) = the_case(site, payer.case_id).incidents
        assert (incident.code, incident.element) == ("message-expired", "say")
        assert incident.message == (
            "expected message 'paid' to be taken by 2026-04-01T01:00:00+00:00, found nobody who waited for it"
        )
        assert actions_of(site, payer.case_id) == ["start_case", "open_incident"]
        order = begin(site, "order", order_number="7")
        do_jobs(site)
        assert open_steps(site, order.case_id) == []

    def test_what_came_from_outside_and_nobody_took_stands_in_the_company_history(self, tmp_path: Path) -> None:
        clock = StandingClock()
        site = a_company(tmp_path, clock=clock)

        assert receive(site, "paid", {"order": 7}).expires_at == datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
        clock.move(days=30)
        tick(site)

        event = events_of(site, 0)[-1]
        assert (event.action, event.subject) == ("expire_message", "paid")
        assert event.content == {"sender": "li.min", "sent_at": "2026-03-02T01:00:00+00:00"}

    def test_the_sender_says_how_long(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        deploy_order(site, toml='[messages.paid]\nkeep = "P9D"\n')
        deploy_payer(site, toml='[messages.paid]\nkeep = "PT12H"\n')

        begin(site, "payer", order_number="7")

        assert the_message(site).expires_at == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)

    def test_else_the_longest_time_of_those_who_can_take_it(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        deploy_order(site, toml='[messages.paid]\nkeep = "P9D"\n')
        deploy_line(
            site, "other", start(), catch(message("paid")), task("x"), end(), toml='[messages.paid]\nkeep = "P2D"\n'
        )

        begin(site, "payer", order_number="7")

        assert the_message(site).expires_at == datetime(2026, 3, 11, 1, 0, tzinfo=UTC)

    def test_a_message_that_is_not_kept_is_for_those_who_wait_already(self, tmp_path: Path) -> None:
        clock = StandingClock()
        site = a_company(tmp_path, clock=clock)
        deploy_order(site, toml='[messages.paid]\nkeep = "PT0S"\n')
        waiting = begin(site, "order", order_number="7")
        taken = begin(site, "payer", order_number="7")
        missed = begin(site, "payer", order_number="8")
        clock.move(seconds=1)
        late = begin(site, "order", order_number="8")

        do_jobs(site)

        assert open_steps(site, waiting.case_id) == ["pack"]
        assert open_steps(site, late.case_id) == []
        assert the_case(site, taken.case_id).incidents == ()
        (incident,) = the_case(site, missed.case_id).incidents
        assert incident.code == "message-expired"

    def test_a_message_from_outside_that_is_not_kept_is_refused_at_once(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        deploy_order(site, toml='[messages.paid]\nkeep = "PT0S"\n')

        with pytest.raises(NotFound, match="case that waits for message 'paid'"):
            receive(site, "paid", {"order": 7})

        assert kept(site) == []

    def test_a_worker_that_was_away_still_delivers_to_who_waited_in_time(self, tmp_path: Path) -> None:
        clock = StandingClock()
        site = a_company(tmp_path, clock=clock)
        order = begin(site, "order", order_number="7")
        begin(site, "payer", order_number="7")
        clock.move(days=40)

        tick(site)

        assert open_steps(site, order.case_id) == ["pack"]


class TestEntrances:
    def deploy_claim(self, site: Site, *nodes: str, more: str = "") -> None:
        deploy_line(site, "claim", start(message("paid")), *(nodes or (task("check"),)), end(), more=more)

    def test_a_message_nobody_waits_for_opens_a_case_once(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        self.deploy_claim(site)
        payer = begin(site, "payer", order_number="7")
        jobs = list(site.jobs.put_jobs)

        do_jobs(site)
        site.jobs.put_jobs.extend(jobs)
        do_jobs(site)

        assert len(all_cases(site)) == 2
        opened = the_case(site, all_cases(site)[1])
        assert (opened.procedure, opened.data) == ("claim", {"amount": 12})
        assert open_steps(site, opened.id) == ["check"]
        first = events_of(site, opened.id)[0]
        assert (first.actor, first.action, first.subject) == ("system", "start_by_message", "paid")
        assert first.content["sender"] == payer.number
        assert first.content["request"]["event"] == "start"
        assert kept(site) == [("taken", opened.id)]
        assert_whole(site)

    def test_a_case_that_waits_comes_first(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        self.deploy_claim(site)
        order = begin(site, "order", order_number="7")

        received = receive(site, "paid", {"order": 7})
        other = receive(site, "paid", {"order": 8})

        assert received.case == order.number
        assert (other.case, other.status) == ("AC-2026-00002", "open")

    def test_a_case_that_ends_at_once_says_so(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        self.deploy_claim(site, throw("", "pass"))

        assert receive(site, "paid").status == "completed"

    def test_a_start_that_fails_is_an_incident_of_the_sender_and_tried_again(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        self.deploy_claim(site, FAULTY, more=FAULTY_FLOW)
        payer = begin(site, "payer", order_number="7")

        do_jobs(site)
        (incident,) = the_case(site, payer.case_id).incidents
        assert (incident.code, incident.element) == ("message-not-delivered", "say")
        assert kept(site) == [("waiting", None)]
        self.deploy_claim(site)
        with site.acting(Actor.system(ACME)) as context:
            retry(context, payer.case_id)
        do_jobs(site)

        assert [status for status, _ in kept(site)] == ["taken"]
        assert len(all_cases(site)) == 2

    def test_a_start_that_fails_is_told_to_the_program_that_asked(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        self.deploy_claim(site, FAULTY, more=FAULTY_FLOW)

        with pytest.raises(ProcedureFailed):
            receive(site, "paid")

        assert kept(site) == []


class TestFaults:
    @pytest.fixture
    def site(self, tmp_path: Path) -> Site:
        site = an_empty_site(tmp_path, clock=StandingClock())
        deploy_payer(site)
        deploy_line(site, "order", start(), catch(message("paid")), FAULTY, end(), more=FAULTY_FLOW)
        with site.acting(Actor.system(ACME)) as context:
            crossing.add_person(context, login="li.min", name={"en": "Li"}, groups=("service",), password="x" * 12)
        return site

    def test_a_case_whose_step_fails_keeps_its_state_and_the_message_waits(self, site: Site) -> None:
        order = begin(site, "order", order_number="7")
        begin(site, "payer", order_number="7")

        do_jobs(site)
        for _ in range(5):
            site.clock.move(days=20)
            tick(site)

        assert kept(site) == [("waiting", None)]
        (incident,) = the_case(site, order.case_id).incidents
        assert incident.code == "not-a-condition"
        assert actions_of(site, order.case_id) == ["start_case", "open_incident"]
        assert subscribed(site) == [(order.case_id, "wait", "message", "paid", '{"order":7}')]

    def test_closing_the_incident_tries_again(self, site: Site) -> None:
        order = begin(site, "order", order_number="7")
        begin(site, "payer", order_number="7")
        do_jobs(site)

        with site.acting(Actor.system(ACME)) as context:
            assert retry(context, order.case_id) == 1
        do_jobs(site)

        assert actions_of(site, order.case_id) == ["start_case", "open_incident", "retry", "open_incident"]
        assert kept(site) == [("waiting", None)]

    def test_a_program_hears_that_its_message_waits(self, site: Site) -> None:
        order = begin(site, "order", order_number="7")

        received = receive(site, "paid", {"order": 7})

        assert received.status == "waiting"
        assert the_message(site).held_by == order.case_id

    def test_a_job_that_was_given_up_is_seen_once(self, site: Site) -> None:
        payer = begin(site, "payer", order_number="7")
        for _ in range(2):
            with site.acting(Actor.system(ACME)) as context:
                fail_delivery(context, 1, "OSError: gone")

        (incident,) = the_case(site, payer.case_id).incidents
        assert (incident.code, incident.message) == ("message-not-delivered", "OSError: gone")
        with site.acting(Actor.system(ACME)) as context:
            assert deliver(context, 1) is None

    def test_a_message_from_outside_that_cannot_be_delivered_stands_in_the_company_history(self, site: Site) -> None:
        receive(site, "paid", {"order": 7})

        with site.acting(Actor.system(ACME)) as context:
            fail_delivery(context, 1, "OSError: gone")

        assert actions_of(site, 0)[-1] == "skip_message"
        assert kept(site) == [("waiting", None)]


class TestRefusals:
    def test_a_message_nobody_could_ever_take_is_refused_with_those_somebody_could(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)

        with pytest.raises(MessageUnknown) as refused:
            receive(site, "payed", {"order": 7})

        assert str(refused.value) == "expected message 'payed' to be one that a procedure can take, found only: paid"

    def test_a_message_that_is_only_sent_by_procedures_is_none_of_them(self, tmp_path: Path) -> None:
        site = an_empty_site(tmp_path)
        deploy_line(site, "teller", start(), throw(message("told")), task("x"), end())
        with site.acting(Actor.system(ACME)) as context:
            crossing.add_person(context, login="li.min", name={"en": "Li"}, groups=("service",), password="x" * 12)

        with pytest.raises(MessageUnknown, match="found only: none"):
            receive(site, "told")

    def test_a_message_an_older_version_waits_for_is_known(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        begin(site, "order", order_number="7")
        deploy_line(site, "order", start(), task("pack"), end())

        assert receive(site, "paid", {"order": 8}).status == "waiting"

    def test_too_many_values_are_refused(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)

        with pytest.raises(CorrelationTooWide, match="at most 6 correlation values, found 7"):
            receive(site, "paid", {f"v{n}": n for n in range(7)})

        assert receive(site, "paid", {f"v{n}": n for n in range(6)} | {"case": begin(site, "order").number})

    def test_data_that_no_case_could_have_is_refused_before_it_is_kept(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)

        with pytest.raises(DataRefused):
            receive(site, "paid", {"order": 7}, {"_secret": 1})

    def test_a_resent_message_gets_the_same_answer_and_is_kept_once(self, tmp_path: Path) -> None:
        clock = StandingClock()
        site = a_company(tmp_path, clock=clock)
        order = begin(site, "order", order_number="7")

        taken = [receive(site, "paid", {"order": 7}, key="a") for _ in range(2)]
        waiting = []
        for _ in range(2):
            waiting.append(receive(site, "paid", {"order": 9}, key="b"))
            clock.move(hours=1)

        assert taken == [Received(order.number, "open")] * 2
        assert waiting == [Received("", "waiting", datetime(2026, 4, 1, 1, 0, tzinfo=UTC))] * 2
        assert kept(site) == [("waiting", None)]

    def test_a_company_takes_its_own_messages_only(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        begin(site, "payer", order_number="7")

        with site.acting(Actor.system("another-company")) as context:
            assert deliver(context, 1) is None

        assert kept(site) == [("waiting", None)]


class TestSubscriptions:
    def test_they_follow_what_the_case_waits_for(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        order = begin(site, "order", order_number="7")
        before = subscribed(site)

        receive(site, "paid", {"order": 7})

        assert before == [(order.case_id, "wait", "message", "paid", '{"order":7}')]
        assert subscribed(site) == []
        assert_whole(site)

    def test_long_values_are_found_as_well(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        roots = crossing.ROOTS.replace("order_number", "summary")
        deploy_line(site, "long", start(), catch(message("paid")), task("pack"), end(), roots=roots)
        case = begin(site, "long", summary="长" * 1000)

        received = receive(site, "paid", {"order": "长" * 1000})

        assert received.case == case.number

    def test_a_step_that_waits_for_nothing_costs_no_statement(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        deploy_line(site, "plain", start(), task("one"), task("two"), end())
        case = begin(site, "plain")
        actor = crossing.person(site)
        found = the_case(site, case.case_id).tasks[0].id
        site.now(ACME)  # that the company has no clock of its own is asked once
        seen = driver_statements(site.database)

        with site.acting(actor) as context:
            crossing.user_tasks.complete(context, found, {})

        words = [text.split()[0].rstrip(";") for text, _ in seen]
        assert words == ["BEGIN", "SELECT", "UPDATE", "UPDATE", "INSERT", "INSERT"]


class TestSuspendedCases:
    """What nobody may do in a case, no message does: it is kept until the case goes on."""

    def test_a_message_waits_for_a_suspended_case_and_is_taken_when_it_is_resumed(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        order = begin(site, "order", order_number="7")
        administrator = Actor(ACME, "an.qi", person_id=1, administrator=True)
        with site.acting(administrator) as context:
            intervene(context, order.case_id, Suspend("the police ask us to wait"))
        begin(site, "payer", order_number="7")
        do_jobs(site)
        assert kept(site) == [("waiting", None)]

        with site.acting(administrator) as context:
            intervene(context, order.case_id, Resume("they are done"))
        do_jobs(site)

        assert kept(site) == [("taken", order.case_id)]
        assert open_steps(site, order.case_id) == ["pack"]
        assert_whole(site)

    def test_a_message_for_that_very_case_is_kept_too(self, tmp_path: Path) -> None:
        site = a_company(tmp_path)
        order = begin(site, "order", order_number="7")
        administrator = Actor(ACME, "an.qi", person_id=1, administrator=True)
        with site.acting(administrator) as context:
            intervene(context, order.case_id, Suspend("wait"))

        received = receive(site, "paid", {"case": order.number, "order": 7})
        assert (received.case, received.status) == ("", "waiting")

        with site.acting(administrator) as context:
            intervene(context, order.case_id, Resume("go on"))
        do_jobs(site)
        assert open_steps(site, order.case_id) == ["pack"]
