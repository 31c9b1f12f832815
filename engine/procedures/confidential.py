"""Which answers of a case somebody may read, as its package says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from engine.complaints import CLEAR, Actor, Veil, veil_of
from engine.feel import FeelError, compile_expression
from engine.forms import FilesField, RowsField, TextAreaField, TextField
from engine.procedures.package import ConfidentialRule, Package


def rules_against(package: Package, actor: Actor) -> tuple[ConfidentialRule, ...]:
    """The rules of *package* that can keep something from *actor*: none for auditors, customers and the system.

    From support of the platform it is all that anybody wrote or attached; choices, dates and numbers are read.
    """
    if actor.supports:
        return (ConfidentialRule("support", tuple(sorted(_written(package)))),)
    if actor.person_id is None or actor.auditor:
        return ()
    groups = actor.groups.union(*(absent.groups for absent in actor.stands_in_for))
    return tuple(rule for rule in package.confidential if groups.isdisjoint(rule.groups))


def veil_over(
    package: Package,
    actor: Actor,
    data: Mapping[str, Any],
    *,
    closed: bool,
    working_on: Collection[str],
    received_at: datetime,
) -> Veil:
    """What of a case with *data* is kept from *actor*, who may work on its open steps *working_on* (element ids)."""
    masked: set[str] = set()
    hidden: set[str] = set()
    for rule in rules_against(package, actor):
        if set(rule.steps) & set(working_on) or rule.status == ("open" if closed else "closed"):
            continue
        if _applies(rule, data, received_at):
            (hidden if rule.show == "hidden" else masked).update(rule.fields)
    if not masked and not hidden:
        return CLEAR
    return veil_of(data, masked=frozenset(masked), hidden=frozenset(hidden), plain=_not_written(package))


def _applies(rule: ConfidentialRule, data: Mapping[str, Any], now: datetime) -> bool:
    """Whether the rule is about this case; where that cannot be told it is."""
    if not rule.when:
        return True
    try:
        return compile_expression(rule.when).evaluate(data, now=now) is not False
    except FeelError:
        return True


def _written(package: Package) -> frozenset[str]:
    """Names of what people wrote in words of their own or attached, and of all that a form calls personal."""
    fields = [field for form in package.forms.values() for field in form.fields]
    named = {package.case.title, package.case.customer, package.case.contact_mail} - {""}
    own = {field.id for field in fields if isinstance(field, TextField | TextAreaField | RowsField | FilesField)}
    return frozenset(named | own | {field.id for field in fields if getattr(field, "personal", False)})


def _not_written(package: Package) -> frozenset[str]:
    """Names whose values nobody wrote in words of their own: choices, dates, files."""
    fields = {field.id: field for form in package.forms.values() for field in form.fields}
    return frozenset(
        name for name, field in fields.items() if not isinstance(field, TextField | TextAreaField | RowsField)
    )
