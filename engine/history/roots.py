"""What all chains of a company come down to: one hash that two copies of its history agree on, or do not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from engine.tables import cases, history_events


@dataclass(frozen=True, slots=True)
class Root:
    """SHA-256 over ``label TAB seq TAB hash LF`` of the last event of every stream, ordered by label."""

    streams: int
    events: int
    sha256: str


def history_roots(connection: sa.Connection, company_id: str = "") -> Mapping[str, Root]:
    """The root of that company's history, "" = of every company's. Ids of cases are not in it."""
    roots: dict[str, Root] = {}
    digests: dict[str, hashlib._Hash] = {}
    for owner, label, seq, head in connection.execute(_HEADS, {"company": company_id}):
        digest = digests.setdefault(owner, hashlib.sha256())
        digest.update(f"{label}\t{seq}\t{head}\n".encode())
        known = roots.get(owner, Root(0, 0, ""))
        roots[owner] = Root(known.streams + 1, known.events + seq, "")
    return {name: Root(root.streams, root.events, digests[name].hexdigest()) for name, root in roots.items()}


_E: Final = history_events.c
_LAST: Final = (
    sa.select(_E.company_id, _E.stream, sa.func.max(_E.seq).label("seq"))
    .where(sa.or_(sa.bindparam("company", type_=sa.Text) == "", _E.company_id == sa.bindparam("company")))
    .group_by(_E.company_id, _E.stream)
    .subquery()
)
_LABEL: Final = sa.func.coalesce(cases.c.number, "")
_HEADS: Final = (
    sa.select(_E.company_id, _LABEL, _E.seq, _E.hash)
    .join(_LAST, (_LAST.c.company_id == _E.company_id) & (_LAST.c.stream == _E.stream) & (_LAST.c.seq == _E.seq))
    .join(cases, cases.c.id == _E.stream, isouter=True)
    .order_by(_E.company_id, _LABEL)
)
