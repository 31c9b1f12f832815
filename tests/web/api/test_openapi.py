"""The document describes exactly the calls there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from engine.commands.site import Site
from tests.support.cafe import a_complaint
from tests.web.api.program import Program
from webapp.access import declared_access
from webapp.api.openapi import described

PREFIX = "/api/v1"


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    response = app.test_client().get(f"{PREFIX}/openapi.json")
    assert response.status_code == 200
    return response.json


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert set(document["info"]) >= {"title", "version"}
    assert document["servers"] == [{"url": PREFIX}]
    assert document["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}


def test_the_calls_are_those_of_the_public_surface(document: dict[str, Any]) -> None:
    assert {(method.upper(), path) for path, methods in document["paths"].items() for method in methods} == {
        ("GET", "/procedures"),
        ("POST", "/procedures/{company}/{procedure}/cases"),
        ("GET", "/tasks"),
        ("GET", "/tasks/{task_id}"),
        ("POST", "/tasks/{task_id}/claim"),
        ("POST", "/tasks/{task_id}/release"),
        ("POST", "/tasks/{task_id}/complete"),
        ("GET", "/cases"),
        ("GET", "/cases/{number}"),
        ("GET", "/cases/{number}/history"),
        ("GET", "/cases/{number}/letters"),
        ("POST", "/cases/{number}/letters/{place}/withdrawal"),
        ("POST", "/cases/{number}/interventions"),
        ("GET", "/cases/{number}/clocks"),
        ("POST", "/cases/{number}/clocks/{deadline}/pause"),
        ("POST", "/cases/{number}/clocks/{deadline}/resume"),
        ("POST", "/cases/{number}/clocks/{deadline}/extensions"),
        ("GET", "/extensions"),
        ("POST", "/extensions/{extension_id}/grant"),
        ("POST", "/extensions/{extension_id}/refuse"),
        ("GET", "/reminders"),
        ("POST", "/reminders/{reminder_id}/accept"),
        ("GET", "/calendar/trial"),
        ("POST", "/tasks/{task_id}/verbs"),
        ("GET", "/errands"),
        ("POST", "/errands/{errand_id}"),
        ("GET", "/data-errands"),
        ("POST", "/messages/{name}"),
        ("POST", "/signals/{name}"),
    }


def test_every_view_for_programs_is_described(app: Flask) -> None:
    forgotten = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if declared_access(app.view_functions[rule.endpoint]) == "token"
        and described(app.view_functions[rule.endpoint]) is None
    ]

    assert forgotten == []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))

    assert len(references) > 40
    for reference in references:
        assert reference.startswith("#/")
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_every_call_is_complete(document: dict[str, Any]) -> None:
    names = []
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            names.append(call["operationId"])
            assert call["summary"]
            parameters = {(parameter["in"], parameter["name"]) for parameter in call["parameters"]}
            assert {name for place, name in parameters if place == "path"} == set(re.findall(r"{(\w+)}", path))
            assert all(parameter["required"] for parameter in call["parameters"] if parameter["in"] == "path")
            assert [status for status in call["responses"] if status.startswith("2")] in (
                ["200"],
                ["201"],
                ["202"],
                ["200", "202"],
            )
            assert "401" in call["responses"]
            for status, response in call["responses"].items():
                kind = "application/json" if status.startswith("2") else "application/problem+json"
                assert response["description"]
                assert list(response["content"]) == [kind]
            if "requestBody" in call:
                assert method == "post"
                assert {"400", "413", "415", "422"} <= set(call["responses"])
            assert (("header", "Idempotency-Key") in parameters) == (
                method == "post"
                and path.endswith(("/cases", "/complete", "/extensions", "/messages/{name}", "/signals/{name}"))
            )

    assert len(set(names)) == len(names)


def test_every_schema_says_what_its_fields_are(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert schema["type"] == "object", name
        assert schema["properties"], name
        assert set(schema.get("required", ())) <= set(schema["properties"])


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/procedures", "Procedures"),
        ("/tasks", "Tasks"),
        ("/tasks/1", "TaskDetail"),
        ("/cases/HC-2026-00001", "CaseState"),
        ("/cases/HC-2026-00001/history", "History"),
        ("/cases/HC-2026-00001/clocks", "Clocks"),
        ("/extensions", "Extensions"),
        ("/reminders", "Reminders"),
        ("/calendar/trial?amount=1&unit=days", "Trial"),
        ("/tasks/999", "Problem"),
    ],
)
def test_answers_have_the_fields_of_their_schema(
    site: Site, front: Program, document: dict[str, Any], path: str, schema: str
) -> None:
    if path == "/procedures":
        a_complaint(site)

    answer = front.get(path).json

    described_fields = document["components"]["schemas"][schema]
    assert set(answer) <= set(described_fields["properties"])
    assert set(described_fields["required"]) <= set(answer)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref":
                yield item
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
