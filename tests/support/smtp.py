"""A mail server that keeps what it is given, for tests that send real mail."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """Listens on this machine. *refusing* makes it answer *answer* to the next that many recipients."""

    port: int = 0
    refusing: int = 0
    answer: str = "451 come back later"
    recipients: list[str] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server until the block ends."""
    kept = MailServer()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 sink")
            while line := self.rfile.readline():
                verb = line[:4].upper().strip().decode()
                if verb == "QUIT":
                    return self.say("221 bye")
                if verb == "DATA":
                    self.say("354 go on")
                    self.keep()
                    self.say("250 kept")
                elif verb == "RCPT" and kept.refusing:
                    kept.refusing -= 1
                    self.say(kept.answer)
                else:
                    if verb == "RCPT":
                        kept.recipients.append(line.decode().split(":", 1)[1].strip(" <>\r\n"))
                    self.say("250 sink" if verb == "EHLO" else "250 ok")
            return None

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

        def keep(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b"..") else line)
            kept.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Session) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()
