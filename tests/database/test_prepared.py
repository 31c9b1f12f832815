"""Prepared statements do what the connection would have done."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.prepared import Prepared
from engine.tables import idempotency
from tests.support.site import an_empty_site

REMEMBER = Prepared(sa.insert(idempotency))
RECALL = Prepared(
    sa.select(idempotency.c.key, idempotency.c.answer, idempotency.c.at.label("since")).where(
        idempotency.c.company_id == sa.bindparam("company")
    )
)
ROW = {"company_id": "cafe", "key": "k", "answer": {"n": 1}, "at": datetime(2026, 3, 2, 1, tzinfo=UTC)}


def test_values_are_written_and_read_as_their_columns_say(tmp_path: Path) -> None:
    with an_empty_site(tmp_path).database.transaction("cafe") as connection:
        assert REMEMBER.execute(connection, ROW) == 1

        (prepared,) = RECALL.rows(connection, {"company": "cafe"})
        row = connection.execute(sa.select(idempotency)).one()

    assert (prepared.key, prepared.answer, prepared.since) == ("k", {"n": 1}, datetime(2026, 3, 2, 1, tzinfo=UTC))
    assert (row.key, row.answer, row.at) == ("k", {"n": 1}, datetime(2026, 3, 2, 1, tzinfo=UTC))


def test_an_update_says_how_many_rows_it_changed(tmp_path: Path) -> None:
    correct = Prepared(
        sa.update(idempotency).where(idempotency.c.key == sa.bindparam("wanted")).values(answer=["corrected"])
    )
    with an_empty_site(tmp_path).database.transaction("cafe") as connection:
        REMEMBER.execute(connection, ROW)

        assert correct.execute(connection, {"wanted": "another"}) == 0
        assert correct.execute(connection, {"wanted": "k"}) == 1

        assert [row.answer for row in RECALL.rows(connection, {"company": "cafe"})] == [["corrected"]]


def test_a_refusal_is_sqlalchemys_own_and_names_no_values(tmp_path: Path) -> None:
    with an_empty_site(tmp_path).database.transaction("cafe") as connection:
        REMEMBER.execute(connection, ROW | {"answer": "a secret"})

        with pytest.raises(sa.exc.IntegrityError) as caught:
            REMEMBER.execute(connection, ROW | {"answer": "a secret"})

    assert "pk_idempotency" in str(caught.value) or "UNIQUE constraint failed: idempotency" in str(caught.value)
    assert "secret" not in str(caught.value)
