"""Puts new pieces into the bytes of a file: all else stays as its author wrote it, to the last quote and line end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from engine.procedures.layout.reading import BPMNDI, MODEL

_DIAGRAM = f"{BPMNDI} BPMNDiagram"
_PROCESS = f"{MODEL} process"


@dataclass
class _Places:
    """Where things stand in a file, in bytes."""

    diagrams: list[tuple[int, int]] = field(default_factory=list)
    process: int | None = None  #: where the first process with an id begins
    end: int = 0  #: where the root's end tag begins


def spliced(content: bytes, *, diagrams: Sequence[bytes], collaboration: bytes) -> bytes:
    """*content*, a file that safe_xml has parsed, with *diagrams* instead of its own.

    They stand where the first old one stood, else at the end of the root, the *collaboration* before the first process.
    """
    places = _places(content)
    pieces = [_Piece(_before_space(content, begin), end) for begin, end in places.diagrams]
    drawn = b"".join(b"\n  " + diagram for diagram in diagrams)
    if pieces:
        pieces[0].instead = drawn
    else:
        last = _before_space(content, places.end)
        pieces.append(_Piece(last, places.end, drawn + (content[last : places.end] or b"\n")))
    if collaboration and places.process is not None:
        pieces.append(_Piece(places.process, places.process, collaboration + b"\n  "))
    if b"\r\n" in content:
        for piece in pieces:
            piece.instead = piece.instead.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    for piece in sorted(pieces, key=lambda piece: piece.begin, reverse=True):
        content = content[: piece.begin] + piece.instead + content[piece.end :]
    return content


@dataclass
class _Piece:
    begin: int
    end: int
    instead: bytes = b""


def _before_space(content: bytes, place: int) -> int:
    """Where the white space before *place* begins."""
    return len(content[:place].rstrip(b" \t\r\n"))


def _places(content: bytes) -> _Places:
    places = _Places()
    scanner = expat.ParserCreate("UTF-8", " ")
    around: list[tuple[str, int]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        around.append((name, scanner.CurrentByteIndex))
        if len(around) == _CHILD and name == _PROCESS and attributes.get("id") and places.process is None:
            places.process = scanner.CurrentByteIndex

    def end(_name: str) -> None:
        name, begin = around.pop()
        here = scanner.CurrentByteIndex
        if len(around) == _CHILD - 1 and name == _DIAGRAM:
            # The place of an empty tag is its end, that of an end tag its begin.
            after = content.index(b">", here) + 1 if content[here : here + 2] == b"</" else here
            places.diagrams.append((begin, after))
        places.end = here

    scanner.StartElementHandler, scanner.EndElementHandler = start, end
    scanner.Parse(content, True)
    return places


#: How many elements are open in a child of the root.
_CHILD = 2
