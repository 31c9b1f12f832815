"""The headers every answer carries. Our pages hold no inline script and no inline style, only editors draw with it."""

from __future__ import annotations

from typing import Final

from werkzeug.wrappers import Response

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: For pages with an editor of diagrams or tables: their libraries draw with style attributes. Scripts and style sheets
#: stay ours alone.
EDITOR_POLICY: Final = f"{CONTENT_SECURITY_POLICY}; style-src-attr 'unsafe-inline'"

_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that know no frame-ancestors
    "Referrer-Policy": "same-origin",  # tracking links of customers must not leak to other sites
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}

_ONE_YEAR: Final = 31_536_000  # seconds


def apply(response: Response, *, https: bool = False) -> Response:
    """*response* with the security headers; a header that a view has already set is kept.

    With *https* the browser is also told to come back by HTTPS only, for a year.
    An answer that says nothing about caching must not be stored: pages show personal data.
    """
    said = {name.lower() for name, _ in response.headers}
    wanted = {**_HEADERS, "Strict-Transport-Security": f"max-age={_ONE_YEAR}"} if https else _HEADERS
    response.headers.extend((name, value) for name, value in wanted.items() if name.lower() not in said)
    return response
