"""Words and templates outside of any request: for files, and for what is typed on a command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from flask import Flask, g

from webapp import translate
from webapp.shell import current_translator


@contextmanager
def reading_in(language: str) -> Iterator[None]:
    """In the block words are made and templates are set in *language*, whoever is signed in."""
    with _bare().app_context():
        g.language = language
        yield


@cache
def _bare() -> Flask:
    """The templates, and nothing that answers a request."""
    app = Flask("webapp")
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    translate.install(app.jinja_env, current_translator)
    return app
