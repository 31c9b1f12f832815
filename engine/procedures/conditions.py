"""Writing one condition into a diagram or a form and leaving every other byte as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from engine.errors import NotFound
from engine.forms.arranging import with_keys
from engine.forms.yaml_tree import read_yaml

#: Attributes of an element; a value may have a ``>`` in it.
_ATTRIBUTES: Final = r"""(?:[^<>"']|"[^"]*"|'[^']*')*?"""
_FLOW: Final = re.compile(rf"<(?P<prefix>(?:[\w.-]+:)?)sequenceFlow\b(?P<attributes>{_ATTRIBUTES})(?P<empty>/?)>")
_CONDITION: Final = re.compile(
    rf"(<(?:[\w.-]+:)?conditionExpression\b{_ATTRIBUTES})(?:/>|>.*?</(?:[\w.-]+:)?conditionExpression\s*>)", re.DOTALL
)
_ATTRIBUTE: Final = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
#: What is no element though it may look like one.
_NO_ELEMENT: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


def with_flow_condition(content: bytes, flow: str, condition: str) -> bytes:
    """The diagram with *condition* at that sequence flow, "" takes it away. Raises NotFound.

    The caller has read the file, so that it is UTF-8 and well formed, and looks at the result as at any other file.
    """
    text = content.decode()
    elements = _NO_ELEMENT.sub(lambda found: " " * len(found[0]), text)
    for found in _FLOW.finditer(elements):
        if _id(found["attributes"]) == flow:
            return _with_condition(text, elements, found, condition).encode()
    raise NotFound("flow", flow[:100])


def with_show_if(content: bytes, field: str, show_if: Mapping[str, Any] | None) -> bytes:
    """The form with that condition at its field, None takes it away. Raises NotFound."""
    form = read_yaml(content).value
    fields = form.get("fields") if isinstance(form, dict) else None
    for index, each in enumerate(fields if isinstance(fields, tuple) else ()):
        if isinstance(each, dict) and each.get("id") == field:
            return with_keys(content, ("fields", index), {"show_if": show_if})
    raise NotFound("field", field[:100])


def _id(attributes: str) -> str | None:
    return next((found[2] or found[3] for found in _ATTRIBUTE.finditer(attributes) if found[1] == "id"), None)


def _with_condition(text: str, elements: str, found: re.Match[str], condition: str) -> str:
    """*elements* is the text with blanks where no element is: looked at, while *text* is what is written."""
    prefix = found["prefix"]
    opening = text[found.start() : found.end()]
    end = found.end() if found["empty"] else elements.index(f"</{prefix}sequenceFlow", found.end())
    written = _CONDITION.search(elements, found.end(), end)
    if not condition.strip():
        return text[: written.start()] + text[written.end() :] if written else text
    if written:
        begin, stop = written.span()
        return text[:begin] + f"{written[1]}>{escape(condition)}</{prefix}conditionExpression>" + text[stop:]
    kind = f' xmlns:xsi="{_XSI}" xsi:type="{prefix}tFormalExpression"'
    said = f"<{prefix}conditionExpression{kind}>{escape(condition)}</{prefix}conditionExpression>"
    if found["empty"]:
        opening = opening[:-2].rstrip() + ">"
        return text[: found.start()] + f"{opening}{said}</{prefix}sequenceFlow>" + text[end:]
    return text[:end] + said + text[end:]
