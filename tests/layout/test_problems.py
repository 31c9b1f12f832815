"""The strict reader sees what is wrong: each test spoils a clean drawing in one way."""

from __future__ import annotations

import re

import pytest

from engine.procedures.layout import Problem, ProblemKind, layout, problems
from tests.layout.builder import a_process


def clean() -> str:
    return layout(
        a_process(
            "startEvent s 开始\nuserTask a 受理\nuserTask b 办理\nendEvent e 结束",
            "s a\na b 转办\nb e",
            lanes={"one": "s a b e"},
        )
    ).decode()


def move(drawn: str, element: str, **values: int) -> str:
    """*drawn* with the bounds of one shape changed."""

    def changed(found: re.Match[str]) -> str:
        text = found.group(0)
        for name, value in values.items():
            text = re.sub(rf'(?<![a-z]){name}="[^"]*"', f'{name}="{value}"', text, count=1)
        return text

    return re.sub(rf'(?<=bpmnElement="{element}")[^>]*>\s*<dc:Bounds[^>]*>', changed, drawn)


def test_a_clean_drawing_has_no_problems() -> None:
    assert problems(clean().encode()) == []


def box_of(drawn: str, element: str) -> tuple[int, int]:
    found = re.search(rf'bpmnElement="{element}"[^>]*>\s*<dc:Bounds x="(\d+)" y="(\d+)"', drawn)
    assert found is not None
    return int(found.group(1)), int(found.group(2))


@pytest.mark.parametrize(
    ("target", "onto", "problem"),
    [
        ("a", "b", Problem(ProblemKind.NODES_OVERLAP, ("a", "b"))),
        ("e", "a", Problem(ProblemKind.NODES_OVERLAP, ("a", "e"))),
    ],
)
def test_nodes_on_top_of_each_other_are_found(target: str, onto: str, problem: Problem) -> None:
    x, y = box_of(clean(), onto)

    assert problem in problems(move(clean(), target, x=x, y=y).encode())


def test_a_node_outside_its_lane_is_found() -> None:
    assert Problem(ProblemKind.OUTSIDE_LANE, ("e", "one")) in problems(move(clean(), "e", y=900).encode())


def test_a_line_through_a_node_is_found() -> None:
    x, y = box_of(clean(), "a")

    found = problems(move(clean(), "e", x=x + 100, y=y + 22).encode())

    assert Problem(ProblemKind.LINE_THROUGH_NODE, ("f1", "e")) in found


def test_a_line_that_does_not_reach_its_node_is_found() -> None:
    assert Problem(ProblemKind.LOOSE_END, ("f2", "e")) in problems(move(clean(), "e", x=2000).encode())


def test_a_shape_without_a_place_is_found() -> None:
    drawn = re.sub(r'<bpmndi:BPMNShape id="e_di".*?</bpmndi:BPMNShape>', "", clean(), flags=re.DOTALL)

    assert Problem(ProblemKind.NOT_DRAWN, ("e",)) in problems(drawn.encode())


def test_lines_that_share_a_stretch_are_found() -> None:
    edge = re.search(r'<bpmndi:BPMNEdge id="f0_di".*?</bpmndi:BPMNEdge>', clean(), flags=re.DOTALL)
    assert edge is not None
    again = edge.group(0).replace("f0", "f2")
    drawn = re.sub(r'<bpmndi:BPMNEdge id="f2_di".*?</bpmndi:BPMNEdge>', again, clean(), flags=re.DOTALL)

    assert Problem(ProblemKind.LINES_TOGETHER, ("f0", "f2")) in problems(drawn.encode())


def test_a_label_on_a_line_is_found() -> None:
    label = re.search(
        r'bpmnElement="f1".*?<bpmndi:BPMNLabel>\s*<dc:Bounds x="(\d+)" y="(\d+)"', clean(), flags=re.DOTALL
    )
    assert label is not None
    y = int(label.group(2))
    drawn = clean().replace(f'x="{label.group(1)}" y="{y}"', f'x="{label.group(1)}" y="{y + 12}"')

    assert Problem(ProblemKind.LABEL_ON_LINE, ("f1", "f1")) in problems(drawn.encode())
