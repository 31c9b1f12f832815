"""A form's file with one thing changed: fields moved, copied, added, taken out, and keys of one of them written.

What is not touched keeps every byte: comments, the order of keys, spaces. Each change is read again; where the file is
written in a way that would make something else of it, the whole form is written anew, without its comments.
A comment belongs to the field below it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import yaml

from engine.errors import NotFound
from engine.forms.yaml_tree import LOADER, YamlRefused, read_yaml

#: Keys and places in a form's file: ("fields", 3), in rows ("fields", 3, "fields", 0), () is the form itself.
Place = tuple[str | int, ...]

_PLAIN: Final = re.compile(r"[a-z][a-z0-9_.]*|\.[a-z0-9]+", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
#: Texts that plain YAML would read as something else.
_YAML_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
#: Keys of a mapping whose items stand in lines of their own where the whole form is written anew.
_IN_LINES: Final = "fields"


def with_keys(content: bytes, place: Place, keys: Mapping[str, Any]) -> bytes:
    """The file with these keys of what stands at *place*; None takes one away. Raises NotFound, YamlRefused."""

    def meant(value: Any) -> Any:
        merged = {**value, **keys}
        return {key: part for key, part in merged.items() if part is not None}

    def written(text: str, _whole: Any) -> str:
        found = text
        for key, value in keys.items():
            found = _with_key(found, _node(found, place), key, value)
        return found

    return _changed(content, place, meant, written, kind=dict)


def with_field(content: bytes, fields: Place, index: int, field: Mapping[str, Any]) -> bytes:
    """The file with one more field, which comes to stand at *index* of *fields*."""

    def written(text: str, node: Any) -> str:
        lead, chunks, rest = _chunks(text, node)
        indent = " " * (node.start_mark.column if chunks else 0)
        chunks.insert(index, f"{indent}- {flow_style(field)}\n")
        return lead + "".join(chunks) + rest

    def meant(value: Any) -> Any:
        return (*value[:index], dict(field), *value[index:])

    return _changed(content, fields, meant, written, kind=tuple)


def with_copy(content: bytes, place: Place, name: str) -> bytes:
    """The file with a second field like the one at *place* behind it, of that id."""
    fields, index = place[:-1], int(place[-1])

    def written(text: str, node: Any) -> str:
        lead, chunks, rest = _chunks(text, node)
        chunks.insert(index + 1, chunks[index])
        doubled = lead + "".join(chunks) + rest
        return _with_key(doubled, _node(doubled, (*fields, index + 1)), "id", name)

    def meant(value: Any) -> Any:
        return (*value[: index + 1], {**value[index], "id": name}, *value[index + 1 :])

    _found(content, place)
    return _changed(content, fields, meant, written, kind=tuple)


def without_field(content: bytes, place: Place) -> bytes:
    """The file without the field at *place*. The last one stays: a form has at least one. Raises NotFound."""
    fields, index = place[:-1], int(place[-1])

    def written(text: str, node: Any) -> str:
        lead, chunks, rest = _chunks(text, node)
        del chunks[index]
        return lead + "".join(chunks) + rest

    def meant(value: Any) -> Any:
        return (*value[:index], *value[index + 1 :])

    _found(content, place)
    if len(_found(content, fields)) == 1:
        return content
    return _changed(content, fields, meant, written, kind=tuple)


def with_moved(content: bytes, place: Place, to: int) -> bytes:
    """The file in which the field at *place* stands at *to* among its neighbours. Raises NotFound."""
    fields, index = place[:-1], int(place[-1])

    def written(text: str, node: Any) -> str:
        lead, chunks, rest = _chunks(text, node)
        chunks.insert(to, chunks.pop(index))
        return lead + "".join(chunks) + rest

    def meant(value: Any) -> Any:
        moved = list(value)
        moved.insert(to, moved.pop(index))
        return tuple(moved)

    _found(content, place)
    return _changed(content, fields, meant, written, kind=tuple)


def flow_style(value: Any) -> str:
    """*value* on one line, as the forms that come along are written."""
    match value:
        case Mapping():
            inside = ", ".join(f"{_key(key)}: {flow_style(part)}" for key, part in value.items())
            return "{ " + inside + " }" if value else "{}"
        case list() | tuple():
            return "[" + ", ".join(map(flow_style, value)) + "]"
        case _:
            return _scalar(value)


def _changed(
    content: bytes, place: Place, meant: Callable[[Any], Any], written: Callable[[str, Any], str], *, kind: type
) -> bytes:
    before = read_yaml(content).value
    found = _at(before, place)
    if not isinstance(found, kind):
        raise NotFound("field", ".".join(map(str, place))[:100])
    wanted = _with(before, place, meant(found))
    text = content.decode("utf-8-sig")
    try:
        after = written(text, _node(text, place)).encode()
        if _plain(read_yaml(after).value) == _plain(wanted):
            return after
    except (YamlRefused, yaml.YAMLError, LookupError):
        pass  # the way it is written cannot be kept
    return _anew(wanted).encode()


def _found(content: bytes, place: Place) -> Any:
    found = _at(read_yaml(content).value, place)
    if found is None:
        raise NotFound("field", ".".join(map(str, place))[:100])
    return found


def _at(value: Any, place: Place) -> Any:
    for step in place:
        inside = isinstance(step, int) and isinstance(value, tuple) and 0 <= step < len(value)
        if not inside and not (isinstance(value, dict) and step in value):
            return None
        value = value[step]
    return value


def _with(value: Any, place: Place, part: Any) -> Any:
    if not place:
        return part
    step, deeper = place[0], place[1:]
    changed = _with(value[step], deeper, part)
    if isinstance(step, int):
        return (*value[:step], changed, *value[step + 1 :])
    return {**value, step: changed}


def _plain(value: Any) -> Any:
    """*value* with lists in place of tuples, so that both kinds compare."""
    match value:
        case Mapping():
            return {key: _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return (isinstance(value, bool), value)


# ---- places in the text ---------------------------------------------------------------------------------------------


def _node(text: str, place: Place) -> Any:
    """The node at *place*; `read_yaml` has seen that the text is harmless."""
    node: Any = yaml.compose(text, Loader=LOADER)
    for step in place:
        node = node.value[step] if isinstance(step, int) else _pair(node, step)[1]
    return node


def _pair(node: Any, key: str | int) -> Any:
    return next(pair for pair in node.value if pair[0].value == key)


def _end(node: Any, text: str) -> int:
    """Behind the last character of a node: blocks end where the next thing begins, comments in between."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    end = int(node.end_mark.index)
    while end > node.start_mark.index and text[end - 1].isspace():
        end -= 1
    return end


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _chunks(text: str, node: Any) -> tuple[str, list[str], str]:
    """The text before a list, that of each item with its comments, whole lines, and the text behind."""
    if node.flow_style:
        raise LookupError("a list on one line")
    lead = _line_start(text, text.rindex("-", 0, node.value[0].start_mark.index))
    if text[lead : node.start_mark.index].strip():
        raise LookupError("the first item stands behind a key")
    while (above := _line_start(text, lead - 1)) < lead and text[above:lead].lstrip().startswith("#"):
        lead = above
    begins, chunks = lead, []
    for item in node.value:
        ends = _line_end(text, _end(item, text))
        chunk = text[begins:ends]
        chunks.append(chunk if chunk.endswith("\n") else chunk + "\n")
        begins = ends
    return text[:lead], chunks, text[begins:]


