"""A small complete package to change one thing at a time in."""

from __future__ import annotations

import re

COMPANY = """
id = "acme"
name = { zh-Hans = "甲公司", en = "Acme" }
language = "zh-Hans"
time_zone = "Asia/Shanghai"
case_number = "AC-{year}-{seq:05}"

[calendar]
base = "CN"
[calendar.hours]
mon = ["09:00-12:00", "13:00-18:00"]
tue = ["09:00-12:00", "13:00-18:00"]
wed = ["09:00-12:00", "13:00-18:00"]
thu = ["09:00-12:00", "13:00-18:00"]
fri = ["09:00-12:00", "13:00-18:00"]

[groups.service]
name = { zh-Hans = "客服", en = "Service" }
[groups.repair]
name = { zh-Hans = "维修", en = "Repair" }
department = true

[[people]]
login = "li.min"
name = { zh-Hans = "李敏", en = "Li Min" }
groups = ["service"]
"""

PROCEDURE = """
id = "complaint"
title = { zh-Hans = "投诉", en = "Complaint" }
summary = { zh-Hans = "处理投诉", en = "Handles complaints" }
process = "complaint"

[regulation]
title = "投诉制度"

[start]
form = "intake"
groups = ["service"]

[case]
title = "summary"
customer = "customer_name"

[lanes]
lane_service = "service"
lane_repair = "repair"

[milestones]
check = { zh-Hans = "已受理", en = "Accepted" }

[outcomes]
closed = { zh-Hans = "已办结", en = "Closed" }
rejected = { zh-Hans = "不成立", en = "Unfounded" }

[deadlines.reply]
title = { zh-Hans = "回复", en = "Reply" }
amount = 2
unit = "working_days"
"""

CLAUSES = """
[[clause]]
id = "AC-1"
reference = "Art.1"
summary = { zh-Hans = "核实", en = "Check it" }
element = ["check"]
deadline = ["reply"]

[[clause]]
id = "AC-2"
reference = "Art.2"
summary = { zh-Hans = "维修并告知", en = "Repair and tell" }
element = ["repair", "tell"]
form = ["check.founded"]
letter = ["done"]

[[clause]]
id = "AC-3"
reference = "Art.3"
summary = { zh-Hans = "依据", en = "Basis" }
excused = "names the law"
"""

DIAGRAM = """
<bpmn:process id="complaint" name="投诉" isExecutable="true">
  <bpmn:laneSet id="lanes">
    <bpmn:lane id="lane_service" name="客服">
      <bpmn:flowNodeRef>start</bpmn:flowNodeRef><bpmn:flowNodeRef>check</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>founded_or_not</bpmn:flowNodeRef><bpmn:flowNodeRef>tell</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>closed</bpmn:flowNodeRef><bpmn:flowNodeRef>rejected</bpmn:flowNodeRef>
    </bpmn:lane>
    <bpmn:lane id="lane_repair" name="维修"><bpmn:flowNodeRef>repair</bpmn:flowNodeRef></bpmn:lane>
  </bpmn:laneSet>
  <bpmn:startEvent id="start" name="收到投诉"/>
  <bpmn:userTask id="check" name="核实">
    <bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="form" value="check"/>
      <spiffworkflow:property name="due" value="reply"/>
    </spiffworkflow:properties></bpmn:extensionElements>
  </bpmn:userTask>
  <bpmn:exclusiveGateway id="founded_or_not" name="属实？" default="f_rejected"/>
  <bpmn:userTask id="repair" name="维修">
    <bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="form" value=""/>
    </spiffworkflow:properties></bpmn:extensionElements>
  </bpmn:userTask>
  <bpmn:serviceTask id="tell" name="告知顾客">
    <bpmn:extensionElements>
      <spiffworkflow:serviceTaskOperator id="send_letter"><spiffworkflow:parameters>
        <spiffworkflow:parameter id="letter" type="str" value="&quot;done&quot;"/>
        <spiffworkflow:parameter id="to" type="str" value="&quot;customer&quot;"/>
      </spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>
    </bpmn:extensionElements>
  </bpmn:serviceTask>
  <bpmn:endEvent id="closed" name="办结"/>
  <bpmn:endEvent id="rejected" name="不成立"/>
  <bpmn:sequenceFlow id="f_start" sourceRef="start" targetRef="check"/>
  <bpmn:sequenceFlow id="f_check" sourceRef="check" targetRef="founded_or_not"/>
  <bpmn:sequenceFlow id="f_founded" name="属实" sourceRef="founded_or_not" targetRef="repair">
    <bpmn:conditionExpression>founded = true</bpmn:conditionExpression>
  </bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="f_rejected" name="不属实" sourceRef="founded_or_not" targetRef="rejected"/>
  <bpmn:sequenceFlow id="f_repair" sourceRef="repair" targetRef="tell"/>
  <bpmn:sequenceFlow id="f_tell" sourceRef="tell" targetRef="closed"/>
</bpmn:process>
"""

