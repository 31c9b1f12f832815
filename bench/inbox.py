"""How long the list of open tasks takes as the number of open tasks grows a hundredfold."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from bench.figures import Figure, beside, percentile
from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.complaints.inbox import View
from engine.queries.inbox import inbox
from engine.tables import cases, user_tasks
from tests.support.cafe import a_complaint
from tests.support.site import CAFE, a_site, actor_of
from webapp.application import create_app

_OPEN = (1_000, 10_000, 100_000)
_REQUESTS = 60


def measure() -> Iterator[Figure]:
    """Milliseconds of one page of 50 tasks: the query alone, and the API call through the whole application."""
    with tempfile.TemporaryDirectory() as folder:
        site = a_site(Path(folder))
        with site.acting(Actor(CAFE, SYSTEM)) as context:
            token = create_token(context, login="fang.lan", name="bench")
        a_complaint(site)
        client = create_app(site).test_client()
        first: dict[str, float] = {}
        for wanted in _OPEN:
            _fill(site, wanted)
            for name, times in (("query", _queries(site)), ("API", _calls(client, token))):
                for share in (0.5, 0.95):
                    words = f"{name} p{share * 100:.0f}"
                    value = percentile(times, share)
                    first.setdefault(words, value)
                    against = f"{_OPEN[0]} open"
                    yield beside(f"{words}, {wanted} open", value, "ms", against=against, other=first[words])
        site.database.close()


def _queries(site: Site) -> list[float]:
    actor = actor_of(site, "fang.lan")

    def look() -> None:
        with site.database.reading(actor.company_id) as connection:
            assert len(inbox(connection, site.deployments, actor, view=View.GROUPS, now=site.clock()).rows) == 50

    return [_milliseconds(look) for _ in range(_REQUESTS)]


def _calls(client: object, token: str) -> list[float]:
    def look() -> None:
        answer = client.get("/api/v1/tasks?group=front&limit=50", headers={"Authorization": f"Bearer {token}"})  # type: ignore[attr-defined]
        assert len(answer.get_json()["items"]) == 50

    return [_milliseconds(look) for _ in range(_REQUESTS)]


def _milliseconds(work: object) -> float:
    begin = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - begin) * 1000


def _fill(site: Site, wanted: int) -> None:
    """Copies of the first case until *wanted* tasks are open: rows as the commands write them."""
    with site.database.transaction(CAFE) as connection:
        have = connection.execute(sa.select(sa.func.count()).select_from(user_tasks)).scalar_one()
        case = connection.execute(sa.select(cases).order_by(cases.c.id).limit(1)).mappings().one()
        task = connection.execute(sa.select(user_tasks).order_by(user_tasks.c.id).limit(1)).mappings().one()
        numbers = range(have + 1, wanted + 1)
        connection.execute(
            sa.insert(cases),
            [{**case, "id": n, "number": f"HC-B-{n:06}", "tracking_hash": f"bench {n}"} for n in numbers],
        )
        connection.execute(sa.insert(user_tasks), [{**task, "id": n, "case_id": n} for n in numbers])
        connection.exec_driver_sql("ANALYZE")
