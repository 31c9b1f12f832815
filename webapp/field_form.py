"""What the builder of forms asks about a field, as forms; and what the answers mean in the form's file.

A kind of field is one entry of `KINDS`; what it asks beyond its words, one of `_ASKED`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.feel.conditions import condition_text
from engine.forms import DEPARTMENTS, ChoiceField, Form, Option, YesNoField
from engine.forms.conditions import structure_of
from engine.forms.model import BaseField, PlacedField
from engine.text import LANGUAGES, Text


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field as the palette offers it."""

    id: str
    icon: str
    name: Text
    more: Mapping[str, Any]  #: what a new one says beside its words
    in_rows: bool = True  #: rows may hold it


_NEW_OPTIONS: Final = [
    {"value": f"option_{number}", "label": _text(f"选项{number}", f"選項{number}", f"Option {number}")}
    for number in (1, 2)
]
_NEW_ROW: Final = {
    "item_label": _text("项", "項", "Item"),
    "fields": [{"id": "what", "type": "text", "label": _text("内容", "內容", "What")}],
}
KINDS: Final[Mapping[str, Kind]] = {
    kind.id: kind
    for kind in (
        Kind("text", "text-cursor-input", _text("单行文字", "單行文字", "Line of text"), {}),
        Kind("textarea", "letter-text", _text("多行文字", "多行文字", "Text"), {}),
        Kind("number", "hash", _text("数字", "數字", "Number"), {}),
        Kind("date", "calendar-days", _text("日期", "日期", "Date"), {}),
        Kind("datetime", "clock", _text("日期和时间", "日期和時間", "Date and time"), {}),
        Kind("choice", "list-checks", _text("选择", "選擇", "Choice"), {"style": "radio", "options": _NEW_OPTIONS}),
        Kind("yesno", "toggle-left", _text("是或否", "是或否", "Yes or no"), {"required": True}),
        Kind("files", "paperclip", _text("附件", "附件", "Files"), {}, in_rows=False),
        Kind("rows", "table-2", _text("多行明细", "多行明細", "Rows"), _NEW_ROW, in_rows=False),
        Kind("show", "eye", _text("已有内容", "已有內容", "Known already"), {}, in_rows=False),
        Kind("section", "heading", _text("小标题", "小標題", "Heading"), {}, in_rows=False),
    )
}
#: The languages of words, as the names of their inputs end.
_ENDINGS: Final = {"zh-Hans": "hans", "zh-Hant": "hant", "en": "en"}
_IN: Final = {
    "zh-Hans": _text("简体", "簡體", "Simplified"),
    "zh-Hant": _text("繁体", "繁體", "Traditional"),
    "en": _text("英文", "英文", "English"),
}
#: What is meant where the file says nothing.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "width": 12,
    "required": False,
    "personal": False,
    "money": False,
    "style": "select",
    "min_length": 0,
    "min_rows": 0,
    "max_rows": 50,
    "max_files": 10,
    "max_mb": 20,
}
_LONGEST: Final = {"text": 200, "textarea": 4000}
_WIDTHS: Final = {
    3: _text("四分之一", "四分之一", "A quarter"),
    4: _text("三分之一", "三分之一", "A third"),
    6: _text("一半", "一半", "Half"),
    8: _text("三分之二", "三分之二", "Two thirds"),
    12: _text("整行", "整行", "Full width"),
}
WIDTHS: Final = tuple(_WIDTHS)
SHOWN_WHEN: Final = _text("什么时候显示", "什麼時候顯示", "Shown when")
#: A condition that the list of simple ones has no line for.
_AS_IT_IS: Final = "as_it_is"


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a field and may be named by it."""

    earlier: Sequence[BaseField] = ()  #: readable fields above it
    data: Sequence[tuple[str, Text]] = ()  #: what the case may know: id, words
    lists: Mapping[str, Sequence[Option]] | None = None  #: named lists of options
    in_rows: bool = False


def form_of_form() -> Form:
    """What is asked about the form as a whole."""
    title, intro = _text("标题", "標題", "Title"), _text("开头的话", "開頭的話", "Sentence above the fields")
    return _form([*_words("title", title, needed=True), *_words("intro", intro)])


def form_of_field(says: Mapping[str, Any], field: BaseField | None, around: Around) -> Form:
    """What is asked about one field; *field* is it where it can be read."""
    kind = str(says.get("type"))
    answered = kind not in {"section", "show"}
    asked = [*_words("label", _text("名称", "名稱", "Label"), needed=True)]
    asked += [_required()] if answered else []
    asked += _ASKED.get(kind, lambda _: [])(around)
    asked += [_width(), *_words("hint", _text("提示", "提示", "Hint"))]
    asked += [] if around.in_rows else _shown_when(says, field, around)
    asked += [_name(), *([_personal()] if answered else [])]
    return _form(asked)


def values_of(says: Mapping[str, Any], around: Around) -> dict[str, Any]:
    """What the form of `form_of_field` or `form_of_form` begins with."""
    kind = str(says.get("type", ""))
    known = {**_DEFAULTS, "max_length": _LONGEST.get(kind), **says}
    found: dict[str, Any] = {
        name: value for name, value in known.items() if isinstance(value, str | int | float | bool)
    }
    for name in ("label", "hint", "title", "intro", "item_label"):
        found |= _languages(name, says.get(name))
    found |= _languages("unit", says.get("unit"))
    found["width"] = str(known["width"])
    found["default"] = _part(says.get("default"), "data")
    found["accept"] = ", ".join(map(str, says.get("accept", ())))
    found["decimals"] = says.get("decimals", "")
    options = says.get("options")
    found["options_from"] = _part(options, "from")
    listed = options if isinstance(options, list | tuple) else ()
    found["options"] = [_option(each) for each in listed if isinstance(each, Mapping)]
    condition = says.get("show_if")
    simple = {key for key, _ in _simple_conditions(around.earlier)}
    key = _condition_key(condition)
    found["show_if"] = key if key in simple else _AS_IT_IS if condition else ""
    return found


def keys_of(says: Mapping[str, Any], answers: Mapping[str, Any], asked: Form) -> dict[str, Any]:
    """The keys of the file that the answers change; None takes one away."""
    kind, names = str(says.get("type", "")), {field.id for field in asked.fields}
    wanted: dict[str, Any] = {}
    for name in ("label", "hint", "title", "intro", "item_label", "unit"):
        if f"{name}_en" in names:
            wanted[name] = _joined(name, answers)
    for name in names & (_PLAIN | _NUMBERS):
        wanted[name] = answers.get(name)
    if "unit" in wanted and wanted["unit"] and len(set(wanted["unit"].values())) == 1:
        wanted["unit"] = next(iter(wanted["unit"].values()))
    if "width" in names:
        wanted["width"] = int(answers.get("width") or _DEFAULTS["width"])
    if "default" in names:
        wanted["default"] = {"data": answers["default"]} if answers.get("default") else None
    if "accept" in names:
        wanted["accept"] = [f".{each.lower()}" for each in re.findall(r"\w+", answers.get("accept") or "", re.ASCII)]
    if "options_from" in names:
        listed = answers.get("options_from")
        wanted["options"] = {"from": listed} if listed else _options(answers.get("options") or [])
    if "show_if" in names and answers.get("show_if") != _AS_IT_IS:
        chosen = answers.get("show_if")
        wanted["show_if"] = _condition(chosen) if chosen else None
    defaults = {**_DEFAULTS, "max_length": _LONGEST.get(kind)}
    emptied = {key: None if _is_empty(value) else value for key, value in wanted.items()}
    meant = {key: None if key in defaults and value == defaults[key] else value for key, value in emptied.items()}
    return {
        key: value
        for key, value in meant.items()
        if _plain(says.get(key)) != _plain(emptied[key]) and not (value is None and key not in says)
    }


def new_field(kind: str, taken: Iterable[str]) -> dict[str, Any]:
    """A field as the palette adds it."""
    found = KINDS[kind]
    return {"id": free_name(kind, taken), "type": kind, "label": dict(found.name), **found.more}


def free_name(base: str, taken: Iterable[str]) -> str:
    """``remark``, else ``remark_2`` and so on."""
    known = set(taken)
    stem = re.sub(r"_[0-9]+$", "", base)[:50]
    if base not in known:
        return base
    return next(name for number in range(2, 1000) if (name := f"{stem}_{number}") not in known)


# ---- what is asked --------------------------------------------------------------------------------------------------


def _form(fields: Sequence[Mapping[str, Any]]) -> Form:
    title = _text("属性", "屬性", "Properties")
    return Form.model_validate({"id": "properties", "title": title, "fields": tuple(fields)})


def _words(name: str, label: Text, *, needed: bool = False) -> list[dict[str, Any]]:
    """One input for each language."""
    return [
        {
            "id": f"{name}_{_ENDINGS[tag]}",
            "type": "text",
            "label": _text(*(f"{label[each]} · {_IN[tag][each]}" for each in ("zh-Hans", "zh-Hant", "en"))),
            "required": needed and tag == "en",
            "max_length": 500,
            "width": 12 if tag == "en" else 6,
        }
        for tag in LANGUAGES
    ]


def _name() -> dict[str, Any]:
    return {
        "id": "id",
        "type": "text",
        "label": _text("数据里的名字", "資料裡的名字", "Name in the data"),
        "hint": _text(
            "条件、信函和报表用这个名字。改了，那些地方也要改。",
            "條件、信函和報表用這個名字。改了，那些地方也要改。",
            "Conditions, letters and reports use it. Change it there too.",
        ),
        "required": True,
        "max_length": 60,
        "pattern": "[a-z][a-z0-9_]*",
    }


def _required() -> dict[str, Any]:
    return _yes_no("required", _text("必填", "必填", "Required"))


def _personal() -> dict[str, Any]:
    label = _text("个人信息（以后可以删除）", "個人資料（以後可以刪除）", "Personal: can be erased later")
    return _yes_no("personal", label)


def _yes_no(name: str, label: Text) -> dict[str, Any]:
    return {"id": name, "type": "yesno", "label": label}


def _width() -> dict[str, Any]:
    options = tuple({"value": str(width), "label": name} for width, name in _WIDTHS.items())
    return {
        "id": "width",
        "type": "choice",
        "label": _text("宽度", "寬度", "Width"),
        "required": True,
        "options": options,
    }


def _number(name: str, label: Text, *, most: float, least: float = 0, decimals: int = 0) -> dict[str, Any]:
    return {
        "id": name,
        "type": "number",
        "label": label,
        "min": least,
        "max": most,
        "decimals": decimals,
        "width": 6,
    }


def _line(name: str, label: Text, hint: Text | None = None, **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "text", "label": label, **({"hint": hint} if hint else {}), **more}


def _select(name: str, label: Text, options: Sequence[tuple[str, Text]]) -> list[dict[str, Any]]:
    known = dict(reversed(options))
    offered = tuple({"value": value, "label": _whole(known[value])} for value in dict.fromkeys(dict(options)))[:500]
    return [{"id": name, "type": "choice", "label": label, "options": offered}] if offered else []


def _proposed(around: Around) -> list[dict[str, Any]]:
    if around.in_rows:
        return []
    return _select("default", _text("预先填入", "預先填入", "Begins with the answer to"), around.data)


def _lengths(around: Around, most: int) -> list[dict[str, Any]]:
    return [
        _number("min_length", _text("最少字数", "最少字數", "At least, characters"), most=most),
        _number("max_length", _text("最多字数", "最多字數", "At most, characters"), most=most, least=1),
        *_proposed(around),
    ]


def _of_text(around: Around) -> list[dict[str, Any]]:
    keyboards = [
        ("tel", _text("电话", "電話", "Telephone")),
        ("email", _text("邮箱", "電郵", "Mail address")),
        ("numeric", _text("数字", "數字", "Digits")),
        ("decimal", _text("小数", "小數", "Decimals")),
        ("url", _text("网址", "網址", "Address on the web")),
        ("text", _text("文字", "文字", "Text")),
    ]
    return [
        *_lengths(around, 4000),
        *_select("inputmode", _text("手机键盘", "手機鍵盤", "Keyboard on telephones"), keyboards),
        _line(
            "pattern",
            _text("格式", "格式", "Format"),
            _text("正则表达式，例如 [0-9]{11}", "正規表達式，例如 [0-9]{8}", "A regular expression, e.g. [0-9]{11}"),
        ),
    ]


def _of_number(around: Around) -> list[dict[str, Any]]:
    bound = 999_999_999
    return [
        _number("min", _text("最小", "最小", "At least"), most=bound, least=-bound, decimals=6),
        _number("max", _text("最大", "最大", "At most"), most=bound, least=-bound, decimals=6),
        _number("decimals", _text("小数位", "小數位", "Decimal places"), most=6),
        _yes_no("money", _text("金额", "金額", "Money")),
        *_words("unit", _text("单位", "單位", "Unit")),
        *_proposed(around),
    ]


def _of_day(around: Around) -> list[dict[str, Any]]:
    hint = _text("today 是当天，或者 2026-01-31", "today 是當天，或者 2026-01-31", "today, or a day like 2026-01-31")
    pattern = "today|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    return [
        _line("min", _text("最早", "最早", "Not before"), hint, pattern=pattern, width=6),
        _line("max", _text("最晚", "最晚", "Not after"), hint, pattern=pattern, width=6),
        *_proposed(around),
    ]


def _of_choice(around: Around) -> list[dict[str, Any]]:
    styles = (
        ("radio", _text("按钮，选一个", "按鈕，選一個", "Buttons, one of them")),
        ("select", _text("下拉列表，选一个", "下拉列表，選一個", "A list to open, one of them")),
        ("checks", _text("方框，可选多个", "方框，可選多個", "Boxes, any number")),
    )
    named = [(DEPARTMENTS, _text("公司的部门", "公司的部門", "The company's departments"))]
    named += [(name, _listed(name, options)) for name, options in (around.lists or {}).items()]
    return [
        *_select("style", _text("样式", "樣式", "Style"), styles),
        *_select("options_from", _text("选项来自共用列表", "選項來自共用列表", "Options of a shared list"), named),
        {
            "id": "options",
            "type": "rows",
            "label": _text("选项", "選項", "Options"),
            "item_label": _text("选项", "選項", "Option"),
            "required": True,
            "max_rows": 100,
            "show_if": {"field": "options_from", "is": None},
            "fields": (
                *(
                    _line(f"label_{_ENDINGS[tag]}", _IN[tag], required=tag == "en", max_length=500, width=6)
                    for tag in LANGUAGES
                ),
                _line("value", _text("数据里的值", "資料裡的值", "Value in the data"), max_length=100, width=6),
            ),
        },
        *_proposed(around),
    ]


_EXAMPLE_KINDS: Final = _text("例如 jpg, png, pdf", "例如 jpg, png, pdf", "e.g. jpg, png, pdf")


def _of_files(_around: Around) -> list[dict[str, Any]]:
    return [
        _line("accept", _text("种类", "種類", "Kinds"), _EXAMPLE_KINDS),
        _number("max_files", _text("最多几个", "最多幾個", "How many at most"), most=20, least=1),
        _number("max_mb", _text("每个最大 MB", "每個最大 MB", "MB each at most"), most=100, least=1),
    ]


def _of_rows(_around: Around) -> list[dict[str, Any]]:
    return [
        *_words("item_label", _text("一行叫什么", "一行叫什麼", "What a row is called"), needed=True),
        _number("min_rows", _text("最少几行", "最少幾行", "Rows at least"), most=100),
        _number("max_rows", _text("最多几行", "最多幾行", "Rows at most"), most=100, least=1),
    ]


def _of_shown(around: Around) -> list[dict[str, Any]]:
    return _select("data", _text("显示哪项内容", "顯示哪項內容", "What it shows"), around.data)


_ASKED: Final[Mapping[str, Any]] = {
    "text": _of_text,
    "textarea": lambda around: _lengths(around, 20_000),
    "number": _of_number,
    "date": _of_day,
    "datetime": _of_day,
    "choice": _of_choice,
    "yesno": _proposed,
    "files": _of_files,
    "rows": _of_rows,
    "show": _of_shown,
}
#: Keys that are written as they are answered.
_PLAIN: Final = frozenset({"id", "required", "personal", "pattern", "inputmode", "money", "style", "data"})
_NUMBERS: Final = frozenset(
    {"min_length", "max_length", "min", "max", "decimals", "min_rows", "max_rows", "max_files", "max_mb"}
)


def _shown_when(says: Mapping[str, Any], field: BaseField | None, around: Around) -> list[dict[str, Any]]:
    """Simple conditions by choosing; another one stays as it is until it is changed on the page of conditions."""
    options = _simple_conditions(around.earlier)
    condition = says.get("show_if")
    if condition and _condition_key(condition) not in {key for key, _ in options}:
        said = field.show_if if isinstance(field, PlacedField) else None
        words = condition_text(structure_of(said)) if said else "…"
        options = [(_AS_IT_IS, _text(words, words, words)), *options]
    hint = _text("不选就总是显示。", "不選就總是顯示。", "Nothing chosen: always.")
    return [{**asked, "hint": hint} for asked in _select("show_if", SHOWN_WHEN, options)]


# ---- conditions and options -----------------------------------------------------------------------------------------


def _simple_conditions(earlier: Sequence[BaseField]) -> list[tuple[str, Text]]:
    """One for each option of each earlier field: its key and words."""
    found: list[tuple[str, Text]] = []
    for field in earlier:
        if isinstance(field, YesNoField):
            answers = [(True, _text("是", "是", "yes")), (False, _text("否", "否", "no"))]
            found += [(_key_of(field.id, value), _said(field.label, words)) for value, words in answers]
        if isinstance(field, ChoiceField):
            options = field.choices({})
            found += [(_key_of(field.id, one.value), _said(field.label, one.label)) for one in options]
    return [(key, words) for key, words in found if len(key) <= 100]  # noqa: PLR2004 -- as long as an option may be


def _said(label: Text, value: Text) -> Text:
    whole = _whole(label), _whole(value)
    return {tag: f"{whole[0][tag]} = {whole[1][tag]}" for tag in LANGUAGES}


def _key_of(field: str, value: Any) -> str:
    return f"{field}={json.dumps(value, ensure_ascii=False)}"


def _condition_key(condition: Any) -> str:
    if isinstance(condition, Mapping) and set(condition) == {"field", "is"}:
        return _key_of(str(condition["field"]), condition["is"])
    return ""


def _condition(key: str) -> dict[str, Any]:
    field, _, value = key.partition("=")
    return {"field": field, "is": json.loads(value)}


def _option(says: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": str(says.get("value", "")), **_languages("label", says.get("label"))}


def _options(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The options of the file; one that was given no value gets one."""
    taken = [str(row["value"]) for row in rows if row.get("value")]
    found = []
    for row in rows:
        value = row.get("value")
        if not value:
            words = re.sub(r"[^a-z0-9]+", "_", str(row.get("label_en") or "").lower()).strip("_")[:40]
            value = free_name(words or "option", taken)
            taken.append(value)
        found.append({"value": value, "label": _joined("label", row)})
    return found


