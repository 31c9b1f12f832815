"""What photographs and films say beside what they show: where they were taken, when, by which device. Pure.

A customer who sends a photograph of a broken kettle does not mean to say where they live. What was sent is kept byte by
byte, because it is evidence; what people look at comes without these traces (``docs/decisions/0032``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_SEGMENT_HEAD: Final = 4
_MARK: Final = 0xFF
_APP1: Final = 0xE1
#: JPEG segments that hold Exif and XMP, IPTC, and comments. The others are needed to show the picture as it was.
_TELLING: Final = frozenset({0xE1, 0xED, 0xFE})
_SOI, _EOI, _SOS, _APP2 = b"\xff\xd8", 0xD9, 0xDA, 0xE2
_RESTARTS: Final = range(0xD0, 0xD8)
_EXIF: Final = b"Exif\0\0"
_ORIENTATION: Final = 0x0112
_WAYS_UP: Final = range(1, 9)
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_TELLING_CHUNKS: Final = frozenset({b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME"})
#: Boxes of a film with what its device wrote about it; a box that is called ``free`` is passed over by every player.
_TELLING_BOXES: Final = frozenset({b"udta", b"meta", b"uuid"})
_FULL_OF_BOXES: Final = frozenset({b"moov", b"trak"})


#: Media types of files that people see without their traces.
TELLING: Final = frozenset({"image/jpeg", "image/png", "video/mp4"})


def without_traces(content: bytes, media_type: str) -> bytes:
    """*content* as people look at it; files that are no pictures and no films stay as they are."""
    match media_type:
        case "image/jpeg":
            return _jpeg(content)
        case "image/png":
            return _png(content)
        case "video/mp4":
            return _film(content)
    return content


def _jpeg(content: bytes) -> bytes:
    if not content.startswith(_SOI):
        return content
    kept, turned = bytearray(), 1
    for marker, segment in _segments(content):
        if marker == _APP1 and segment[_SEGMENT_HEAD:].startswith(_EXIF):
            turned = _orientation(segment[_SEGMENT_HEAD + len(_EXIF) :]) or turned
        # MPF lists further pictures behind the first one, each with traces of its own; they are not kept either.
        if marker not in _TELLING and not (marker == _APP2 and segment[_SEGMENT_HEAD:].startswith(b"MPF\0")):
            kept += segment
    return _SOI + (_turned(turned) if turned > 1 else b"") + bytes(kept)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment, a scan with its data; what stands behind the end of the picture is left out."""
    at = len(_SOI)
    while at + 1 < len(content) and content[at] == _MARK:
        marker = content[at + 1]
        if marker == _EOI:
            yield marker, content[at : at + 2]
            return
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == _SOS:
            end = _end_of_scan(content, end)
        yield marker, content[at:end]
        at = end


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the next marker stands behind the data of a scan, in which FF is followed by 00 or a restart."""
    while (at := content.find(b"\xff", at)) != -1 and at + 1 < len(content):
        if content[at + 1] not in _RESTARTS and content[at + 1] not in {0x00, _MARK}:
            return at
        at += 1
    return len(content)


def _orientation(tiff: bytes) -> int:
    """Which way up the picture is shown, 1 to 8; 0 where it does not say."""
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return 0

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if order == "little" else "big")

    first = number(4, 4)
    for place in range(min(number(first, 2), 200)):
        entry = first + 2 + 12 * place
        if number(entry, 2) == _ORIENTATION:
            found = number(entry + 8, 2)
            return found if found in _WAYS_UP else 0
    return 0


def _turned(orientation: int) -> bytes:
    """An Exif segment that says nothing but which way up the picture is shown."""
    entry = _ORIENTATION.to_bytes(2) + b"\0\3" + (1).to_bytes(4) + orientation.to_bytes(2) + b"\0\0"
    tiff = b"MM\0*" + (8).to_bytes(4) + (1).to_bytes(2) + entry + bytes(4)
    return b"\xff\xe1" + (2 + len(_EXIF) + len(tiff)).to_bytes(2) + _EXIF + tiff


def _png(content: bytes) -> bytes:
    if not content.startswith(_PNG):
        return content
    kept, at = bytearray(_PNG), len(_PNG)
    while at + 8 <= len(content):
        end, kind = at + 12 + int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if kind not in _TELLING_CHUNKS:
            kept += content[at:end]
        if kind == b"IEND":
            break
        at = end
    return bytes(kept)


def _film(content: bytes) -> bytes:
    """The same length, because films name places inside themselves by their distance from the beginning."""
    kept = bytearray(content)
    _free(kept, 0, len(kept))
    return bytes(kept)


def _free(film: bytearray, at: int, end: int) -> None:
    while at + 8 <= end:
        size, kind = int.from_bytes(film[at : at + 4]), bytes(film[at + 4 : at + 8])
        head = 16 if size == 1 else 8
        size = int.from_bytes(film[at + 8 : at + 16]) if size == 1 else size or end - at
        if size < head or at + size > end:
            return
        if kind in _TELLING_BOXES:
            film[at + 4 : at + 8] = b"free"
            film[at + head : at + size] = bytes(size - head)
        elif kind in _FULL_OF_BOXES:
            _free(film, at + head, at + size)
        at += size
