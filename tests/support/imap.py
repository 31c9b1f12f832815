"""A real IMAP server, pymap, in a process of its own: what a mailbox does is not imitated."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

USER, PASSWORD, FOLDER = "complaints", "a password of the mailbox", "Complaints"


@dataclass(frozen=True)
class Mailbox:
    """A folder that tests put mails into."""

    port: int

    @property
    def url(self) -> str:
        return f"imap://{USER}@127.0.0.1:{self.port}/{FOLDER}"

    def put(self, *mails: bytes) -> None:
        with self._open() as box:
            for mail in mails:
                box.append(FOLDER, None, None, mail)

    def flags(self) -> list[str]:
        """Of every mail, in order, what is marked on it."""
        with self._open() as box:
            box.select(FOLDER, readonly=True)
            _, found = box.fetch("1:*", "(FLAGS)")
            return [" ".join(sorted(flag.decode() for flag in imaplib.ParseFlags(each))) for each in found]

    @contextmanager
    def _open(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as box:
            box.login(USER, PASSWORD)
            yield box


@contextmanager
def imap_server() -> Iterator[Mailbox]:
    """A server with an empty folder until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "import sys; from pymap.main import main; sys.exit(main())", "--no-tls",
               "--host", "127.0.0.1", "--port", str(port), "--no-service", "admin", "--no-service", "managesieve",
               "dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        mailbox = Mailbox(port)
        with mailbox._open() as box:
            box.create(FOLDER)
        yield mailbox
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the mail server did not start")
