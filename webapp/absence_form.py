"""The form by which somebody arranges who stands in for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.forms import Form
from engine.text import LANGUAGES, Text, in_language

_MOST_OPTIONS: Final = 500


def _text(hans: str, hant: str, english: str) -> Text:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


_LABELS: Final[Mapping[str, Text]] = {
    "login": _text("谁外出", "誰外出", "Who is away"),
    "substitute": _text("代理人", "代理人", "Who stands in"),
    "begins_at": _text("从", "從", "From"),
    "ends_at": _text("到", "到", "To"),
    "reason": _text("事由", "事由", "Reason"),
}


def absence_form(people: Sequence[tuple[str, Text]], *, own: str) -> Form:
    """*people* by login who may stand in; *own* is the login of who is away, "" = to be chosen."""
    others = [each for each in people if each[0] != own]
    fields = (
        *([] if own else [_choice("login", people)]),
        _choice("substitute", others),
        _field("begins_at", type="datetime", width=6),
        _field("ends_at", type="datetime", width=6),
        _field("reason", type="text", max_length=200),
    )
    return Form.model_validate(
        {"id": "absence", "title": _text("安排代理", "安排代理", "Arrange an absence"), "fields": tuple(fields)}
    )


def _choice(id_: str, people: Sequence[tuple[str, Text]]) -> dict[str, Any]:
    options = tuple(
        {"value": login, "label": {tag: in_language(name, tag)[:500] for tag in LANGUAGES}}
        for login, name in people[:_MOST_OPTIONS]
    )
    return _field(id_, type="choice", options=options)


def _field(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "label": _LABELS[id_], "required": True, **more}
