"""Writing one condition into a diagram or a form and leaving every other byte as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

import yaml

from engine.errors import NotFound

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
    text = content.decode()
    node = _field(yaml.compose(text, Loader=yaml.SafeLoader), field)
    if node is None:
        raise NotFound("field", field[:100])
    pair = next((each for each in node.value if each[0].value == "show_if"), None)
    written = "" if show_if is None else f"show_if: {_flow_style(show_if)}"
    if pair is not None:
        begin, end = pair[0].start_mark.index, _end(text, pair[1])
        if written:
            return (text[:begin] + written + text[end:]).encode()
        return _without(text, begin, end, in_line=bool(node.flow_style)).encode()
    if not written:
        return content
    last = _end(text, node.value[-1][1])
    column = node.value[0][0].start_mark.column
    separator = ", " if node.flow_style else "\n" + " " * column
    return (text[:last] + separator + written + text[last:]).encode()


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


def _field(node: Any, field: str) -> Any:
    """The mapping of the form's field with that id."""
    fields = _value(node, "fields")
    for each in fields.value if isinstance(fields, yaml.SequenceNode) else ():
        named = _value(each, "id")
        if named is not None and named.value == field:
            return each
    return None


def _value(node: Any, key: str) -> Any:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _end(text: str, node: Any) -> int:
    """Behind the last character of a value: blocks end where the next thing begins."""
    end = int(node.end_mark.index)
    while end > 0 and text[end - 1].isspace():
        end -= 1
    return end


def _without(text: str, begin: int, end: int, *, in_line: bool) -> str:
    if in_line:
        if (comma := text.rfind(",", 0, begin)) >= 0 and not text[comma + 1 : begin].strip():
            return text[:comma] + text[end:]
        return text[:begin] + text[end:].lstrip(", ")
    line = text.rfind("\n", 0, begin)
    if text[line + 1 : begin].strip():  # behind the dash of its item: what comes next takes its place
        return text[:begin] + text[end:].lstrip()
    return text[:line] + text[end:]


def _flow_style(value: Any) -> str:
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{key}: {_flow_style(part)}" for key, part in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(_flow_style, value)) + "]"
        case str() if re.fullmatch(r"[a-z][a-z0-9_.]*", value) and value not in _YAML_WORDS:
            return value
        case _:  # JSON is YAML
            return json.dumps(value, ensure_ascii=False)


#: Texts that plain YAML would read as something else.
_YAML_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
