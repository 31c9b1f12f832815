"""One pass over a package's files: from bytes to findings and what the definition is made of."""

from __future__ import annotations

from lxml import etree

from engine.decisions import DecisionError, read_decisions
from engine.errors import UnsafeFile
from engine.findings import Finding, Severity
from engine.interpreter.checks.activities import CHECKS, check_attributes, check_loop
from engine.interpreter.checks.coverage import (
    EVENTS,
    FLOW_NODES,
    NODE_CHILDREN,
    ONCE,
    REFUSED_NODES,
    ROOT_CHILDREN,
    SCOPE_CHILDREN,
    SUBPROCESSES,
    WAITING,
)
from engine.interpreter.checks.drawn_data import check_data_associations, check_data_objects
from engine.interpreter.checks.events import check_event
from engine.interpreter.checks.extensions import check_extensions
from engine.interpreter.checks.flows import Wiring, check_links, check_start, check_wiring, read_flows
from engine.interpreter.checks.sheet import Place, Reading, Sheet
from engine.interpreter.checks.xml import BPMN, SPIFF, event_tags, id_of, is_event_sub_process, line_of, local
from engine.interpreter.corrections.parser import properties_of
from engine.interpreter.elements import Element
from engine.interpreter.expressions import compile_all
from engine.procedures.package import Package
from engine.safe_xml import parse


def read_package(package: Package) -> Reading:
    """The reading of *package*. Never raises for what stands in its files."""
    sheet = Sheet(package)
    read_decision_files(sheet)
    read_files(sheet)
    check_references(sheet)
    check_pauses(sheet)
    compile_expressions(sheet)
    sheet.reading.findings.sort(key=lambda finding: (finding.file, finding.line or 0, finding.rule))
    return sheet.reading


def read_decision_files(sheet: Sheet) -> None:
    for name, content in sheet.package.decisions.items():
        try:
            model = read_decisions(content, name)
        except DecisionError as error:
            sheet.reading.findings.extend(error.findings)
            sheet.unread_decisions = True
            continue
        except UnsafeFile as error:
            sheet.unsafe(name, error)
            sheet.unread_decisions = True
            continue
        for decision in model.decisions:
            sheet.reading.decisions[decision] = model


def read_files(sheet: Sheet) -> None:
    for name, content in sorted(sheet.package.diagrams.items()):
        try:
            root = parse(content, name)
        except UnsafeFile as error:
            sheet.unsafe(name, error)
            continue
        sheet.reading.roots[name] = root
    wanted = wanted_processes(sheet)
    for name, root in sheet.reading.roots.items():
        read_root(sheet, root, name, wanted)


def wanted_processes(sheet: Sheet) -> frozenset[str]:
    """Processes that are meant to run, whether or not they are marked as executable: their authors hear all at once."""
    roots = sheet.reading.roots.values()
    called = (call.get("calledElement") or "" for root in roots for call in root.iter(f"{BPMN}callActivity"))
    scheduled = (schedule.process for schedule in sheet.package.schedules.values())
    triggered = (trigger.process for trigger in sheet.package.triggers.values())
    return frozenset({sheet.package.process, *called, *scheduled, *triggered})


def read_root(sheet: Sheet, root: etree._Element, file: str, wanted: frozenset[str]) -> None:
    if root.tag != f"{BPMN}definitions":
        sheet.refuse("not-bpmn", root, file, f"{file} is not BPMN 2.0: its root is {local(root)}.")
        return
    sheet.refuse_unknown(root, ROOT_CHILDREN, file)
    read_names(sheet, root, file)
    for lane in root.iter(f"{BPMN}lane"):
        for reference in lane.iterchildren(f"{BPMN}flowNodeRef"):
            sheet.lanes[(reference.text or "").strip()] = lane.get("id") or ""
    for process in root.iterchildren(f"{BPMN}process"):
        if is_executable(process) or process.get("id") in wanted:
            read_process(sheet, process, file)


