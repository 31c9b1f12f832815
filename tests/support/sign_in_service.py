"""A small OpenID Connect service over HTTP, for what a real one does not do: sign wrongly, name somebody else."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import orjson
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

MAIL = "fang.lan@cafe.example"


@dataclass
class Service:
    """A sign-in service that signs what it is told to."""

    issuer: str
    claims: dict[str, object]
    issue: Callable[[str], None]  #: puts a token with that nonce in readiness
    signed: str = "right"  #: right, none, with-our-secret, another-key


@cache
def _keys() -> tuple[RSAKey, RSAKey]:
    """The service's and somebody else's, of the same name."""
    return RSAKey.generate_key(2048, {"kid": "a"}), RSAKey.generate_key(2048, {"kid": "a"})


@contextmanager
def ours(**claims: object) -> Iterator[Service]:
    """A small service of our own, for what a real one does not do: sign wrongly, name somebody else, answer twice."""
    key, other = _keys()
    tokens: dict[str, str] = {}
    app = Flask("service")

    @app.get("/.well-known/openid-configuration")
    def known() -> dict[str, str]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": service.issuer, **{name: f"{service.issuer}/{path}" for name, path in places.items()}}

    @app.get("/keys")
    def keys() -> dict[str, object]:
        return {"keys": [key.as_dict(private=False)]}

    @app.post("/token")
    def token() -> dict[str, str]:
        return {"id_token": tokens["next"], "token_type": "Bearer", "access_token": "x"}

    def issue(nonce: str) -> None:
        now = round(datetime.now(UTC).timestamp())
        said = {"iss": service.issuer, "aud": "shouwen", "iat": now, "exp": now + 60, "nonce": nonce, **service.claims}
        match service.signed:
            case "none":
                parts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in ({"alg": "none"}, said)]
                tokens["next"] = b".".join([*parts, b""]).decode()
            case "with-our-secret":
                tokens["next"] = jwt.encode({"alg": "HS256"}, said, OctKey.import_key("s3cret" * 8))
            case "another-key":
                tokens["next"] = jwt.encode({"alg": "RS256", "kid": "a"}, said, other)
            case _:
                tokens["next"] = jwt.encode({"alg": "RS256", "kid": "a"}, said, key)

    server = make_server("localhost", 0, app, threaded=True)
    said = {"sub": "1", "email": MAIL, "email_verified": True, **claims}
    service = Service(f"http://localhost:{server.server_port}", said, issue)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
