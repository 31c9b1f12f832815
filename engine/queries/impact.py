"""Which open cases a change of a procedure would be about."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from engine.tables import cases, clocks, user_tasks


def touched_cases(
    connection: sa.Connection,
    company_id: str,
    procedure: str,
    *,
    elements: Collection[str],
    forms: Collection[str],
    deadlines: Collection[str],
) -> int:
    """Open cases that stand at one of *elements*, have a task with one of *forms*, or a running one of *deadlines*."""
    t, u, k = cases.c, user_tasks.c, clocks.c
    stands = sa.exists().where(
        u.case_id == t.id, u.status == "open", u.element.in_(sorted(elements)) | u.form.in_(sorted(forms))
    )
    runs = sa.exists().where(k.case_id == t.id, k.stopped_at.is_(None), k.deadline.in_(sorted(deadlines)))
    where = (t.company_id == company_id, t.procedure == procedure, t.ended_at.is_(None), stands | runs)
    return int(connection.execute(sa.select(sa.func.count()).select_from(cases).where(*where)).scalar_one())
