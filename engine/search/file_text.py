"""The words of an uploaded file, read in a process of its own: whatever the file does to its reader, that one dies.

``python -m engine.search.file_text PATH MEDIA-TYPE`` writes them as UTF-8.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from engine.confined import confine, output_of

#: Characters of one file that can be found.
MAX_CHARACTERS: Final = 200_000
#: Bytes of one part of a document: a zip says of itself how small it is.
_MAX_PART: Final = 50_000_000
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."


def words_of_file(path: Path, media_type: str) -> str:
    """What *path* says, "" for pictures and for what cannot be read."""
    if media_type not in _READERS or not path.exists():
        return ""
    return (output_of(__name__, str(path), media_type) or b"").decode(errors="replace")


def _plain(path: Path) -> Iterator[str]:
    content = path.read_bytes()[: MAX_CHARACTERS * 4]
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            yield content.decode(encoding)
        except UnicodeDecodeError as error:
            was_cut = len(content) == MAX_CHARACTERS * 4
            if not was_cut or error.end < len(content) - 4:  # else the cut went through a character
                continue
            yield content.decode(encoding, "ignore")
        return


def _pdf(path: Path) -> Iterator[str]:
    from pypdf import PdfReader

    for page in PdfReader(path).pages:
        yield page.extract_text()


def _docx(path: Path) -> Iterator[str]:
    return _office(path, r"word/(document|header\d*|footer\d*|footnotes|comments)\.xml", text="t", line="p")


def _xlsx(path: Path) -> Iterator[str]:
    return _office(path, r"xl/(sharedStrings|worksheets/sheet\d+|comments\d*)\.xml", text="t", line="si")


def _office(path: Path, parts: str, *, text: str, line: str) -> Iterator[str]:
    """The contents of the elements *text*, a line for each element *line*."""
    from lxml import etree

    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            if not re.fullmatch(parts, part.filename) or part.file_size > _MAX_PART:
                continue
            words: list[str] = []
            with archive.open(part) as file:
                for _, element in etree.iterparse(file, resolve_entities=False, no_network=True, load_dtd=False):
                    name = etree.QName(element).localname if isinstance(element.tag, str) else ""
                    if name == text:
                        words.append(element.text or "")
                    elif name == line:
                        yield "".join(words)
                        words.clear()
                        element.clear()
            yield "".join(words)


_READERS: Final[Mapping[str, Callable[[Path], Iterator[str]]]] = {
    "text/plain": _plain,
    "application/pdf": _pdf,
    f"{_OFFICE}wordprocessingml.document": _docx,
    f"{_OFFICE}spreadsheetml.sheet": _xlsx,
}


def _main(path: str, media_type: str) -> None:
    confine()
    left = MAX_CHARACTERS
    try:
        for words in _READERS[media_type](Path(path)):
            if left <= 0:
                break
            plain = words[:left].replace("\0", " ")  # badly mapped fonts of a PDF; PostgreSQL takes no NUL
            sys.stdout.buffer.write((plain + "\n").encode("utf-8", "replace"))
            left -= len(words)
    except Exception:  # noqa: BLE001 -- what was read before the fault can be found all the same
        return


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])
