"""The forms by which people act on a task, and answer what they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.commands.data_requests import OPEN_DAYS
from engine.commands.errands import Addressee
from engine.forms import Form
from engine.procedures.package import Verb
from engine.text import LANGUAGES, Text, in_language

#: A form's list takes no more.
_MOST_OPTIONS: Final = 500


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


#: Word of the address -> the verb.
VERBS: Final[Mapping[str, Verb]] = {
    "hand-over": Verb.HAND_OVER,
    "delegation": Verb.DELEGATE,
    "signature": Verb.SIGN,
    "return": Verb.RETURN,
    "take-back": Verb.TAKE_BACK,
    "urging": Verb.URGE,
    "copy": Verb.COPY,
    "later": Verb.SNOOZE,
}
#: What the page and its button say.
TITLES: Final[Mapping[str, Text]] = {
    "hand-over": _text("转办", "轉辦", "Hand over"),
    "delegation": _text("委派", "委派", "Delegate"),
    "signature": _text("加签", "加簽", "Ask for a signature"),
    "return": _text("退回", "退回", "Return"),
    "take-back": _text("撤回", "撤回", "Take back"),
    "urging": _text("催办", "催辦", "Urge"),
    "copy": _text("抄送", "抄送", "Send a copy"),
    "later": _text("稍后处理", "稍後處理", "Look at it later"),
    "answer": _text("答复", "答覆", "Answer"),
    "sign": _text("签署", "簽署", "Sign"),
    "withdrawal": _text("撤销", "撤銷", "Withdraw"),
    "letter-withdrawal": _text("作废函件", "作廢函件", "Withdraw the letter"),
    "link": _text("关联", "關聯", "Link"),
    "join": _text("合并", "合併", "Join"),
    "unlink": _text("取消关联", "取消關聯", "Unlink"),
    "part": _text("恢复单独办理", "恢復單獨辦理", "Part"),
}
#: What will happen, in one sentence above the form.
MEANINGS: Final[Mapping[str, Text]] = {
    "hand-over": _text(
        "任务转给对方或对方小组，立即出现在对方的待办里。对方接受之前，首问责任仍在转出人。",
        "任務轉給對方或對方小組，立即出現在對方的待辦裡。對方接受之前，首問責任仍在轉出人。",
        "The task goes to the other person or group at once. Until it is accepted you still answer for the case.",
    ),
    "delegation": _text(
        "请对方代为填写，填完后回到您这里，由您提交。",
        "請對方代為填寫，填完後回到您這裡，由您提交。",
        "Somebody else fills the form in; it comes back to you, and you submit it.",
    ),
    "signature": _text(
        "前加签：对方签署后您才能提交。后加签：您提交后，对方签署了案件才继续。",
        "前加簽：對方簽署後您才能提交。後加簽：您提交後，對方簽署了案件才繼續。",
        "Before: you can submit once they have signed. After: the case goes on once they have signed what you submit.",
    ),
    "return": _text(
        "案件回到那一步原来的经办人，原来填写的内容带出，可以修改。那一步之后正在进行的步骤随之结束。",
        "案件回到那一步原來的經辦人，原來填寫的內容帶出，可以修改。那一步之後正在進行的步驟隨之結束。",
        "The case goes back to whoever did that step, with their answers to change. What began behind it ends.",
    ),
    "take-back": _text(
        "下一步还没有人开始时，可以撤回自己提交的内容，修改后再提交。",
        "下一步還沒有人開始時，可以撤回自己提交的內容，修改後再提交。",
        "While nobody has begun the next step you can change what you submitted, and submit it again.",
    ),
    "urging": _text(
        "提醒会出现在经办人的待办里，并记入历史。",
        "提醒會出現在經辦人的待辦裡，並記入歷史。",
        "It lands in the inbox of whoever has the task, and in the history.",
    ),
    "copy": _text(
        "对方可以查看案件，打开后留下已阅记录。", "對方可以查看案件，打開後留下已閱記錄。",
        "They can look at the case; it is written down when they do.",
    ),
    "later": _text(
        "到时间再出现在您的待办里；逾期的任务总会显示。",
        "到時間再出現在您的待辦裡；逾期的任務總會顯示。",
        "It comes back to your list then. What is overdue is always shown.",
    ),
    "link": _text(
        "两个案件互相可以打开，各自继续办理，各自的历史都记一笔。",
        "兩個案件互相可以打開，各自繼續辦理，各自的歷史都記一筆。",
        "Both cases lead to each other and go on by themselves. It is written into both histories.",
    ),
    "join": _text(
        "本案与另一案是同一件事，以后在那一案里办理。本案的步骤和时限按制度规定结束或停住，历史保留。",
        "本案與另一案是同一件事，以後在那一案裡辦理。本案的步驟和時限按制度規定結束或停住，歷史保留。",
        "This case is about the same as another one, which goes on for both. As the procedure says, this one ends or"
        " stands still with its time limits. Its history stays.",
    ),
    "unlink": _text(
        "两个案件不再互相指引，历史里的记录保留。", "兩個案件不再互相指引，歷史裡的記錄保留。",
        "The cases do not lead to each other any more. What the histories say stays.",
    ),
    "letter-withdrawal": _text(
        "函件原文保留在案。凭核验码查询的人和顾客会看到它自今日起作废，看不到理由；尚未寄出的不再寄出。",
        "函件原文保留在案。憑核驗碼查詢的人和顧客會看到它自今日起作廢，看不到理由；尚未寄出的不再寄出。",
        "The letter stays as it was written. Whoever has its code, and the customer, read that it was withdrawn today, "
        "not why; if it was not mailed yet, it will not be.",
    ),
    "part": _text(
        "本案重新单独办理，时限接着计算。", "本案重新單獨辦理，時限接著計算。",
        "This case goes on by itself again, and so do its time limits.",
    ),
}  # fmt: skip
_LABELS: Final[Mapping[str, Text]] = {
    "to": _text("交给谁", "交給誰", "To whom"),
    "step": _text("退回到哪一步", "退回到哪一步", "To which step"),
    "when": _text("何时签署", "何時簽署", "When"),
    "until": _text("什么时候再处理", "什麼時候再處理", "Until when"),
    "reason": _text("理由", "理由", "Reason"),
    "opinion": _text("意见", "意見", "Opinion"),
    "decision": _text("决定", "決定", "Decision"),
    "other": _text("另一案件的编号", "另一案件的編號", "Number of the other case"),
}
_WRITTEN: Final = _text(
    "写入案件的历史，以后可查。", "寫入案件的歷史，以後可查。", "It goes into the history of the case, for good."
)
_REASON: Final = {
    "id": "reason",
    "type": "textarea",
    "label": _LABELS["reason"],
    "hint": _WRITTEN,
    "required": True,
    "max_length": 2000,
}
_CHECKED: Final = {
    "id": "checked",
    "type": "textarea",
    "label": _text("怎样核实了申请人就是本人", "怎樣核實了申請人就是本人", "How it was checked that it is the person"),
    "hint": _text(
        "例如回拨登记的电话。不要写证件号码。", "例如回撥登記的電話。不要寫證件號碼。",
        "Such as a call back to the number on file. Write no identity number.",
    ),
    "required": True,
    "max_length": 2000,
}  # fmt: skip
_TOLD: Final = {
    **_REASON,
    "hint": _text(
        "顾客会在查询链接里看到。", "顧客會在查詢連結裡看到。", "The customer reads it behind the tracking link."
    ),
}
_BEHIND_LINK: Final = _text(
    f"核实无误，可在查询链接里阅读{OPEN_DAYS}天",
    f"核實無誤，可在查詢連結裡閱讀{OPEN_DAYS}天",
    f"Checked; it can be read behind the tracking link for {OPEN_DAYS} days",
)
_ELSEWHERE: Final = _text(
    "核实无误，已当面交付或另行寄出",
    "核實無誤，已當面交付或另行寄出",
    "Checked; handed over in person or sent another way",
)
_CORRECT: Final = _text("核实无误，已更正或者补充", "核實無誤，已更正或者補充", "Checked; it is corrected or completed")
_CORRECTED: Final = {
    **_TOLD,
    "id": "corrected",
    "label": _text("更正或者补充了什么", "更正或者補充了什麼", "What was corrected or completed"),
    "show_if": {"field": "decision", "is": "correct"},
}
_BEGIN: Final = _text(
    "同意，现在开始删除（由另一名管理员确认）",
    "同意，現在開始刪除（由另一名管理員確認）",
    "Agree and begin now; another administrator confirms it",
)
_LATER: Final = _text(
    "同意，到不必再保存时自动提出删除",
    "同意，到不必再保存時自動提出刪除",
    "Agree; it is begun by itself once nothing stands in the way",
)
_REFUSE: Final = _text("拒绝", "拒絕", "Refuse")
_WHEN: Final = {
    "id": "when",
    "type": "choice",
    "style": "radio",
    "required": True,
    "label": _LABELS["when"],
    "options": (
        {"value": "before", "label": _text("前加签：提交之前", "前加簽：提交之前", "Before I submit")},
        {"value": "after", "label": _text("后加签：提交之后", "後加簽：提交之後", "After I submit")},
    ),
}
_UNTIL: Final = {"id": "until", "type": "datetime", "required": True, "label": _LABELS["until"]}
Options = Sequence[tuple[str, Text]]


def verb_form(verb: str, *, people: Options, groups: Options, steps: Options) -> Form:
    """The form of one of `VERBS`; *people* by login and *groups* by id who may be asked, *steps* to go back to."""
    persons = [(f"person:{login}", name) for login, name in people]
    everybody = [*((f"group:{group}", name) for group, name in groups), *persons]
    fields: Mapping[str, list[dict[str, Any]]] = {
        "hand-over": [_choice("to", everybody), _REASON],
        "delegation": [_choice("to", persons), _REASON],
        "signature": [_choice("to", everybody), _WHEN, _REASON],
        "return": [_choice("step", steps), _REASON],
        "take-back": [_REASON],
        "urging": [_REASON],
        "copy": [_choice("to", everybody, style="checks"), _REASON],
        "later": [_UNTIL, _REASON],
    }
    return _form(verb, fields[verb])


def decision_form(kind: str) -> Form:
    """The form by which somebody answers an errand of *kind*: a hand-over, a signature, a customer's withdrawal."""
    if kind == "withdrawal":
        return _withdrawal_decision()
    if kind == "data_copy":
        return _copy_decision()
    if kind == "data_correction":
        return _correction_decision()
    takes = kind == "hand_over"
    yes, no = ("accept", "decline") if takes else ("agree", "refuse")
    words = (
        (_text("接受", "接受", "Accept"), _text("不接受，退回", "不接受，退回", "Decline"))
        if takes
        else (_text("同意", "同意", "Agree"), _text("不同意", "不同意", "Refuse"))
    )
    options = tuple({"value": value, "label": label} for value, label in zip((yes, no), words, strict=True))
    decision = {**_choice("decision", (), style="radio"), "options": options}
    needed = {**_REASON, "show_if": {"field": "decision", "is": no}}
    opinion = {**_REASON, "id": "opinion", "label": _LABELS["opinion"], "required": False}
    return _form("answer" if takes else "sign", [decision, needed if takes else opinion])


