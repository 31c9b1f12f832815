"""Telling a program by HTTP what has happened, signed, and never a machine of our own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from engine.commands.hooks import is_public
from engine.worker.mail import NotTaken

#: Seconds that one wait may take, and everything together.
_WAIT: Final = 10
_WHOLE: Final = 20
_GONE: Final = 410
_PORTS: Final = {"http": 80, "https": 443}


def call(url: str, *, secret: str, message_id: str, payload: str, at: datetime, private: bool) -> None:
    """POST *payload*, signed, to *url*; *private*: which may be on a private network. Raises NotTaken.

    The name is resolved here and the address that was looked at is the one that is called. Redirects are not followed:
    they could lead anywhere.
    """
    parts = urlsplit(url)
    body = payload.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shouwen",
        **signed_headers(secret, message_id, body, at=at),
        "Host": parts.netloc,
        "Connection": "close",
    }
    try:
        status = _post(parts, body, headers, private=private)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise NotTaken(f"{type(error).__name__}: {error}") from error
    if status // 100 == 3:  # noqa: PLR2004
        raise NotTaken(f"{status}: redirects are not followed")
    if status // 100 != 2:  # noqa: PLR2004
        raise NotTaken(f"{status} {http.client.responses.get(status, '')}".strip(), for_good=status == _GONE)


def signed_headers(secret: str, message_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The headers by which the receiver knows that it was us, when, and that it has not heard it before.

    Source: Standard Webhooks 1.0.0, signature scheme v1.
    """
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, b".".join((message_id.encode(), stamp.encode(), body)), hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _post(parts: SplitResult, body: bytes, headers: dict[str, str], *, private: bool) -> int:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    with _connected(host, port, tls=parts.scheme == "https", private=private) as sock, _in_time(sock):
        connection = http.client.HTTPConnection(host, port, timeout=_WAIT)
        connection.sock = sock
        connection.request("POST", target, body, headers)
        return connection.getresponse().status


@contextmanager
def _connected(host: str, port: int, *, tls: bool, private: bool) -> Iterator[socket.socket]:
    found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [place[4][0] for place in found]
    if not private and not all(is_public(str(address)) for address in addresses):
        raise NotTaken("the name leads to a private network", for_good=True)
    with socket.create_connection((str(addresses[0]), port), timeout=_WAIT) as sock:
        if not tls:
            yield sock
            return
        with ssl.create_default_context().wrap_socket(sock, server_hostname=host) as safe:
            yield safe


@contextmanager
def _in_time(sock: socket.socket) -> Iterator[None]:
    """Whoever answers drop by drop is cut off: time-outs of a socket begin again with every byte."""

    def cut() -> None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    timer = threading.Timer(_WHOLE, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
