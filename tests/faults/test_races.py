"""Two people, one task, the same moment: exactly one wins, and the other learns who and when."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands import cases as case_commands
from engine.commands import user_tasks
from engine.commands.context import Context
from engine.commands.idempotency import RequestKey
from engine.commands.site import Site
from engine.commands.steps import OpenedTask
from engine.complaints import Actor
from engine.errors import AlreadyDone
from engine.tables import cases, history_events, idempotency
from tests.faults.conftest import Size
from tests.support.cafe import ANSWERS as CAFE_ANSWERS
from tests.support.cafe import COMPLAINT, a_complaint, task_id
from tests.support.server import Client, Server
from tests.support.site import actor_of

_log = logging.getLogger(__name__)
#: Five rounds of four tasks.
_RACES_A_CASE = 20
ANSWERS = {"founded": "yes", "remark": "seen"}
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def at_once(*calls: Callable[[], Any], pool: ThreadPoolExecutor | None = None) -> list[Any]:
    """The results of *calls* that begin at the same moment; an AlreadyDone is a result too."""
    if pool is None:
        with ThreadPoolExecutor(len(calls)) as made:
            return at_once(*calls, pool=made)
    together = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return call()
        except AlreadyDone as error:
            return error

    return list(pool.map(run, calls))


def completions(site: Site) -> int:
    with site.database.reading_every_company() as connection:
        where = history_events.c.action == "complete_task"
        return connection.execute(sa.select(sa.func.count()).select_from(history_events).where(where)).scalar_one()


def test_of_two_people_completing_one_task_exactly_one_wins(site: Site, size: Size, chance: random.Random) -> None:
    """Every task of a case that goes round is raced for: what opens it has just been raced for itself.

    The second begins up to two milliseconds after the first, so that they meet at every point of the way.
    """
    wanted = size(short=100, long=10_000)
    people = {login: actor_of(site, login) for login in ("fang.lan", "gu.qiang", "wei.min")}
    won, begin = Counter[str](), time.monotonic()

    with ThreadPoolExecutor(2) as pool:
        while won.total() < wanted:
            case = a_complaint(site)
            waiting = deque(case.opened)
            for _ in range(_RACES_A_CASE):
                task = waiting.popleft()
                logins = chance.sample(["gu.qiang" if task.group == "kitchen" else "fang.lan", "wei.min"], 2)
                waits = (0, chance.uniform(0, 0.002))
                calls = (partial(_complete, site, people[n], task, w) for n, w in zip(logins, waits, strict=True))
                results = at_once(*calls, pool=pool)

                (winner,) = [n for n, result in enumerate(results) if isinstance(result, user_tasks.Completed)]
                loser = results[1 - winner]
                assert isinstance(loser, AlreadyDone)
                assert loser.by == people[logins[winner]].name
                assert loser.at == "2026-03-02T01:00:00+00:00"
                won[logins[winner]] += 1
                waiting += results[winner].opened
                if won.total() % 500 == 0:
                    _log.info("%d races in %.0f s: %s", won.total(), time.monotonic() - begin, dict(won))
    assert completions(site) == won.total() == wanted


def _complete(site: Site, person: Actor, task: OpenedTask, wait: float) -> user_tasks.Completed:
    time.sleep(wait)
    answers = {**CAFE_ANSWERS[task.element], **({"satisfied": "no"} if task.element == "confirm" else {})}
    return site.act(person, lambda context: user_tasks.complete(context, task.id, answers))


def test_of_two_programs_completing_one_task_exactly_one_wins(
    site: Site, server: Server, tokens: dict[str, str], size: Size
) -> None:
    rounds = size(short=100, long=1000)
    opened = [task_id(site, a_complaint(site).case_id, "assess") for _ in range(rounds)]
    server.start()
    logins = ("fang.lan", "wei.min")
    clients = [Client(server.port, tokens[login]) for login in logins]

    for task in opened:
        path = f"/tasks/{task}/complete"
        results = at_once(*(partial(client.post, path, ANSWERS) for client in clients))

        assert sorted(status for status, _ in results) == [200, 409], results
        winner = [status for status, _ in results].index(200)
        problem = results[1 - winner][1]
        assert (problem["code"], problem["by"]) == ("already-done", logins[winner])
        assert problem["at"] is not None
    assert completions(site) == rounds


def test_a_request_resent_in_parallel_gets_the_same_answer(
    site: Site, server: Server, tokens: dict[str, str], size: Size
) -> None:
    rounds = size(short=10, long=300)
    server.start()
    clients = [Client(server.port, tokens["fang.lan"]) for _ in range(4)]

    for n in range(rounds):
        begin = "/procedures/harbour-cafe/complaint/cases"
        started = at_once(*(partial(client.post, begin, COMPLAINT, key=f"s{n}") for client in clients))
        assert {status for status, _ in started} == {201}, started
        assert all(answer == started[0][1] for _, answer in started)
        task = task_id(site, started[0][1]["id"], "assess")
        end = f"/tasks/{task}/complete"
        done = at_once(*(partial(client.post, end, ANSWERS, key=f"c{n}") for client in clients))
        assert {status for status, _ in done} == {200}, done
        assert all(answer == done[0][1] for _, answer in done)

    assert completions(site) == rounds
    with site.database.reading_every_company() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one() == rounds


def test_a_lost_race_for_the_key_comes_back_as_the_stored_answer(site: Site) -> None:
    """What happens on databases that let two writers begin: the key is there only when the second one writes."""
    actor = actor_of(site, "fang.lan")
    attempts: list[int] = []
    first = site.act(
        actor, lambda context: case_commands.start(context, "complaint", COMPLAINT, idempotency_key=RequestKey("k"))
    )

    def blind_at_first(context: Context) -> case_commands.Started:
        attempts.append(1)
        if len(attempts) == 1:  # as if the key had been looked for before the other request committed
            row = {"company_id": actor.company_id, "key": "k", "answer": {}, "at": context.now}
            context.connection.execute(sa.insert(idempotency).values(row))
        return case_commands.start(context, "complaint", COMPLAINT, idempotency_key=RequestKey("k"))

    second = site.act(actor, blind_at_first)

    assert second == first
    assert len(attempts) == 2