# ---- writing --------------------------------------------------------------------------------------------------------


def _with_key(text: str, node: Any, key: str, value: Any) -> str:
    at = next((place for place, (name, _) in enumerate(node.value) if name.value == key), None)
    if value is None:
        return text if at is None else _without_key(text, node, at)
    if at is None:
        return _with_new_key(text, node, key, value)
    name, old = node.value[at]
    if (
        not isinstance(value, list | tuple)
        or not isinstance(old, yaml.SequenceNode)
        or node.flow_style
        or old.flow_style
    ):
        return text[: name.start_mark.index] + f"{key}: {flow_style(value)}" + text[_end(old, text) :]
    return _with_list(text, old, value)


def _with_list(text: str, node: Any, items: Sequence[Any]) -> str:
    """A list in lines: items that stay as they are keep their lines."""
    lead, chunks, rest = _chunks(text, node)
    indent = " " * node.start_mark.column
    known = [(_plain(_value_of(chunk, indent)), chunk) for chunk in chunks]
    lines = []
    for item in items:
        same = next((pair for pair in known if pair[0] == _plain(item)), None)
        if same:
            known.remove(same)
        lines.append(same[1] if same else f"{indent}- {flow_style(item)}\n")
    return lead + "".join(lines) + rest


def _value_of(chunk: str, indent: str) -> Any:
    return read_yaml(chunk.encode()).value[0] if chunk.startswith((indent, "#", "\n")) else None


def _with_new_key(text: str, node: Any, key: str, value: Any) -> str:
    last = _end(node.value[-1][1], text)
    written = f"{key}: {flow_style(value)}"
    if node.flow_style:
        return f"{text[:last]}, {written}{text[last:]}"
    indent, ends = " " * node.value[0][0].start_mark.column, _line_end(text, last)
    before = text[:ends] if text[:ends].endswith("\n") else text[:ends] + "\n"
    return f"{before}{indent}{written}\n{text[ends:]}"


def _without_key(text: str, node: Any, at: int) -> str:
    name, old = node.value[at]
    begins, ends = name.start_mark.index, _end(old, text)
    if node.flow_style and at:
        return text[: _end(node.value[at - 1][1], text)] + text[ends:]
    if at + 1 < len(node.value) and (node.flow_style or text[_line_start(text, begins) : begins].strip()):
        return text[:begins] + text[node.value[at + 1][0].start_mark.index :]
    return text[: _line_start(text, begins)] + text[_line_end(text, ends) :]


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) and name.lower() not in _YAML_WORDS else json.dumps(name, ensure_ascii=False)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _YAML_WORDS:
        return value
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}" if value % 1 else str(int(value))
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML


def _anew(form: Any) -> str:
    if not isinstance(form, dict):
        return flow_style(form) + "\n"
    lines = []
    for key, value in form.items():
        if key == _IN_LINES and isinstance(value, tuple | list):
            lines += [f"{key}:", *(f"  - {flow_style(each)}" for each in value)]
        else:
            lines.append(f"{_key(key)}: {flow_style(value)}")
    return "\n".join(lines) + "\n"
