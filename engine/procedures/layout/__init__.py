"""Draws BPMN: pools, lanes, nodes, lines and labels as diagram interchange, from the process alone.

Belongs here: where things stand on paper. Does not belong here: what they mean, and whether they are right.
Pure: bytes in, bytes out; the same bytes for the same input.
"""

from __future__ import annotations

from engine import safe_xml
from engine.procedures.layout.problems import Problem, ProblemKind, problems
from engine.procedures.layout.reading import LayoutRefused, read_sheets
from engine.procedures.layout.search import QUICK, THOROUGH, draw
from engine.procedures.layout.splicing import spliced
from engine.procedures.layout.writing import add_collaboration, written

__all__ = ["THOROUGH", "LayoutRefused", "Problem", "ProblemKind", "layout", "problems"]


def layout(content: bytes, name: str = "", *, drawings: int = QUICK) -> bytes:
    """*content* with a new drawing; *name* is the file's, for errors. Drawing twice changes nothing more.

    All but the diagram interchange stays as it was, byte for byte, save that a file whose lanes have no pool gets a
    collaboration with the participant ``pool_<process id>``. A sheet with crossings is drawn up to *drawings* times,
    each time with something decided otherwise; ``THOROUGH`` is for where nobody waits.

    Raises UnsafeFile and LayoutRefused.
    """
    root = safe_xml.parse(content, name)
    read_sheets(root, name)
    collaboration = add_collaboration(root)
    diagrams = written(root, [(sheet, draw(sheet, drawings)) for sheet in read_sheets(root, name)])
    return spliced(content, diagrams=diagrams, collaboration=collaboration)
