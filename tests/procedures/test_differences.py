"""What is different between two versions: facts and links, never where a shape stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from engine.procedures import Package, collect_files, find_packages, package_from_files
from engine.procedures.differences import Difference, Facet, Kind, Part, differences
from engine.procedures.layout import layout
from tests.support.site import COMPANIES

Files = dict[str, bytes]


def files() -> Files:
    [ref] = find_packages(COMPANIES / "processes")
    return dict(collect_files(COMPANIES / "processes", COMPANIES / "forms", ref))


def changed(path: str, change: Callable[[str], str]) -> Package:
    found = files()
    after = change(found[path].decode())
    assert after != found[path].decode(), f"expected a change of {path}"
    return package_from_files(found | {path: after.encode()})


def replaced(path: str, old: str, new: str) -> Package:
    return changed(path, lambda text: text.replace(old, new, 1))


def facets(found: tuple[Difference, ...]) -> list[tuple[Part, str, Facet]]:
    return [(each.part, each.id, facet) for each in found for facet in each.facets]


BEFORE = package_from_files(files())


def test_a_version_does_not_differ_from_itself() -> None:
    assert differences(BEFORE, package_from_files(files())) == ()


def test_another_drawing_is_no_difference() -> None:
    moved = changed(
        "complaint.bpmn", lambda text: layout(re.sub(r'(<dc:Bounds x=")(\d+)', r"\g<1>9\2", text).encode()).decode()
    )
    lines = changed("complaint.bpmn", lambda text: text.replace("<bpmn:userTask", "\n\n<bpmn:userTask"))

    assert differences(BEFORE, moved) == ()
    assert differences(BEFORE, lines) == ()


def test_a_name_a_deadline_and_a_condition_are_told_with_before_and_after() -> None:
    named = replaced("complaint.bpmn", 'name="核实"', 'name="核对"')
    limit = replaced("procedure.toml", "amount = 2", "amount = 3")
    way = replaced("complaint.bpmn", 'founded = "yes"', 'founded = "no"')

    assert facets(differences(BEFORE, named)) == [(Part.STEP, "assess", Facet("name zh-Hans", "核实", "核对"))]
    assert facets(differences(BEFORE, limit)) == [(Part.DEADLINE, "reply", Facet("amount", "2", "3"))]
    assert facets(differences(BEFORE, way)) == [
        (Part.WAY, "yes", Facet("condition", 'founded = "yes"', 'founded = "no"'))
    ]


def test_another_default_way_is_told_at_both_ways() -> None:
    other = replaced("complaint.bpmn", 'default="again"', 'default="content"')

    assert facets(differences(BEFORE, other)) == [
        (Part.WAY, "again", Facet("default", "yes", "")),
        (Part.WAY, "content", Facet("default", "", "yes")),
    ]


def test_what_comes_and_goes_keeps_its_name() -> None:
    extra = replaced("complaint.bpmn", "<bpmn:endEvent", '<bpmn:endEvent id="extra" name="另行"/><bpmn:endEvent')
    name = {"zh-Hans": "另行"}

    assert differences(BEFORE, extra) == (Difference(Part.STEP, Kind.ADDED, "extra", name, "complaint.bpmn"),)
    assert differences(extra, BEFORE) == (Difference(Part.STEP, Kind.REMOVED, "extra", name, "complaint.bpmn"),)


def test_a_way_without_a_name_is_called_by_its_ends() -> None:
    flow = '<bpmn:sequenceFlow id="around" sourceRef="assess" targetRef="closed"/><bpmn:endEvent'

    found = differences(BEFORE, replaced("complaint.bpmn", "<bpmn:endEvent", flow))

    assert [(each.id, each.name["en"]) for each in found] == [("around", "Check → Closed")]


def test_forms_letters_clauses_and_lanes_count() -> None:
    assert [
        (d.part, d.kind, d.id) for d in differences(BEFORE, replaced("texts/en.toml", "has been closed", "is closed"))
    ] == [(Part.LETTER, Kind.CHANGED, "thanks")]
    assert facets(
        differences(BEFORE, replaced("procedure.toml", 'lane_kitchen = "kitchen"', 'lane_kitchen = "front"'))
    ) == [(Part.LANE, "lane_kitchen", Facet("group", "kitchen", "front"))]
    fields = differences(BEFORE, changed("forms/fix.yaml", lambda text: text.replace("id: done", "id: mended", 1)))
    assert [(d.part, d.kind, d.id) for d in fields] == [
        (Part.FIELD, Kind.REMOVED, "fix.done"),
        (Part.FIELD, Kind.ADDED, "fix.mended"),
    ]


def test_two_real_procedures_of_a_company_are_compared() -> None:
    root = Path(__file__).parents[2]
    refs = {
        ref.procedure: ref
        for ref in find_packages(root / "processes")
        if ref.company == "retail-complaints-and-returns"
    }
    one, other = (
        package_from_files(collect_files(root / "processes", root / "forms", refs[name]))
        for name in ("complaint", "return")
    )

    there, back = differences(one, other), differences(other, one)

    assert len(there) == len(back) > 100
    assert {each.id for each in there if each.kind is Kind.ADDED} == {
        each.id for each in back if each.kind is Kind.REMOVED
    }
