"""S = ΣF·X less 5 or 10 points a complaint (SX-4.7): the package's own formula and table over cases counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.decisions import evaluate, read_decisions
from engine.feel import compile_expression
from engine.procedures import PackageRef, collect_files, package_from_files
from engine.procedures.diagram import read_diagram

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PACKAGE = package_from_files(
    collect_files(ROOT / "processes", ROOT / "forms", PackageRef("shanxi-coal-machinery", "satisfaction_evaluation"))
)
#: Fourteen items, 100 points: six of ten, eight of five.
POINTS = (10, 10, 10, 10, 10, 10, 5, 5, 5, 5, 5, 5, 5, 5)
COEFFICIENTS = {
    "x_very_satisfied": 1,
    "x_satisfied": 0.9,
    "x_fairly_satisfied": 0.8,
    "x_average": 0.6,
    "x_slightly_dissatisfied": 0.4,
    "x_dissatisfied": 0.2,
    "x_very_dissatisfied": 0,
}


def complaint(aspect: str, *, verified: bool = True, ours: bool = True) -> dict[str, Any]:
    return {"aspect": aspect, "verified": verified, "company_responsible": ours}


def scored(levels: tuple[str, ...], complaints: list[dict[str, Any]]) -> tuple[float, float, float, bool]:
    """Basic score, points off, final score, whether basically satisfied: as the case would work them out."""
    items = [
        {"item": str(n), "points": p, "level": level} for n, (p, level) in enumerate(zip(POINTS, levels, strict=True))
    ]
    data: dict[str, Any] = {**COEFFICIENTS, "evaluation_items": items, "year_complaints": complaints}
    elements = read_diagram(PACKAGE.diagrams).elements
    for element in ("score_basic", "score_complaints"):
        data[elements[element].properties["result"]] = compile_expression(elements[element].script).evaluate(
            data, now=NOW
        )
    found = evaluate(read_decisions(PACKAGE.decisions["score.dmn"], "score.dmn"), "score", data, now=NOW).outputs
    return (
        float(data["basic_score"]),
        float(data["points_off"]),
        float(found["final_score"]),
        found["basically_satisfied"],
    )


def alike(level: str) -> tuple[str, ...]:
    return (level,) * 14


@pytest.mark.parametrize(
    ("levels", "complaints", "expected"),
    [
        (alike("very_satisfied"), [], (100, 0, 100, True)),
        (alike("satisfied"), [complaint("quality")], (90, 10, 80, True)),
        (alike("fairly_satisfied"), [complaint("price")], (80, 5, 75, True)),
        (alike("fairly_satisfied"), [complaint("delivery")], (80, 10, 70, True)),  # exactly 70
        (alike("fairly_satisfied"), [complaint("service"), complaint("price")], (80, 15, 65, False)),
        (alike("fairly_satisfied"), [complaint("quality", verified=False)], (80, 0, 80, True)),
        (alike("fairly_satisfied"), [complaint("quality", ours=False)], (80, 0, 80, True)),
        (alike("average"), [], (60, 0, 60, False)),
        (("very_satisfied",) * 6 + ("dissatisfied",) * 8, [], (68, 0, 68, False)),  # 60 + 40 × 0.2
        (("satisfied",) * 6 + ("slightly_dissatisfied",) * 8, [], (70, 0, 70, True)),  # 54 + 40 × 0.4
        (
            ("satisfied",) * 6 + ("fairly_satisfied",) * 8,  # 54 + 32
            [complaint("service"), complaint("delivery"), complaint("price"), complaint("price")],
            (86, 30, 56, False),
        ),
        (alike("very_dissatisfied"), [complaint("quality")], (0, 10, -10, False)),
    ],
)
def test_the_score_is_what_was_counted_by_hand(
    levels: tuple[str, ...], complaints: list[dict[str, Any]], expected: tuple[float, float, float, bool]
) -> None:
    assert scored(levels, complaints) == pytest.approx(expected)
