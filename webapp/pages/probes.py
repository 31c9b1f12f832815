"""For machines that watch: is the process there, can it work, and how does the installation do."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from engine.queries.health import health
from webapp.access import open_to_all, site
from webapp.observing import request_figures

blueprint = Blueprint("probes", __name__)
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/healthz")
@open_to_all
def healthz() -> Response:
    """The process answers. Says nothing about the database: restarting does not bring that back."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@open_to_all
def readyz() -> Response:
    """The process can work: the database answers. 503 with Retry-After otherwise."""
    with site().database.reading_every_company() as connection:
        connection.exec_driver_sql("SELECT 1")
    return Response("ready\n", mimetype="text/plain")


@blueprint.get("/metrics")
@open_to_all
def metrics() -> Response:
    """Figures in the text format of Prometheus, for whoever has the token of the settings."""
    token, given = site().settings.metrics_token, request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(404)
    return Response(generate_latest(request_figures().registry) + generate_latest(_figures()), content_type=_TEXT)


def _figures() -> CollectorRegistry:
    """The installation as it is now; the same whichever process is asked."""
    now = site().clock()
    with site().database.reading_every_company() as connection:
        found = health(connection, now=now)
        jobs = site().jobs.statistics(connection)
    registry = CollectorRegistry()
    for name, words, value in (
        ("open_cases", "Cases that have not ended.", found.open_cases),
        ("due_cases", "Cases whose timer is due and was not looked at yet.", found.due),
        ("due_lag_seconds", "How late the first due case is.", found.due_lag_seconds),
        ("open_incidents", "Cases that wait for somebody to mend something.", found.incidents),
        ("unsent_letters", "Letters with an address that no mail server has taken.", found.letters_unsent),
        ("mail_failures", "Letters that were given up and wait for somebody.", found.mail_failures),
        ("jobs_waiting", "Jobs waiting or under way.", jobs["waiting"]),
        ("jobs_failed", "Jobs given up in the last thirty days.", jobs["failed"]),
        ("database_bytes", "Size of the database.", found.database_bytes),
    ):
        Gauge(f"shouwen_{name}", words, registry=registry).set(value)
    if found.backed_up_at:
        age = (now - found.backed_up_at).total_seconds()
        Gauge("shouwen_backup_age_seconds", "Time since the last backup.", registry=registry).set(age)
    return registry
