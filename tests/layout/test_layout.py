"""What a reader may expect of every drawing, and what drawing leaves alone."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from engine.errors import UnsafeFile
from engine.procedures.layout import LayoutRefused, ProblemKind, layout, problems
from tests.layout.builder import a_process, parallel, retail, rounds, three_pools, with_frames

NS = {
    "b": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "d": "http://www.omg.org/spec/BPMN/20100524/DI",
    "c": "http://www.omg.org/spec/DD/20100524/DC",
    "w": "http://www.omg.org/spec/DD/20100524/DI",
}
PROCESSES = Path(__file__).parents[2] / "processes"
MODELS = [retail, parallel, rounds, with_frames, three_pools]


def boxes(content: bytes) -> dict[str, tuple[float, float, float, float]]:
    """x, y, width, height by element id."""
    found = {}
    for shape in etree.fromstring(content).iterfind(".//d:BPMNShape", NS):
        bounds = shape.find("c:Bounds", NS)
        found[shape.get("bpmnElement")] = tuple(float(bounds.get(k)) for k in ("x", "y", "width", "height"))
    return found


def lines(content: bytes) -> dict[str, list[tuple[float, float]]]:
    return {
        edge.get("bpmnElement"): [(float(p.get("x")), float(p.get("y"))) for p in edge.iterfind("w:waypoint", NS)]
        for edge in etree.fromstring(content).iterfind(".//d:BPMNEdge", NS)
    }


def middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def without_diagram(content: bytes) -> bytes:
    root = etree.fromstring(content)
    for diagram in root.findall("d:BPMNDiagram", NS):
        root.remove(diagram)
    return etree.tostring(root, method="c14n2", strip_text=True)


@pytest.mark.parametrize("model", MODELS)
def test_nothing_overlaps_hides_or_goes_missing(model: Callable[[], bytes]) -> None:
    drawn = layout(model())

    assert [problem for problem in problems(drawn) if problem.kind is not ProblemKind.CROSSING] == []


@pytest.mark.parametrize("path", sorted(PROCESSES.rglob("*.bpmn")), ids=lambda path: path.stem)
def test_the_procedures_of_this_repository_are_drawn_cleanly(path: Path) -> None:
    drawn = layout(path.read_bytes(), path.name)

    assert [problem for problem in problems(drawn) if problem.kind is not ProblemKind.CROSSING] == []
    assert layout(drawn) == drawn


@pytest.mark.parametrize(
    ("model", "crossings"), [(retail, 0), (parallel, 2), (rounds, 0), (with_frames, 0), (three_pools, 0)]
)
def test_lines_cross_only_where_they_must(model: Callable[[], bytes], crossings: int) -> None:
    drawn = layout(model())

    assert sum(problem.kind is ProblemKind.CROSSING for problem in problems(drawn)) <= crossings


@pytest.mark.parametrize("model", MODELS)
def test_drawing_again_changes_no_byte(model: Callable[[], bytes]) -> None:
    once = layout(model())

    assert layout(once) == once
    assert layout(model()) == once


def test_flow_runs_from_left_to_right() -> None:
    place = boxes(layout(retail()))

    way = [
        "start",
        "record",
        "investigate",
        "founded",
        "transfer",
        "solution",
        "agrees",
        "execute",
        "revisit",
        "end_yes",
    ]
    assert [middle(place[node])[0] for node in way] == sorted(middle(place[node])[0] for node in way)


def test_the_main_way_keeps_its_row_within_a_lane() -> None:
    place = boxes(layout(retail()))

    way = [
        "start",
        "record",
        "reply",
        "verify",
        "transfer",
        "communicate",
        "agrees",
        "revisit",
        "table",
        "opinions",
        "end_yes",
    ]
    assert len({middle(place[node])[1] for node in way}) == 1


def test_lanes_are_bands_in_the_order_of_the_file() -> None:
    place = boxes(layout(retail()))

    lanes = [place[lane] for lane in ("service", "department", "store", "quality")]
    assert [upper[1] + upper[3] for upper in lanes[:-1]] == [lower[1] for lower in lanes[1:]]
    assert len({(lane[0], lane[2]) for lane in lanes}) == 1


def test_lanes_without_a_pool_get_one() -> None:
    root = etree.fromstring(layout(retail()))

    participant = root.find("b:collaboration/b:participant", NS)
    assert participant is not None
    assert (participant.get("id"), participant.get("processRef")) == ("pool_procedure", "procedure")
    assert root.find(".//d:BPMNPlane", NS).get("bpmnElement") == "collaboration_procedure"


def test_a_process_without_lanes_needs_no_pool() -> None:
    root = etree.fromstring(layout(rounds()))

    assert root.find("b:collaboration", NS) is None
    assert root.find(".//d:BPMNPlane", NS).get("bpmnElement") == "procedure"


def test_nested_lanes_lie_inside_their_parent() -> None:
    place = boxes(layout(three_pools()))

    parent, inner = place["quality"], [place["test"], place["improve"]]
    assert all(lane[0] == parent[0] + 30 for lane in inner)
    assert (inner[0][1], inner[1][1] + inner[1][3]) == (parent[1], parent[1] + parent[3])


def test_pools_stand_below_each_other() -> None:
    place = boxes(layout(three_pools()))

    pools = [place[pool] for pool in ("customer", "store", "head_office")]
    assert [lower[1] - upper[1] - upper[3] for upper, lower in itertools.pairwise(pools)] == [30, 30]


def test_a_loop_back_runs_beside_its_row() -> None:
    drawn = layout(rounds())

    back = lines(drawn)["f12"]
    lowest = max(y for _, y in back)
    assert lowest > max(box[1] + box[3] for key, box in boxes(drawn).items() if key in ("a", "f", "c"))


def test_a_boundary_event_sits_on_the_border_and_its_line_leaves_there() -> None:
    drawn = layout(retail())

    host, event, line = boxes(drawn)["investigate"], boxes(drawn)["late"], lines(drawn)["f21"]
    assert middle(event)[1] == host[1] + host[3]
    assert line[0] == (middle(event)[0], event[1] + event[3])


def test_notes_and_data_stand_above_what_they_belong_to() -> None:
    place = boxes(layout(with_frames()))

    for guest, host in (("note1", "r"), ("dor1", "rr"), ("ds1", "rr")):
        assert 0 < place[host][1] - (place[guest][1] + place[guest][3]) <= 40
        assert abs(middle(place[guest])[0] - middle(place[host])[0]) <= 60


def test_nodes_without_flows_are_drawn_in_their_lane() -> None:
    content = a_process("startEvent s\nuserTask lost 备用", "", lanes={"one": "s", "two": "lost"})

    drawn = layout(content)

    assert problems(drawn) == []
    assert {"s", "lost", "one", "two"} <= set(boxes(drawn))


def test_a_subprocess_that_was_closed_stays_closed_and_gets_its_own_page() -> None:
    opened = layout(with_frames())
    closed = layout(opened.replace(b'bpmnElement="sp" isExpanded="true"', b'bpmnElement="sp" isExpanded="false"'))

    planes = [plane.get("bpmnElement") for plane in etree.fromstring(closed).iterfind(".//d:BPMNPlane", NS)]
    assert planes == ["collaboration_procedure", "sp"]
    assert boxes(closed)["sp"][2:] == (100, 80)
    assert problems(closed) == []


def test_everything_but_the_diagram_stays() -> None:
    content = three_pools().replace(
        b'<bpmn:userTask id="a1" name="', b'<!-- kept --><bpmn:userTask xmlns:x="urn:x" x:own="1" id="a1" name="'
    )

    assert without_diagram(layout(content)) == without_diagram(content)


def test_colours_survive_a_new_drawing() -> None:
    colour = b'xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0"'
    drawn = layout(rounds().replace(b'id="defs"', b'id="defs" ' + colour))
    drawn = drawn.replace(b'bpmnElement="a"', b'bpmnElement="a" bioc:fill="#BBDEFB"', 1)

    assert b'bpmnElement="a" bioc:fill="#BBDEFB"' in layout(drawn)


def test_a_second_process_of_a_collaboration_less_file_gets_a_pool_too() -> None:
    one, two = a_process("startEvent s", ""), a_process("startEvent t", "", key="other")
    both = one.replace(b"</bpmn:definitions>", two[two.index(b"  <bpmn:process") :])

    assert {"pool_procedure", "pool_other"} <= set(boxes(layout(both)))


def test_references_to_nothing_are_left_out() -> None:
    content = a_process("startEvent s\nboundaryEvent@nobody b", "s nowhere\nnowhere s", lanes={"one": "s ghost"})

    drawn = layout(content)

    assert lines(drawn) == {}
    assert {"s", "b"} <= set(boxes(drawn))


def test_cycles_and_self_loops_are_drawn() -> None:
    drawn = layout(a_process("userTask a\nuserTask b", "a b\nb a\na a"))

    assert [problem for problem in problems(drawn) if problem.kind is not ProblemKind.CROSSING] == []
    assert set(lines(drawn)) == {"f0", "f1", "f2"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<a", UnsafeFile),  # no XML
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', UnsafeFile),  # declarations
        (b"<a/>", LayoutRefused),  # XML that is no BPMN
        (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', LayoutRefused),  # nothing to draw
        (a_process("\n".join(f"userTask t{n}" for n in range(3200)), ""), LayoutRefused),  # too much to draw
    ],
)
def test_files_that_cannot_be_drawn_are_refused(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        layout(content, "complaint.bpmn")


@pytest.mark.parametrize("seed", range(12))
def test_random_links_between_random_nodes_are_drawn_cleanly(seed: int) -> None:
    chance = random.Random(seed)
    kinds = ["userTask", "exclusiveGateway", "endEvent", "parallelGateway"]
    nodes = [f"{chance.choice(kinds)} n{n} 步骤{n}" for n in range(14)]
    pairs = sorted({(chance.randrange(14), chance.randrange(14)) for _ in range(17)})
    lanes = {f"lane{k}": " ".join(f"n{n}" for n in range(14) if n % 3 == k) for k in range(3)}

    drawn = layout(a_process("\n".join(nodes), "\n".join(f"n{a} n{b}" for a, b in pairs), lanes=lanes))

    unforgivable = {
        ProblemKind.NODES_OVERLAP,
        ProblemKind.OUTSIDE_LANE,
        ProblemKind.LINE_THROUGH_NODE,
        ProblemKind.NOT_DRAWN,
    }
    assert [problem for problem in problems(drawn) if problem.kind in unforgivable] == []
    assert layout(drawn) == drawn
