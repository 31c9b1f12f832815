"""Each rule on a package that keeps it and on one that breaks it.

The valid example of every rule is the small package of ``packages.py``, which no rule may complain about; rows that need
more than that to be valid say so themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.findings import Severity
from engine.procedures.decision_index import decision_index
from engine.procedures.reader import read_files
from engine.procedures.rules import Rule, all_rules, describe_rules, run_rule
from engine.procedures.subject import Subject
from tests.procedures.packages import (
    CHECK,
    CLAUSES,
    COMPANY,
    DIAGRAM,
    PROCEDURE,
    TEXTS_EN,
    bpmn,
    changed,
    files,
)

REPORT = '[reports.all]\ntitle = { zh-Hans = "全部", en = "All" }\n'
FIGURE = '[reports.all.figures.rate]\ntitle = { zh-Hans = "率", en = "Rate" }\n'
POSITION = COMPANY + '[positions.head]\nname = { zh-Hans = "负责人", en = "head" }\n'
REPAIR = '<bpmn:userTask id="repair" name="维修">'
EMPTY_FORM = '<spiffworkflow:property name="form" value=""/>'


PAID = '<bpmn:message id="m_paid" name="paid"/>'
WAIT_FOR_PAID = (
    '<bpmn:intermediateCatchEvent id="wait" name="等待付款"><bpmn:messageEventDefinition messageRef="m_paid"/>'
    "</bpmn:intermediateCatchEvent>"
)


@dataclass(frozen=True)
class Case:
    """One broken package and a part of the sentence its author must read."""

    rule: str
    reason: str
    files: dict[str, bytes]
    says: str
    file: str = "complaint.bpmn"
    severity: Severity = Severity.ERROR


def diagram(old: str, new: str) -> dict[str, bytes]:
    return files(complaint=bpmn(changed(DIAGRAM, old, new)))


def procedure(old: str, new: str) -> dict[str, bytes]:
    return files(procedure=changed(PROCEDURE, old, new))


def clauses(old: str, new: str) -> dict[str, bytes]:
    return files(clauses=changed(CLAUSES, old, new))


def correlation(n: int) -> str:
    return (
        f'<bpmn:correlationProperty id="p{n}"><bpmn:correlationPropertyRetrievalExpression messageRef="m_paid">'
        "<bpmn:messagePath>summary</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>"
        "</bpmn:correlationProperty>"
    )


def task(element: str, *, before: str) -> str:
    """*element* put in front of another one."""
    return f"{element}\n  {before}"


def timer_of(text: str) -> dict[str, bytes]:
    """The package with a timer on its first task."""
    return diagram(
        REPAIR,
        task(
            '<bpmn:boundaryEvent id="late" name="超时" attachedToRef="check"><bpmn:timerEventDefinition>'
            f"<bpmn:timeDuration>{text}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>",
            before=REPAIR,
        ),
    )


def drawn(*edges: str, more: str = "", **nodes: str) -> dict[str, bytes]:
    """The package with another control flow: *edges* like ``a > b``, or ``a > b ? x = 1``, *nodes* id -> tag.

    ``start`` and ``end`` are events, every other id without a tag is a user task.
    """
    tags = {"start": "startEvent", "end": "endEvent", **nodes}
    flows, sources = [], []
    for number, edge in enumerate(edges):
        ends, _, condition = edge.partition(" ? ")
        source, target = ends.split(" > ")
        sources += [source, target]
        written = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
        flows.append(
            f'<bpmn:sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{written}</bpmn:sequenceFlow>'
        )
    parts = [
        f'<bpmn:{tags.get(id_, "userTask")} id="{id_}"/>' for id_ in dict.fromkeys(sources) if f'id="{id_}"' not in more
    ]
    return files(
        complaint=bpmn(
            f'<bpmn:process id="complaint" isExecutable="true">{"".join((*parts, *flows))}{more}</bpmn:process>'
        )
    )


def _words_only() -> bytes:
    return changed(PROCEDURE, 'amount = 2\nunit = "working_days"', "binding = false").encode()


FORK = {"split": "parallelGateway", "join": "parallelGateway"}
CHOICE = {"choice": "exclusiveGateway", "join": "parallelGateway"}
BOTH = ("start > split", "split > a", "split > b")
EITHER = ("start > choice", "choice > a ? x = 1", "choice > b")
MERGE = "exclusiveGateway"
CLEAR = '<bpmn:endEvent id="stop"><bpmn:terminateEventDefinition/></bpmn:endEvent>'
SET_X = (
    '<bpmn:scriptTask id="script"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="result" '
    'value="x"/></spiffworkflow:properties></bpmn:extensionElements><bpmn:script>x + 1</bpmn:script></bpmn:scriptTask>'
)
REMINDER = '<bpmn:boundaryEvent id="late" attachedToRef="a" cancelActivity="false"><bpmn:timerEventDefinition/></bpmn:boundaryEvent>'
CALLED = (
    '<bpmn:callActivity id="one" calledElement="other"/><bpmn:callActivity id="two" calledElement="other"/></bpmn:process>'
    f'<bpmn:process id="other">{SET_X}'
)

BESIDE = (
    '<bpmn:subProcess id="beside" triggeredByEvent="true"><bpmn:startEvent id="told" isInterrupting="false">'
    '<bpmn:signalEventDefinition/></bpmn:startEvent><bpmn:endEvent id="done"/>'
    '<bpmn:sequenceFlow id="fx" sourceRef="told" targetRef="x_too"/><bpmn:sequenceFlow id="fy" sourceRef="x_too" targetRef="done"/>'
    + SET_X.replace('id="script"', 'id="x_too"')
    + "</bpmn:subProcess>"
)

#: Control flows that are right, and what a simpler look would take for wrong in them.
RIGHT = [
    ("both ways of a fork are joined", drawn(*BOTH, "a > join", "b > join", "join > end", **FORK)),
    ("a choice inside a branch comes together before the join", drawn(
        *BOTH, "a > choice", "choice > c ? x = 1", "choice > d", "c > merge", "d > merge", "merge > join", "b > join",
        "join > end", choice=MERGE, merge=MERGE, **FORK,
    )),
    ("the join is inside a loop", drawn(
        "start > again", "again > split", "split > a", "split > b", "a > join", "b > join", "join > choice",
        "choice > again ? x = 1", "choice > end", again=MERGE, choice=MERGE, **FORK,
    )),
    ("an inclusive join waits for those that come", drawn(
        "start > split", "split > a ? x = 1", "split > b ? y = 1", "a > join", "b > join", "join > end",
        split="inclusiveGateway", join="inclusiveGateway",
    )),
    ("the branch that does not come to the join ends everything", drawn(
        *BOTH, "a > choice", "choice > join ? x = 1", "choice > stop", "b > join", "join > end", choice=MERGE, more=CLEAR, **FORK,
    )),
    ("two branches end in the same end event", drawn(*BOTH, "a > end", "b > end", **FORK)),
    ("a reminder of every round ends by itself", drawn(
        "start > again", "again > a", "a > choice", "choice > again ? x = 1", "choice > end", "late > notice", "notice > end",
        again=MERGE, choice=MERGE, more=REMINDER,
    )),
    ("a loop waits at a task", drawn("start > again", "again > a", "a > choice", "choice > again ? x = 1", "choice > end", again=MERGE, choice=MERGE)),
    ("a loop waits for its other branch at the join", drawn(
        "start > again", "again > split", "split > join", "split > a", "a > join", "join > choice", "choice > again ? x = 1",
        "choice > end", again=MERGE, choice=MERGE, **FORK,
    )),
    ("a link leads from one branch into the join", drawn(
        *BOTH, "a > out", "in > join", "b > join", "join > end",
        more='<bpmn:intermediateThrowEvent id="out"><bpmn:linkEventDefinition name="l"/></bpmn:intermediateThrowEvent>'
        '<bpmn:intermediateCatchEvent id="in"><bpmn:linkEventDefinition name="l"/></bpmn:intermediateCatchEvent>', **FORK,
    )),
    ("an event sub-process that interrupts takes the place of the rest", drawn(
        "start > script", "script > end", more=SET_X + BESIDE.replace(' isInterrupting="false"', ""),
    )),
    ("the same process is called twice, one after the other", drawn("start > one", "one > two", "two > end", more=CALLED)),
]  # fmt: skip

BROKEN = [
    Case(
        "report-names",
        "a register shows a field that nobody asks for",
        files(procedure=PROCEDURE + REPORT + 'columns = ["case.number", "sumary"]\n'),
        'expected report all to use names that its cases have, found sumary; did you mean "summary"?',
        file="procedure.toml",
    ),
    Case(
        "report-names",
        "a figure is calculated from one that is not there",
        files(procedure=PROCEDURE + REPORT + FIGURE + 'value = "100 * closd / 2"\n'),
        "expected figure rate of report all to be calculated from its figures, found closd",
        file="procedure.toml",
    ),
    Case(
        "report-names",
        "satisfaction is read from a field that nobody asks for",
        procedure('customer = "customer_name"\n', 'customer = "customer_name"\nsatisfied = "happy"\n'),
        "expected case.satisfied to use names that its cases have, found happy",
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "a report is for a group that is not there",
        files(procedure=PROCEDURE + REPORT + 'groups = ["servise"]\n'),
        "expected groups that may read report all, found",
        file="procedure.toml",
    ),
    Case(
        "join-waits",
        "a parallel join behind a choice",
        drawn(*EITHER, "a > join", "b > join", "join > end", **CHOICE),
        "expected every way into the join join to bring a token, found that b can wait there for ever because nothing "
        "comes from a once choice has led to b; merge ways",
    ),
    Case(
        "join-waits",
        "one branch may end before the join",
        drawn(
            *BOTH, "a > choice", "choice > join ? x = 1", "choice > end", "b > join", "join > end", choice=MERGE, **FORK
        ),
        "found that b can wait there for ever because nothing comes from choice once choice has led to end",
        severity=Severity.WARNING,
    ),
    Case(
        "merge-repeats",
        "parallel branches meet at an exclusive gateway",
        drawn(*BOTH, "a > merge", "b > merge", "merge > c", "c > end", merge=MERGE, **FORK),
        "expected one token at a time to come to merge, found that two can, from a, b",
        severity=Severity.WARNING,
    ),
    Case(
        "merge-repeats",
        "a reminder comes back to the way of its task",
        drawn("start > a", "a > b", "late > b", "b > end", more=REMINDER),
        "expected one token at a time to come to b, found that two can, from a, late",
        severity=Severity.WARNING,
    ),
    Case(
        "endless-loop",
        "nothing in the loop can change",
        drawn("start > again", "again > choice", "choice > again ? x = 1", "choice > end", again=MERGE, choice=MERGE),
        "found nothing that does in again, choice; put a task",
    ),
    Case(
        "endless-loop",
        "a script may end the loop",
        drawn(
            "start > again",
            "again > script",
            "script > choice",
            "choice > again ? x > 1",
            "choice > end",
            again=MERGE,
            choice=MERGE,
            more=SET_X,
        ),
        "expected something in every loop to wait for a person, an answer or time, found nothing that does in again, "
        "choice, script;",
        severity=Severity.WARNING,
    ),
    Case(
        "parallel-writes",
        "two branches call the same process",
        drawn("start > split", "split > one", "split > two", "one > end", "two > end", more=CALLED, **FORK),
        "expected the ways from split to write different names, found x in one/script and two/script",
    ),
    Case(
        "parallel-writes",
        "two flows leave a task",
        drawn("start > a", "a > one", "a > two", "one > end", "two > end", more=CALLED),
        "expected the ways from a to write different names, found x in one/script and two/script",
        severity=Severity.WARNING,
    ),
    Case(
        "parallel-writes",
        "an event sub-process beside the main way writes what that writes",
        drawn("start > script", "script > end", more=SET_X + BESIDE),
        "expected the ways from beside to write different names, found x in beside/x_too and script",
        severity=Severity.WARNING,
    ),
    Case(
        "feel-compiles",
        "the condition of an event is no FEEL",
        drawn(
            "start > wait",
            "wait > end",
            more='<bpmn:intermediateCatchEvent id="wait"><bpmn:conditionalEventDefinition>'
            "<bpmn:condition>x ==</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>",
        ),
        "expected the condition of wait to be FEEL",
    ),
    Case(
        "feel-names",
        "what goes with a signal names data nobody writes",
        drawn(
            "start > say",
            "say > end",
            more='<bpmn:intermediateThrowEvent id="say"><bpmn:signalEventDefinition>'
            "<bpmn:extensionElements><spiffworkflow:messagePayload>{level: seriousness}</spiffworkflow:messagePayload>"
            "</bpmn:extensionElements></bpmn:signalEventDefinition></bpmn:intermediateThrowEvent>",
        ),
        "seriousness",
        severity=Severity.WARNING,
    ),
    Case(
        "user-task-form",
        "the task says nothing about a form",
        diagram(EMPTY_FORM, ""),
        "expected user task repair to have the property form, found none; leave it empty if it needs none",
    ),
    Case(
        "user-task-form",
        "the form has another name",
        diagram('name="form" value="check"', 'name="form" value="chekc"'),
        'found "chekc", which does not exist; did you mean "check"?',
    ),
    Case(
        "due-deadline",
        "the deadline has another name",
        diagram('name="due" value="reply"', 'name="due" value="replay"'),
        'found "replay"; did you mean "reply"?',
    ),
    Case(
        "lane-group",
        "the lane is bound to nobody",
        procedure('lane_repair = "repair"', ""),
        "expected user task repair to belong to a group, found it in lane lane_repair, which is bound to none",
    ),
    Case(
        "lane-group",
        "a lane is bound that is not drawn",
        procedure("lane_repair =", "lane_repairs ="),
        'found "lane_repairs"; did you mean "lane_repair"?',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "a lane names a position that the company does not have",
        procedure('lane_repair = "repair"', 'lane_repair = { group = "=summary", position = "heads" }')
        | {"company.toml": POSITION.encode()},
        'expected a position for lane lane_repair, found "heads"; did you mean "head"?',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "a lane names a position that its group does not have",
        procedure('lane_repair = "repair"', 'lane_repair = { group = "service", position = "head" }')
        | {"company.toml": POSITION.encode()},
        'expected a group for lane lane_repair, found "service.head"',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "a lane is bound to an unknown group",
        procedure('lane_repair = "repair"', 'lane_repair = "repairs"'),
        'expected a group for lane lane_repair, found "repairs"; did you mean "repair"?',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "a person is in an unknown group",
        files(company=changed(COMPANY, 'groups = ["service"]', 'groups = ["sales"]')),
        'expected groups of li.min, found "sales"; there is repair, service',
        file="company.toml",
    ),
    Case(
        "group-exists",
        "a task names an unknown group",
        diagram(EMPTY_FORM, f'{EMPTY_FORM}<spiffworkflow:property name="group" value="nobody"/>'),
        'expected a group for repair, found "nobody"',
    ),
    Case(
        "decision-exists",
        "no table has the decision",
        diagram(
            REPAIR,
            task(
                '<bpmn:businessRuleTask id="weigh" name="判断"><bpmn:extensionElements>'
                "<spiffworkflow:calledDecisionId>severity</spiffworkflow:calledDecisionId>"
                "</bpmn:extensionElements></bpmn:businessRuleTask>",
                before=REPAIR,
            ),
        ),
        'expected weigh to call a decision of the package, found "severity"; there is none yet',
    ),
    Case(
        "service-operator",
        "the service is unknown",
        diagram(
            '<spiffworkflow:serviceTaskOperator id="send_letter">',
            '<spiffworkflow:serviceTaskOperator id="send_leter">',
        ),
        'found "send_leter"; did you mean "send_letter"?',
    ),
    Case(
        "service-operator",
        "nobody gets the letter",
        diagram('<spiffworkflow:parameter id="to" type="str" value="&quot;customer&quot;"/>', ""),
        "expected send_letter of tell to have the parameter to, found none; add it",
    ),
    Case(
        "service-operator",
        "the letter is not in the texts",
        diagram('value="&quot;done&quot;"', 'value="&quot;doen&quot;"'),
        'expected tell to send a letter of the package, found "doen"; did you mean "done"?',
    ),
    Case(
        "service-operator",
        "a letter goes to an unknown group",
        diagram('value="&quot;customer&quot;"', 'value="&quot;boss&quot;"'),
        'expected tell to send to "customer" or a group, found "boss"; there is customer, repair, service',
    ),
    Case(
        "feel-compiles",
        "a condition is Python",
        diagram("founded = true", "founded == True"),
        "expected the condition of flow f_founded to be FEEL, found line 1",
    ),
    Case(
        "feel-compiles",
        "a condition calls an unknown function",
        diagram("founded = true", "lenght(founded) = 1"),
        "'lenght', which nothing defines; write string length",
    ),
    Case(
        "feel-compiles",
        "an amount is no expression",
        procedure("amount = 2", 'amount = "2 +"'),
        "expected the amount of deadline reply to be FEEL",
        file="procedure.toml",
    ),
    Case(
        "feel-names",
        "a condition asks for an answer nobody gives",
        diagram("founded = true", "fonded = true"),
        'found nothing that writes fonded; did you mean "founded"?',
        severity=Severity.WARNING,
    ),
    Case(
        "script-result",
        "a script keeps nothing",
        diagram(
            REPAIR,
            task(
                '<bpmn:scriptTask id="count" name="计数"><bpmn:script>1</bpmn:script></bpmn:scriptTask>', before=REPAIR
            ),
        ),
        "expected count to have the property result, found none; name the variable it sets",
    ),
    Case(
        "gateway-conditions",
        "there is no default",
        diagram(' default="f_rejected"', ""),
        "expected gateway founded_or_not to have a default flow, found none; mark one as default",
    ),
    Case(
        "gateway-conditions",
        "a way has no condition",
        diagram("<bpmn:conditionExpression>founded = true</bpmn:conditionExpression>", ""),
        "expected flow f_founded of gateway founded_or_not to have a condition, found none; write one in FEEL",
    ),
    Case(
        "timer-text",
        "the timer is no time",
        timer_of("2 days"),
        "expected the timer late to be a duration such as P3D or PT2H, the id of a deadline, or FEEL over the case's data",
    ),
    Case(
        "timer-text",
        "the deadline has another name",
        timer_of("replay"),
        'found "replay"; did you mean "reply"?',
    ),
    Case(
        "timer-words",
        "its deadline is words only",
        timer_of("reply") | {"procedure.toml": _words_only()},
        "expected the timer late to have a date, found that deadline reply is words only; give it an amount",
    ),
    Case(
        "named-elements",
        "a milestone is not drawn",
        procedure("check = {", "chek = {"),
        'expected milestones.chek to name an element of the diagrams, found "chek"; did you mean "check"?',
        file="procedure.toml",
    ),
    Case(
        "named-elements",
        "an outcome is no end",
        procedure("rejected = {", "repair = {"),
        'expected [outcomes] to name end events, found "repair"',
        file="procedure.toml",
    ),
    Case(
        "named-elements",
        "a clock starts nowhere",
        procedure('unit = "working_days"', 'unit = "working_days"\nruns_from = "checks"'),
        'expected deadlines.reply.runs_from to name an element of the diagrams, found "checks"; did you mean "check"?',
        file="procedure.toml",
    ),
    Case(
        "deadline-runs",
        "nothing uses the deadline",
        diagram('<spiffworkflow:property name="due" value="reply"/>', ""),
        "expected something to use deadline reply, found no runs_from, task or timer",
        file="procedure.toml",
        severity=Severity.WARNING,
    ),
    Case(
        "case-fields",
        "the title is no field",
        procedure('title = "summary"', 'title = "sumary"'),
        'expected case.title to name a field that a form has, found "sumary"; did you mean "summary"?',
        file="procedure.toml",
    ),
    Case(
        "case-fields",
        "the receipt is no date",
        procedure('groups = ["service"]', 'groups = ["service"]\nreceived_at = "summary"'),
        'expected start.received_at to name a date or datetime of form "intake", found "summary"',
        file="procedure.toml",
    ),
    Case(
        "process-exists",
        "the procedure runs another process",
        procedure('process = "complaint"', 'process = "complaints"'),
        'expected process to name a process, found "complaints"; did you mean "complaint"?',
        file="procedure.toml",
    ),
    Case(
        "process-exists",
        "the process is not executable",
        diagram(' isExecutable="true"', ""),
        'found "complaint", which is not executable; set isExecutable="true"',
        file="procedure.toml",
    ),
    Case(
        "process-exists",
        "a call goes nowhere",
        diagram(REPAIR, task('<bpmn:callActivity id="call" name="调用" calledElement="expert"/>', before=REPAIR)),
        'expected call to call a process, found "expert"; there is complaint',
    ),
    Case(
        "message-exists",
        "a message nobody sends is kept",
        files(
            complaint=bpmn(PAID + changed(DIAGRAM, REPAIR, task(WAIT_FOR_PAID, before=REPAIR))),
            procedure=PROCEDURE + '[messages.payed]\nkeep = "P1D"\n',
        ),
        'expected messages."payed" to be a message of the diagrams, found none; did you mean "paid"?',
        file="procedure.toml",
    ),
    Case(
        "correlation-values",
        "seven values tell a message apart",
        files(complaint=bpmn(PAID + "".join(correlation(n) for n in range(7)) + DIAGRAM)),
        'expected message "paid" to have at most 6 correlation properties, found 7: p0, p1, p2, p3, p4, p5, p6; keep',
    ),
    Case(
        "start-form",
        "the intake form is missing",
        procedure('form = "intake"', 'form = "intak"'),
        'expected start.form to name a form, found "intak"; did you mean "intake"?',
        file="procedure.toml",
    ),
    Case(
        "element-ids",
        "an id is not English",
        diagram('<bpmn:endEvent id="closed" name="办结"/>', '<bpmn:endEvent id="Ende-1" name="办结"/>'),
        'expected an English snake_case id, found "Ende-1"; rename it',
    ),
    Case(
        "element-ids",
        "an id is used twice",
        diagram('<bpmn:endEvent id="closed" name="办结"/>', '<bpmn:endEvent id="check" name="办结"/>'),
        'expected ids to be different in all diagrams of a package, found "check" again',
    ),
    Case(
        "element-ids",
        "there is no id",
        diagram('<bpmn:endEvent id="closed" name="办结"/>', '<bpmn:endEvent name="办结"/>'),
        "expected this endEvent to have an id, found none; give it one",
    ),
    Case(
        "task-names",
        "the English name is missing",
        files(en=changed(TEXTS_EN, 'repair = "Repair"\n', "")),
        "expected user task repair to have a name in en, found none; add it under [elements] in texts/en.toml",
    ),
    Case(
        "labels",
        "a task has no name",
        diagram(REPAIR, '<bpmn:userTask id="repair">'),
        "expected userTask repair to have a label, found none",
    ),
    Case(
        "labels",
        "an answer has no name",
        diagram('id="f_founded" name="属实"', 'id="f_founded"'),
        "expected flow f_founded of founded_or_not to have a label, found none",
        severity=Severity.WARNING,
    ),
    Case(
        "drawn",
        "nothing is drawn",
        files(complaint=bpmn(DIAGRAM, drawn=False)),
        "expected everything in complaint.bpmn to be drawn, found 15 without a place: lane_service, lane_repair, start",
    ),
    Case(
        "connected",
        "a flow leads nowhere",
        diagram('targetRef="repair"', 'targetRef="repaired"'),
        'expected flow f_founded to lead to an element, found "repaired"; draw it again',
    ),
    Case(
        "connected",
        "nothing leads to a task",
        diagram('targetRef="repair"', 'targetRef="tell"'),
        "expected a flow to lead to repair, found none; connect or remove it",
    ),
    Case(
        "known-properties",
        "a property is misspelt",
        diagram('name="due" value', 'name="deu" value'),
        'expected form, due, group, guidance on userTask check, found "deu"; did you mean "due"?',
    ),
    Case(
        "guidance-texts",
        "the guidance is not written",
        diagram(EMPTY_FORM, f'{EMPTY_FORM}<spiffworkflow:property name="guidance" value="hints"/>'),
        'expected guidance for repair in the texts, found no "hints"',
    ),
    Case(
        "guidance-texts",
        "the guidance lacks a language",
        files(en=TEXTS_EN + '[guidance]\nhints = "Look closely."\n'),
        "expected guidance hints in zh-Hans too, found none; add it under [guidance]",
        file="texts/zh-Hans.toml",
    ),
    Case(
        "letter-languages",
        "the letter lacks a language",
        files(zh_Hans=None),
        "expected letter done in zh-Hans too, found none; add [letters.done] to texts/zh-Hans.toml",
        file="texts/zh-Hans.toml",
    ),
    Case(
        "letter-liquid",
        "the template is not closed",
        files(en=changed(TEXTS_EN, "{{ data.customer_name }}", "{{ data.customer_name")),
        "letters.done.body: expected a Liquid template, found: expected '}}'",
        file="texts/en.toml",
    ),
    Case(
        "letter-liquid",
        "the template loads a file",
        files(en=changed(TEXTS_EN, "{{ data.customer_name }}", "{% include 'x' %}")),
        "unexpected tag 'include'",
        file="texts/en.toml",
    ),
    Case(
        "letter-liquid",
        "the template uses what nobody gives",
        files(en=changed(TEXTS_EN, "{{ number }}", "{{ numbr }}")),
        'found numbr; did you mean "number"?',
        file="texts/en.toml",
    ),
    Case(
        "letter-data",
        "the template uses an answer nobody gives",
        files(en=changed(TEXTS_EN, "data.customer_name", "data.custmer_name")),
        'found custmer_name; did you mean "customer_name"?',
        file="texts/en.toml",
        severity=Severity.WARNING,
    ),
    Case(
        "unused-letters",
        "nobody sends the letter",
        files(en=TEXTS_EN.replace("[letters.done]", '[letters.more]\nsubject = "m"\nbody = "m"\n[letters.done]')),
        "expected a task that sends letter more, found none; send it or remove it",
        file="texts/en.toml",
        severity=Severity.WARNING,
    ),
    Case(
        "deadline-names",
        "the calendar does not exist",
        procedure('unit = "working_days"', 'unit = "working_days"\ncalendar = "shop"'),
        'expected a calendar for deadlines.reply, found "shop"',
        file="procedure.toml",
    ),
    Case(
        "deadline-names",
        "the letter of an extension does not exist",
        procedure('unit = "working_days"', 'unit = "working_days"\nextension = { most = 3, letter = "dane" }'),
        'expected a letter for deadlines.reply.extension, found "dane"; did you mean "done"?',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "a rung of the ladder goes to nobody",
        procedure('unit = "working_days"', 'unit = "working_days"\nremind = [{ at = 1, to = "chiefs" }]'),
        'expected a group for deadlines.reply.remind, found "chiefs"',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "nobody could stop the clock",
        procedure('unit = "working_days"', 'unit = "working_days"\npaused_by = ["repairs"]'),
        'expected a group for deadlines.reply.paused_by, found "repairs"; did you mean "repair"?',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "nobody could grant the extension",
        procedure('unit = "working_days"', 'unit = "working_days"\nextension = { most = 3, approved_by = "boss" }'),
        'expected a group for deadlines.reply.extension, found "boss"',
        file="procedure.toml",
    ),
    Case(
        "group-exists",
        "nobody could sign",
        procedure("[case]", '[steps.check.signatures]\ngroups = ["boss"]\n[case]'),
        'expected a group for steps.check.signatures, found "boss"',
        file="procedure.toml",
    ),
    Case(
        "step-exists",
        "what is said of a step that is none",
        procedure("[case]", '[steps.chek]\nverbs = ["return"]\n[case]'),
        'expected [steps.chek] to be named after a user task, found none; did you mean "check"?',
        file="procedure.toml",
    ),
    Case(
        "step-exists",
        "kept apart from itself",
        procedure("[case]", '[steps.check]\nseparate_from = ["check"]\n[case]'),
        'expected steps.check.separate_from to name other user tasks, found "check"',
        file="procedure.toml",
    ),
    Case(
        "step-exists",
        "answers are kept to a step that is none",
        procedure("[case]", '[confidential.who]\nfields = ["customer_name"]\nsteps = ["chek"]\n[case]'),
        'expected confidential.who.steps to name user tasks, found "chek"; did you mean "check"?',
        file="procedure.toml",
    ),
    Case(
        "confidential-shown",
        "the title of every case is covered",
        procedure("[case]", '[confidential.who]\nfields = ["summary"]\n[case]'),
        'expected confidential.who not to cover "summary", which is the title of every case',
        file="procedure.toml",
    ),
    Case(
        "record-names",
        "a printed record names a form that is not there",
        procedure("[case]", '[records.sheet]\ntitle = { zh-Hans = "表", en = "Sheet" }\nforms = ["intak"]\n[case]'),
        'expected records.sheet to name forms of the procedure, found "intak"',
        file="procedure.toml",
    ),
    Case(
        "customer-acts",
        "an answer is no element",
        procedure("[case]", '[customer]\nanswers = ["chek"]\n[case]'),
        'expected customer.answers to name elements of the diagrams, found "chek"; did you mean "check"?',
        file="procedure.toml",
    ),
    Case(
        "customer-acts",
        "an act is a message nobody hears",
        procedure("[case]", '[customer]\nmessages = { withdraw = "gone" }\n[case]'),
        'expected customer.messages.withdraw to be a message of the diagrams, found "gone"',
        file="procedure.toml",
    ),
    Case(
        "customer-acts",
        "nobody is told",
        procedure("[case]", '[customer]\ntell = "nobody"\n[case]'),
        'expected a group for customer.tell, found "nobody"',
        file="procedure.toml",
    ),
    Case(
        "case-fields",
        "who is complained about stands nowhere",
        procedure("[case]", '[work]\nrespondent = ["accused"]\n[case]'),
        'expected work.respondent to name a field that a form has, found "accused"',
        file="procedure.toml",
    ),
    Case(
        "case-fields",
        "the date to count back from stands nowhere",
        procedure('unit = "working_days"', 'unit = "working_days"\nbefore = "visit_on"'),
        'expected deadlines.reply.before to name a field that a form has, found "visit_on"',
        file="procedure.toml",
    ),
    Case(
        "clause-links",
        "the element is not drawn",
        clauses('element = ["check"]', 'element = ["chek"]'),
        'expected element of clause AC-1 to exist, found "chek"; did you mean "check"?',
        file="clauses.toml",
    ),
    Case(
        "clause-links",
        "the form has no such field",
        clauses('"check.founded"', '"check.fonded"'),
        'found "check.fonded"; did you mean "founded"?',
        file="clauses.toml",
    ),
    Case(
        "clause-links",
        "no table has the decision",
        clauses('letter = ["done"]', 'decision = ["severity#2"]'),
        'expected decision of clause AC-2 to exist, found "severity#2"; there is none yet',
        file="clauses.toml",
    ),
    Case(
        "clause-links",
        "the setting is not there",
        clauses('letter = ["done"]', 'setting = ["deadlines.replay"]'),
        'expected setting of clause AC-2 to exist, found "deadlines.replay"',
        file="clauses.toml",
    ),
    Case(
        "clause-unlinked",
        "the clause says nothing",
        clauses('excused = "names the law"', ""),
        "expected clause AC-3 to have links or excused, found neither; link it or say why it is excused",
        file="clauses.toml",
    ),
    Case(
        "clause-unlinked",
        "the clause says both",
        clauses('excused = "names the law"', 'excused = "names the law"\nelement = ["check"]'),
        "found both links and excused; keep one of them",
        file="clauses.toml",
    ),
    Case(
        "element-clause",
        "no clause orders the task",
        clauses('element = ["repair", "tell"]', 'element = ["repair"]'),
        "expected tell to serve a clause or stand under [ours], found neither",
    ),
    Case(
        "element-clause",
        "ours names nothing",
        files(clauses=CLAUSES + '[ours]\nchekc = "because"\n'),
        'expected [ours] to name elements of the diagrams, found "chekc"; did you mean "check"?',
        file="clauses.toml",
    ),
    Case(
        "parallel-writes",
        "two parallel tasks have the same form",
        diagram(
            '<bpmn:exclusiveGateway id="founded_or_not" name="属实？" default="f_rejected"/>',
            '<bpmn:parallelGateway id="founded_or_not"/><bpmn:userTask id="again" name="再核实"><bpmn:extensionElements>'
            '<spiffworkflow:properties><spiffworkflow:property name="form" value="check"/></spiffworkflow:properties>'
            '</bpmn:extensionElements></bpmn:userTask><bpmn:scriptTask id="judge" name="判断"><bpmn:extensionElements>'
            '<spiffworkflow:properties><spiffworkflow:property name="result" value="founded"/></spiffworkflow:properties>'
            '</bpmn:extensionElements></bpmn:scriptTask><bpmn:sequenceFlow id="f_a" sourceRef="founded_or_not" targetRef="again"/>'
            '<bpmn:sequenceFlow id="f_b" sourceRef="founded_or_not" targetRef="judge"/>',
        ),
        "expected the ways from founded_or_not to write different names, found founded in again and judge;",
    ),
    Case(
        "earlier-answers",
        "a proposal comes from nowhere",
        files(
            check=CHECK
            + "  - { id: cause, type: text, label: { zh-Hans: 原因, en: Cause }, default: { data: caus } }\n"
        ),
        "expected an earlier step to give caus before check, found none that does",
        file="forms/check.yaml",
        severity=Severity.WARNING,
    ),
    Case(
        "unused-forms",
        "nothing shows the form",
        {**files(), "forms/extra.yaml": CHECK.replace("id: check", "id: extra").encode()},
        "expected a task or the start to show form extra, found none; use it or remove it",
        file="forms/extra.yaml",
        severity=Severity.WARNING,
    ),
]


def findings_of(rule: Rule, content: dict[str, bytes]):
    reading = read_files(content)
    subject = Subject(
        package=reading.package,
        diagram=reading.diagram,
        decisions=decision_index(reading.package.decisions),
        lost=reading.lost,
    )
    return list(run_rule(rule, subject))


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.name)
def test_a_right_package_keeps_the_rule(rule: Rule) -> None:
    assert findings_of(rule, files()) == []


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case.rule}: {case.reason}")
def test_a_broken_package_is_told_where_and_what_to_do(case: Case) -> None:
    found = [one for one in findings_of(all_rules()[case.rule], case.files) if case.says in one.message]

    assert len(found) == 1, findings_of(all_rules()[case.rule], case.files)
    assert (case.rule, case.severity, case.file) == (found[0].rule, found[0].severity, found[0].file)


@pytest.mark.parametrize(("reason", "package"), RIGHT)
def test_a_control_flow_that_works_is_left_alone(reason: str, package: dict[str, bytes]) -> None:
    for name in ("join-waits", "merge-repeats", "endless-loop", "parallel-writes"):
        assert findings_of(all_rules()[name], package) == [], reason


def test_a_link_needs_no_flow_to_be_connected() -> None:
    (linked,) = (package for reason, package in RIGHT if "link" in reason)

    assert findings_of(all_rules()["connected"], linked) == []


@pytest.mark.parametrize("text", ["P3D", '"PT2H"', "reply", 'duration("P" + string(count(summary)) + "D")'])
def test_times_deadlines_and_expressions_are_timers(text: str) -> None:
    text = text.replace('"', "&quot;")

    assert findings_of(all_rules()["timer-text"], timer_of(text)) == []


def test_every_rule_has_a_broken_example() -> None:
    assert sorted(all_rules()) == sorted({case.rule for case in BROKEN})


def test_the_page_of_rules_is_in_step() -> None:
    page = Path(__file__).parents[2] / "docs" / "rules.md"

    assert describe_rules() == page.read_text(), "write engine.procedures.rules.describe_rules() to docs/rules.md"


def test_a_rule_that_throws_is_a_finding_itself() -> None:
    def throws(_subject: Subject):
        raise KeyError("lost")
        yield

    found = findings_of(Rule("wrong", "", throws), files())

    assert [one.rule for one in found] == ["rule-error"]
    assert "KeyError('lost')" in found[0].message


def test_findings_name_the_line_of_the_key() -> None:
    content = files(procedure='id = "complaint"\n\n[lanes]\nlane_x = "nobody"\n')

    found = findings_of(all_rules()["group-exists"], content)

    assert [(one.file, one.line) for one in found if "lane_x" in one.message] == [("procedure.toml", 4)]


def test_what_an_unreadable_file_would_have_held_is_not_called_missing() -> None:
    content = files(company="id = ")

    assert read_files(content).lost == {"company.toml"}
    reading = read_files(content)
    subject = Subject(reading.package, reading.diagram, {}, reading.lost)
    assert subject.lacks(all_rules()["group-exists"].needs)
