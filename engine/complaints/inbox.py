"""Which tasks a person looks at: a list of the inbox, and what narrows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class View(StrEnum):
    """Which tasks of the actor."""

    MINE = "mine"  #: claimed by the actor
    GROUPS = "groups"  #: of the actor's groups, claimed by nobody
    STARTED = "started"  #: of open cases that the actor opened, whoever has them
    DONE = "done"  #: completed by the actor, newest first


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows a list. Empty texts mean everything."""

    procedure: str = ""
    element: str = ""
    text: str = ""  #: in number, title or customer
    case: str = ""  #: a case's number
    late: bool = False  #: only what is past its time


EVERYTHING: Final = Filter()
