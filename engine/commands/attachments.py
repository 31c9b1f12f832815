"""Uploaded files: taken in before the form is submitted, bound to the case when it is."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import puremagic
import sqlalchemy as sa

from engine.commands.context import Context
from engine.commands.errors import LostRace
from engine.errors import UnsafeFile
from engine.forms import FilesField, Form, StoredFile
from engine.storage import Storage
from engine.tables import attachments

#: Bytes of one uploaded file, whatever its form allows.
MAX_BYTES = 20_000_000
#: What content may claim to be. Everything else is refused, HTML and SVG above all: they run in browsers.
_ALLOWED: Mapping[str, frozenset[str]] = {
    ".jpg": frozenset({".jpg", ".jpeg", ".jfif"}),
    ".jpeg": frozenset({".jpg", ".jpeg", ".jfif"}),
    ".png": frozenset({".png"}),
    ".pdf": frozenset({".pdf"}),
    ".docx": frozenset({".docx", ".zip"}),
    ".xlsx": frozenset({".xlsx", ".zip"}),
    ".mp4": frozenset({".mp4", ".m4v", ".mov"}),
    ".mp3": frozenset({".mp3"}),
    ".txt": frozenset({"", ".txt"}),
}
_MEDIA_TYPES: Mapping[str, str] = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".mp4": "video/mp4",
    ".mp3": "audio/mpeg",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Received:
    """An uploaded file whose bytes are kept, and which no row names yet."""

    name: str
    sha256: str
    size: int
    type: str


def receive(storage: Storage, company_id: str, *, name: str, content: bytes) -> Received:
    """Keep the bytes of one uploaded file, before the row that names it: an orphan is harmless, a missing file is not.

    Outside of any transaction, which must not wait for a bucket. Raises UnsafeFile with reason ``"too-large"``,
    ``"empty"``, ``"type-not-allowed"`` or ``"content-does-not-match"``.
    """
    clean = _safe_name(name)
    suffix = _checked_type(clean, content)
    return Received(clean, storage.keep(company_id, content), len(content), _MEDIA_TYPES[suffix])


def store(context: Context, received: Received) -> StoredFile:
    """Name an uploaded file of the actor's company, so that a form can be submitted with it."""
    stored = StoredFile(id=secrets.token_urlsafe(16), name=received.name, size=received.size, type=received.type)
    context.connection.execute(
        sa.insert(attachments).values(
            id=stored.id,
            company_id=context.actor.company_id,
            sha256=received.sha256,
            name=received.name,
            media_type=stored.type,
            size=stored.size,
            uploaded_at=context.now,
            uploaded_by=context.actor.name,
        )
    )
    return stored


def files_for_form(
    context: Context, case_id: int | None, raw: Mapping[str, Any], form: Form
) -> Mapping[str, StoredFile]:
    """The stored files that *raw* names and that may be used here: the case's own, and uploads not yet bound."""
    ids = file_ids(form, raw)
    if not ids:
        return {}
    t = attachments.c
    usable = t.case_id.is_(None) & (t.uploaded_by == context.actor.name)
    if case_id is not None:  # compared with None, SQL would find the unbound uploads of everybody
        usable |= t.case_id == case_id
    rows = context.connection.execute(
        sa.select(attachments).where(t.company_id == context.actor.company_id, t.id.in_(ids), usable)
    )
    return {row.id: StoredFile(id=row.id, name=row.name, size=row.size, type=row.media_type) for row in rows}


def file_ids(form: Form, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the uploads named in *answers*, whether as plain ids or as the objects the data keeps."""
    named = [answers.get(field.id) for field in form.fields if isinstance(field, FilesField)]
    items = [item for value in named for item in (value if isinstance(value, list | tuple) else [value]) if item]
    return tuple(str(item["id"]) if isinstance(item, Mapping) and "id" in item else str(item) for item in items)


def attach_to_case(context: Context, case_id: int, ids: Iterable[str]) -> None:
    """Bind uploads to the case whose form was submitted with them.

    Raises LostRace where one was forgotten since it was looked up: done again, the form says so.
    """
    if wanted := set(ids):
        bound = context.connection.execute(
            sa.update(attachments)
            .where(attachments.c.company_id == context.actor.company_id, attachments.c.id.in_(wanted))
            .values(case_id=case_id)
        )
        if bound.rowcount != len(wanted):
            raise LostRace(f"#{case_id}")


def forget_uploads(context: Context, sha256: str, condition: sa.ColumnElement[bool]) -> tuple[int, bool]:
    """Let the uploads of that content that meet *condition* be gone; how many, and whether no other has it any more.

    All that name it are locked: of two who forget some of them at once, the second sees what the first has left.
    """
    t = attachments.c
    same = (t.company_id == context.actor.company_id, t.sha256 == sha256)
    context.connection.execute(sa.select(t.id).where(*same).order_by(t.id).with_for_update())
    gone = context.connection.execute(sa.delete(attachments).where(*same, condition)).rowcount
    return gone, context.connection.execute(sa.select(t.id).where(*same).limit(1)).first() is None


def said_of_files(context: Context, ids: Iterable[str]) -> Mapping[str, Any]:
    """What the history says of uploads that came with a form: ``{"files": [{"id", "sha256"}]}``, {} without any."""
    t, wanted = attachments.c, tuple(ids)
    if not wanted:
        return {}
    of_company = (t.company_id == context.actor.company_id, t.id.in_(wanted))
    rows = context.connection.execute(sa.select(t.id, t.sha256).where(*of_company).order_by(t.id))
    return {"files": [{"id": row.id, "sha256": row.sha256} for row in rows]}


def _safe_name(name: str) -> str:
    """The last part of *name* without anything that could end a header or a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(c for c in last if c.isprintable() and c not in '"<>|:*?')
    stem, dot, suffix = clean.rpartition(".")
    return f"{stem[:100]}{dot}{suffix[:10].lower()}" if dot else clean[:100]


def _checked_type(name: str, content: bytes) -> str:
    if not content:
        raise UnsafeFile(name, "empty")
    if len(content) > MAX_BYTES:
        raise UnsafeFile(name, "too-large")
    suffix = Path(name).suffix
    if suffix not in _ALLOWED:
        raise UnsafeFile(name, "type-not-allowed")
    if _sniffed(content).isdisjoint(_ALLOWED[suffix]):
        raise UnsafeFile(name, "content-does-not-match")
    return suffix


def _sniffed(content: bytes) -> frozenset[str]:
    """The endings that the content itself suggests; "" for plain text."""
    try:
        found = frozenset(match.extension for match in puremagic.magic_string(content))
    except puremagic.PureError:
        found = frozenset()
    if not found and b"\0" not in content:
        return frozenset({""})
    return found