def read_names(sheet: Sheet, root: etree._Element, file: str) -> None:
    for tag in ("message", "signal", "error", "escalation", "correlationProperty"):
        for named in root.iterchildren(f"{BPMN}{tag}"):
            if not named.get("id"):
                sheet.refuse("element-without-id", named, file, f"A {tag} has no id. Give it one.")
    for message in root.iterchildren(f"{BPMN}message"):
        for extension in message.iter(f"{SPIFF}messagePayload", f"{SPIFF}messageVariable"):
            sheet.refuse(
                "element-does-not-run",
                extension,
                file,
                f"{local(extension)} of message {id_of(message)!r} does not run: write it into its events.",
            )
        sheet.messages[message.get("id") or ""] = message.get("name") or ""
        if not message.get("name"):
            sheet.refuse("message-without-name", message, file, f"Message {id_of(message)!r} has no name. Give it one.")
    for signal in root.iterchildren(f"{BPMN}signal"):
        sheet.signals[signal.get("id") or ""] = signal.get("name") or ""
    for error in root.iterchildren(f"{BPMN}error"):
        sheet.error_codes[error.get("id") or ""] = error.get("errorCode") or ""
    for escalation in root.iterchildren(f"{BPMN}escalation"):
        sheet.escalation_codes[escalation.get("id") or ""] = escalation.get("escalationCode") or ""
    for retrieval in root.iter(f"{BPMN}correlationPropertyRetrievalExpression"):
        path = next((child for child in retrieval if isinstance(child.tag, str)), None)
        if path is None or not (path.text or "").strip():
            sheet.refuse(
                "correlation-without-expression", retrieval, file,
                "A correlation property has no expression. Write the FEEL that gives its value from the data.",
            )  # fmt: skip
        else:
            sheet.expression(path.text, retrieval, file)


def read_process(sheet: Sheet, process: etree._Element, file: str) -> None:
    id_ = process.get("id") or ""
    sheet.claim(process, file)
    if is_executable(process):
        sheet.reading.processes[id_] = process.get("name") or id_
    refuse_twice(sheet, process, file)
    read_scope(sheet, process, file, process=id_, lane="")


def refuse_twice(sheet: Sheet, process: etree._Element, file: str) -> None:
    for second in process.iter(*(f"{BPMN}{tag}" for tag in ONCE)):
        if next(second.itersiblings(second.tag, preceding=True), None) is not None:
            holder = next(each for each in second.iterancestors() if each.get("id") or each is process)
            message = f"{id_of(holder)!r} has two of {local(second)}. Remove one."
            sheet.refuse("element-twice", holder, file, message)


def is_executable(process: etree._Element) -> bool:
    return process.get("isExecutable") == "true"


def read_scope(sheet: Sheet, scope: etree._Element, file: str, *, process: str, lane: str) -> None:
    sheet.refuse_unknown(scope, SCOPE_CHILDREN | event_tags(scope), file)
    nodes = [child for child in scope if local(child) in FLOW_NODES | REFUSED_NODES]
    for node in nodes:
        sheet.claim(node, file)
        note_element(sheet, node, scope, file, process=process, lane=lane)
    wiring = Wiring(scope)
    read_flows(sheet, wiring, file)
    check_start(sheet, scope, wiring, file)
    check_links(sheet, wiring, file)
    check_wiring(sheet, wiring, file)
    sheet.links.update(id_ for id_ in wiring.nodes if wiring.is_link(id_))
    sheet.reading.event_sub_processes[scope.get("id") or ""] = tuple(
        node.get("id") or "" for node in nodes if is_event_sub_process(node)
    )
    check_data_objects(sheet, scope, file)
    for node in nodes:
        if local(node) in FLOW_NODES:
            check_node(sheet, node, wiring, file)
        if local(node) in SUBPROCESSES:
            read_scope(sheet, node, file, process=process, lane=sheet.reading.elements[node.get("id") or ""].lane)


def note_element(
    sheet: Sheet, node: etree._Element, scope: etree._Element, file: str, *, process: str, lane: str
) -> None:
    id_ = node.get("id") or ""
    properties = properties_of(node)
    sheet.reading.elements[id_] = Element(
        id=id_,
        kind=local(node),
        name=node.get("name") or "",
        process=process,
        parent=scope.get("id") or "",
        lane=sheet.lanes.get(id_, lane),
        form=properties.get("form", ""),
        file=file,
        line=line_of(node) or 0,
        properties=properties,
    )


