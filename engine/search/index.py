"""Where the pieces of a case's words are kept: FTS5 on SQLite, an array with a GIN index on PostgreSQL.

Row policies would forbid PostgreSQL the index, because comparing arrays may leak. So this one table has none, and
holds nothing to read: pieces are numbers that differ from company to company, and what they find is looked up in
``cases``, which is fenced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from engine.prepared import Prepared
from engine.search.grams import grams, wanted
from engine.tables import cases

_WORDS: Final = sa.Table(
    "words",
    sa.MetaData(schema="search"),
    sa.Column("case_id", sa.BigInteger, primary_key=True),
    sa.Column("pieces", postgresql.ARRAY(sa.Integer), nullable=False),
)
#: Two numbers that say the same piece would only make a case be looked at once more.
_HALF: Final = 2**31
#: How many of the newest cases PostgreSQL looks at for words that many cases say, before it looks at all.
_NEWEST: Final = (4_096, 65_536)
#: Above every id.
_BEHIND: Final = 2**62
_NEWEST_ON_SQLITE: Final = sa.text(
    "SELECT rowid FROM search_words WHERE search_words MATCH :pieces AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :limit"
)
_FORGET_ON_SQLITE: Final = Prepared(sa.text("DELETE FROM search_words WHERE rowid = :case"))
_KEEP_ON_SQLITE: Final = Prepared(sa.text("INSERT INTO search_words (rowid, pieces) VALUES (:case, :pieces)"))
_INSERT: Final = postgresql.insert(_WORDS)
_KEEP_ON_POSTGRESQL: Final = Prepared(
    _INSERT.on_conflict_do_update(index_elements=["case_id"], set_={"pieces": _INSERT.excluded.pieces})
)


def keep_words(connection: sa.Connection, company_id: str, case_id: int, texts: Iterable[str]) -> None:
    """Let the case be found by what *texts* say, and by nothing else."""
    pieces = numbers(company_id, set().union(*map(grams, texts)))
    if connection.dialect.name == "sqlite":
        _FORGET_ON_SQLITE.execute(connection, {"case": case_id})
        _KEEP_ON_SQLITE.execute(connection, {"case": case_id, "pieces": " ".join(map(_name, pieces))})
        return
    _KEEP_ON_POSTGRESQL.execute(connection, {"case_id": case_id, "pieces": sorted(pieces)})


def forget_pieces(connection: sa.Connection, company_id: str, case_ids: Iterable[int]) -> None:
    """Let the cases be found by nothing until their words are read again, and keep no piece of what they said."""
    for case_id in case_ids:
        keep_words(connection, company_id, case_id, ())
    if connection.dialect.name == "sqlite":  # what was deleted stays in its segments until they are merged
        connection.execute(sa.text("INSERT INTO search_words (search_words) VALUES ('optimize')"))


def plan_by_words(connection: sa.Connection) -> None:
    """Let what is asked from now on be planned for the very words: how many cases say them decides the way.

    PostgreSQL would keep one plan for all words, which reads the whole index for frequent ones.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")


def has_words(dialect: str, company_id: str, terms: Iterable[str]) -> sa.ColumnElement[bool]:
    """The condition that a case has every piece of *terms*. A few may have them and not say the words."""
    pieces = numbers(company_id, set().union(*map(wanted, terms)))
    if dialect == "sqlite":
        match = sa.text("SELECT rowid FROM search_words WHERE search_words MATCH :pieces")
        every = " AND ".join(f'"{_name(piece)}"' for piece in sorted(pieces))
        return cases.c.id.in_(match.bindparams(pieces=every).columns(sa.column("rowid", sa.Integer)))
    some: Any = _WORDS.c.pieces.contains(sorted(pieces))
    return sa.exists().where(_WORDS.c.case_id == cases.c.id, some)


def newest_with_words(
    connection: sa.Connection, company_id: str, terms: Iterable[str], *, before: int | None, limit: int
) -> list[int]:
    """Ids of at most *limit* cases below *before* that have every piece of *terms*, the highest first.

    PostgreSQL gathers all that have a piece before it sorts them. So it is asked for the newest cases first: words
    that many cases say are found among them, and few cases have those that are not.
    """
    pieces = sorted(numbers(company_id, set().union(*map(wanted, terms))))
    if connection.dialect.name == "sqlite":
        every = " AND ".join(f'"{_name(piece)}"' for piece in pieces)
        found = connection.execute(_NEWEST_ON_SQLITE, {"pieces": every, "before": before or _BEHIND, "limit": limit})
        return list(found.scalars())
    w = _WORDS.c
    begin = before or connection.execute(sa.select(sa.func.coalesce(sa.func.max(w.case_id), 0))).scalar_one() + 1
    some: Any = w.pieces.contains(pieces)
    ids: list[int] = []
    for below in (*_NEWEST, begin):
        statement = sa.select(w.case_id).where(some, w.case_id >= begin - below, w.case_id < begin)
        ids = list(connection.execute(statement.order_by(w.case_id.desc()).limit(limit)).scalars())
        if len(ids) == limit or below >= begin:
            break
    return ids


def numbers(company_id: str, pieces: Collection[str]) -> set[int]:
    """What stands for *pieces* of that company: numbers of 32 bits with a sign."""
    begin = crc32(company_id.encode() + b"\0")
    return {crc32(piece.encode(), begin) - _HALF for piece in pieces}


def _name(piece: int) -> str:
    return f"{piece + _HALF:x}"