INTAKE = """
id: intake
title: { zh-Hans: 投诉记录, en: Complaint record }
fields:
  - { id: customer_name, type: text, label: { zh-Hans: 姓名, en: Name }, required: true, personal: true }
  - { id: summary, type: text, label: { zh-Hans: 摘要, en: Summary }, required: true }
"""

CHECK = """
id: check
title: { zh-Hans: 核实, en: Check }
fields:
  - { id: founded, type: yesno, label: { zh-Hans: 属实, en: Founded }, required: true }
  - { id: remark, type: text, label: { zh-Hans: 说明, en: Remark }, show_if: { field: founded, is: false } }
"""

TEXTS_EN = """
[letters.done]
subject = "Your complaint {{ number }}"
body = "Dear {{ data.customer_name }}, it is repaired."
[elements]
check = "Check"
repair = "Repair"
tell = "Tell the customer"
"""

TEXTS_ZH = """
[letters.done]
subject = "您的投诉 {{ number }}"
body = "{{ data.customer_name }}您好，已维修。"
"""

SCENARIO = """
title = "A founded complaint is repaired"
clauses = ["AC-1", "AC-2"]
start = { at = "2026-03-02T09:00+08:00", by = "service", form = { customer_name = "王芳", summary = "漏水" } }
[[step]]
task = "check"
by = "li.min"
after = "PT1H"
with = { founded = true }
expect = { open = ["repair"], met = ["reply"] }
[[step]]
task = "repair"
by = "repair"
after = "P1D"
expect = { sent = ["done"] }
[end]
outcome = "closed"
path = ["check", "repair"]
"""

_NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
)
_DRAWN = re.compile(r'<bpmn:(lane|\w+Event|\w*[tT]ask|\w+Gateway|subProcess|callActivity|sequenceFlow) id="(\w+)"')


def bpmn(body: str, *, drawn: bool = True) -> bytes:
    """A diagram with *body* inside; with *drawn*, everything in it has a place on the canvas."""
    parts = [_interchange(kind, id_) for kind, id_ in _DRAWN.findall(body)] if drawn else []
    plane = (
        f'<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p">{"".join(parts)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    )
    return f'<bpmn:definitions {_NAMESPACES} id="defs" targetNamespace="t">{body}\n{plane}</bpmn:definitions>'.encode()


def _interchange(kind: str, id_: str) -> str:
    if kind == "sequenceFlow":
        points = '<di:waypoint x="0" y="0"/><di:waypoint x="9" y="9"/>'
        return f'<bpmndi:BPMNEdge id="{id_}_di" bpmnElement="{id_}">{points}</bpmndi:BPMNEdge>'
    bounds = '<dc:Bounds x="0" y="0" width="9" height="9"/>'
    return f'<bpmndi:BPMNShape id="{id_}_di" bpmnElement="{id_}">{bounds}</bpmndi:BPMNShape>'


def files(**changes: str | bytes | None) -> dict[str, bytes]:
    """The package's files; *changes* replace the text of one by its stem (``procedure=…``), None removes it."""
    texts: dict[str, str | bytes] = {
        "company.toml": COMPANY,
        "procedure.toml": PROCEDURE,
        "clauses.toml": CLAUSES,
        "complaint.bpmn": bpmn(DIAGRAM),
        "texts/en.toml": TEXTS_EN,
        "texts/zh-Hans.toml": TEXTS_ZH,
        "forms/intake.yaml": INTAKE,
        "forms/check.yaml": CHECK,
        "scenarios/founded.toml": SCENARIO,
    }
    for stem, text in changes.items():
        path = next(path for path in texts if path.rsplit("/", maxsplit=1)[-1].split(".")[0].replace("-", "_") == stem)
        if text is None:
            del texts[path]
        else:
            texts[path] = text
    return {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}


def changed(text: str, old: str, new: str) -> str:
    """*text* with its one *old* replaced: a test that no longer finds what it changes fails."""
    assert text.count(old) == 1, f"expected {old!r} once"
    return text.replace(old, new)