def _withdrawal_decision() -> Form:
    """Whether a complaint ends because the customer takes it back."""
    options = (
        {"value": "accept", "label": _text("同意撤回，案件结束", "同意撤回，案件結束", "Agree; the case ends")},
        {"value": "decline", "label": _text("案件须继续办理", "案件須繼續辦理", "The case has to go on")},
    )
    hint = _text("顾客会在进度页面看到。", "顧客會在進度頁面看到。", "The customer reads it on the tracking page.")
    needed = {**_REASON, "hint": hint, "show_if": {"field": "decision", "is": "decline"}}
    return _form("answer", [{**_choice("decision", (), style="radio"), "options": options}, needed])


def _copy_decision() -> Form:
    """How a customer gets a copy of the personal data, or why not."""
    options = {"link": _BEHIND_LINK, "elsewhere": _ELSEWHERE, "refuse": _REFUSE}
    return _data_decision(options, checked=("link", "elsewhere"), told=("refuse",))


def _correction_decision() -> Form:
    """What was put right for a customer, or why nothing was."""
    options = {"correct": _CORRECT, "refuse": _REFUSE}
    return _data_decision(options, checked=("correct",), told=("refuse",), more=[_CORRECTED])


def erasure_decision(*, now: bool) -> Form:
    """Whether a customer's data are erased: *now* where nothing stands in the way, else when that is over."""
    options = {"begin": _BEGIN} if now else {"later": _LATER}
    return _data_decision({**options, "refuse": _REFUSE}, checked=("begin", "later"), told=("later", "refuse"))


