"""Bodies that no honest program sends: a clear problem document, never a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.commands.site import Site
from tests.web.api.program import GOOD, START, Program
from tests.web.records import assert_history_verifies


@pytest.fixture(scope="module")
def task(front: Program) -> int:
    return front.task_of(front.start()["number"], "assess")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"NaN",
        b'{"data":{"summary":NaN,"kind":"taste"}}',
        b'{"data":{"summary":1e999,"kind":"taste"}}',
        b'{"data":{"summary":"\\ud800","kind":"taste"}}',
        b'{"data":{"\\ud800":1}}',
        b'\xff\xfe{"data":{}}',
        b"[" * 100_000,
        b'{"data":{"summary":' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"data":{"summary":' + b"9" * 10_000 + b',"kind":"taste"}}',
    ],
)
def test_what_is_no_json_is_a_bad_request(front: Program, body: bytes) -> None:
    response = front.post_bytes(START, body)

    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.json["code"] == "bad-request"
    assert response.json["detail"].startswith("expected a JSON document")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ([], [("", "type")]),
        ("text", [("", "type")]),
        (1, [("", "type")]),
        ({}, [("data", "required")]),
        ({"data": []}, [("data", "type")]),
        ({"data": None}, [("data", "type")]),
        ({"data": {}, "extra": 1, "more": 2}, [("extra", "unknown_field"), ("more", "unknown_field")]),
        ({"data": {**GOOD, "summary": ["x"]}}, [("summary", "type")]),
        ({"data": {**GOOD, "summary": {"a": 1}}}, [("summary", "type")]),
        ({"data": {**GOOD, "summary": 5}}, [("summary", "type")]),
        ({"data": {**GOOD, "summary": "\0\x01"}}, [("summary", "required")]),
        ({"data": {**GOOD, "summary": "x" * 1_000_000}}, [("summary", "max_length")]),
        ({"data": {**GOOD, "kind": True}}, [("kind", "type")]),
        ({"data": {**GOOD, "photos": "unknown"}}, [("photos", "file_unknown")]),
        ({"data": {**GOOD, "photos": [{"id": {"a": [1]}}]}}, [("photos", "type")]),
        ({"data": {**GOOD, "photos": ["x"] * 50_000}}, [("photos", "files_max")]),
        ({"data": {**GOOD, "_state": "x", "number": 1}}, [("_state", "unknown_field"), ("number", "unknown_field")]),
    ],
)
def test_what_has_the_wrong_shape_names_every_wrong_part(
    front: Program, body: Any, errors: list[tuple[str, str]]
) -> None:
    response = front.post_bytes(START, json.dumps(body).encode())

    assert response.status_code == 422
    assert [(error["field"], error["rule"]) for error in response.json["errors"]] == errors


def test_more_than_the_limit_is_too_large(front: Program) -> None:
    response = front.post_bytes(START, b"x" * 33_000_000)
    response.request.environ["wsgi.input"].close()

    assert (response.status_code, response.json["code"]) == (413, "too-large")


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_does_not_call_itself_json_is_refused(front: Program, content_type: str) -> None:
    response = front.post_bytes(START, json.dumps({"data": GOOD}).encode(), content_type)

    assert (response.status_code, response.json["code"]) == (415, "unsupported-media-type")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_known = st.sampled_from(["summary", "kind", "photos", "customer_name", "founded", "remark", "id", "case"])
_answers = st.dictionaries(_known | st.text(max_size=8), _json, max_size=6)
_bodies = (
    _json
    | st.fixed_dictionaries({"data": _answers})
    | st.fixed_dictionaries({"company": st.just("harbour-cafe"), "correlation": _answers, "data": _answers})
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(body=_bodies)
def test_no_json_whatever_is_a_fault_of_ours(front: Program, task: int, body: Any) -> None:
    sent = json.dumps(body).encode()

    for path in (START, f"/tasks/{task}/complete", "/messages/anything"):
        response = front.post_bytes(path, sent)
        assert response.status_code in {201, 200, 400, 404, 409, 422}, (path, body)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_whatever_are_a_fault_of_ours(front: Program, body: bytes) -> None:
    assert front.post_bytes(START, body).status_code in {400, 422}


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(query=st.dictionaries(st.sampled_from(["group", "assignee", "case", "cursor", "limit"]), st.text(max_size=30)))
def test_no_query_whatever_is_a_fault_of_ours(front: Program, query: dict[str, str]) -> None:
    assert front.get("/tasks", **query).status_code == 200


def test_nothing_is_half_written(site: Site) -> None:
    assert assert_history_verifies(site) > 0
