"""Scenarios run on virtual time and say exactly what surprised them."""

from __future__ import annotations

import pytest

from engine.procedures import package_from_files
from engine.publishing import ScenarioResult, run_scenarios, running
from tests.procedures.packages import DIAGRAM, PROCEDURE, SCENARIO, bpmn, changed, files

REMINDER = """
  <bpmn:boundaryEvent id="reminder" name="提醒" attachedToRef="repair" cancelActivity="false">
    <bpmn:outgoing>f_reminder</bpmn:outgoing>
    <bpmn:timerEventDefinition id="t"><bpmn:timeDuration>P2D</bpmn:timeDuration></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:serviceTask id="remind" name="提醒信"><bpmn:extensionElements>
    <spiffworkflow:serviceTaskOperator id="send_letter"><spiffworkflow:parameters>
      <spiffworkflow:parameter id="letter" type="str" value="&quot;done&quot;"/>
      <spiffworkflow:parameter id="to" type="str" value="&quot;repair&quot;"/>
    </spiffworkflow:parameters></spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>
  <bpmn:endEvent id="reminded" name="已提醒"/>
  <bpmn:sequenceFlow id="f_reminder" sourceRef="reminder" targetRef="remind"/>
  <bpmn:sequenceFlow id="f_reminded" sourceRef="remind" targetRef="reminded"/>
"""
COUNTING = """
  <bpmn:serviceTask id="count" name="计数"><bpmn:extensionElements>
    <spiffworkflow:properties><spiffworkflow:property name="result" value="before"/></spiffworkflow:properties>
    <spiffworkflow:serviceTaskOperator id="count_cases"><spiffworkflow:parameters>
      <spiffworkflow:parameter id="field" type="str" value="&quot;customer_name&quot;"/>
      <spiffworkflow:parameter id="value" type="str" value="customer_name"/>
      <spiffworkflow:parameter id="days" type="str" value="30"/>
    </spiffworkflow:parameters></spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>
"""
END = "</bpmn:process>"


def run(scenario: str, **changes: str | bytes) -> ScenarioResult:
    (result,) = run_scenarios(package_from_files(files(founded=scenario, **changes)))
    return result


def error(old: str, new: str, **changes: str | bytes) -> str:
    result = run(changed(SCENARIO, old, new), **changes)
    assert result.passed is (result.error == "")
    return result.error


def test_a_right_scenario_passes_and_tells_its_steps() -> None:
    result = run(SCENARIO)

    assert (result.passed, result.error) == (True, "")
    assert (result.file, result.title) == ("scenarios/founded.toml", "A founded complaint is repaired")
    assert result.clauses == ("AC-1", "AC-2")
    assert [(step.number, step.action, step.at.isoformat(), step.open) for step in result.steps] == [
        (0, "start", "2026-03-02T09:00:00+08:00", ("check#1",)),
        (1, "task", "2026-03-02T10:00:00+08:00", ("repair#1",)),
        (2, "task", "2026-03-03T10:00:00+08:00", ()),
    ]


SURPRISES = [
    ('open = ["repair"]', 'open = ["check"]', "step 1 (task check): expected open tasks [check], found [repair]"),
    ('sent = ["done"]', "sent = []", "step 2 (task repair): expected letters [], found [done]"),
    ('outcome = "closed"', 'outcome = "rejected"', "end: expected the outcome to be 'rejected', found 'closed'"),
    ('path = ["check", "repair"]', 'path = ["repair"]', "end: expected the path to be 'repair', found 'check, repair'"),
    (
        "with = { founded = true }",
        "with = { founded = true, remrk = 1 }",
        (
            "step 1 (task check): expected answers that form check accepts, found wrong: "
            'remrk (unknown_field); did you mean "remark"?'
        ),
    ),
    (
        "with = { founded = true }",
        "with = {}",
        "step 1 (task check): expected answers that form check accepts, found wrong: founded (choose)",
    ),
    (
        'by = "repair"',
        'by = "service"',
        "step 2 (task repair): expected service to be in group repair, to which repair belongs, found not",
    ),
    (
        'by = "repair"',
        'by = "li.min"',
        "step 2 (task repair): expected li.min to be in group repair, to which repair belongs, found not",
    ),
    (
        'task = "check"',
        'task = "repair"',
        "step 1 (task repair): expected task repair to be open, found open: check#1",
    ),
    (
        'by = "service", form',
        'by = "repair", form',
        "start: expected repair to be in service, who may register a case, found not",
    ),
    (
        'by = "service", form',
        'by = "public", form',
        "start: expected start.public = true in procedure.toml, found that customers cannot file one",
    ),
    (
        'summary = "漏水"',
        'sumary = "漏水"',
        (
            "start: expected answers that form intake accepts, found wrong: summary (required); "
            'sumary (unknown_field); did you mean "summary"?'
        ),
    ),
    (
        'met = ["reply"] }',
        'overdue = ["reply"] }',
        "step 1 (task check): expected overdue deadlines [reply], found []",
    ),
    (
        'after = "PT1H"',
        'after = "P4D"',
        "step 1 (task check): expected deadline reply to be met, found it late",
    ),
    (
        'after = "P1D"',
        'at = "2026-03-01T09:00+08:00"',
        (
            "step 2 (task repair): expected an instant not before 2026-03-02T10:00:00+08:00, "
            "found 2026-03-01T09:00:00+08:00"
        ),
    ),
    (
        'expect = { sent = ["done"] }',
        "expect = { data = { foundet = true } }",
        'step 2 (task repair): expected data.foundet to be True, found nothing; did you mean "founded"?',
    ),
    (
        'expect = { sent = ["done"] }',
        "expect = { data = { founded = false } }",
        "step 2 (task repair): expected data.founded to be False, found True",
    ),
]