def check_node(sheet: Sheet, node: etree._Element, wiring: Wiring, file: str) -> None:
    kind = local(node)
    if kind != "subProcess":
        sheet.refuse_unknown(node, NODE_CHILDREN | event_tags(node), file)
    check_attributes(sheet, node, file)
    check_extensions(sheet, node, file)
    check_loop(sheet, node, file)
    check_data_associations(sheet, node, file)
    if kind in EVENTS:
        check_event(sheet, node, wiring.nodes.get(node.get("attachedToRef") or ""), file)
    if kind in CHECKS:
        CHECKS[kind](sheet, node, file)


def check_references(sheet: Sheet) -> None:
    processes = {id_: name for id_, name in sheet.reading.processes.items() if id_ in sheet.reading.starts}
    for node, file in sheet.calls:
        called = node.get("calledElement")
        if called not in processes:
            sheet.refuse(
                "unknown-process", node, file,
                f"{id_of(node)!r} calls {called!r}, which is no executable process of the package with a plain start "
                f"event. Its processes: {', '.join(sorted(processes)) or 'none'}.",
            )  # fmt: skip
    begins = {entrance.process for entrance in sheet.reading.entrances}
    if sheet.package.process in begins - processes.keys():
        check_nobody_registers(sheet)
    wanted = {} if sheet.package.process in begins else {sheet.package.process: "process"}
    wanted |= {schedule.process: f"schedules.{schedule.id}" for schedule in sheet.package.schedules.values()}
    wanted |= {trigger.process: f"triggers.{trigger.id}" for trigger in sheet.package.triggers.values()}
    for process, setting in wanted.items():
        if process and process not in processes:
            sheet.refuse(
                "unknown-process", None, "procedure.toml",
                f"{setting} names {process!r}, which is no executable process of the diagrams with a plain start "
                f"event. Set isExecutable on it, or name one of: {', '.join(sorted(processes)) or 'none'}.",
            )  # fmt: skip


def check_nobody_registers(sheet: Sheet) -> None:
    """A procedure that only messages and signals begin offers nobody its intake form."""
    if sheet.package.start.groups or sheet.package.start.public:
        sheet.refuse(
            "nobody-can-register", None, "procedure.toml",
            f"Process {sheet.package.process!r} begins by a message or signal only, so nobody can register a case. "
            "Draw a plain start event, or write groups = [] and no public under [start].",
        )  # fmt: skip


def check_pauses(sheet: Sheet) -> None:
    """A clock that pauses at an element no token ever stands at would never pause."""
    behind_gateway = {
        flow.target: flow.source
        for flow in sheet.reading.flows.values()
        if sheet.reading.elements[flow.source].kind == "eventBasedGateway"
    }
    for rule in sheet.package.deadlines.values():
        for name in rule.pauses:
            element = sheet.reading.elements.get(name)
            if element is None or (element.kind in WAITING and name not in behind_gateway and name not in sheet.links):
                continue
            instead = behind_gateway.get(name, "the task or event that waits")
            message = f"Deadline {rule.id!r} pauses at {name!r}, where nothing ever waits. Name {instead} instead."
            sheet.reading.findings.append(
                Finding("pause-never-begins", Severity.ERROR, message, element.file, element.line, name)
            )


def compile_expressions(sheet: Sheet) -> None:
    amounts = {rule.amount for rule in sheet.package.deadlines.values() if rule.amount}
    sheet.reading.expressions, wrong = compile_all(set(sheet.texts) | amounts)
    for text, problem in wrong.items():
        for place in sheet.texts.get(text, [Place("procedure.toml", None, None)]):
            sheet.reading.findings.append(
                Finding(
                    "expression-invalid",
                    Severity.ERROR,
                    f"{text!r} is not FEEL: {problem}.",
                    place.file,
                    place.line,
                    place.element,
                )
            )
