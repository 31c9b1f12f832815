"""What the procedure's decision tables say of a complaint while it is being registered: how severe it is, who gets it.

Only tables that ask for nothing but what the intake form asks, directly or by way of each other. Nothing is kept: the
case takes its decisions itself, over what is then in its data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from engine.commands.cases import intake_form
from engine.decisions import DecisionError, DecisionModel, evaluate
from engine.deployments import Deployment
from engine.forms import Form, validate
from engine.forms.model import AnsweredField
from engine.text import enumerated
from webapp.access import actor, site
from webapp.case_view import group_names
from webapp.data_words import DataWords, data_words
from webapp.decision_trial import asked
from webapp.shell import language


def rules_preview(deployment: Deployment, raw: Mapping[str, Any]) -> list[SimpleNamespace]:
    """Each table with what it says of *raw*, as typed: ``lines`` (label, value), ``why``, ``missing`` (labels).

    A table whose answers are missing says which; one of which nothing was answered yet is left out.
    """
    form = intake_form(deployment, public=False)
    tables = list(tables_of_intake(deployment, form))
    if not tables or not raw:
        return []
    now = site().now(actor().company_id)
    today = now.astimezone(deployment.time_zone).date()
    said = validate(form, raw, given={}, today=today, lists=deployment.lists, zone=deployment.time_zone)
    told = data_words(
        deployment.package.forms.values(),
        groups=group_names(deployment),
        lists=deployment.lists,
        language=language(),
    )
    data, open_names, shown = dict(said.data), _unanswered(form, said.data, said.visible), []
    for id_, model, names in tables:
        missing = [name for name in names if name in open_names]
        outputs = model.decisions[id_].outputs
        if missing:
            open_names |= set(outputs)
            if any(data.get(name) not in (None, "", [], False) for name in names):
                shown.append(_missing(model, id_, missing, told))
            continue
        try:
            found = evaluate(model, id_, data, now=now)
        except DecisionError:  # a value that the table does not foresee: registering says what is wrong with it
            open_names |= set(outputs)
            continue
        data.update(found.outputs)
        lines = [(label, words) for name, value in found.outputs.items() if (label := told.label(name)) and
                 (words := told.value(name, value))]  # fmt: skip
        if lines:
            why = "; ".join(filter(None, (model.decisions[id_].rule_description(number) for number in found.rules)))
            shown.append(SimpleNamespace(lines=lines, why=why, missing=""))
    return shown


def tables_of_intake(deployment: Deployment, form: Form) -> Iterator[tuple[str, DecisionModel, tuple[str, ...]]]:
    """The decisions that the answers to *form* are enough for, each behind those it needs, with the names they ask."""
    known = {field.id for field in form.fields if isinstance(field, AnsweredField)}
    left = dict(deployment.definition.decisions)
    while found := next(
        ((id_, names) for id_, model in left.items() if (names := _names(model, id_)) and known.issuperset(names)), None
    ):
        id_, names = found
        yield id_, (model := left.pop(id_)), names
        known |= set(model.decisions[id_].outputs)


def _names(model: DecisionModel, id_: str) -> tuple[str, ...]:
    return tuple(asked(model, model.decisions[id_])) if id_ in model.decisions else ()


def _unanswered(form: Form, data: Mapping[str, Any], visible: frozenset[str]) -> set[str]:
    """The fields that have to be answered and are not."""
    return {
        field.id
        for field in form.fields
        if isinstance(field, AnsweredField)
        and field.required
        and field.id in visible
        and data.get(field.id) in (None, "", [])
    }


def _missing(model: DecisionModel, id_: str, missing: list[str], told: DataWords) -> SimpleNamespace:
    outputs = [label for name in model.decisions[id_].outputs if (label := told.label(name))]
    labels = [label for name in missing if (label := told.label(name))]
    return SimpleNamespace(
        lines=[(label, "") for label in outputs], why="", missing=enumerated(labels, language()) if outputs else ""
    )
