"""The OpenAPI document, made from the views themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webapp.api.schemas import Problem

_OPERATION: Final = "shouwen_operation"
_PARAMETER: Final = re.compile(r"<(?:(int):)?([a-z_]+)>")
#: What a call may answer that reads a body.
_BODY_ERRORS: Final = (400, 413, 415, 422)
_DESCRIPTIONS: Final = {
    202: "taken in; it will be done later",
    400: "no JSON document, or an Idempotency-Key that is too long",
    401: "no valid bearer token",
    403: "the token's person may not do this",
    404: "nothing of the token's company has this id",
    409: "somebody else was faster; says who and when",
    413: "more than one request may have",
    415: "another media type than application/json",
    422: "every wrong field",
}

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operation:
    """What the document says about a view."""

    summary: str
    answer: type[BaseModel]
    status: int
    request: type[BaseModel] | None
    later: type[BaseModel] | None
    query: tuple[str, ...]
    errors: tuple[int, ...]
    idempotent: bool


def operation(
    summary: str,
    answer: type[BaseModel],
    *,
    status: int = 200,
    request: type[BaseModel] | None = None,
    later: type[BaseModel] | None = None,
    query: Iterable[str] = (),
    errors: Iterable[int] = (401,),
    idempotent: bool = False,
) -> Callable[[View], View]:
    """Describes a view for the document. *later* is its answer, with status 202, to what is done later."""
    statuses = {*errors, *(_BODY_ERRORS if request else ())}
    found = Operation(summary, answer, status, request, later, tuple(query), tuple(sorted(statuses)), idempotent)

    def describe(view: View) -> View:
        setattr(view, _OPERATION, found)
        return view

    return describe


def described(view: Callable[..., Any]) -> Operation | None:
    """What `operation` said about *view*; None for a view that the document leaves out."""
    return getattr(view, _OPERATION, None)


def document(app: Flask, prefix: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all described views below *prefix*."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(prefix)]
    found = [(rule, one) for rule in rules if (one := described(app.view_functions[rule.endpoint])) is not None]
    shapes: set[type[BaseModel]] = {Problem}
    for _, one in found:
        shapes |= {shape for shape in (one.answer, one.request, one.later) if shape}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    _, schema = models_json_schema(
        [(shape, "serialization") for shape in ordered], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, Any] = {}
    for rule, one in sorted(found, key=lambda pair: pair[0].rule):
        path = _PARAMETER.sub(r"{\2}", rule.rule.removeprefix(prefix))
        method = next(iter(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))).lower()
        paths.setdefault(path, {})[method] = _described(rule.rule, rule.endpoint, one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shouwen", "version": "1"},
        "servers": [{"url": prefix}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schema.get("$defs", {}),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(rule: str, endpoint: str, one: Operation) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if kind else "string"}}
        for kind, name in _PARAMETER.findall(rule)
    ]
    parameters += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in one.query]
    if one.idempotent:
        parameters.append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 64}})
    answer: dict[str, Any] = {
        "summary": one.summary,
        "operationId": endpoint.rsplit(".", 1)[-1],
        "parameters": parameters,
        "responses": {
            str(one.status): {"description": one.summary, "content": _content("application/json", one.answer)},
            **{
                str(status): {
                    "description": _DESCRIPTIONS[status],
                    "content": _content("application/problem+json", Problem),
                }
                for status in one.errors
            },
        },
    }
    if one.later:
        kept = {"description": _DESCRIPTIONS[202], "content": _content("application/json", one.later)}
        answer["responses"]["202"] = kept
    if one.request:
        answer["requestBody"] = {"required": True, "content": _content("application/json", one.request)}
    return answer


def _content(media_type: str, shape: type[BaseModel]) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}
