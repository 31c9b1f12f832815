"""A program that calls the API."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

START = "/procedures/harbour-cafe/complaint/cases"
GOOD = {"summary": "cold coffee", "kind": "taste"}


class Program:
    def __init__(self, app: Flask, token: str) -> None:
        self.client = app.test_client(use_cookies=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query or None, headers=self.headers)

    def post(self, path: str, body: Any = None, *, key: str = "") -> TestResponse:
        return self.client.post(f"/api/v1{path}", json=body, headers=self._with(key))

    def post_bytes(self, path: str, body: bytes, content_type: str = "application/json") -> TestResponse:
        return self.client.post(f"/api/v1{path}", data=body, content_type=content_type, headers=self.headers)

    def start(self, **answers: Any) -> dict[str, Any]:
        """Start a case; its answer."""
        response = self.post(START, {"data": {**GOOD, **answers}})
        assert response.status_code == 201, response.text
        return response.json

    def task_of(self, number: str, element: str) -> int:
        """The open task of that step."""
        found = self.get(f"/cases/{number}").json["tasks"]
        return next(task["id"] for task in found if task["element"] == element)

    def _with(self, key: str) -> dict[str, str]:
        return {**self.headers, "Idempotency-Key": key} if key else self.headers
