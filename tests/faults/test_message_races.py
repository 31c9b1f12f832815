"""Whoever delivers a message, and however many at once: one case takes it, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.commands.messages import deliver
from engine.commands.people import create_token
from engine.commands.signals import hear, throw_signal
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.jobs.dbos_adapter import DbosJobs
from engine.worker import tick
from tests.faults.conftest import Size
from tests.support.crossing import (
    ACME,
    SIGNAL,
    a_company,
    actions_of,
    all_cases,
    assert_whole,
    begin,
    catch,
    deploy_line,
    end,
    kept,
    message,
    person,
    start,
    task,
)
from tests.support.server import Client, Server, free_port

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def at_once(count: int, call) -> list:
    together = threading.Barrier(count)

    def run(number: int):
        together.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_eight_workers_deliver_one_message_once(tmp_path: Path, size: Size) -> None:
    site = a_company(tmp_path)
    rounds = size(short=20, long=500)

    for number in range(rounds):
        orders = [begin(site, "order", order_number=str(number)) for _ in range(3)]
        begin(site, "payer", order_number=str(number))

        def one(_worker: int, message_id: int = number + 1) -> int | None:
            with site.acting(Actor.system(ACME)) as context:
                return deliver(context, message_id)

        took = [case_id for case_id in at_once(8, one) if case_id is not None]

        assert took == [orders[0].case_id]
        assert [actions_of(site, order.case_id)[1:] for order in orders] == [["receive_message"], [], []]
    assert_whole(site)
    site.database.close()


def test_eight_workers_open_one_case_for_one_message(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    deploy_line(site, "claim", start(message("paid")), task("check"), end())
    begin(site, "payer", order_number="7")

    def one(_worker: int) -> int | None:
        with site.acting(Actor.system(ACME)) as context:
            return deliver(context, 1)

    took = [case_id for case_id in at_once(8, one) if case_id is not None]

    assert took == [2]
    assert all_cases(site) == [1, 2]
    site.database.close()


def test_messages_and_cases_that_meet_at_once_all_find_each_other(tmp_path: Path, size: Size) -> None:
    site = a_company(tmp_path)
    rounds = size(short=10, long=200)

    for number in range(rounds):
        at_once(4, lambda who, n=number: begin(site, ("order", "payer")[who % 2], order_number=str(n)))
    site.jobs.put_jobs.clear()  # as if no job had seen the other side: the ticker brings them together
    site.clock.move(seconds=10)
    at_once(4, lambda _who: tick(site))

    assert [status for status, _ in kept(site)] == ["taken"] * 2 * rounds
    assert len({case_id for _, case_id in kept(site)}) == 2 * rounds
    assert_whole(site)
    site.database.close()


def test_eight_workers_let_each_case_hear_a_signal_once(tmp_path: Path) -> None:
    site = a_company(tmp_path)
    deploy_line(site, "shop", start(), catch(SIGNAL, "first"), catch(SIGNAL, "second"), task("close"), end())
    shops = [begin(site, "shop") for _ in range(3)]
    with site.acting(person(site)) as context:
        throw_signal(context, "recall", data={})

    def all_of_them(_worker: int) -> list[int | None]:
        done = []
        for hearing_id in (1, 2, 3):
            with site.acting(Actor.system(ACME)) as context:
                done.append(hear(context, hearing_id))
        return done

    heard = [case_id for worker in at_once(8, all_of_them) for case_id in worker if case_id is not None]

    assert sorted(heard) == [shop.case_id for shop in shops]
    assert [actions_of(site, shop.case_id) for shop in shops] == [["start_case", "receive_signal"]] * 3
    assert_whole(site)
    site.database.close()


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[tuple[Site, Server]]:
    site = a_company(tmp_path / "site")
    DbosJobs(site.database.url).prepare()
    server = Server(site.settings.var, site.database.url, free_port())
    yield site, server
    server.kill()
    site.database.close()


def test_messages_survive_kill_minus_nine_and_are_taken_once(acme: tuple[Site, Server], size: Size) -> None:
    """The real worker and job engine, killed while they deliver."""
    site, server = acme
    with site.acting(Actor(ACME, SYSTEM)) as context:
        token = create_token(context, login="li.min", name="faults")
    rounds = size(short=3, long=60)

    for number in range(rounds):
        server.start()
        client = Client(server.port, token)
        for n in range(10):
            for procedure in ("order", "payer") if n % 2 else ("payer", "order"):
                answers = {"order_number": str(100 * number + n)}
                status, answer = client.post(f"/procedures/{ACME}/{procedure}/cases", answers)
                assert status == 201, answer
        server.kill()
    server.start()
    until = time.monotonic() + 60
    while any(status != "taken" for status, _ in kept(site)) and time.monotonic() < until:
        time.sleep(0.1)
    server.kill()

    orders = [case_id for case_id in all_cases(site) if "receive_message" in actions_of(site, case_id)]
    assert len(kept(site)) == len(orders) == 10 * rounds
    assert sorted(case_id for _, case_id in kept(site)) == orders
    assert all(actions_of(site, case_id) == ["start_case", "receive_message"] for case_id in orders)
    assert_whole(site)
