"""The tests that touch a database run on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import site

#: Folders and modules whose tests all run twice. What they share across tests asks for `database_kind`.
_ON_BOTH = (
    "architecture/test_database.py", "backups", "commands", "database", "deployments", "faults/test_backup_crashes.py", "faults/test_crashes.py",
    "faults/test_message_races.py", "faults/test_races.py", "history", "jobs/test_dbos.py", "queries", "web", "worker",
)  # fmt: skip
_ON_POSTGRESQL = ("jobs/test_pgqueuer.py", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if kinds := _kinds_of(Path(metafunc.definition.path).relative_to(Path(__file__).parent)):
        metafunc.parametrize("database_kind", kinds, indirect=True, scope="module")


def _kinds_of(module: Path) -> tuple[str, ...]:
    if any(module.is_relative_to(place) for place in _ON_BOTH):
        return ("sqlite", "postgresql")
    return ("postgresql",) if any(module.is_relative_to(place) for place in _ON_POSTGRESQL) else ()


@pytest.fixture(scope="module", autouse=True)
def database_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """What installations are made of from here on."""
    kind = getattr(request, "param", "sqlite")
    with site.on(kind):
        yield kind


@pytest.fixture(autouse=True)
def _databases_of_a_test_are_gone_after_it() -> Iterator[None]:
    with site.clearing():
        yield
