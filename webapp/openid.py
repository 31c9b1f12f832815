"""Talking with the service where people sign in elsewhere: OpenID Connect, authorization code with PKCE.

Knows addresses, requests and signed tokens; neither companies nor pages nor the database. What comes from the service
is not trusted: few bytes, a few seconds, no redirects, HTTPS, and keys and addresses of the same issuer alone.
OpenID Connect Core 1.0, 3.1; Discovery 1.0, 4; RFC 7636; RFC 9700.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import quote, urlencode

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from engine.commands.single_sign_on import Claimed, ProviderSettings, is_safe_issuer
from engine.errors import EngineError

#: Signatures by keys that only the service has; ``none`` and those made with our own secret are no proof.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
_SECONDS: Final = 5
_MOST_BYTES: Final = 512_000
_LEEWAY: Final = 120  # seconds by which clocks may differ
#: How long what a service says of itself is believed.
_KEPT: Final = 600.0
_DISCOVERY: Final = "/.well-known/openid-configuration"


class ProviderFailed(EngineError):
    """The service gave no answer that proves anything. *reason*: ``unreachable``, ``unusable`` or ``not-proved``."""

    code = "provider-failed"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"expected the sign-in service to prove who came, found: {detail}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a service answers, as it says itself."""

    authorization: str
    token: str
    keys: str
    userinfo: str  #: "" = it has none
    posts_secret: bool  #: whether the secret goes into the body; else into the header


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to the service and back, kept sealed in the browser that began it."""

    company: str
    issuer: str
    state: str
    nonce: str
    verifier: str
    next: str
    begun: float  #: seconds since 1970

    def to_json(self) -> str:
        return orjson.dumps(asdict(self)).decode()


def new_attempt(company: str, issuer: str, *, then: str, now: datetime) -> Attempt:
    """An attempt with secrets of its own."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(company, issuer, state, nonce, verifier, then, now.timestamp())


def read_attempt(text: str) -> Attempt:
    """What `Attempt.to_json` wrote."""
    return Attempt(**orjson.loads(text))


def way_there(endpoints: Endpoints, client_id: str, attempt: Attempt, *, back: str) -> str:
    """The address that the browser goes to; *back* is ours."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": back,
        "scope": "openid email",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in endpoints.authorization else "?"
    return f"{endpoints.authorization}{joint}{urlencode(query)}"


def who_came(
    provider: ProviderSettings, endpoints: Endpoints, attempt: Attempt, *, code: str, back: str, now: datetime
) -> Claimed:
    """Whom the service's signed token names, after exchanging *code*. Raises ProviderFailed."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": attempt.verifier}
    headers = {}
    if endpoints.posts_secret or not provider.client_secret:
        body |= {"client_id": provider.client_id}
        body |= {"client_secret": provider.client_secret} if provider.client_secret else {}
    else:
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    answer = _asked(endpoints.token, body=urlencode(body).encode(), headers=headers)
    claims = _proved(str(answer.get("id_token", "")), provider, endpoints, nonce=attempt.nonce, now=now)
    said = claims
    if "email" not in claims and endpoints.userinfo and answer.get("access_token"):
        said = _asked(endpoints.userinfo, headers={"Authorization": f"Bearer {answer['access_token']}"})
        if said.get("sub") != claims["sub"]:
            raise ProviderFailed("not-proved", "two answers about two accounts")
    verified = said.get("email_verified") in {True, "true"}
    return Claimed(provider.issuer, str(claims["sub"])[:255], str(said.get("email", ""))[:320] if verified else "")


class Directory:
    """What services say of themselves, kept for a while. Shared between threads."""

    def __init__(self, *, insecure_allowed: bool) -> None:
        self._insecure_allowed = insecure_allowed
        self._kept: dict[str, tuple[float, Endpoints]] = {}
        self._lock = Lock()

    def endpoints(self, issuer: str) -> Endpoints:
        """Where *issuer* answers. Raises ProviderFailed."""
        with self._lock:
            asked_at, kept = self._kept.get(issuer, (0.0, None))
        if kept is not None and time.monotonic() - asked_at < _KEPT:
            return kept
        found = self._discovered(issuer)
        with self._lock:
            self._kept[issuer] = (time.monotonic(), found)
        return found

    def _discovered(self, issuer: str) -> Endpoints:
        said = _asked(issuer.rstrip("/") + _DISCOVERY)
        if said.get("issuer") != issuer:
            raise ProviderFailed("unusable", f"it calls itself {str(said.get('issuer'))[:200]!r}")
        methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        found = Endpoints(
            authorization=str(said.get("authorization_endpoint", "")),
            token=str(said.get("token_endpoint", "")),
            keys=str(said.get("jwks_uri", "")),
            userinfo=str(said.get("userinfo_endpoint", "")),
            posts_secret="client_secret_basic" not in methods,
        )
        for address in filter(None, (found.authorization, found.token, found.keys, found.userinfo)):
            if not is_safe_issuer(address.partition("?")[0], insecure_allowed=self._insecure_allowed):
                raise ProviderFailed("unusable", f"an unsafe address {address[:200]!r}")
        if not (found.authorization and found.token and found.keys):
            raise ProviderFailed("unusable", "no addresses for sign-in, tokens and keys")
        return found


def _proved(
    token: str, provider: ProviderSettings, endpoints: Endpoints, *, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """The claims of *token*, signed by the service, for us, about this very attempt, and not too old."""
    keys = _asked(endpoints.keys)
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(cast("Any", keys)), algorithms=ALGORITHMS)
        jwt.JWTClaimsRegistry(
            now=round(now.timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(decoded.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderFailed("not-proved", type(error).__name__) from error
    several = isinstance(decoded.claims["aud"], list) and len(decoded.claims["aud"]) > 1
    if (several or "azp" in decoded.claims) and decoded.claims.get("azp") != provider.client_id:
        raise ProviderFailed("not-proved", "a token that was made for somebody else")
    return decoded.claims


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    """Speaks HTTP and nothing else: no files, no proxies of the environment, no going elsewhere."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _NoRedirects(),
    ):
        opener.add_handler(handler)
    return opener


def _asked(address: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    """The JSON object that *address* answers. Raises ProviderFailed."""
    sent = {"Accept": "application/json", **(headers or {})}
    request = urllib.request.Request(address, data=body, headers=sent)  # noqa: S310 -- the opener knows no other scheme
    try:
        with _opener().open(request, timeout=_SECONDS) as response:
            content = response.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ProviderFailed("unreachable", type(error).__name__) from error
    if len(content) > _MOST_BYTES:
        raise ProviderFailed("unusable", "a very long answer")
    try:
        answer = orjson.loads(content)
    except ValueError as error:
        raise ProviderFailed("unusable", "no JSON") from error
    if not isinstance(answer, dict):
        raise ProviderFailed("unusable", "no JSON object")
    return answer
