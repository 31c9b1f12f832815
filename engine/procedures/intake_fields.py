"""What the platform asks at intake beside a package's own form: how it came in, for whom, who may know the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.forms import Form
from engine.procedures.package import IntakeRule, Start
from engine.text import Text

CHANNEL: Final = "intake_channel"
REFERENCE: Final = "intake_reference"
RECEIVED_AT: Final = "intake_received_at"
ANONYMOUS: Final = "anonymous"
PROXY: Final = "on_behalf"
WITHHELD: Final = "identity_withheld"
#: What ``[intake] ask`` may name, in the order in which it is asked.
QUESTIONS: Final = ("channel", "received", "reference", "anonymous", "proxy", "withheld")
#: Ways in which customers file by themselves; a case says which without being asked.
WEB, QR, MAIL = "web", "qr", "mail"


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


#: Every way a complaint comes in by, as registers and statistics call it.
CHANNELS: Final[Mapping[str, Text]] = {
    "phone": _text("电话", "電話", "Telephone"),
    "walk_in": _text("来访", "來訪", "Walk-in"),
    "letter": _text("来信", "來信", "Letter"),
    MAIL: _text("电子邮件", "電子郵件", "E-mail"),
    "box": _text("意见箱", "意見箱", "Opinion box"),
    "authority": _text("主管部门转来", "主管部門轉來", "Passed on by an authority"),
    "media": _text("媒体、网络平台", "媒體、網路平台", "Media or a platform"),
    WEB: _text("网页", "網頁", "Web page"),
    QR: _text("店内二维码", "店內二維碼", "Code in a shop"),
    "other": _text("其他", "其他", "Another way"),
}


def with_intake_fields(forms: Mapping[str, Form], start: Start, rule: IntakeRule) -> dict[str, Form]:
    """*forms* with what ``[intake] ask`` adds to those a case is opened with; what a form asks itself it asks once."""
    staff, public = start.form, start.public_form if start.public else ""
    found = dict(forms)
    if staff in found:
        found[staff] = _extended(found[staff], rule.ask)
    if public in found and public != staff:
        found[public] = _extended(found[public], rule.ask & {"anonymous", "proxy", "withheld"})
    return found


def without_staff_fields(form: Form) -> Form:
    """*form* without what the platform asks only of colleagues."""
    own = tuple(field for field in form.fields if field.id not in {CHANNEL, REFERENCE, RECEIVED_AT})
    return form if len(own) == len(form.fields) else form.model_copy(update={"fields": own})


def received_field(start: Start, rule: IntakeRule) -> str:
    """The field with the true instant of receipt: the package's own, else the platform's where that is asked."""
    return start.received_at or (RECEIVED_AT if "received" in rule.ask else "")


def _extended(form: Form, ask: Iterable[str]) -> Form:
    known = {field.id for field in form.fields}
    asked = [field for name in QUESTIONS if name in ask for field in _FIELDS[name] if field["id"] not in known]
    if not asked:
        return form
    own: list[Any] = [_unless_anonymous(field) if ANONYMOUS not in known and "anonymous" in ask else field
                      for field in form.fields]  # fmt: skip
    first = [field for field in asked if field["id"] == ANONYMOUS]
    rest = [field for field in asked if field["id"] != ANONYMOUS]
    head = [{"id": "intake_section", "type": "section", "label": _SECTION}] if rest else []
    content = form.model_dump(by_alias=True, exclude_unset=True)
    fields = (*first, *(each if isinstance(each, dict) else _dumped(each) for each in own), *head, *rest)
    return Form.model_validate({**content, "fields": fields})


def _dumped(field: Any) -> dict[str, Any]:
    return dict(field.model_dump(by_alias=True, exclude_unset=True))


def _unless_anonymous(field: Any) -> Any:
    """Who stays unnamed is not asked for a name."""
    if not getattr(field, "personal", False) or field.show_if is not None:
        return field
    return {**_dumped(field), "show_if": {"any": ({"field": ANONYMOUS, "is": False}, {"field": ANONYMOUS, "is": None})}}


_SECTION: Final = _text("来源与身份", "來源與身份", "How it came in, and for whom")
_BY_PROXY: Final = {"field": PROXY, "is": True}
_FIELDS: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {
    "channel": (
        {
            "id": CHANNEL,
            "type": "choice",
            "style": "select",
            "required": True,
            "width": 6,
            "label": _text("来源渠道", "來源渠道", "How it came in"),
            "options": tuple({"value": value, "label": label} for value, label in CHANNELS.items()),
        },
    ),
    "received": (
        {
            "id": RECEIVED_AT,
            "type": "datetime",
            "max": "today",
            "width": 6,
            "label": _text("实际收到的时间", "實際收到的時間", "When it truly came in"),
            "hint": _text(
                "补录时填写；时限从这时起算",
                "補錄時填寫；時限從這時起算",
                "For late entries; time limits count from then",
            ),
        },
    ),
    "reference": (
        {
            "id": REFERENCE,
            "type": "text",
            "width": 6,
            "max_length": 60,
            "label": _text("来文或工单编号", "來文或工單編號", "Their number"),
            "hint": _text(
                "主管部门或平台的编号",
                "主管部門或平台的編號",
                "The number of the authority or platform that passed it on",
            ),
        },
    ),
    "anonymous": (
        {
            "id": ANONYMOUS,
            "type": "yesno",
            "label": _text("匿名", "匿名", "Anonymous"),
            "hint": _text(
                "匿名时不留姓名和联系方式，请保存查询链接。",
                "匿名時不留姓名和聯絡方式，請保存查詢連結。",
                "No name and no way to reach you: please keep the link to follow it.",
            ),
        },
    ),
    "proxy": (
        {"id": PROXY, "type": "yesno", "label": _text("代他人提出", "代他人提出", "On behalf of somebody else")},
        {
            "id": "represented_name",
            "type": "text",
            "required": True,
            "personal": True,
            "width": 6,
            "max_length": 60,
            "show_if": _BY_PROXY,
            "label": _text("被代理人姓名", "被代理人姓名", "Who is represented"),
        },
        {
            "id": "represented_as",
            "type": "text",
            "required": True,
            "width": 6,
            "max_length": 60,
            "show_if": _BY_PROXY,
            "label": _text("代理关系", "代理關係", "In what capacity"),
            "hint": _text("例如家属、律师", "例如家屬、律師", "e.g. family, lawyer"),
        },
    ),
    "withheld": (
        {
            "id": WITHHELD,
            "type": "yesno",
            "label": _text("要求对身份保密", "要求對身份保密", "Keep the name confidential"),
            "hint": _text(
                "姓名和联系方式只有指定的部门能看到。",
                "姓名和聯絡方式只有指定的部門能看到。",
                "Only the departments in charge see name and contact.",
            ),
        },
    ),
}
