"""Small procedures of one company whose cases send each other messages and signals."""

# ruff: noqa: A002 - an element's id is called id

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.commands import cases as case_commands
from engine.commands import user_tasks
from engine.commands.cases import Started
from engine.commands.deployments import deploy
from engine.commands.people import add_person
from engine.commands.site import Site
from engine.complaints import SYSTEM, Actor
from engine.history import Event, Stream, read_events, replay_case
from engine.queries.cases import Case, case_by_id
from engine.queries.people import person_by_login
from engine.tables import cases, messages, subscriptions
from engine.worker import handlers
from tests.procedures.packages import bpmn, files
from tests.support.clock import StandingClock
from tests.support.site import an_empty_site

ACME = "acme"
#: Message "paid" finds its case by ``order``, message "told" by nothing; signal "recall".
ROOTS = (
    '<bpmn:message id="m_paid" name="paid"/><bpmn:message id="m_told" name="told"/>'
    '<bpmn:signal id="s_recall" name="recall"/>'
    '<bpmn:correlationProperty id="order"><bpmn:correlationPropertyRetrievalExpression messageRef="m_paid">'
    "<bpmn:messagePath>order_number</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>"
    "</bpmn:correlationProperty>"
)
INTAKE = """
id: intake
title: { zh-Hans: 记录, en: Record }
fields:
  - { id: summary, type: textarea, label: { zh-Hans: 摘要, en: Summary } }
  - { id: order_number, type: number, label: { zh-Hans: 订单, en: Order } }
"""
PROCEDURE = """
id = "{id}"
title = {{ zh-Hans = "流程", en = "Procedure" }}
summary = {{ zh-Hans = "流程", en = "Procedure" }}
process = "{id}"
[regulation]
title = "制度"
[start]
form = "intake"
groups = ["*"]
[case]
title = "summary"
"""
CLAUSES = """
[[clause]]
id = "AC-1"
reference = "Art.1"
summary = { zh-Hans = "依据", en = "Basis" }
excused = "names the law"
[ours]
"""
#: A gateway where every case fails, and the flow out of it that makes it do so.
FAULTY = '<bpmn:exclusiveGateway id="odd" name="？" default="f_odd_end"/>'
FAULTY_FLOW = (
    '<bpmn:endEvent id="odd_end" name="完"/><bpmn:sequenceFlow id="f_odd_other" name="1" sourceRef="odd" '
    'targetRef="odd_end"><bpmn:conditionExpression>"x"</bpmn:conditionExpression></bpmn:sequenceFlow>'
)
MESSAGE = '<bpmn:messageEventDefinition messageRef="m_{}">{}</bpmn:messageEventDefinition>'
SIGNAL = '<bpmn:signalEventDefinition signalRef="s_recall"/>'


def message(name: str, payload: str = "") -> str:
    said = f"<spiffworkflow:messagePayload>{payload}</spiffworkflow:messagePayload>" if payload else ""
    return MESSAGE.format(name, f"<bpmn:extensionElements>{said}</bpmn:extensionElements>" if said else "")


def node(tag: str, id: str, inner: str = "", more: str = "") -> str:
    return f'<bpmn:{tag} id="{id}" name="{id}"{more}>{inner}</bpmn:{tag}>'


def start(inner: str = "", id: str = "start") -> str:
    return node("startEvent", id, inner)


def task(id: str) -> str:
    values = "".join(
        f'<spiffworkflow:property name="{k}" value="{v}"/>' for k, v in (("form", ""), ("group", "service"))
    )
    properties = f"<spiffworkflow:properties>{values}</spiffworkflow:properties>"
    return node("userTask", id, f"<bpmn:extensionElements>{properties}</bpmn:extensionElements>")


def catch(inner: str, id: str = "wait") -> str:
    return node("intermediateCatchEvent", id, inner)


def throw(inner: str, id: str = "say") -> str:
    return node("intermediateThrowEvent", id, inner)


def end(inner: str = "", id: str = "end") -> str:
    return node("endEvent", id, inner)


