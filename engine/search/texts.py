"""The texts of a case that can be found, between who reads them and who keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TextPart(StrEnum):
    """Where a text stands."""

    CASE = "case"  #: number, title and customer
    EVENT = "event"  #: what somebody wrote: answers, notes, reasons
    LETTER = "letter"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class CaseText:
    """One text of a case, as `engine.tables.search_texts` keeps it."""

    part: TextPart
    ref: str
    at: datetime
    actor: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """An attached file whose words nobody has looked for."""

    id: str
    sha256: str
    name: str
    media_type: str
    uploaded_at: datetime
    uploaded_by: str


@dataclass(frozen=True, slots=True)
class Unread:
    """What is new in a case since its words were read last."""

    company_id: str
    case_id: int
    changes: int  #: that this has seen
    known: tuple[str, ...]  #: texts that were read before and still hold
    from_the_start: bool  #: whether its events are all among *texts*, not only the new ones
    texts: tuple[CaseText, ...]
    files: tuple[UnreadFile, ...]
