"""How long requests take: figures for `/metrics`, and a log line for each."""

from __future__ import annotations

import logging
import time
from typing import Final

from flask import Flask, current_app, g, request
from prometheus_client import CollectorRegistry, Histogram
from werkzeug.wrappers import Response

from webapp.access import person

_log = logging.getLogger("webapp.requests")
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class RequestFigures:
    """The request durations of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.durations = Histogram(
            "shouwen_request_seconds",
            "Time to answer a request.",
            ("endpoint", "method", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )


def request_figures() -> RequestFigures:
    found: RequestFigures = current_app.extensions["request_figures"]
    return found


def install(app: Flask) -> None:
    """Measure every request from now on."""
    app.extensions["request_figures"] = RequestFigures()
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    endpoint = request.endpoint or "none"
    request_figures().durations.labels(endpoint, request.method, str(response.status_code)).observe(seconds)
    if not _log.isEnabledFor(logging.INFO):
        return response
    who = person()
    ids = {
        "action": "request",
        "method": request.method,
        "endpoint": endpoint,
        "status": response.status_code,
        "milliseconds": round(seconds * 1000, 1),
        "company": who.actor.company_id if who else None,
        "person": who.actor.person_id if who else None,
    }
    _log.info("request", extra=ids)
    return response
