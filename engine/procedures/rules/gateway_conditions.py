"""A deciding gateway has a way without condition or no default: a case could find no way on, or take a wrong one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.diagram import Element
from engine.procedures.subject import Subject, error_at

_DECIDING = ("exclusiveGateway", "inclusiveGateway")
_UNCONDITIONAL = ("parallelGateway", "eventBasedGateway")


def check(subject: Subject) -> Iterator[Finding]:
    for gateway in subject.diagram.of_kind(*_DECIDING):
        if len(gateway.outgoing) > 1:
            yield from _ways(subject, gateway)
    for gateway in subject.diagram.of_kind(*_UNCONDITIONAL):
        for flow in (subject.diagram.flows[id_] for id_ in gateway.outgoing):
            if flow.condition is not None:
                message = f"expected no condition on {flow.id} behind {gateway.kind} {gateway.id}, found one; remove it"
                yield error_at(flow, message)


def _ways(subject: Subject, gateway: Element) -> Iterator[Finding]:
    if not gateway.default:
        yield error_at(
            gateway, f"expected gateway {gateway.id} to have a default flow, found none; mark one as default"
        )
    elif gateway.default not in gateway.outgoing:
        message = (
            f'expected the default of gateway {gateway.id} to leave it, found "{gateway.default}"; choose its own flow'
        )
        yield error_at(gateway, message)
    for flow in (subject.diagram.flows[id_] for id_ in gateway.outgoing):
        if flow.id == gateway.default and flow.condition:
            message = f"expected no condition on the default flow {flow.id} of {gateway.id}, found one; remove it"
            yield error_at(flow, message)
        elif flow.id != gateway.default and not flow.condition:
            message = (
                f"expected flow {flow.id} of gateway {gateway.id} to have a condition, found none; write one in FEEL"
            )
            yield error_at(flow, message)
