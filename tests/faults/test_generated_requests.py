"""Requests made by chance from our own OpenAPI document: whatever a program sends, the answer is never a fault of ours.

``--long`` sends 20,000 of them. A failing seed is said with the request that did it.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from engine.commands.people import create_token
from engine.commands.site import Site
from engine.complaints import Actor
from tests.faults.conftest import Size
from tests.support.cafe import a_complaint, do
from tests.support.site import ADMINISTRATOR, CAFE
from tests.web.application import an_app

SEED = 20261122
NASTY = (
    "", " ", "0", "-1", "9" * 30, "1e999", "NaN", "null", "true", "\x00", "\ud83d\ude00", "é" * 300, "a" * 20_000, "' OR 1=1 --",
    "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "../../etc/passwd", "%00", "a\r\nSet-Cookie: x=1", "2026-02-30", "=1+1", "\u202e",
)  # fmt: skip


class Chance:
    """Values of all kinds, and those that mean something here often enough to get far."""

    def __init__(self, seed: int, known: Mapping[str, list[Any]]) -> None:
        self.random, self.known = random.Random(seed), known

    def of(self, schema: Mapping[str, Any], shapes: Mapping[str, Any], *, depth: int = 0) -> Any:
        """A value that fits *schema*, or now and then one that does not."""
        if self.random.random() < 0.12:
            return self.anything(depth)
        if "$ref" in schema:
            return self.of(shapes[schema["$ref"].rpartition("/")[2]], shapes, depth=depth)
        if "enum" in schema or "const" in schema:
            return self.random.choice(schema.get("enum") or [schema["const"]])
        for name in ("anyOf", "oneOf"):
            if name in schema:
                return self.of(self.random.choice(schema[name]), shapes, depth=depth)
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                kept = [name for name in fields if name in schema.get("required", ()) or self.random.random() < 0.6]
                found = {name: self.named(name, fields[name], shapes, depth + 1) for name in kept}
                return (
                    found
                    if fields
                    else {self.text(): self.anything(depth + 1) for _ in range(self.random.randrange(4))}
                )
            case "array":
                return [
                    self.of(schema.get("items", {}), shapes, depth=depth + 1) for _ in range(self.random.randrange(4))
                ]
            case "integer" | "number":
                return self.random.choice([0, 1, 2, -1, 10**18, 10**30, 1.5])
            case "boolean":
                return self.random.random() < 0.5
            case "null":
                return None
        return self.text()

    def named(self, name: str, schema: Mapping[str, Any], shapes: Mapping[str, Any], depth: int) -> Any:
        if name in self.known and self.random.random() < 0.7:
            return self.random.choice(self.known[name])
        return self.of(schema, shapes, depth=depth)

    def text(self) -> str:
        if self.random.random() < 0.5:
            return self.random.choice(NASTY)
        return "".join(self.random.choices(string.printable, k=self.random.randrange(1, 12)))

    def anything(self, depth: int) -> Any:
        kind = self.random.randrange(7 if depth < 4 else 5)
        plain = [
            None,
            self.random.random() < 0.5,
            self.random.randrange(-5, 10**6),
            self.random.random() * 1e9,
            self.text(),
        ]
        if kind < len(plain):
            return plain[kind]
        items = [self.anything(depth + 1) for _ in range(self.random.randrange(4))]
        return items if kind == 5 else {self.text(): item for item in items}


def test_no_generated_request_is_answered_by_a_fault_of_ours(site: Site, size: Size) -> None:
    app, chance, tokens = _prepared(site)
    client = app.test_client()
    said = client.get("/api/v1/openapi.json").get_json()
    calls = [(path, method, call) for path, ways in said["paths"].items() for method, call in ways.items()]
    assert len(calls) > 20

    faults, answers = [], Counter[int]()
    for number in range(size(short=800, long=20_000)):
        path, method, call = calls[number % len(calls)]
        request = _request(chance, path, call, said["components"]["schemas"])
        request["headers"]["Authorization"] = f"Bearer {chance.random.choice(tokens)}"
        status = _sent(client, method, request)
        answers[status] += 1
        if status >= 500:
            faults.append(f"seed {SEED}, number {number}: {status} {method} {str(request)[:400]}")

    assert faults == [], "\n".join(faults[:20])
    assert answers[200] > 50, answers
    assert answers[422] > 50, answers


def _prepared(site: Site) -> tuple[Flask, Chance, list[str]]:
    """A café with cases in several states; what stands for something here, and who may do much, little or nothing."""
    numbers = [a_complaint(site) for _ in range(4)]
    do(site, numbers[1].case_id, "assess")
    do(site, numbers[2].case_id, "assess", founded="no")
    with site.acting(Actor.system(CAFE)) as context:
        tokens = [create_token(context, login=login, name="tests") for login in ("fang.lan", "gu.qiang", ADMINISTRATOR)]
    known: dict[str, list[Any]] = {
        "number": [each.number for each in numbers], "company": [CAFE], "procedure": ["complaint"], "deadline": ["reply", "fixing"],
        "task_id": list(range(1, 14)), "errand_id": [1, 2], "extension_id": [1, 2], "reminder_id": [1, 2], "reason": ["because"],
        "to": [["person:gu.qiang"], ["group:front"], "assess", "fix"], "amount": ["1", "1.5"], "data": [
            {"founded": "yes", "remark": "x"}, {"done": "x"}, {"answer": "x"}, {"summary": "x", "kind": "taste"}, {"photos": ["x"]},
        ],
        "limit": ["1", "0", "-5", "9999"], "cursor": ["1.1", "x"], "state": ["open", "overdue"], "group": ["front"], "version": [1, 2],
    }  # fmt: skip
    return an_app(site), Chance(SEED, known), [*tokens, "nobody's"]


def _request(chance: Chance, path: str, call: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Any]:
    query, headers = {}, {}
    for each in call["parameters"]:
        value = chance.named(each["name"], each["schema"], shapes, 0)
        if each["in"] == "path":
            path = path.replace("{" + each["name"] + "}", quote(_plain(value)[:200], safe="") or "x")
        elif chance.random.random() < 0.5 and each["in"] == "query":
            query[each["name"]] = _plain(value)
        elif chance.random.random() < 0.3 and each["in"] == "header":
            headers[each["name"]] = _plain(value).encode("ascii", "replace").decode().translate(_NO_CONTROL)[:200]
    request: dict[str, Any] = {"path": f"/api/v1{path}", "query_string": query, "headers": headers}
    if body := call.get("requestBody"):
        schema = body["content"]["application/json"]["schema"]
        if chance.random.random() < 0.05:
            request |= {"data": chance.text().encode("utf-8", "replace"), "content_type": "application/json"}
        else:
            request["json"] = chance.of(schema, shapes)
    return request


_NO_CONTROL = dict.fromkeys((*range(32), 127), " ")


def _plain(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()[:500]


def _sent(client: FlaskClient, method: str, request: Mapping[str, Any]) -> int:
    response = client.open(method=method.upper(), **request)
    status = response.status_code
    response.close()
    return status
