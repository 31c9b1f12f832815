"""The forms by which owners ask for a publication and decide on one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.forms import Form
from engine.queries.corrective import Cause
from engine.text import Text


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


_REASON: Final = {
    "id": "reason",
    "type": "textarea",
    "label": _text("修改理由", "修改理由", "Why it is changed"),
    "hint": _text(
        "写入公司的历史，并列在版本清单里。",
        "寫入公司的歷史，並列在版本清單裡。",
        "It goes into the history of the company and stands in the list of versions.",
    ),
    "required": True,
    "max_length": 2000,
}
_CORRECTIVE: Final = {
    "id": "corrective",
    "type": "choice",
    "style": "checks",
    "label": _text("由哪些纠正措施引起", "由哪些糾正措施引起", "Corrective actions that led to it"),
    "hint": _text(
        "新版本生效时，写入这些案件的历史，并从那时起比较效果。",
        "新版本生效時，寫入這些案件的歷史，並從那時起比較效果。",
        "Their histories say so when the version is in service, and the effect is compared from then on.",
    ),
}
_CAUSES: Final = {
    "id": "causes",
    "type": "text",
    "label": _text("由哪些投诉引起", "由哪些投訴引起", "Complaints that led to it"),
    "hint": _text(
        "填案件编号，用空格或逗号分开。",
        "填案件編號，用空格或逗號分開。",
        "Numbers of cases, with spaces or commas between them.",
    ),
    "max_length": 500,
}
_EFFECTIVE: Final = {
    "id": "effective_on",
    "type": "date",
    "label": _text("生效日期", "生效日期", "Effective from"),
    "hint": _text(
        "当天零时起，新案件按新版本办理。留空则批准后立即生效。",
        "當天零時起，新案件按新版本辦理。留空則批准後立即生效。",
        "From the first minute of that day new cases run on it. Left empty: as soon as it is approved.",
    ),
    "min": "today",
    "width": 6,
}
_DECISION: Final = {
    "id": "decision",
    "type": "choice",
    "style": "radio",
    "label": _text("决定", "決定", "Decision"),
    "required": True,
}
_ANSWER: Final = {
    "id": "answer",
    "type": "textarea",
    "label": _text("理由", "理由", "Reason"),
    "required": True,
    "max_length": 2000,
}
_OPTIONS: Final = {
    "approve": _text("批准发布", "批准發布", "Approve it"),
    "refuse": _text("不批准", "不批准", "Refuse it"),
    "withdraw": _text("撤回申请", "撤回申請", "Take it back"),
}


def asking_form(corrective: Sequence[Cause] = ()) -> Form:
    """Why a draft shall be published, because of which cases, and from when on; *corrective*: actions under way."""
    title = _text("申请发布", "申請發布", "Ask for publication")
    options = tuple({"value": each.number, "label": _same(f"{each.number} {each.title}")} for each in corrective)
    actions = ({**_CORRECTIVE, "options": options},) if options else ()
    fields = (_REASON, *actions, _CAUSES, _EFFECTIVE)
    return Form.model_validate({"id": "publication", "title": title, "fields": fields})


def causes_said(said: Mapping[str, Any]) -> list[str]:
    """The numbers of all cases that the form names."""
    return [*(said.get("corrective") or ()), *re.split(r"[\s,;、，；]+", said.get("causes") or "")]


def _same(text: str) -> Text:
    """What nobody translates."""
    return _text(text, text, text)


def deciding_form(verbs: tuple[str, ...]) -> Form:
    """What one of several owners decides about it; *verbs* are those open to this one."""
    title = _text("审批发布", "審批發布", "Decide on the publication")
    options = tuple({"value": verb, "label": _OPTIONS[verb]} for verb in verbs)
    decision: dict[str, Any] = {**_DECISION, "options": options}
    return Form.model_validate({"id": "publication_decision", "title": title, "fields": (decision, _ANSWER)})