@pytest.mark.parametrize(("old", "new", "says"), SURPRISES, ids=[says[:70] for *_, says in SURPRISES])
def test_a_surprise_names_step_expected_and_found(old: str, new: str, says: str) -> None:
    assert error(old, new) == says


UNREADABLE = [
    (
        'task = "check"',
        'task = "chek"',
        'line 6: expected step.0.task to be a name of the package, found "chek"; did you mean',
    ),
    ('sent = ["done"]', 'sent = ["doen"]', 'found "doen"; did you mean "done"?'),
    ('met = ["reply"]', 'met = ["replay"]', 'found "replay"; did you mean "reply"?'),
    ('clauses = ["AC-1", "AC-2"]', 'clauses = ["AC-9"]', 'expected clauses to be a name of the package, found "AC-9"'),
    ('by = "repair"', 'by = "repairs"', 'found "repairs"; did you mean "repair"?'),
    ('after = "PT1H"', 'after = "1 hour"', "expected step.0.after to be a duration in weeks, days, hours"),
    ('after = "PT1H"', 'aftr = "PT1H"', 'found "aftr"; did you mean "after"?'),
    ("2026-03-02T09:00+08:00", "2026-03-02T09:00", "expected start.at to be an instant with offset"),
    (
        'task = "check"',
        'task = "check"\nwait = "P1D"',
        "exactly one of task, wait, until, message, signal, service, found task, wait",
    ),
    ('by = "li.min"\n', "", "expected step.0.by to be the group or person who does it, found nothing; add it"),
]


@pytest.mark.parametrize(("old", "new", "says"), UNREADABLE, ids=[says[:70] for *_, says in UNREADABLE])
def test_unknown_words_and_names_are_told_before_it_runs(old: str, new: str, says: str) -> None:
    assert says in error(old, new)


def test_answers_must_be_refused_where_the_scenario_says_so() -> None:
    refused = SCENARIO.replace(
        '[[step]]\ntask = "check"',
        '[[step]]\ntask = "check"\nby = "service"\nwith = {}\nrefused = ["founded"]\n[[step]]\ntask = "check"',
        1,
    )

    assert run(refused).error == ""
    assert (
        run(changed(refused, 'refused = ["founded"]', 'refused = ["remark"]')).error
        == "step 1 (task check): expected refused fields [remark], found [founded]"
    )


def test_timers_between_steps_fire_at_their_own_instants() -> None:
    diagram = bpmn(changed(DIAGRAM, END, REMINDER + END))
    clauses = files()["clauses.toml"].decode() + '[ours]\nreminder = "r"\nremind = "r"\n'
    waiting = SCENARIO.replace(
        '[[step]]\ntask = "repair"',
        '[[step]]\nwait = "P3D"\nexpect = { open = ["repair"], sent = ["done"], groups = { repair = "repair" } }\n'
        '[[step]]\ntask = "repair"',
        1,
    )

    assert run(waiting, complaint=diagram, clauses=clauses).error == ""
    early = changed(waiting, 'wait = "P3D"', 'wait = "P1D"')
    assert run(early, complaint=diagram, clauses=clauses).error == "step 2 (wait): expected letters [done], found []"


def test_overdue_and_late_follow_the_working_calendar() -> None:
    overdue = SCENARIO.replace(
        '[[step]]\ntask = "check"',
        '[[step]]\nuntil = "2026-03-04T18:00+08:00"\nexpect = { overdue = [] }\n'
        '[[step]]\nwait = "PT1M"\nexpect = { overdue = ["reply"] }\n[[step]]\ntask = "check"',
        1,
    ).replace('met = ["reply"]', 'late = ["reply"], overdue = []')

    assert run(overdue).error == ""


