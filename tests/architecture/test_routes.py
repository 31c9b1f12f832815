"""Every way into the program is declared, and every change needs a token of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter

from tests.support.site import a_site
from tests.web.application import an_app
from tests.web.browser import staff
from webapp.access import declared_access

SAFE = {"GET", "HEAD", "OPTIONS"}
#: Reachable by everybody: nothing here may show what belongs to a company, but by a customer's own code.
OPEN = {
    "api.openapi",
    "preferences.set_language",
    "preferences.set_theme",
    "probes.healthz",
    "probes.metrics",  # with a token of its own
    "probes.readyz",
    "letters.index",
    "letters.show",  # by the code that stands on the letter
    "own_data.ask",  # what a customer asks about their data with a code, and what was handed out
    "own_data.copy",
    "own_data.data",
    "own_data.show",
    "privacy.index",
    "privacy.show",
    "public.create",
    "public.find",
    "public.held",
    "public.new",
    "public.procedures",
    "public.receipt",
    "tracking.create",  # what a customer may do with a code
    "tracking.fill",
    "tracking.form",
    "tracking.new",
    "tracking.show",
    "session.code",
    "setup.create",
    "setup.show",
    "session.confirm",
    "session.confirm_by_key",
    "session.create",
    "session.create_by_key",
    "session.new",
    "gallery.look",
    "gallery.picture",
    "gallery.show",
    "gallery.try_it",
    "single_sign_on.back",
    "single_sign_on.begin",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return an_app(a_site(tmp_path_factory.mktemp("site")))


def test_every_view_declares_who_may_reach_it(app: Flask) -> None:
    undeclared = {
        name for name, view in app.view_functions.items() if declared_access(view) not in {"open", "staff", "token"}
    }

    assert undeclared == {"static"}


def test_what_is_open_to_all_is_listed_here(app: Flask) -> None:
    assert {name for name, view in app.view_functions.items() if declared_access(view) == "open"} == OPEN


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_view_that_declares_nothing_is_reachable_by_nobody(tmp_path: Path, method: str) -> None:
    app = an_app(a_site(tmp_path))
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret", methods=["GET", "POST", "PUT", "DELETE"])

    for client in (app.test_client(), staff(app, "fang.lan").client):
        response = client.open("/forgotten", method=method)
        assert response.status_code == 403
        assert "secret" not in response.text


def test_every_change_without_a_token_is_refused(app: Flask) -> None:
    client = staff(app, "fang.lan").client
    changes = list(_changes(app))

    answers = {
        endpoint: client.open(path, method=method, data={"csrf_token": "0" * 64}).status_code
        for endpoint, path, method in changes
    }

    assert len(changes) >= 12
    programs = {endpoint for endpoint in answers if declared_access(app.view_functions[endpoint]) == "token"}
    assert {endpoint for endpoint in programs if answers[endpoint] != 401} == set()
    assert {endpoint for endpoint in answers.keys() - programs if answers[endpoint] != 400} == set()


def test_nothing_of_a_company_is_shown_to_whoever_is_not_signed_in(app: Flask) -> None:
    client = app.test_client()

    for rule in app.url_map.iter_rules():
        kind = declared_access(app.view_functions[rule.endpoint])
        if "GET" not in (rule.methods or ()) or kind not in {"staff", "token"}:
            continue
        response = client.get(_path(rule))
        to_sign_in = kind == "staff" and not rule.endpoint.startswith(
            ("drafts.", "modelling.")
        )  # scripts are told, not led
        assert response.status_code == (303 if to_sign_in else 401), rule.rule


def test_reading_never_needs_a_body_and_changing_is_never_a_get(app: Flask) -> None:
    words = ("claim", "release", "complet", "draft", "create", "start", "delete", "end", "set_", "save")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            assert not rule.endpoint.rpartition(".")[2].startswith(words), rule.endpoint


def _changes(app: Flask) -> Iterator[tuple[str, str, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - SAFE):
            yield rule.endpoint, _path(rule), method


def _path(rule) -> str:
    """The rule's address with something plausible in every place."""
    numbers = {name for name, kind in rule._converters.items() if isinstance(kind, IntegerConverter)}
    places = {name: 1 if name in numbers else "x" for name in rule.arguments}
    return rule.build(places)[1]
