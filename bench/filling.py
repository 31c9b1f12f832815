"""A database as it looks after years: copies of a few true cases, with other words, people and dates.

The copies are made inside the database, without triggers and checks of foreign keys: a million cases in minutes. Their
events are not chained anew, so `shouwen verify` would refuse them: they are for reading only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.search.grams import grams
from engine.search.index import numbers
from engine.tables import cases, clocks, history_events, history_values, letters, search_queue, search_texts, user_tasks
from engine.worker import handlers, read_words
from tests.support.cafe import a_complaint, a_round, do
from tests.support.jobs import RememberedJobs
from tests.support.postgresql import Cluster
from tests.support.site import CAFE

#: Words that stand in every complaint, and in one of seven.
COMMON: Final = "咖啡"
USUAL: Final = (
    "退款", "异物", "排队", "积分", "发票", "漏单", "过敏", "烫伤", "变质", "缺货",
    "涨价", "停车", "噪音", "卫生", "空调", "地滑", "换杯", "加冰", "少糖", "外卖",
)  # fmt: skip
#: How often each of the copied cases went round before it came to its place.
_ROUNDS: Final = (2, 2, 3, 3)
_PEOPLE: Final = 50
_BATCH: Final = 50_000
_DAY: Final = 86_400_000
#: A case was started every minute from then on, in milliseconds.
BEGIN: Final = 1_600_000_000_000
MINUTE: Final = 60_000
Progress = Callable[[int], object]


def fill(site: Site, tasks: int, *, server: Cluster | None = None, progress: Progress = lambda _done: None) -> int:
    """Copy cases until *tasks* are open; how many cases there are then. On PostgreSQL *server* lends its superuser.

    One case in four is closed; a case has thirteen events on average.
    """
    templates = _templates(site)
    _add_people(site)
    with _unchecked(site, server) as connection:
        first = 1 + (connection.execute(sa.select(sa.func.max(cases.c.id))).scalar_one() or 0)
        open_in = sum(_open_tasks(connection, template) for template in templates)
        wanted = round(tasks / open_in) * len(templates)
        _make_variants(connection, site)
        index = _without_word_index(connection)
        for begin in range(0, wanted, _BATCH):
            _copy(connection, templates, first, begin, min(begin + _BATCH, wanted))
            connection.commit()
            progress(min(begin + _BATCH, wanted))
        if index:
            connection.exec_driver_sql(index)
        connection.execute(sa.delete(search_queue))
        _go_on_counting(connection)
        connection.commit()
    with _unchecked(site, server) as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("ANALYZE" if site.database.is_sqlite else "VACUUM ANALYZE")
    return first - 1 + wanted


def _templates(site: Site) -> list[int]:
    """Cases at four places of their procedure, with their words read."""
    made = [a_complaint(site, summary="咖啡太凉").case_id for _ in _ROUNDS]
    for case_id, rounds in zip(made, _ROUNDS, strict=True):
        for _ in range(rounds):
            a_round(site, case_id)
    for case_id in made[1:]:
        do(site, case_id, "assess")
    for case_id in made[2:]:
        do(site, case_id, "fix")
        do(site, case_id, "reply")
    do(site, made[3], "confirm", satisfied="yes")
    assert isinstance(site.jobs, RememberedJobs)
    site.jobs.do(handlers(site))
    read_words(site)
    return made


def _add_people(site: Site) -> None:
    with site.acting(Actor(CAFE, SYSTEM)) as context:
        for n in range(_PEOPLE):
            add_person(context, login=f"clerk.{n}", name={"en": f"Clerk {n}"}, groups=["front"], password="")


@contextmanager
def _unchecked(site: Site, server: Cluster | None) -> Iterator[sa.Connection]:
    """A connection for which no trigger fires and no key is checked."""
    if server is None:
        with site.database.engine.connect() as connection:
            yield connection
        return
    engine = sa.create_engine(server.url(str(site.database.engine.url.database), role="postgres"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql("SET synchronous_commit = off")
        connection.commit()
        yield connection
    engine.dispose()


def _open_tasks(connection: sa.Connection, case_id: int) -> int:
    t = user_tasks.c
    some = sa.select(sa.func.count()).select_from(user_tasks).where(t.case_id == case_id, t.status == "open")
    return connection.execute(some).scalar_one()


def _make_variants(connection: sa.Connection, site: Site) -> None:
    """800 complaints that differ in their words, each with the pieces it is found by."""
    sqlite = site.database.is_sqlite
    kind = "TEXT" if sqlite else "integer[]"
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE variants (n int PRIMARY KEY, said text, pieces {kind})")
    rows = []
    for n in range(800):
        said = f"{COMMON}{USUAL[n % 20]}，{USUAL[n * 7 % 20]}{USUAL[n // 20 % 20]}；批号 LOT{n:04}"
        pieces = sorted(numbers(CAFE, grams(said)))
        rows.append({"n": n, "said": said, "pieces": " ".join(f"{p + 2**31:x}" for p in pieces) if sqlite else pieces})
    connection.execute(sa.text("INSERT INTO variants VALUES (:n, :said, :pieces)"), rows)


def _copy(connection: sa.Connection, templates: list[int], first: int, begin: int, end: int) -> None:
    """Copies number *begin* to *end*: case first + n is made like template n % 4."""
    numbers_from = (
        f"WITH RECURSIVE copy (n) AS (SELECT CAST({begin} AS bigint) UNION ALL "
        f"SELECT n + 1 FROM copy WHERE n + 1 < {end}), "
        f"made (n, id, template) AS (SELECT n, n + {first}, {_choice(templates)} FROM copy) "
    )
    from_variant = " JOIN variants ON variants.n = made.n % 800"
    late = f"(made.n * 7919 % 90 - 30) * {_DAY}"
    for table, key, changed, joined in (
        (cases, "id", {
            "id": "made.id", "number": "'HC-F-' || made.id", "tracking_hash": "'filled ' || made.id",
            "title": "variants.said", "customer": "'客户' || made.n % 5000",
            "started_at": f"{BEGIN} + made.n * {MINUTE}",
        }, from_variant),
        (user_tasks, "case_id", {
            "case_id": "made.id", "due_at": f"old.due_at + {late}", "urgency": f"old.urgency + {late}",
            "assignee_id": "CASE WHEN old.status = 'open' AND made.n % 10 = 0 THEN 1 + made.n / 10 % 50 END",
            "ended_at": "old.ended_at - made.n * 1000",
            "ended_by_id": "CASE WHEN old.ended_by_id IS NOT NULL THEN 1 + made.n % 50 END",
        }, ""),
        (clocks, "case_id", {"case_id": "made.id"}, ""),
        (letters, "case_id", {"case_id": "made.id", "code_hash": "NULL"}, ""),
        (history_events, "stream", {"stream": "made.id"}, ""),
        (history_values, "stream", {"stream": "made.id"}, ""),
        (search_texts, "case_id", {"case_id": "made.id", "text": "variants.said"}, from_variant),
    ):  # fmt: skip
        names = [column.name for column in table.columns if column.name != "id" or key == "id"]
        values = ", ".join(changed.get(name, f"old.{name}") for name in names)
        _execute(
            connection,
            f"{numbers_from} INSERT INTO {table.name} ({', '.join(names)}) "
            f"SELECT {values} FROM made JOIN {table.name} AS old ON old.{key} = made.template{joined}",
        )
    words = "search_words (rowid, pieces)" if connection.dialect.name == "sqlite" else "search.words (case_id, pieces)"
    _execute(
        connection,
        f"{numbers_from} INSERT INTO {words} SELECT made.id, variants.pieces FROM made{from_variant}",
    )


def _execute(connection: sa.Connection, statement: str) -> None:
    connection.execute(sa.text(statement))


def _choice(templates: list[int]) -> str:
    cases_of = " ".join(f"WHEN {n} THEN {template}" for n, template in enumerate(templates))
    return f"CASE n % {len(templates)} {cases_of} END"


def _go_on_counting(connection: sa.Connection) -> None:
    """Give new rows ids behind those of the copies; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        for table in (cases, user_tasks, letters):
            name = table.name
            last = f"SELECT max(id) FROM {name}"
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), ({last}))")


def _without_word_index(connection: sa.Connection) -> str:
    """Drop the index that is made much faster afterwards; the statement that makes it, "" on SQLite."""
    if connection.dialect.name == "sqlite":
        return ""
    made: str = connection.execute(
        sa.text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'search' AND indexname = 'words_pieces'")
    ).scalar_one()
    connection.exec_driver_sql("DROP INDEX search.words_pieces")
    return made
