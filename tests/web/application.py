"""The application of an installation, its templates and addresses compiled once for all tests of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from engine.commands.site import Site
from webapp.application import create_app


class _Memory(BytecodeCache):
    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get(bucket.key):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Memory()

_compile = Rule._compile_builder
_builders: dict[tuple[str, str, bool], Callable[..., tuple[str, str]]] = {}


def _compiled_once(rule: Rule, append_unknown: Any) -> Callable[..., tuple[str, str]]:
    """What builds the address of *rule*: 0.1 s of CPU for all of them, and a test makes them anew."""
    key = (rule.rule, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile(rule, append_unknown)
    return _builders[key]


replaced: Any = Rule
replaced._compile_builder = _compiled_once


def an_app(site: Site) -> Flask:
    app = create_app(site)
    app.jinja_env.bytecode_cache = _COMPILED
    return app
