"""DBOS as the job engine, on both databases."""

from __future__ import annotations

import base64
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.jobs.conformance import *  # noqa: F403 -- the suite
from tests.jobs.conformance import Adapter, Bench, a_job, until

#: The job engine is one a process; the interpreter warns about sockets and threads that it closes late.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def schema(database_kind: str) -> str:
    """Where DBOS keeps its own tables."""
    return "" if database_kind == "sqlite" else "dbos."


@pytest.fixture
def adapter(schema: str) -> Adapter:
    return Adapter("dbos", f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = 'test'")


class _Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_pickle_forged_into_the_queue_is_not_loaded(bench: Bench, schema: str, tmp_path: Path) -> None:
    bench.put(a_job(1), a_job(2))
    bomb = base64.b64encode(pickle.dumps({"args": [_Bomb(tmp_path / "boom")], "kwargs": {}})).decode()
    with bench.database.transaction("nobody") as connection:
        for forge in (
            f"UPDATE {schema}workflow_status SET serialization = 'py_pickle' WHERE workflow_uuid = 'note:1'",
            f"UPDATE {schema}workflow_input SET inputs = :bomb WHERE workflow_uuid = 'note:1'",
        ):
            assert connection.execute(sa.text(forge), {"bomb": bomb}).rowcount == 1

    bench.start()

    until(lambda: bench.seen == [{"n": 2}])
    time.sleep(1)
    assert not (tmp_path / "boom").exists()
