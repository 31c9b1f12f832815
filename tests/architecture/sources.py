"""Our own source files, read and parsed once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Path below the root and syntax tree of every Python module of the product."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8")))
        for package in ("engine", "webapp")
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts
    )


def imports(tree: ast.Module) -> set[str]:
    """Top-level names of everything *tree* imports, inside functions too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def called_methods(tree: ast.Module) -> Iterator[str]:
    """Names of all methods that are called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def templates() -> Iterator[tuple[str, str]]:
    """Name and text of every page template, without its comments."""
    for path in sorted((ROOT / "webapp" / "templates").glob("*.html")):
        yield path.name, re.sub(r"{#.*?#}", "", path.read_text("utf-8"), flags=re.DOTALL)
