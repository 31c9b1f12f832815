"""Lists and boards read from indexes: among 20,000 open tasks no page walks through a table or sorts a backlog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg import sql
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

from bench.filling import COMMON, USUAL, fill
from bench.reading import far_behind
from engine.commands.attachments import receive, store
from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.worker.leftovers import forget_leftovers
from tests.support.postgresql import cluster
from tests.support.site import CAFE, a_site
from tests.support.statements import driver_statements
from tests.web.api.program import Program
from tests.web.application import an_app
from tests.web.browser import Browser, staff
from tests.web.pictures import PNG

#: What grows with the cases, whose events all lie in one month. The rest grows with the company.
LARGE = ("cases", "user_tasks", "clocks", "events_2026_03", "history_values", "search_texts", "words", "letters")


@pytest.fixture(scope="module")
def site(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = a_site(tmp_path_factory.mktemp("site"))
    fill(made, 20_000, server=cluster())
    return made


@pytest.fixture(scope="module")
def front(site: Site) -> Browser:
    return staff(an_app(site), "fang.lan")


def plans(site: Site, statements: list[tuple[str, Any]]) -> list[str]:
    """How PostgreSQL goes about *statements*, one text each."""
    with site.database.reading(CAFE) as connection:
        cursor = connection.connection.cursor()
        found = []
        for text, values in statements:
            if text.lstrip().upper().startswith(("SELECT", "WITH")):
                cursor.execute("EXPLAIN " + text, values or None)
                found.append("\n".join(line for (line,) in cursor.fetchall()))
        return found


def measured(site: Site, statements: list[tuple[str, Any]]) -> list[Any]:
    """What PostgreSQL did for each of *statements*."""
    with site.database.transaction(CAFE) as connection:
        cursor = connection.connection.cursor()
        found = []
        for text, values in statements:
            if text.lstrip().upper().startswith(("SELECT", "WITH")):
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + text, values or None)
                found.append(cursor.fetchone()[0][0]["Plan"])
        return found


def kept_plans(site: Site, statements: list[tuple[str, Any]]) -> list[Any]:
    """What PostgreSQL did for those of *statements* whose plan it keeps, whatever the values; all are prepared there."""
    with site.database.transaction(CAFE) as connection:
        raw = connection.connection.driver_connection
        columns = "name, statement, parameter_types::oid[]"
        kept = raw.execute(f"SELECT {columns} FROM pg_prepared_statements WHERE generic_plans > 0").fetchall()
        raw.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        found = []
        for text, values in statements:
            if not text.lstrip().upper().startswith(("SELECT", "WITH")):
                continue
            asked = PostgresQuery(Transformer.from_context(raw))
            asked.convert(text, values or None)
            for name in [name for name, statement, types in kept if is_same(asked, statement, types)]:
                given = [values[each] for each in asked._order] if asked._order else list(values)
                call = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {}").format(sql.Identifier(name))
                if given:
                    call += sql.SQL(" ({})").format(sql.SQL(", ").join(map(sql.Literal, given)))
                found.append(raw.execute(call.as_string(raw)).fetchone()[0][0]["Plan"])
        return found


def is_same(asked: PostgresQuery, statement: str, types: list[int]) -> bool:
    """Whether *asked* is what was prepared as *statement*, for values of *types*; 0 leaves the type to the server."""
    return asked.query.decode() == statement and all(
        own in (0, type_) for own, type_ in zip(asked.types, types, strict=True)
    )


def steps(plan: Any) -> Iterator[tuple[int, str]]:
    """How many rows each step of *plan* gave and threw away, and what it did."""
    thrown = sum(count for name, count in plan.items() if name.startswith("Rows Removed by"))
    where = plan.get("Index Name") or plan.get("Relation Name") or str(plan.get("Sort Key", ""))
    yield (plan["Actual Rows"] + thrown) * plan["Actual Loops"], f"{plan['Node Type']} {where}"
    for inner in plan.get("Plans", ()):
        yield from steps(inner)


#: What is opened most, and what reads most.
PATHS = [
    "/",
    "/?tab=groups",
    "/?tab=done",
    "/?tab=started",
    "/?tab=groups&step=assess",
    "/cases",
    f"/cases?cursor={far_behind(10_000)}",
    "/cases?status=open",
    "/cases?status=overdue",
    "/cases?status=soon",
    "/cases?status=in_time",
    "/cases?status=closed",
    "/cases?procedure=complaint",
    "/cases?step=fix",
    "/cases?clause=complaint/HC-2",
    "/cases?person=clerk.7",
    "/cases?outcome=closed",
    "/cases?since=2020-10-01&until=2020-10-02",
    f"/cases?text={COMMON}",
    f"/cases?text={USUAL[3]}",
    f"/cases?text={USUAL[3]} {USUAL[4]}",
    "/cases?text=LOT0123",
    "/cases?text=龙虾",
    f"/cases?text={USUAL[3]}&step=fix&status=open",
    "/cases/HC-F-1234",
    "/board",
    "/board?of=front",
    "/board/work",
    "/board/tasks?group=front",
    "/board/tasks?login=clerk.7",
    "/board/signals/unhappy",
    "/board/signals/again",
    "/board/signals/hurried",
    "/board/signals/last_hour",
    "/board/signals/by_hand",
]

#: After so many times the driver prepares a statement, and after as many more the server may keep its plan.
OFTEN = 6
#: Rows that one step of a plan may touch: a page and what is counted beside it; on the board more is counted.
MOST, MOST_ON_BOARD = 8_000, 10_100


@pytest.mark.parametrize("path", PATHS)
def test_no_page_reads_a_whole_table(site: Site, front: Browser, path: str) -> None:
    seen = driver_statements(site.database)
    page = front.open(path)
    statements = list(seen)

    assert page.status == 200
    asked = plans(site, statements)
    assert len(asked) >= 5
    whole = [plan for plan in asked if re.search(rf"Seq Scan on ({'|'.join(LARGE)})", plan)]
    assert whole == []


@pytest.mark.parametrize("path", PATHS)
def test_no_page_gathers_what_it_does_not_show(site: Site, front: Browser, path: str) -> None:
    seen = driver_statements(site.database)
    front.open(path)
    statements = list(seen)

    most = MOST_ON_BOARD if path.startswith("/board") else MOST
    touched = [(touches, where) for plan in measured(site, statements) for touches, where in steps(plan)]
    assert [each for each in touched if each[0] > most] == []


@pytest.mark.parametrize("path", PATHS)
def test_plans_that_are_used_again_gather_no_more(site: Site, front: Browser, path: str) -> None:
    seen = driver_statements(site.database)
    for _ in range(2 * OFTEN):
        seen.clear()
        front.open(path)
    used_again = kept_plans(site, list(seen))

    assert len(used_again) >= 3
    most = MOST_ON_BOARD if path.startswith("/board") else MOST
    touched = [(touches, where) for plan in used_again for touches, where in steps(plan)]
    assert [each for each in touched if each[0] > most] == []


#: What programs ask most.
CALLS = ["/tasks", "/tasks?group=front", "/tasks?group=kitchen", "/tasks?case=HC-F-1234", "/tasks?assignee=clerk.7"]


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("login", ["fang.lan", "wei.min", "an.qi"])
def test_programs_gather_no_more_than_they_are_shown(site: Site, login: str, path: str) -> None:
    seen = driver_statements(site.database)
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        caller = Program(an_app(site), create_token(context, login=login, name="plans"))
    for _ in range(2 * OFTEN):
        seen.clear()
        assert caller.get(path).status_code == 200
    statements = list(seen)

    plans = [*measured(site, statements), *kept_plans(site, statements)]
    touched = [(touches, where) for plan in plans for touches, where in steps(plan)]
    assert [each for each in touched if each[0] > 1_500] == []  # of 20,000


@pytest.mark.parametrize("path", ["/", "/?tab=groups", "/board", "/cases?person=clerk.7"])
def test_queues_are_read_from_their_indexes_alone(site: Site, front: Browser, path: str) -> None:
    seen = driver_statements(site.database)
    front.open(path)

    asked = "\n".join(plans(site, list(seen)))
    assert re.search(r"Index Only Scan (Backward )?using ix_user_tasks_(group|assignee|urgency|ended_by)", asked)


def test_sweeping_what_was_left_reads_drafts_and_not_the_backlog(site: Site) -> None:
    received = receive(site.storage, CAFE, name="cup.png", content=PNG)
    with site.acting(Actor.customer(CAFE), now=site.clock() - timedelta(days=61)) as context:
        store(context, received)
    seen = driver_statements(site.database)
    assert forget_leftovers(site, CAFE) == 0  # its bytes came a moment ago

    looked = [each for each in seen if "draft" in each[0]]
    with site.database.transaction(CAFE) as connection:
        cursor = connection.connection.cursor()
        for text, values in looked:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + text, values)
            touched = list(steps(cursor.fetchone()[0][0]["Plan"]))
            assert [each for each in touched if each[0] > 100] == []
    assert len(looked) == 2  # which contents, and each of them


def test_gathering_a_backlog_would_be_noticed(site: Site) -> None:
    late = "SELECT id FROM user_tasks WHERE company_id = 'harbour-cafe' AND status = 'open' ORDER BY opened_at LIMIT 9"
    (plan,) = measured(site, [(late, None)])

    assert max(touches for touches, _ in steps(plan)) > MOST_ON_BOARD


def test_a_rare_word_is_found_by_its_pieces(site: Site, front: Browser) -> None:
    seen = driver_statements(site.database)
    front.open("/cases?text=LOT0123")

    assert any("words_pieces" in plan for plan in plans(site, list(seen)))


def test_looking_through_a_whole_table_would_be_noticed(site: Site) -> None:
    (plan,) = plans(site, [("SELECT * FROM cases WHERE lower(title) LIKE 'x%'", None)])

    assert "Seq Scan on cases" in plan
    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM cases")).scalar_one() == 20_004
