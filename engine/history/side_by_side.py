"""Checking chains in several processes at once: one alone is long at hashing millions of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Final

import sqlalchemy as sa

from engine.database import Database
from engine.history.whole import Chains, CheckChains, Stretch, check_chains

#: Seconds: a server ends a transaction in which nothing is asked for longer.
_AWAKE: Final = 5


def in_processes(connection: sa.Connection, url: str, company_id: str, count: int) -> CheckChains:
    """Chains of the company in the database at *url*, checked by up to *count* processes while *connection* waits."""

    def check_all(stretches: Sequence[Stretch], size: int) -> Iterator[Chains]:
        with ProcessPoolExecutor(min(count, len(stretches)), mp_context=get_context("spawn")) as pool:
            asked = [pool.submit(_checked, url, company_id, each, size) for each in stretches]
            while wait(asked, timeout=_AWAKE).not_done:
                connection.execute(sa.select(1))
            yield from (each.result() for each in asked)

    return check_all


def _checked(url: str, company_id: str, stretch: Stretch, size: int) -> Chains:
    database = Database(url)
    try:
        with database.reading(company_id) as connection:
            return check_chains(connection, company_id, stretch, size)
    finally:
        database.close()