RECALL = """
<bpmn:signal id="s_recall" name="recall"/><bpmn:message id="m_order" name="order"/>
<bpmn:process id="orders" isExecutable="true">
  <bpmn:startEvent id="ordered" name="来单"><bpmn:messageEventDefinition id="d1" messageRef="m_order"/></bpmn:startEvent>
  <bpmn:intermediateCatchEvent id="wait" name="等候"><bpmn:signalEventDefinition id="d2" signalRef="s_recall"/></bpmn:intermediateCatchEvent>
  <bpmn:endEvent id="recalled" name="已召回"/>
  <bpmn:sequenceFlow id="f_1" sourceRef="ordered" targetRef="wait"/>
  <bpmn:sequenceFlow id="f_2" sourceRef="wait" targetRef="recalled"/>
</bpmn:process>
"""
RECALLED = """
title = "A recall ends an order"
clauses = ["AC-1"]
process = "orders"
start = { at = "2026-03-02T09:00+08:00", event = "ordered", data = { item = "cement" } }
[[step]]
signal = "recall"
with = { batch = 7 }
[end]
outcome = "recalled"
data = { item = "cement", batch = 7 }
"""


def test_a_message_opens_another_process_and_a_signal_ends_it() -> None:
    result = run(RECALLED, complaint=bpmn(DIAGRAM + RECALL))

    assert (result.error, [step.action for step in result.steps]) == ("", ["start", "signal"])


def test_a_start_event_without_message_or_signal_opens_nothing() -> None:
    result = run(changed(RECALLED, 'event = "ordered"', 'event = "start"'), complaint=bpmn(DIAGRAM + RECALL))

    assert result.error == 'line 5: expected start.event to be a name of the package, found "start"; there is ordered'


def test_services_are_answered_by_the_scenario() -> None:
    diagram = DIAGRAM.replace('sourceRef="start" targetRef="check"', 'sourceRef="start" targetRef="count"')
    flow = '<bpmn:sequenceFlow id="f_count" sourceRef="count" targetRef="check"/>'
    content = bpmn(changed(diagram, END, COUNTING + flow + END))
    clauses = files()["clauses.toml"].decode() + '[ours]\ncount = "c"\n'
    answered = SCENARIO.replace(
        "[[step]]",
        '[[step]]\nservice = "count_cases"\nresult = { count = 3 }\nexpect = { open = ["check"], data = { before = { count = 3 } } }\n'
        "[[step]]",
        1,
    )

    assert run(answered, complaint=content, clauses=clauses).error == ""
    assert (
        run(SCENARIO, complaint=content, clauses=clauses).error
        == "step 1 (task check): expected task check to be open, found open: none"
    )


def test_a_fault_of_the_procedure_is_told_with_its_place() -> None:
    content = bpmn(changed(DIAGRAM, "founded = true", "customer_name"))

    assert error('title = "A', 'title = "B', complaint=content).startswith(
        "step 1 (task check): expected the procedure to go on, found not-a-condition at"
    )


def test_a_schedule_starts_a_case_by_itself() -> None:
    schedule = '[schedules.weekly]\nevery = "week"\non = 1\nat = "09:00"\ntitle = { zh-Hans = "每周", en = "Weekly" }\n'
    start = '{ at = "2026-03-02T09:00+08:00", by = "service", form = { customer_name = "王芳", summary = "漏水" } }'
    scheduled = changed(SCENARIO, start, '{ at = "2026-03-02T09:00+08:00", schedule = "weekly" }')

    checked = changed(scheduled, 'met = ["reply"]', 'data = { summary = "每周" }')
    assert run(checked, procedure=PROCEDURE + schedule).error == ""


def test_a_case_that_has_not_ended_is_no_end() -> None:
    begin = SCENARIO.index('[[step]]\ntask = "repair"')
    unfinished = SCENARIO[:begin] + '[end]\noutcome = "closed"\n'

    assert run(unfinished).error == "end: expected the case to have ended by closed, found it open at repair#1"


def test_a_scenario_with_too_many_timers_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MAX_WAKES", 20)
    cycle = REMINDER.replace("timeDuration>P2D</bpmn:timeDuration", "timeCycle>R/PT1H</bpmn:timeCycle")
    diagram = bpmn(changed(DIAGRAM, END, cycle + END))
    waiting = SCENARIO.replace('[[step]]\ntask = "repair"', '[[step]]\nwait = "P9D"\n[[step]]\ntask = "repair"', 1)

    assert (
        run(waiting, complaint=diagram).error
        == "step 2 (wait): expected at most 20 timers and clocks to fire, found more by 2026-03-03T07:00:00+08:00"
    )


def test_time_does_not_leave_the_calendar() -> None:
    waiting = SCENARIO.replace("[[step]]", '[[step]]\nwait = "P9999W"\n' * 48 + "[[step]]", 1)

    assert "expected an instant within the calendar" in run(waiting).error
