"""The ``shouwen`` command: one module a group of verbs, all listed in `PARSERS`."""

from webapp.cli.main import main

__all__ = ["main"]
