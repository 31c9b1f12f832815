"""Files that ask for other files or for the network, given to everything that opens files of strangers.

``strace -f python -m tests.faults.corpus 20 FOLDER``, with twenty archives beside the XML, shows what that made the process do, behind the line that says BEGINS.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import EngineError
from engine.publishing import check
from engine.safe_xml import parse
from engine.search.file_text import words_of_file
from engine.sheets import UnreadableSheet, read_sheet
from tests.procedures.packages import DIAGRAM, bpmn, files
from tests.support.cost import cost_of

#: What every file of the corpus tries to have read or called.
WANTED = "/tmp/shouwen-corpus-secret"
AWAY = "http://192.0.2.1/shouwen-corpus"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def prologues() -> Iterator[str]:
    """What may stand before the root of an XML file to make a reader fetch something, or grow."""
    for place in (f"file://{WANTED}", WANTED, AWAY, f"ftp{AWAY[4:]}", f"jar:file://{WANTED}!/x", f"//{AWAY[7:]}"):
        yield f'<!DOCTYPE x SYSTEM "{place}">'
        yield f'<!DOCTYPE x PUBLIC "-//X" "{place}">'
        yield f'<!DOCTYPE x [<!ENTITY e SYSTEM "{place}">]>'
        yield f'<!DOCTYPE x [<!ENTITY % e SYSTEM "{place}"> %e;]>'
        yield f'<!DOCTYPE x [<!NOTATION n SYSTEM "{place}"><!ENTITY e SYSTEM "{place}" NDATA n>]>'
        yield f'<?xml-stylesheet type="text/xsl" href="{place}"?>'
    yield "<!DOCTYPE x [" + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)) + "]>"
    yield f'<!DOCTYPE x [<!ENTITY e "{"x" * 100_000}">]>'


def documents() -> Iterator[bytes]:
    """Whole XML files."""
    body = bpmn(DIAGRAM).decode()
    plain = body.partition("?>")[2] if body.startswith("<?xml") else body
    for prologue in prologues():
        yield f'<?xml version="1.0" encoding="UTF-8"?>{prologue}{plain}'.encode()
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{WANTED}" parse="text"/>'
    schema = f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://x {AWAY}"'
    yield plain.replace("<bpmn:process", f"{include}<bpmn:process", 1).encode()
    yield plain.replace("<bpmn:process ", f"<bpmn:process {schema} ", 1).encode()
    elsewhere = f'<bpmn:import location="{AWAY}" namespace="x" importType="x"/>'
    yield plain.replace("<bpmn:process", f"{elsewhere}<bpmn:process", 1).encode()
    yield f'<?xml version="1.0" encoding="UTF-7"?>{plain}'.encode()
    yield f'<!DOCTYPE x SYSTEM "{AWAY}">{plain}'.encode("utf-16")


def sheets() -> Iterator[tuple[str, bytes]]:
    """Spreadsheets and documents, which are XML in an archive."""
    for prologue in prologues():
        for name, inner in (("x.xlsx", "xl/workbook.xml"), ("x.docx", "word/document.xml")):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("[Content_Types].xml", f"<?xml version='1.0'?>{prologue}<Types/>")
                archive.writestr(inner, f"<?xml version='1.0'?>{prologue}<x>&e;</x>")
                archive.writestr(f"../../..{WANTED}", b"out of the archive")
            yield name, packed.getvalue()


def main() -> None:
    check(files())  # what is loaded on first use is no file of the corpus
    os.write(2, b"BEGINS\n")
    count, slowest = 0, 0.0
    for content in documents():
        for read in (lambda content=content: parsed(content), lambda content=content: check(files(complaint=content))):
            _, spent = cost_of(read)
            slowest = max(slowest, spent)
        count += 1
    for name, content in [*sheets()][: int(sys.argv[1])]:
        path = Path(sys.argv[2]) / name
        path.write_bytes(content)
        with suppress(UnreadableSheet):
            read_sheet(content) if name.endswith("xlsx") else words_of_file(path, DOCX)
        count += 1
    sys.stdout.write(f"{count} {slowest:.3f}")


def parsed(content: bytes) -> None:
    with suppress(EngineError):
        parse(content, "x.bpmn")


if __name__ == "__main__":
    main()
