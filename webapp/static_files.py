"""Style sheets, scripts and pictures: kept by browsers for good, because their address changes with their content."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, request, send_from_directory, url_for
from werkzeug.security import safe_join
from werkzeug.wrappers import Response

_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_UNVERSIONED: Final = "public, max-age=300"


def install(app: Flask) -> None:
    """Serve the application's static folder, the compressed copy of a file where there is one and it is welcome."""
    folder = Path(app.static_folder or "")

    def static(filename: str) -> Response:
        response = _found(folder, filename)
        response.headers["Cache-Control"] = _FOR_GOOD if "v" in request.args else _UNVERSIONED
        return response

    app.view_functions["static"] = static


def addresses(version: str) -> Callable[[str], str]:
    """Gives the address of a static file of *version*. A list has an icon in every row: each is built once."""

    @cache
    def built(_root: str, filename: str) -> str:
        return url_for("static", filename=filename, v=version)

    return lambda filename: built(request.script_root, filename)


def _found(folder: Path, filename: str) -> Response:
    packed = safe_join(str(folder), f"{filename}.gz")
    if packed is None or not request.accept_encodings.quality("gzip") or not Path(packed).is_file():
        return send_from_directory(folder, filename)
    plain = send_from_directory(folder, filename)
    response = send_from_directory(folder, f"{filename}.gz", mimetype=plain.mimetype, conditional=False)
    plain.close()
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response
