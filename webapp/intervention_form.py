"""The form by which an administrator intervenes: what can be done to a case now, in three languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.commands.site import Site
from engine.deployments import Deployment
from engine.forms import Form
from engine.interpreter import CaseStatus, Place, destinations, places, same_limit
from engine.queries.cases import Case
from engine.text import LANGUAGES, Text, in_language

#: A form's list takes no more.
_MOST_OPTIONS: Final = 500
_LONGEST_VALUE: Final = 100
_AT_A_PLACE: Final = {"field": "verb", "in": ("move", "skip", "cancel")}
_MOVES: Final = {"field": "verb", "is": "move"}
_MIGRATES: Final = {"field": "verb", "is": "migrate"}


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


_TITLE: Final = _text("干预", "干預", "Intervene")
_VERBS: Final[Mapping[str, Text]] = {
    "move": _text(
        "改到别的步骤（退回或跳转）", "改到別的步驟（退回或跳轉）", "Take it to another step, back or forward"
    ),
    "skip": _text("跳过这一步", "跳過這一步", "Skip the step"),
    "cancel": _text("结束这条分支", "結束這條分支", "End the branch"),
    "suspend": _text("暂停整个案件", "暫停整個案件", "Suspend the whole case"),
    "resume": _text("恢复案件", "恢復案件", "Resume the case"),
    "migrate": _text("改用程序的另一版本", "改用程序的另一版本", "Go on in another version of the procedure"),
}
_LABELS: Final[Mapping[str, Text]] = {
    "verb": _text("要做什么", "要做什麼", "What is to be done"),
    "place": _text("在哪一步", "在哪一步", "At which step"),
    "to": _text("改到哪里", "改到哪裡", "Where to"),
    "alone": _text(
        "同时结束这部分里正在进行的其他步骤",
        "同時結束這部分裡正在進行的其他步驟",
        "End everything else that goes on in this part",
    ),
    "stop_clocks": _text("暂停期间不计时限", "暫停期間不計時限", "Time limits stand still meanwhile"),
    "version": _text("版本", "版本", "Version"),
    "keep_limits": _text(
        "正在计时的时限沿用原来的规定", "正在計時的時限沿用原來的規定", "Running time limits keep what they began by"
    ),
    "mapping": _text("新版本里改了名的步骤", "新版本裡改了名的步驟", "Steps that have another id there"),
    "row": _text("对应", "對應", "Step"),
    "was": _text("现在的步骤", "現在的步驟", "The step now"),
    "becomes": _text("在新版本里", "在新版本裡", "In that version"),
    "reason": _text("理由", "理由", "Reason"),
}
_RECOUNTED: Final = _text(
    "否：从原来的起点按新版本重新计算。版本里不同的时限：",
    "否：從原來的起點按新版本重新計算。版本裡不同的時限：",
    "No: counted again from their starts by the new version. Limits that differ:",
)
_HINTS: Final[Mapping[str, Text]] = {
    "alone": _text(
        "退回到分支之前的步骤时要选。已填的内容都会保留。",
        "退回到分支之前的步驟時要選。已填的內容都會保留。",
        "Needed to go back to before branches part. Everything written is kept.",
    ),
    "reason": _text(
        "写入案件的历史，以后可查。", "寫入案件的歷史，以後可查。", "It goes into the history of the case, for good."
    ),
}


def intervention_form(case: Case, site: Site) -> Form:
    """What can be done to *case* now."""
    deployment = case.deployment
    found = places(
        deployment.definition, case.state, now=site.now(case.deployment.package.company.id), calendars=case.calendars
    )
    others = _other_versions(case, site)
    verbs = [
        *(("move", "skip", "cancel") if found else ()),
        "resume" if case.status == CaseStatus.SUSPENDED else "suspend",
        *(("migrate",) if others else ()),
    ]
    targets = dict.fromkeys(to for place in found for to in destinations(deployment.definition, place.element))
    fields = [
        _choice("verb", [(verb, _VERBS[verb]) for verb in verbs], style="radio"),
        _choice("place", [(place.key, _words_of(case, place)) for place in found], show_if=_AT_A_PLACE),
        _choice("to", _named(deployment, targets), show_if=_MOVES),
        _yes_no("alone", show_if=_MOVES),
        _yes_no("stop_clocks", show_if={"field": "verb", "is": "suspend"}),
        _choice("version", [(str(other.version), _version_words(other)) for other in others], show_if=_MIGRATES),
        _mapping(case, found, others),
        _keep_limits(case, others),
        {"id": "reason", "type": "textarea", "label": _LABELS["reason"], "hint": _HINTS["reason"], "required": True,
         "max_length": 2000},
    ]  # fmt: skip
    kept = tuple(field for field in fields if field is not None)
    return Form.model_validate({"id": "intervention", "title": _TITLE, "fields": kept})


def name_of(deployment: Deployment, id_: str) -> Text:
    """What people call an element or flow, its id where it has no name."""
    return deployment.package.element_names.get(id_) or dict.fromkeys(LANGUAGES, id_)


def _choice(
    id_: str, options: Iterable[tuple[str, Text]], *, style: str = "select", show_if: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    listed = tuple(
        {"value": value, "label": _in_every_language(words)}
        for value, words in options
        if 0 < len(value) <= _LONGEST_VALUE
    )
    if not listed:
        return None
    field = {"id": id_, "type": "choice", "label": _LABELS[id_], "required": True, "style": style}
    return {**field, "options": listed[:_MOST_OPTIONS], **({"show_if": show_if} if show_if else {})}


def _yes_no(id_: str, *, show_if: Mapping[str, Any]) -> dict[str, Any]:
    hint = {"hint": _HINTS[id_]} if id_ in _HINTS else {}
    return {"id": id_, "type": "yesno", "label": _LABELS[id_], "show_if": show_if, **hint}


def _keep_limits(case: Case, others: Iterable[Deployment]) -> dict[str, Any] | None:
    """Whether running clocks stay with their limits; None where no version has other ones for them."""
    running = [clock.deadline for clock in case.clocks if clock.stopped_at is None]
    changes = [words for other in others for words in _changed_limits(case.deployment, other, running)]
    if not changes:
        return None
    hint = {tag: f"{_RECOUNTED[tag]} {'; '.join(words[tag] for words in changes)}" for tag in LANGUAGES}
    field = _yes_no("keep_limits", show_if=_MIGRATES)
    return {**field, "hint": _in_every_language(hint)}


def _changed_limits(here: Deployment, other: Deployment, running: Iterable[str]) -> Iterable[Text]:
    for id_ in running:
        was, becomes = here.package.deadlines.get(id_), other.package.deadlines.get(id_)
        if was and becomes and not same_limit(was, becomes):
            yield {
                tag: f"{other.version} · {in_language(was.title, tag)} → {in_language(becomes.title, tag)}"
                for tag in LANGUAGES
            }


def _mapping(case: Case, found: Iterable[Place], others: Iterable[Deployment]) -> dict[str, Any] | None:
    """Rows that say where steps with another id go; None where no version has other ones."""
    here = case.deployment
    was = _choice("was", [(place.element, name_of(here, place.element)) for place in _once(found)])
    new = {
        id_: name_of(other, id_)
        for other in others
        for id_ in other.definition.elements
        if id_ not in here.definition.elements
    }
    becomes = _choice("becomes", new.items())
    if was is None or becomes is None:
        return None
    return {
        "id": "mapping", "type": "rows", "label": _LABELS["mapping"], "item_label": _LABELS["row"],
        "fields": ({**was, "width": 6}, {**becomes, "width": 6}), "show_if": _MIGRATES,
    }  # fmt: skip


def _once(found: Iterable[Place]) -> Iterable[Place]:
    return {place.element: place for place in found}.values()


def _other_versions(case: Case, site: Site) -> list[Deployment]:
    company = case.deployment.package.company.id
    with site.database.reading(company) as connection:
        numbers = site.deployments.versions(connection, company, case.procedure)
        return [
            site.deployments.version(connection, company, case.procedure, number)
            for number in numbers
            if number != case.deployment.version
        ]


def _version_words(other: Deployment) -> Text:
    return {tag: f"{other.version} · {in_language(other.package.title, tag)}" for tag in LANGUAGES}


def _words_of(case: Case, place: Place) -> Text:
    """The name of a step, with its number where it was done before."""
    occurrence = place.key.rpartition("#")[2]
    name = name_of(case.deployment, place.element)
    return {tag: in_language(name, tag) + (f" · {occurrence}" if occurrence != "1" else "") for tag in LANGUAGES}


def _named(deployment: Deployment, targets: Iterable[str]) -> list[tuple[str, Text]]:
    """The elements that have names, and the flows into joins by what they come from."""
    flows, names = deployment.definition.flows, deployment.package.element_names
    joins = {to: source for to in targets if to in flows and (source := names.get(flows[to].source))}
    found: list[tuple[str, Text]] = [(to, names[to]) for to in targets if to not in joins and names.get(to)]
    for to, source in joins.items():
        behind = _text("“%s”之后的汇合处", "「%s」之後的匯合處", "Join behind “%s”")
        found.append((to, {tag: behind[tag] % in_language(source, tag) for tag in LANGUAGES}))
    return found


def _in_every_language(words: Text) -> Text:
    return {tag: in_language(words, tag)[:500] for tag in LANGUAGES}
