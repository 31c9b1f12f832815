"""What answers requests hears what a proxy in front of it says."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from urllib.request import Request, urlopen

from waitress.wasyncore import close_all

from engine.settings import read_settings
from webapp.cli.serving import server_of


def test_whom_a_proxy_saw_reaches_the_pages() -> None:
    def said(environ, start) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [environ.get("HTTP_X_FORWARDED_FOR", "nobody").encode()]

    server = server_of(said, replace(read_settings({}), port=0))
    answering = threading.Thread(target=server.run)
    answering.start()
    asked = Request(f"http://127.0.0.1:{server.effective_port}/", headers={"X-Forwarded-For": "203.0.113.9"})
    with urlopen(asked, timeout=10) as answer:
        heard = answer.read().decode()
    server.trigger.pull_trigger(lambda: close_all(server._map))
    answering.join(10)
    server.task_dispatcher.shutdown()

    assert heard == "203.0.113.9"
