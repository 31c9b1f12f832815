"""Reading XML that a stranger wrote: refused unless it is plain, small and without declarations."""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

from lxml import etree

from engine.errors import UnsafeFile

#: Bytes a BPMN or DMN file may have. The largest of our own has 90 KB.
MAX_BYTES: Final = 2_000_000
MAX_ELEMENTS: Final = 20_000
MAX_DEPTH: Final = 64
MAX_ATTRIBUTES: Final = 64


def parse(content: bytes, name: str) -> etree._Element:
    """The root of *content*, with source lines.

    Raises UnsafeFile with reason ``"too-large"``, ``"not-utf-8"``, ``"doctype"``, ``"processing-instruction"``,
    ``"too-many-elements"``, ``"too-deep"``, ``"too-many-attributes"`` or ``"not-well-formed"``, and the line.
    """
    _scan(content, name)
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the file says of itself: both readers must see the same text
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_pis=True,
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise UnsafeFile(name, "not-well-formed", error.lineno) from error


def _scan(content: bytes, name: str) -> None:
    if len(content) > MAX_BYTES:
        raise UnsafeFile(name, "too-large")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnsafeFile(name, "not-utf-8") from error
    scanner = expat.ParserCreate("UTF-8")
    depth = count = 0

    def refuse(reason: str) -> None:
        raise UnsafeFile(name, reason, scanner.CurrentLineNumber)

    def start(_tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth += 1
        count += 1
        if depth > MAX_DEPTH:
            refuse("too-deep")
        if count > MAX_ELEMENTS:
            refuse("too-many-elements")
        if len(attributes) > MAX_ATTRIBUTES:
            refuse("too-many-attributes")

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    scanner.StartElementHandler = start
    scanner.EndElementHandler = end
    scanner.StartDoctypeDeclHandler = lambda *_: refuse("doctype")
    scanner.ProcessingInstructionHandler = lambda *_: refuse("processing-instruction")
    try:
        scanner.Parse(content, True)
    except expat.ExpatError as error:
        raise UnsafeFile(name, "not-well-formed", error.lineno) from error
