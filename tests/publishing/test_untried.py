"""What a package promises and no scenario tries is said, part by part."""

from __future__ import annotations

from engine.procedures import package_from_files
from engine.publishing import Promise, run_scenarios, untried
from tests.procedures.packages import CHECK, DIAGRAM, PROCEDURE, SCENARIO, bpmn, changed, files

#: The small package with a cost in place of a yes or no, and a way back for those who have to ask again.
COST = changed(
    CHECK,
    "{ id: founded, type: yesno, label: { zh-Hans: 属实, en: Founded }, required: true }",
    "{ id: founded, type: yesno, label: { zh-Hans: 属实, en: Founded }, required: true }\n"
    "  - { id: cost, type: number, label: { zh-Hans: 费用, en: Cost } }",
)
BACK = changed(
    DIAGRAM,
    '<bpmn:sequenceFlow id="f_repair"',
    '<bpmn:sequenceFlow id="f_back" name="再核实" sourceRef="founded_or_not" targetRef="check">'
    '<bpmn:conditionExpression>remark = "again"</bpmn:conditionExpression></bpmn:sequenceFlow>'
    '<bpmn:sequenceFlow id="f_repair"',
)
LIMIT = changed(DIAGRAM, "founded = true", "cost in [100..200] and founded = true")
LADDER = changed(PROCEDURE, 'unit = "working_days"', 'unit = "working_days"\nremind = [{ at = 0.5, to = "holder" }]')


def said(**changes: str | bytes) -> dict[Promise, tuple[str, ...]]:
    package = package_from_files(files(**changes))
    results = run_scenarios(package)
    assert [result.error for result in results] == [""]
    return {promise: ids for promise, ids in untried(package, results).items() if ids}


def test_ways_not_walked_and_limits_never_missed_are_said() -> None:
    assert said() == {Promise.FLOW: ("f_rejected",), Promise.MISSED: ("reply",)}


def test_a_reminder_that_reached_nobody_is_said() -> None:
    assert said(procedure=LADDER)[Promise.RUNG] == ("reply 0.5",)


def test_a_limit_kept_too_late_was_missed_and_never_kept() -> None:
    late = changed(changed(SCENARIO, 'after = "PT1H"', 'after = "P9D"'), ', met = ["reply"]', "")

    assert said(founded=late) == {
        Promise.FLOW: ("f_rejected",),
        Promise.KEPT: ("reply",),
    }


def test_a_way_back_gone_once_is_no_loop_yet() -> None:
    first = SCENARIO.index("[[step]]")
    again = '[[step]]\ntask = "check"\nby = "li.min"\nwith = { founded = false, remark = "again" }\n'

    def gone(times: int) -> str:
        return SCENARIO[:first] + again * times + SCENARIO[first:].replace('path = ["check", "repair"]', "")

    assert said(complaint=bpmn(BACK), founded=gone(1))[Promise.LOOP] == ("f_back",)
    assert Promise.LOOP not in said(complaint=bpmn(BACK), founded=gone(2))


def test_values_on_one_side_of_a_limit_leave_the_other_untried() -> None:
    at_the_lower_end = changed(SCENARIO, "with = { founded = true }", "with = { founded = true, cost = 100 }")

    found = said(check=COST, complaint=bpmn(LIMIT), founded=at_the_lower_end)

    assert found[Promise.THRESHOLD] == ("cost 100 below", "cost 100 above", "cost 200 at", "cost 200 above")
