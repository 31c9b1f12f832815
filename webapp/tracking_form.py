"""The forms by which customers act on their complaint, and what stands around them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from engine.commands.data_requests import DataWish
from engine.forms import Form
from engine.procedures.package import CustomerAct
from engine.text import Text


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


#: What the page and its button say.
TITLES: Final[Mapping[CustomerAct, Text]] = {
    CustomerAct.EVIDENCE: _text("补充说明或照片", "補充說明或照片", "Add words or photos"),
    CustomerAct.ACCEPT: _text("接受答复", "接受答覆", "Accept the answer"),
    CustomerAct.REFUSE: _text("不接受答复", "不接受答覆", "Refuse the answer"),
    CustomerAct.WITHDRAW: _text("撤回投诉", "撤回投訴", "Withdraw the complaint"),
    CustomerAct.REOPEN: _text("重新提出", "重新提出", "Reopen the complaint"),
}
#: What will happen, in one sentence above the form.
MEANINGS: Final[Mapping[CustomerAct, Text]] = {
    CustomerAct.EVIDENCE: _text(
        "您补充的内容会立即送到经办人手里，并留在案卷里。",
        "您補充的內容會立即送到經辦人手裡，並留在案卷裡。",
        "It reaches whoever handles your complaint at once, and stays in its file.",
    ),
    CustomerAct.ACCEPT: _text(
        "告诉我们您同意这个答复。", "告訴我們您同意這個答覆。", "Tell us that you agree with the answer."
    ),
    CustomerAct.REFUSE: _text(
        "请说明哪里没有解决，经办人必须处理您的意见。",
        "請說明哪裡沒有解決，經辦人必須處理您的意見。",
        "Say what is not settled. Whoever handles your complaint has to take it up.",
    ),
    CustomerAct.WITHDRAW: _text(
        "撤回后我们不再处理这件投诉。",
        "撤回後我們不再處理這件投訴。",
        "What is withdrawn is not handled any more.",
    ),
    CustomerAct.REOPEN: _text(
        "请说明哪里没有解决。会有一个新的编号，原来的案卷一并带去。",
        "請說明哪裡沒有解決。會有一個新的編號，原來的案卷一併帶去。",
        "Say what is not settled. It gets a new number, and the earlier file goes with it.",
    ),
}
#: What the customer reads after it.
THANKS: Final[Mapping[CustomerAct, Text]] = {
    CustomerAct.EVIDENCE: _text("已收到，已转给经办人。", "已收到，已轉給經辦人。", "Received, and passed on."),
    CustomerAct.ACCEPT: _text("谢谢，已记录。", "謝謝，已記錄。", "Thank you, it is noted."),
    CustomerAct.REFUSE: _text(
        "已收到，经办人会重新处理。", "已收到，經辦人會重新處理。", "Received. It will be taken up again."
    ),
    CustomerAct.WITHDRAW: _text("已收到您的撤回。", "已收到您的撤回。", "We have your withdrawal."),
    CustomerAct.REOPEN: _text("已重新受理。", "已重新受理。", "Your complaint is open again."),
}
_LABELS: Final[Mapping[CustomerAct, Text]] = {
    CustomerAct.EVIDENCE: _text("补充说明", "補充說明", "What you want to add"),
    CustomerAct.ACCEPT: _text("留言（可不填）", "留言（可不填）", "A word to us, if you like"),
    CustomerAct.REFUSE: _text("哪里没有解决", "哪裡沒有解決", "What is not settled"),
    CustomerAct.WITHDRAW: _text("撤回的原因", "撤回的原因", "Why you withdraw it"),
    CustomerAct.REOPEN: _text("哪里没有解决", "哪裡沒有解決", "What is not settled"),
}
_FILES: Final[dict[str, Any]] = {
    "id": "files",
    "type": "files",
    "label": _text("照片或文件", "照片或文件", "Photos or papers"),
    "accept": (".jpg", ".jpeg", ".png", ".pdf", ".mp4", ".mp3"),
    "max_files": 9,
    "max_mb": 10,
}
_WITH_FILES: Final = frozenset({CustomerAct.EVIDENCE, CustomerAct.REFUSE, CustomerAct.REOPEN})
_MAY_BE_WORDLESS: Final = frozenset({CustomerAct.EVIDENCE, CustomerAct.ACCEPT})


#: What customers may ask about their data.
WISHES: Final[Mapping[DataWish, Text]] = {
    DataWish.COPY: _text(
        "给我一份你们保存的我的个人信息", "給我一份你們保存的我的個人資料", "Tell me what you keep about me"
    ),
    DataWish.CORRECTION: _text(
        "更正或者补充我的个人信息", "更正或者補充我的個人資料", "Put right or complete what you keep about me"
    ),
    DataWish.ERASURE: _text("删除我的个人信息", "刪除我的個人資料", "Erase what you keep about me"),
}


_CORRECTION: Final[Mapping[str, Text]] = {
    "wrong": _text("哪里不准确或者不完整", "哪裡不準確或者不完整", "What is wrong or missing"),
    "right": _text("应当是什么", "應當是什麼", "What is right"),
}


def wish_form(possible: Collection[DataWish]) -> Form:
    """The form by which customers ask for one of what is *possible*."""
    options = tuple({"value": str(wish), "label": label} for wish, label in WISHES.items() if wish in possible)
    wish = {
        "id": "wish",
        "type": "choice",
        "style": "radio",
        "required": True,
        "label": _text("您希望", "您希望", "What do you want?"),
        "options": options or ({"value": "none", "label": _text("–", "–", "–")},),
    }
    said = {
        "id": "said",
        "type": "textarea",
        "label": _text("补充说明（可不填）", "補充說明（可不填）", "A word to us, if you like"),
        "hint": _text(
            "例如怎样核对您的身份、希望怎样收到。请不要在这里写身份证号码。",
            "例如怎樣核對您的身份、希望怎樣收到。請不要在這裡寫身份證號碼。",
            "Such as how we can check that it is you, and how you want to get it. Write no identity number here.",
        ),
        "max_length": 2000,
    }
    correction = [
        {
            "id": name,
            "type": "textarea",
            "label": label,
            "required": True,
            "max_length": 1000,
            "show_if": {"field": "wish", "is": str(DataWish.CORRECTION)},
        }
        for name, label in _CORRECTION.items()
    ]
    title = _text("提出请求", "提出請求", "Ask")
    return Form.model_validate({"id": "customer_data", "title": title, "fields": (wish, *correction, said)})


def act_form(act: CustomerAct) -> Form:
    """The form of one act: words, and where they help photos."""
    said = {
        "id": "said",
        "type": "textarea",
        "label": _LABELS[act],
        "required": act not in _MAY_BE_WORDLESS,
        "max_length": 2000,
    }
    fields = (said, _FILES) if act in _WITH_FILES else (said,)
    return Form.model_validate({"id": f"customer_{act}", "title": TITLES[act], "fields": fields})
