"""``bench NAME [--json]``: figures with what they are compared to, measured in the same run."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

_NAMES = (
    "interpreter", "durable", "rounds", "feel", "dmn", "clocks", "timers", "http", "load", "inbox", "reading",
    "history", "year",
)  # fmt: skip


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    bench = verbs.add_parser("bench", help="measure, beside what it is compared to")
    bench.add_argument("name", choices=(*_NAMES, "all"), help="all: without the year, which takes a quarter of an hour")
    bench.add_argument("--json", action="store_true", help="a list of {figure, value, unit, against, ratio}")
    bench.set_defaults(run=_bench)


def _bench(given: argparse.Namespace) -> int:
    benchmarks = _benchmarks()
    rows = []
    for name in _NAMES[:-1] if given.name == "all" else (given.name,):
        for figure in benchmarks[name]():
            rows.append(asdict(figure))
            if not given.json:
                print(_line(name, rows[-1]), flush=True)
    if given.json:
        print(json.dumps(rows, ensure_ascii=False))
    return 0


def _line(name: str, row: dict[str, Any]) -> str:
    ratio = f"{row['ratio']:8.2f} x {row['against']}" if row["ratio"] is not None else ""
    return f"{name:<12}{row['figure']:<58}{row['value']:>12,.2f} {row['unit']:<9}{ratio}".rstrip()


def _benchmarks() -> Any:
    """The benchmarks of the checkout. Raises ValueError where there is none: the wheel does not carry them."""
    root = Path(__file__).resolve().parent.parent.parent
    if not (root / "bench" / "__init__.py").is_file():
        raise ValueError("expected a checkout with the folder bench, found an installed package: clone the repository")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module("bench").BENCHMARKS
