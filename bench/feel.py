"""What a condition costs, beside Python's own compiled expression as the floor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bench.figures import Figure, beside, cpu_seconds
from engine.feel import compile_expression

_NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
_DATA = {"amount": 1200, "kind": "quality", "days": 3, "rows": [{"n": 1}, {"n": 2}, {"n": 3}], "name": "Chen"}
_CONDITIONS = (
    ('kind = "quality"', 'kind == "quality"'),
    ("amount > 1000 and days <= 5", "amount > 1000 and days <= 5"),
    ('kind in ("quality", "service") or amount in [10..20]', 'kind in ("quality", "service") or 10 <= amount <= 20'),
    ("some r in rows satisfies r.n = 3", 'any(r["n"] == 3 for r in rows)'),
    ("sum(rows.n) > 5", 'sum(r["n"] for r in rows) > 5'),
)  # fmt: skip


def measure() -> Iterator[Figure]:
    """Microseconds of one evaluation, compiled before."""
    for feel, python in _CONDITIONS:
        expression = compile_expression(feel)
        code = compile(python, "floor", "eval")
        ours = cpu_seconds(lambda expression=expression: expression.evaluate(_DATA, now=_NOW), times=4000)
        floor = cpu_seconds(lambda code=code: eval(code, {}, _DATA), times=4000)
        assert expression.evaluate(_DATA, now=_NOW) == eval(code, {}, _DATA), feel
        yield beside(feel, ours * 1e6, "µs", against="Python eval, compiled", other=floor * 1e6)
