"""Reading ``[records.<id>]``: the company's own printed forms, filled from the case."""

from __future__ import annotations

from engine.procedures.package import PrintedRecord
from engine.procedures.toml_tables import TableReader
from engine.text import Text


def read_record(id_: str, table: TableReader, *, needed: tuple[str, ...]) -> PrintedRecord:
    """The printed form that *table* describes; its texts must have the *needed* languages."""
    return PrintedRecord(
        id=id_,
        title=table.words("title", needed=needed),
        form=table.text("form", default=""),
        forms=table.texts("forms"),
        copies=_texts(table, "copies", needed),
        signatures=_texts(table, "signatures", needed),
        seal=table.flag("seal"),
    )


def _texts(table: TableReader, key: str, needed: tuple[str, ...]) -> tuple[Text, ...]:
    return tuple(item.words("name", needed=needed) for item in table.array(key))
