"""Sign-ins with logins that nobody has: they are made to wait like those that somebody has. And answers of sign-in
services that prove nothing, and codes of letters that nobody issued, by the address they come from.

Kept in the process, because what nobody has belongs to no company, and nothing is lost when it is forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import ip_address
from threading import Lock
from typing import Final

from flask import Flask, current_app, request

from engine.commands.sign_in import FORGOTTEN, wait_after

_MOST: Final = 10_000


def strangers() -> Strangers:
    """Those of this process."""
    found: Strangers = current_app.extensions["strangers"]
    return found


def sender_address() -> str:
    """The sender's network address, "" where nobody can tell: a proxy of ours says whom it saw, a wild one nothing."""
    seen = request.remote_addr or ""
    for each in (seen, request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()):
        try:
            if ip_address(each).is_global:
                return each
        except ValueError:
            continue
    return ""


def guesser() -> str:
    """Whose guesses are counted together: the sender's address, or that of a proxy which does not say whom it saw."""
    return sender_address() or request.remote_addr or ""


def install(app: Flask) -> None:
    """Begin to count."""
    app.extensions["strangers"] = Strangers()


class Strangers:
    """How often each login was tried, the last ten thousand of them. Shared between threads."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._lock = Lock()

    def wait_before(self, login: str, now: datetime) -> timedelta:
        """How long *login* has to wait; zero = it may be tried."""
        with self._lock:
            count, last_at = self._tries.get(login, (0, now))
        return max(last_at + wait_after(count) - now, timedelta())

    def is_first(self, name: str, now: datetime) -> bool:
        """Whether *name* was not counted before; it is counted with that."""
        with self._lock:
            known = name in self._tries
        self.count(name, now)
        return not known

    def count(self, login: str, now: datetime) -> None:
        """One more try that failed."""
        with self._lock:
            count, last_at = self._tries.pop(login, (0, now))
            self._tries[login] = (1 if now - last_at >= FORGOTTEN else count + 1, now)
            while len(self._tries) > _MOST:
                self._tries.popitem(last=False)
