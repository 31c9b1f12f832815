"""Several people sign: when do they agree?"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil


def agreement(said: Sequence[bool | None], share: float) -> bool | None:
    """Whether at least *share* of all who are asked agree, one of them at least; None while that is open.

    *said*: True = signed, False = refused, None = has said nothing yet. Nobody asked: agreed.
    """
    if not said:
        return True
    needed = max(1, ceil(round(share * len(said), 6)))
    if said.count(True) >= needed:
        return True
    return False if len(said) - said.count(False) < needed else None