def line(process: str, *nodes: str, more: str = "") -> str:
    """A process whose *nodes* follow one another; *more* stands beside them."""
    ids = [re.findall(r' id="(\w+)"', each)[0] for each in nodes]
    flows = "".join(f'<bpmn:sequenceFlow id="f_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(ids))
    return f'<bpmn:process id="{process}" isExecutable="true">{"".join(nodes)}{flows}{more}</bpmn:process>'


def deploy_line(site: Site, id: str, *nodes: str, toml: str = "", more: str = "", roots: str = ROOTS) -> None:
    """Put a procedure into service whose *nodes* follow one another; nobody registers one that an event begins."""
    settings = PROCEDURE if nodes[0] == start() else PROCEDURE.replace('["*"]', "[]")
    body = roots + line(id, *nodes, more=more)
    tasks = re.findall(r'<bpmn:userTask id="(\w+)"', body)
    ours = dict.fromkeys(re.findall(r'<bpmn:(?:\w*[tT]ask|intermediate\w+|boundaryEvent|\w+Gateway) id="(\w+)"', body))
    package = files(
        procedure=settings.format(id=id) + toml,
        clauses=CLAUSES + "".join(f'{name} = "x"\n' for name in ours),
        complaint=bpmn(body),
        intake=INTAKE,
        check=None,
        founded=None,
        en="[elements]\n" + "".join(f'{name} = "{name}"\n' for name in tasks),
        zh_Hans="",
    )
    with site.acting(Actor(ACME, SYSTEM)) as context:
        deploy(context, package)


def a_company(folder: Path, *, clock: StandingClock | None = None) -> Site:
    """The company where "payer" says that an order is paid, and "order" waits for it and then has something to do."""
    site = an_empty_site(folder, clock=clock)
    deploy_payer(site)
    deploy_order(site)
    with site.acting(Actor(ACME, SYSTEM)) as context:
        add_person(context, login="li.min", name={"en": "Li"}, groups=("service",), password="x" * 12)
    return site


def deploy_payer(site: Site, *, toml: str = "") -> None:
    deploy_line(site, "payer", start(), throw(message("paid", "{amount: 12}")), task("rest"), end(), toml=toml)


def deploy_order(site: Site, *, toml: str = "") -> None:
    deploy_line(site, "order", start(), catch(message("paid")), task("pack"), end(), toml=toml)


def person(site: Site) -> Actor:
    with site.database.reading_every_company() as connection:
        found = person_by_login(connection, ACME, "li.min")
    assert found is not None
    return found.actor


def begin(site: Site, procedure: str, **answers: Any) -> Started:
    with site.acting(person(site)) as context:
        return case_commands.start(context, procedure, answers)


def complete(site: Site, case_id: int, element: str) -> None:
    found = next(t.id for t in the_case(site, case_id).tasks if t.element == element and t.status == "open")
    with site.acting(person(site)) as context:
        user_tasks.complete(context, found, {})


def do_jobs(site: Site) -> int:
    return site.jobs.do(handlers(site))


def the_case(site: Site, case_id: int) -> Case:
    with site.database.reading_every_company() as connection:
        return case_by_id(connection, site.deployments, ACME, case_id)


def open_steps(site: Site, case_id: int) -> list[str]:
    return [task.element for task in the_case(site, case_id).tasks if task.status == "open"]


def kept(site: Site) -> list[tuple[str, int | None]]:
    """Status and taker of every message that was kept, in order."""
    with site.database.reading_every_company() as connection:
        rows = connection.execute(sa.select(messages.c.status, messages.c.case_id).order_by(messages.c.id))
        return [tuple(row) for row in rows]


def events_of(site: Site, case_id: int) -> list[Event]:
    with site.database.reading_every_company() as connection:
        number = connection.execute(sa.select(cases.c.number).where(cases.c.id == case_id)).scalar() or ""
        return list(read_events(connection, Stream(ACME, case_id, number)))


def actions_of(site: Site, case_id: int) -> list[str]:
    """What the case's history says was done; 0 is the company's own."""
    return [event.action for event in events_of(site, case_id)]


def all_cases(site: Site) -> list[int]:
    with site.database.reading_every_company() as connection:
        return list(connection.execute(sa.select(cases.c.id).order_by(cases.c.id)).scalars())


def assert_whole(site: Site) -> None:
    """Every case plays again without difference, and its subscriptions are what it says it waits for."""
    for case_id in all_cases(site):
        found = the_case(site, case_id)
        assert replay_case([found.deployment.definition], [found.calendars], events_of(site, case_id)) is None, case_id
    with site.database.reading_every_company() as connection:
        t = subscriptions.c
        rows = connection.execute(sa.select(t.case_id, t.element, t.trigger, t.name, t.correlation))
        written = sorted(tuple(row) for row in rows)
        said = connection.execute(sa.select(cases.c.id, cases.c.awaits))
        assert written == sorted((row.id, *each) for row in said for each in row.awaits)
