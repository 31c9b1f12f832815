"""The forms by which people act on a time limit: stop it, let it go on, ask for more time, decide on a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine.calendars import Unit
from engine.forms import Form
from engine.procedures.package import DeadlineRule
from engine.text import Text


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


#: Verb of the address -> what the page and its button say.
TITLES: Final[Mapping[str, Text]] = {
    "pause": _text("暂停计时", "暫停計時", "Stop the clock"),
    "resume": _text("恢复计时", "恢復計時", "Let the clock go on"),
    "extend": _text("申请延期", "申請延期", "Ask for more time"),
    "decide": _text("审批延期", "審批延期", "Decide on more time"),
}
_UNITS: Final[Mapping[Unit, Text]] = {
    Unit.WORKING_HOURS: _text("工作小时", "工作小時", "working hours"),
    Unit.WORKING_DAYS: _text("工作日", "工作日", "working days"),
    Unit.HOURS: _text("小时", "小時", "hours"),
    Unit.DAYS: _text("天", "天", "days"),
    Unit.MONTHS: _text("个月", "個月", "months"),
}
_REASON: Final = {
    "id": "reason",
    "type": "textarea",
    "label": _text("理由", "理由", "Reason"),
    "hint": _text(
        "写入案件的历史，并列在时限明细里。",
        "寫入案件的歷史，並列在時限明細裡。",
        "It goes into the history of the case and stands in the account of the date.",
    ),
    "required": True,
    "max_length": 2000,
}
_EVIDENCE: Final = {
    "id": "evidence",
    "type": "files",
    "label": _text("证明材料", "證明材料", "Evidence"),
    "max_files": 10,
}
_DECISION: Final = {
    "id": "decision",
    "type": "choice",
    "style": "radio",
    "label": _text("决定", "決定", "Decision"),
    "required": True,
    "options": (
        {"value": "granted", "label": _text("同意延期", "同意延期", "Grant it")},
        {"value": "refused", "label": _text("不同意", "不同意", "Refuse it")},
    ),
}


def time_limit_form(verb: str, rule: DeadlineRule) -> Form:
    """The form of one of the `TITLES` for the deadline *rule*."""
    return Form.model_validate({"id": f"clock_{verb}", "title": TITLES[verb], "fields": tuple(_fields(verb, rule))})


def _fields(verb: str, rule: DeadlineRule) -> list[dict[str, Any]]:
    match verb:
        case "pause":
            return [_REASON, _EVIDENCE]
        case "resume":
            return [_REASON]
        case "decide":
            return [_DECISION, {**_REASON, "id": "answer"}]
        case _:
            return [_amount(rule), _REASON]


def unit_words(unit: Unit) -> Text:
    """What an amount of *unit* is counted in."""
    return _UNITS[unit]


def _amount(rule: DeadlineRule) -> dict[str, Any]:
    most = float(rule.extension.most) if rule.extension else 1
    return {
        "id": "amount",
        "type": "number",
        "label": _text("延长多少", "延長多少", "How much more"),
        "required": True,
        "min": 1 if rule.unit.whole_days else 0.25,
        "max": most,
        "decimals": 0 if rule.unit.whole_days else 2,
        "unit": _UNITS[rule.unit],
    }