def _listed(name: str, options: Sequence[Option]) -> Text:
    """A named list with its first options."""
    first = [_whole(option.label) for option in options[:3]]
    return {tag: f"{name}: {', '.join(each[tag] for each in first)} …" for tag in LANGUAGES}


# ---- small things ---------------------------------------------------------------------------------------------------


def _whole(words: Text) -> dict[str, str]:
    """Words in every language: the other ones' where there are none."""
    some = next(iter([each for each in words.values() if each.strip()]), "…")
    return {tag: (words.get(tag) or "").strip() or words.get("en", "").strip() or some for tag in LANGUAGES}


def _languages(name: str, words: Any) -> dict[str, str]:
    if isinstance(words, str):
        words = dict.fromkeys(LANGUAGES, words)
    said = words if isinstance(words, Mapping) else {}
    return {f"{name}_{ending}": str(said.get(tag, "")) for tag, ending in _ENDINGS.items()}


def _joined(name: str, answers: Mapping[str, Any]) -> dict[str, str]:
    said = {tag: str(answers.get(f"{name}_{ending}") or "").strip() for tag, ending in _ENDINGS.items()}
    return {tag: words for tag, words in said.items() if words}


def _part(value: Any, key: str) -> str:
    return str(value.get(key, "")) if isinstance(value, Mapping) else ""


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value in ([], {}, ())


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return value
