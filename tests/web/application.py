"""The application of an installation, its templates compiled once for all tests of a process."""

from __future__ import annotations

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

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


def an_app(site: Site) -> Flask:
    app = create_app(site)
    app.jinja_env.bytecode_cache = _COMPILED
    return app
