"""How calls of the API are read and answered: strict JSON in, shapes out, keys against doing something twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import orjson
from flask import Response, abort, request
from pydantic import BaseModel, ValidationError

from engine.commands.idempotency import NO_KEY, RequestKey
from engine.errors import AnswersInvalid, FieldError
from webapp.access import actor

PREFIX: Final = "/api/v1"
_MAX_KEY: Final = 64
#: Levels of lists and objects in a request. No form or message needs more than a handful.
_MAX_DEPTH: Final = 32
#: pydantic's words for what is wrong -> rule of FieldError; anything else is a wrong type.
_RULES: Final[Mapping[str, str]] = {"missing": "required", "extra_forbidden": "unknown_field"}
Shape = TypeVar("Shape", bound=BaseModel)


def key_of(action: str) -> RequestKey:
    """What *action* is remembered by; NO_KEY when the program sent no Idempotency-Key."""
    sent = request.headers.get("Idempotency-Key", "")
    if not sent:
        return NO_KEY
    if len(sent) > _MAX_KEY:
        abort(400, f"expected an Idempotency-Key of at most {_MAX_KEY} characters, found {len(sent)}")
    return RequestKey(f"api:{actor().name}:{action}:{sent}", hashlib.sha256(request.get_data()).hexdigest())


def body_as(shape: type[Shape]) -> Shape:
    """The request's body as *shape*. Raises AnswersInvalid that names every wrong part of it."""
    try:
        return shape.model_validate(_json())
    except ValidationError as error:
        raise AnswersInvalid(
            [
                FieldError(".".join(str(part) for part in found["loc"]), _RULES.get(found["type"], "type"))
                for found in error.errors(include_url=False, include_input=False)
            ]
        ) from error


def _json() -> Any:
    """The request's body. Strict: text that is no Unicode and numbers that are none are refused, not repaired."""
    if not request.is_json:
        abort(415, "expected the header “Content-Type: application/json”")
    try:
        found = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        abort(400, f"expected a JSON document, found: {error}")
    if _is_deep(found):
        abort(400, f"expected a JSON document of at most {_MAX_DEPTH} levels, found a deeper one")
    return found


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
        ]
    return bool(level)


def answer(found: BaseModel, status: int = 200) -> Response:
    return Response(found.model_dump_json(), status=status, mimetype="application/json")
