"""Lines that cross only because of a rule of thumb are drawn otherwise; what must cross is named."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import safe_xml
from engine.procedures.layout import THOROUGH, ProblemKind, layout, problems
from engine.procedures.layout.drawing import Draughtsman, Plan
from engine.procedures.layout.geometry import meetings
from engine.procedures.layout.merit import merit
from engine.procedures.layout.reading import read_sheets
from engine.procedures.layout.search import draw
from tests.layout.builder import a_process

PROCESSES = Path(__file__).parents[2] / "processes"

#: Pictures in which lines cross, and how often. Why each must is said beside it.
CROSSINGS = {
    # One way of paying goes from the service lane to finance, the other back, side by side.
    "customer-service-operations/service_order/service_order.bpmn": 1,
    # The coordinators are reached from inside and outside a loop that leads through them.
    "hongda-building-materials/complaint/complaint.bpmn": 1,
    # What the owner escalates leaves between two ways that end in the same follow-up.
    "property-complaint-tracking/complaint/complaint.bpmn": 2,
    # What is settled on the spot and what was not sold here change sides; so do the next level and the first one.
    "shopping-mall-counters/complaint/complaint.bpmn": 2,
}


def crossings(content: bytes) -> int:
    return sum(problem.kind is ProblemKind.CROSSING for problem in problems(content))


def test_the_pictures_of_the_packages_are_clean_but_for_the_crossings_named_here() -> None:
    found: dict[str, Counter[str]] = {}
    for path in sorted(PROCESSES.rglob("*.bpmn")):
        counted = Counter(problem.kind.value for problem in problems(path.read_bytes(), path.name))
        if counted:
            found[str(path.relative_to(PROCESSES))] = counted

    assert found == {name: {"crossing": count} for name, count in CROSSINGS.items()}


def five_measures() -> bytes:
    """A gateway with five ways, three of them down to other lanes and back to one gateway."""
    return a_process(
        """
        startEvent s 收到反馈
        inclusiveGateway g 哪些措施？
        userTask look 专项调查
        endEvent none 无须措施
        userTask train 内部培训
        userTask cook 改进菜品
        userTask brand 提升形象
        inclusiveGateway j
        endEvent e 已改进
        """,
        "s g\ng look 查\ng none 无\ng train 培训\ng cook 菜品\ng brand 形象\nlook j\ntrain j\ncook j\nbrand j\nj e",
        lanes={"desk": "s g look none j e", "floor": "train", "kitchen": "cook", "office": "brand"},
    )


def interrupted() -> bytes:
    """An event on a task whose own flow goes down past it."""
    return a_process(
        """
        startEvent s 收到
        userTask a 处理
        boundaryEvent@a stop 中途终止
        userTask b 纠正
        userTask c 归档
        endEvent e 结束
        """,
        "s a\na b\nstop c\nb c\nc e",
        lanes={"one": "s a c e", "two": "b"},
    )


@pytest.mark.parametrize("model", [five_measures, interrupted])
def test_lines_that_need_not_cross_do_not(model: Callable[[], bytes]) -> None:
    assert crossings(layout(model(), drawings=1)) > 0
    assert problems(layout(model(), drawings=THOROUGH)) == []


def test_one_drawing_is_what_the_rules_of_thumb_give() -> None:
    content = five_measures()
    (sheet,) = read_sheets(safe_xml.parse(content, "x"), "x")

    assert draw(sheet, 1) == Draughtsman(sheet, {}, Plan()).draw()
    assert merit(sheet, draw(sheet, THOROUGH)).price < merit(sheet, draw(sheet, 1)).price


@pytest.mark.parametrize("seed", range(3))
def test_the_search_never_ends_with_a_drawing_that_is_worse(seed: int) -> None:
    chance = random.Random(seed)
    kinds = ["userTask", "exclusiveGateway", "endEvent", "parallelGateway"]
    nodes = [f"{chance.choice(kinds)} n{n} 步骤{n}" for n in range(10)]
    pairs = sorted({(chance.randrange(10), chance.randrange(10)) for _ in range(13)})
    lanes = {f"lane{k}": " ".join(f"n{n}" for n in range(10) if n % 3 == k) for k in range(3)}
    content = a_process("\n".join(nodes), "\n".join(f"n{a} n{b} 若{a}" for a, b in pairs), lanes=lanes)
    sheet = next(sheet for sheet in read_sheets(safe_xml.parse(layout(content), "x"), "x"))

    assert merit(sheet, draw(sheet)).price <= merit(sheet, draw(sheet, 1)).price


def test_meetings_are_crossings_and_shared_stretches_of_different_lines() -> None:
    lines = {
        "level": [(0.0, 10.0), (100.0, 10.0)],
        "upright": [(50.0, 0.0), (50.0, 30.0), (90.0, 30.0), (90.0, 0.0)],
        "touching": [(20.0, 10.0), (20.0, 40.0)],
        "on_it": [(80.0, 10.0), (120.0, 10.0)],
    }

    assert sorted(meetings(lines.items())) == [
        ("level", "on_it", True),
        ("upright", "level", False),
        ("upright", "level", False),
        ("upright", "on_it", False),
    ]
