"""PgQueuer as the job engine."""

from __future__ import annotations

from uuid import NAMESPACE_OID, uuid5

import pytest
import sqlalchemy as sa

from engine.jobs import Job, job_engine, refuse_jobs_of_another
from engine.jobs.pgqueuer_adapter import PgQueuerJobs
from tests.jobs.conformance import *  # noqa: F403 -- the suite
from tests.jobs.conformance import Adapter, Bench, until

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def adapter() -> Adapter:
    taken = "UPDATE pgqueuer.pgqueuer SET status = 'picked', heartbeat = now(), queue_manager_id = "
    return Adapter("pgqueuer", f"{taken}'{uuid5(NAMESPACE_OID, 'test')}'")


def test_sqlite_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match="SHOUWEN_JOBS=dbos"):
        PgQueuerJobs("sqlite:////tmp/x.db")


def test_common_variables_of_the_environment_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.jobs.pgqueuer_adapter import _Names

    for name in ("CHANNEL", "FUNCTION", "QUEUE_TABLE", "PGQUEUER_PREFIX"):
        monkeypatch.setenv(name, "elsewhere")

    assert _Names(db_schema="pgqueuer").qualified.queue_table == "pgqueuer.pgqueuer"
    assert _Names(db_schema="pgqueuer").channel == "ch_pgqueuer"


def test_a_job_that_was_held_and_never_reported_is_done(bench: Bench) -> None:
    """As when the database goes away in the moment in which a failure is noted."""
    bench.put(Job("note", "note:1", {"n": 1}))
    with bench.database.transaction("nobody") as connection:
        held = "UPDATE pgqueuer.pgqueuer SET status = 'failed'"
        assert connection.execute(sa.text(held)).rowcount == 1

    bench.start()

    until(lambda: bench.seen == [{"n": 1}])
    until(bench.all_done)


def test_nobody_starts_while_jobs_wait_in_the_other_engine(bench: Bench) -> None:
    other = job_engine("dbos", bench.database.url)
    other.prepare()
    with bench.database.transaction("nobody") as connection:
        other.put(connection, Job("note", "note:1"))

    with bench.database.reading_every_company() as connection:
        refuse_jobs_of_another("dbos", connection, bench.database.url)
        with pytest.raises(ValueError, match="found 1 jobs: let a worker with SHOUWEN_JOBS=dbos do them first"):
            refuse_jobs_of_another("pgqueuer", connection, bench.database.url)
