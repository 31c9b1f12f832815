"""Forms of other sites cannot act here: every change carries a token that only our pages know."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final

from flask import Flask, abort, current_app, g, request
from werkzeug.wrappers import Response

from webapp.access import SESSION_COOKIE, declared_access, site

_VISITOR_COOKIE: Final = "shouwen_visitor"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def token() -> str:
    """The token of this browser: bound to its session, or to a random cookie before sign-in."""
    holder = request.cookies.get(SESSION_COOKIE) or request.cookies.get(_VISITOR_COOKIE)
    if not holder:
        holder = g.setdefault("new_visitor", secrets.token_urlsafe(16))
    return _signed(holder)


def install(app: Flask) -> None:
    """Check every change that comes from a page; programs prove themselves by their bearer token instead."""
    app.before_request(_check)
    app.after_request(_keep_visitor)


def _check() -> None:
    if request.method in _SAFE or request.endpoint is None:
        return
    if declared_access(current_app.view_functions[request.endpoint]) == "token":
        return
    sent = (request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")).encode()  # text must be ASCII
    holders = [request.cookies.get(name) for name in (SESSION_COOKIE, _VISITOR_COOKIE)]
    if not any(holder and hmac.compare_digest(sent, _signed(holder).encode()) for holder in holders):
        abort(400, "csrf")


def _keep_visitor(response: Response) -> Response:
    if visitor := g.get("new_visitor"):
        response.set_cookie(
            _VISITOR_COOKIE, visitor, httponly=True, samesite="Lax", secure=site().settings.secure_cookies
        )
    return response


def _signed(holder: str) -> str:
    key = current_app.secret_key
    assert isinstance(key, bytes)
    return hmac.new(key, f"csrf:{holder}".encode(), sha256).hexdigest()
