"""What happens when the server, a connection or another transaction fails: said plainly, nothing half done, and over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import postgresql
from engine.commands import cases as case_commands
from engine.commands.context import Context
from engine.commands.locking import lock_case
from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.database import Collision, Database, DatabaseAway
from engine.errors import UnsuitableDatabase
from engine.tables import cases
from tests.support.cafe import COMPLAINT, a_complaint
from tests.support.postgresql import Cluster, a_cluster, a_name, cluster
from tests.support.site import CAFE, a_site, actor_of, on_server
from tests.web.api.program import START, Program
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.records import assert_history_verifies


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return a_site(tmp_path)


@pytest.fixture(scope="module")
def own_server() -> Iterator[Cluster]:
    made = a_cluster(durable=True)  # what it said is done has to be there when it comes back
    yield made
    made.stop()


def cut_connections(site: Site) -> int:
    """As a fail-over or a firewall does; how many there were."""
    with site.database.reading(CAFE) as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return len(connection.exec_driver_sql(cut).all())


def limited(monkeypatch: pytest.MonkeyPatch, name: str, milliseconds: int) -> None:
    """Transactions that write have a shorter limit, as tests have no time to wait for the real one."""
    said = postgresql._BEGIN_WRITING
    begin = said.replace(f"{name} = ", f"{name} = {milliseconds}; SET LOCAL shouwen.was = ")
    assert begin != said
    monkeypatch.setattr(postgresql, "_BEGIN_WRITING", begin)


def in_parallel(work: object) -> threading.Thread:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    return thread


def test_connections_cut_between_two_actions_are_made_anew(site: Site) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: a_complaint(site), range(4)))
    assert cut_connections(site) >= 1

    started = [a_complaint(site) for _ in range(4)]

    assert len(started) == 4
    assert assert_history_verifies(site) > 8


def test_a_connection_cut_in_the_middle_undoes_everything(site: Site) -> None:
    actor = actor_of(site, "fang.lan")

    def two_cases() -> None:
        with site.acting(actor) as context:
            case_commands.start(context, "complaint", COMPLAINT)
            cut_connections(site)
            case_commands.start(context, "complaint", COMPLAINT)

    with pytest.raises(DatabaseAway, match="expected the database to answer"):
        two_cases()

    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(cases.c.id)).all() == []
    assert a_complaint(site).number == "HC-2026-00001"


def test_a_stopped_server_is_503_and_comes_back_by_itself(tmp_path: Path, own_server: Cluster) -> None:
    with on_server(own_server):
        _stop_and_start(own_server, a_site(tmp_path))


def _stop_and_start(server: Cluster, site: Site) -> None:
    app = an_app(site)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        program = Program(app, create_token(context, login="fang.lan", name="tests"))
    front = staff(app, "fang.lan")
    assert front.open("/cases").status == 200

    server.stop()
    answers = [program.get("/tasks"), program.post(START, {"data": COMPLAINT}), program.get("/cases/HC-2026-00001")]
    page = front.open("/cases")

    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(503, "5")] * 3
    assert {answer.json["code"] for answer in answers} == {"database-away"}
    assert (page.status, page.response.headers["Retry-After"]) == (503, "5")
    assert "The service is busy or being updated" in page.words

    server.start()
    assert program.start()["number"] == "HC-2026-00001"
    assert front.open("/cases").status == 200


def test_who_waits_too_long_for_a_case_is_told_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    case = a_complaint(site)
    limited(monkeypatch, "lock_timeout", 100)
    actor = actor_of(site, "fang.lan")

    with site.acting(actor) as holder:
        lock_case(holder, case.case_id)
        with pytest.raises(DatabaseAway, match="LockNotAvailable"), site.acting(actor) as context:
            lock_case(context, case.case_id)


def test_a_statement_that_takes_too_long_is_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, "statement_timeout", 100)

    with pytest.raises(DatabaseAway, match="QueryCanceled"), site.database.transaction(CAFE) as connection:
        connection.exec_driver_sql("SELECT pg_sleep(5)")


def test_a_frozen_process_loses_its_case_and_cannot_go_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    case = a_complaint(site)
    limited(monkeypatch, "idle_in_transaction_session_timeout", 300)
    actor = actor_of(site, "fang.lan")
    threads: list[threading.Thread] = []
    took: list[float] = []

    def frozen() -> None:
        with site.acting(actor) as context:
            case_commands.record_reading(context, case.case_id, page="frozen")
            threads.append(in_parallel(other))
            time.sleep(1.5)
            lock_case(context, case.case_id)

    def other() -> None:
        before = time.monotonic()
        with site.acting(actor) as context:
            lock_case(context, case.case_id)
        took.append(time.monotonic() - before)

    with pytest.raises(DatabaseAway, match="expected the database to answer"):
        frozen()

    threads[0].join()
    assert took[0] < 1.4
    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(cases.c.history_seq)).scalar_one() == 1


def test_of_two_that_wait_for_each_other_one_is_told_and_done_again(site: Site) -> None:
    first, second = (a_complaint(site).case_id for _ in range(2))
    actor = actor_of(site, "fang.lan")
    both_hold_one = threading.Barrier(2)
    tries: list[int] = []

    def crossing(mine: int, other: int) -> int:
        def command(context: Context) -> int:
            tries.append(mine)
            lock_case(context, mine)
            if len(tries) <= 2:
                both_hold_one.wait()
            case_commands.record_reading(context, other, page="crossing")
            return other

        return site.act(actor, command)

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(crossing, (first, second), (second, first)))

    assert done == [second, first]
    assert len(tries) == 3, "one of the two had to be done again"
    assert issubclass(Collision, DatabaseAway), "where nobody does it again it is answered with 503"


def test_a_key_wait_is_no_lock_on_the_company(site: Site) -> None:
    """Two cases that begin at once and then write into the company's history do not wait for each other's foreign keys."""
    case = a_complaint(site)
    actor = actor_of(site, "fang.lan")

    with site.acting(actor) as holder:
        lock_case(holder, case.case_id)
        with site.database.transaction(CAFE) as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 200")
            row = "INSERT INTO incidents (company_id, case_id, code, element, message, opened_at) VALUES (%s, %s, '', '', '', 0)"
            connection.exec_driver_sql(row, (CAFE, case.case_id))
            connection.rollback()


def test_a_superuser_is_refused() -> None:
    database = Database(cluster().url("postgres", role="postgres"))

    with pytest.raises(UnsuitableDatabase, match="superuser"), database.reading(CAFE):
        pass


def test_a_database_that_cannot_keep_chinese_is_refused() -> None:
    name = a_name()
    cluster().administrate(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")

    try:
        with pytest.raises(UnsuitableDatabase, match="UTF-8"), Database(cluster().url(name)).reading(CAFE):
            pass
    finally:
        cluster().drop(name)


def test_other_orders_and_old_servers_are_refused() -> None:
    right = {"version": 15, "encoding": "UTF8", "by_code": True, "unfenced": False}
    postgresql._refuse_unsuitable(**right)  # type: ignore[arg-type]

    with pytest.raises(UnsuitableDatabase, match="sorts by code"):
        postgresql._refuse_unsuitable(**{**right, "by_code": False})  # type: ignore[arg-type]
    with pytest.raises(UnsuitableDatabase, match="PostgreSQL 15 or newer, found 14"):
        postgresql._refuse_unsuitable(**{**right, "version": 14})  # type: ignore[arg-type]
