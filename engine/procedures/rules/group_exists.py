"""A group is named that the company does not have: tasks, letters or people would belong to nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.findings import Finding
from engine.procedures.package import HOLDER, DeadlineRule
from engine.procedures.subject import Subject, error_at, error_in, is_expression
from engine.procedures.words import way_out

NEEDS = ("company.toml", "procedure.toml")
EVERYONE = "*"
#: How a lane that names a position in a group that the case's data say is written.
POSITION = re.compile(r'^=\(.*\) \+ "\.(?P<position>[a-z0-9_]+)"$', re.DOTALL)


def check(subject: Subject) -> Iterator[Finding]:
    package, groups = subject.package, subject.package.company.groups
    for lane, group in package.lanes.items():
        if not is_expression(group) and group not in groups:
            message = f'expected a group for lane {lane}, found "{group}"{way_out(group, groups)}'
            yield error_in(subject, "procedure.toml", message, "lanes", lane)
        held, positions = POSITION.match(group), package.company.positions
        if held and held["position"] not in positions:
            message = f'expected a position for lane {lane}, found "{held["position"]}"'
            message += way_out(held["position"], positions)
            yield error_in(subject, "procedure.toml", message, "lanes", lane)
    for group in package.start.groups:
        if group != EVERYONE and group not in groups:
            message = f'expected groups that may start a case, found "{group}"{way_out(group, groups)}'
            yield error_in(subject, "procedure.toml", message, "start", "groups")
    for id_, rule in package.deadlines.items():
        for key, named in _of_deadline(rule):
            if named not in groups:
                message = f'expected a group for deadlines.{id_}.{key}, found "{named}"{way_out(named, groups)}'
                yield error_in(subject, "procedure.toml", message, "deadlines", id_, key)
    for id_, step in package.steps.items():
        for named in step.signatures.groups if step.signatures else ():
            if named not in groups:
                message = f'expected a group for steps.{id_}.signatures, found "{named}"{way_out(named, groups)}'
                yield error_in(subject, "procedure.toml", message, "steps", id_, "signatures")
    for secret in package.confidential:
        for named in secret.groups:
            if named not in groups:
                message = f'expected groups for confidential.{secret.id}, found "{named}"{way_out(named, groups)}'
                yield error_in(subject, "procedure.toml", message, "confidential", secret.id, "groups")
    for id_, report in package.reports.items():
        for group in report.groups:
            if group not in groups:
                message = f'expected groups that may read report {id_}, found "{group}"{way_out(group, groups)}'
                yield error_in(subject, "procedure.toml", message, "reports", id_, "groups")
    for id_, trigger in package.triggers.items():
        if trigger.to and trigger.to not in groups:
            message = f'expected a group for triggers.{id_}.to, found "{trigger.to}"{way_out(trigger.to, groups)}'
            yield error_in(subject, "procedure.toml", message, "triggers", id_, "to")
    if board := package.company.board:
        for group in (*board.company, *board.groups, *(each for ids in board.groups.values() for each in ids)):
            if group not in groups:
                message = f'expected groups for board, found "{group}"{way_out(group, groups)}'
                yield error_in(subject, "company.toml", message, "board")
    if (group := package.company.privacy.group) and group not in groups:
        message = f'expected a group for privacy.group, found "{group}"{way_out(group, groups)}'
        yield error_in(subject, "company.toml", message, "privacy", "group")
    for index, person in enumerate(package.company.people):
        for group in person.groups:
            if group not in groups:
                message = f'expected groups of {person.login}, found "{group}"{way_out(group, groups)}'
                yield error_in(subject, "company.toml", message, "people", str(index), "groups")
    for element in subject.diagram.elements.values():
        group = element.properties.get("group", "")
        if group and not is_expression(group) and group not in groups:
            message = f'expected a group for {element.id}, found "{group}"{way_out(group, groups)}'
            yield error_at(element, message)


def _of_deadline(rule: DeadlineRule) -> Iterator[tuple[str, str]]:
    """Every group that a deadline names, with the key that names it."""
    yield from (("remind", rung.to) for rung in rule.ladder if rung.to not in {"", HOLDER})
    yield from (("paused_by", group) for group in rule.paused_by)
    if rule.extension and rule.extension.approved_by:
        yield "extension", rule.extension.approved_by