def _data_decision(
    options: Mapping[str, Text],
    *,
    checked: tuple[str, ...],
    told: tuple[str, ...],
    more: Sequence[Mapping[str, Any]] = (),
) -> Form:
    """*checked* are the decisions that say how it is known who asks, *told* those that the customer reads words of."""
    listed = tuple({"value": value, "label": label} for value, label in options.items())
    decision = {**_choice("decision", (), style="radio"), "options": listed}
    who = {**_CHECKED, "show_if": {"field": "decision", "in": checked}}
    return _form("answer", [decision, who, *map(dict, more), {**_TOLD, "show_if": {"field": "decision", "in": told}}])


def withdrawal_form() -> Form:
    """Why something is asked no longer."""
    return _form("withdrawal", [_REASON])


def letter_withdrawal_form() -> Form:
    """Why a letter does not hold."""
    return _form("letter-withdrawal", [_REASON])


def relation_form(verb: str) -> Form:
    """The form by which a case is linked, joined, or either taken back."""
    other = {"id": "other", "type": "text", "required": True, "max_length": 60, "label": _LABELS["other"]}
    return _form(verb, [other, _REASON])


def addressee(chosen: str) -> Addressee:
    """Whom a choice of the form means."""
    kind, _, id_ = chosen.partition(":")
    return Addressee(group=id_) if kind == "group" else Addressee(login=id_)


def _form(verb: str, fields: list[dict[str, Any]]) -> Form:
    return Form.model_validate({"id": verb.replace("-", "_"), "title": TITLES[verb], "fields": tuple(fields)})


def _choice(id_: str, options: Options, *, style: str = "select") -> dict[str, Any]:
    listed = tuple(
        {"value": value, "label": {tag: in_language(words, tag)[:500] for tag in LANGUAGES}}
        for value, words in options[:_MOST_OPTIONS]
    )
    return {"id": id_, "type": "choice", "style": style, "required": True, "label": _LABELS[id_], "options": listed}
