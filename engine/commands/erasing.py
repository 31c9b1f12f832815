"""Erasing what is personal in one closed case, wherever the database has it. The history keeps every hash.

Sealed values go with their salts, so that nobody can try names against what stays. Copies elsewhere go by their names
(fields of the procedure's forms that hold personal values) and by their words: texts that hold an erased one lose it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from engine.commands.actions import CaseAction, CompanyAction
from engine.commands.context import Context
from engine.commands.errands import DATA_KINDS
from engine.commands.locking import LockedCase
from engine.commands.steps import case_values, record
from engine.deployments import Deployment
from engine.forms import Form, fields_of
from engine.history import read_events, values_of
from engine.interpreter import StateRefused, scrubbed
from engine.tables import (
    alerts,
    arrivals,
    attachments,
    audit_findings,
    case_links,
    cases,
    clocks,
    errands,
    extensions,
    filings,
    history_events,
    history_values,
    holds,
    hook_deliveries,
    incidents,
    letters,
    message_keys,
    messages,
    saved_filters,
    search_texts,
    service_requests,
    signals,
    user_tasks,
)

#: What stands where a text was.
ERASED: Final = "▇"
#: Events of the company that say what somebody looks for.
_LOOKED_FOR: Final = (CompanyAction.SEARCH.value, CompanyAction.SAVE_FILTER.value, CompanyAction.REMOVE_FILTER.value)
#: Shorter ones stand in too many other words: a letter or two, a house number.
_SHORTEST: Final = 2
_SHORTEST_PLAIN: Final = 4


@dataclass(frozen=True, slots=True)
class Erased:
    """What went from one case, without any of it."""

    number: str
    procedure: str
    version: int
    seals: tuple[tuple[int, str], ...]  #: number of the event and ``$name`` of every value that is gone
    letters: int
    files: int
    searches: int  #: recorded searches, and filters that were kept, for one of the words
    mentions: tuple[int, ...]  #: events whose hashed text still says one of the words: nothing can change them
    before: tuple[int, str]  #: head of the history
    after: tuple[int, str]


def erase_personal(context: Context, case: LockedCase, *, erasure_id: int) -> Erased:
    """Erase what is personal in *case*, which has ended, and write down that it was.

    Uploaded files keep their rows until their bytes are gone, see `engine.worker.cleaning`.
    """
    deployment = context.deployments.load(context.connection, case.deployment_id)
    values = values_of(context.connection, case.stream)
    seals = tuple(sorted((seq, name) for seq, found in values.items() for name in found))
    scrub = _scrub_of(context, case, deployment, values)
    searches = _forget_searches(context, scrub)
    events = read_events(context.connection, case.stream)
    mentions = tuple(event.seq for event in events if scrub.finds(event.body))
    t = history_values.c
    own = (t.company_id == case.company_id, t.stream == case.id)
    context.connection.execute(sa.delete(history_values).where(*own))
    files = _forget_files(context, case)
    written = _forget_letters(context, case)
    _scrub_case(context, case, deployment, scrub)
    _scrub_rows(context, case, scrub)
    _forget_messages(context, case)
    _settle_wishes(context, case)
    body = {"erasure": erasure_id, "values": len(seals), "letters": written, "files": files}
    after = record(context, case, context.entry(CaseAction.ERASE_CASE, f"erasure {erasure_id}", body))
    return Erased(
        number=case.number,
        procedure=deployment.package.id,
        version=deployment.version,
        seals=seals,
        letters=written,
        files=files,
        searches=searches,
        mentions=mentions,
        before=(case.head.seq, case.head.hash),
        after=(after.seq, after.hash),
    )


def names_somebody(context: Context, case: LockedCase, text: str) -> bool:
    """Whether *text* says one of the words that erasing the case would take out of it."""
    deployment = context.deployments.load(context.connection, case.deployment_id)
    values = values_of(context.connection, case.stream)
    return _scrub_of(context, case, deployment, values).finds(text)


class _Scrub:
    """Takes values out of data by the names they stand under, and words out of texts."""

    def __init__(self, names: frozenset[str], words: Iterable[str]) -> None:
        self.names = names
        longest_first = sorted({word for word in words if _is_telling(word)}, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def finds(self, text: str) -> bool:
        return self._words is not None and self._words.search(text) is not None

    def text(self, text: str) -> str:
        return text if self._words is None else self._words.sub(ERASED, text)

    def value(self, value: Any) -> Any:
        """*value* without personal names and words."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: None if key in self.names else self.value(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return value


def _is_telling(word: str) -> bool:
    plain = word.isascii()
    return len(word) >= (_SHORTEST_PLAIN if plain else _SHORTEST)


def _scrub_of(
    context: Context, case: LockedCase, deployment: Deployment, values: Mapping[int, Mapping[str, tuple[str, Any]]]
) -> _Scrub:
    """The names of the version it ran on last and of everything that was ever sealed in it; the words of both."""
    sealed = [(name.rpartition(".")[0], value) for found in values.values() for name, (_, value) in found.items()]
    names = deployment.personal_names | {name for name, _ in sealed}
    known = {name for form in deployment.package.forms.values() for name in _field_names(form)}
    told = deployment.written_names | (names - known)  # a field of an older version may have held words
    words = [word for name, value in sealed if name in told - {"sha256"} for word in _texts(value)]
    words += [word for name, value in _named(case.data) if name in told for word in _texts(value)]
    a, t = attachments.c, letters.c
    words += context.connection.execute(sa.select(a.name).where(a.case_id == case.id)).scalars()
    words += context.connection.execute(sa.select(t.address).where(t.case_id == case.id)).scalars()
    return _Scrub(names, words)


def _field_names(form: Form) -> Iterator[str]:
    for path in fields_of(form):
        yield path.rsplit(".", 1)[-1]


def _named(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield name, value
            yield from _named(value)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        for each in data:
            yield from _named(each)


def _texts(value: Any) -> Iterator[str]:
    """Every text in *value*, and each line of it."""
    if isinstance(value, str):
        yield value.strip()
        yield from (line.strip() for line in value.splitlines())
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)


def _forget_searches(context: Context, scrub: _Scrub) -> int:
    """Forget what somebody looked for where it says one of the words; that they looked stays."""
    v, e = history_values.c, history_events.c
    place = (e.company_id == context.actor.company_id, e.stream == 0, e.action.in_(_LOOKED_FOR))
    join = (v.company_id == e.company_id) & (v.stream == e.stream) & (v.seq == e.seq)
    rows = context.connection.execute(
        sa.select(v.seq, v.name, v.value).select_from(sa.join(history_events, history_values, join)).where(*place)
    ).all()
    gone = [(row.seq, row.name) for row in rows if scrub.finds(str(row.value))]
    own = (v.company_id == context.actor.company_id, v.stream == 0)
    for seq, name in gone:
        context.connection.execute(sa.delete(history_values).where(*own, v.seq == seq, v.name == name))
    return len({seq for seq, _ in gone})


def _forget_files(context: Context, case: LockedCase) -> int:
    own = attachments.c.case_id == case.id
    return context.connection.execute(sa.update(attachments).where(own).values(name=ERASED)).rowcount


def _forget_letters(context: Context, case: LockedCase) -> int:
    """That letters were written and sent stays; to whom and what they said does not."""
    gone = {"address": "", "subject": "", "body": "", "problem": "", "next_try_at": None, "failed_at": None}
    return context.connection.execute(sa.update(letters).where(letters.c.case_id == case.id).values(gone)).rowcount


def _scrub_case(context: Context, case: LockedCase, deployment: Deployment, scrub: _Scrub) -> None:
    data = scrub.value(dict(case.data))
    try:
        state = scrubbed(deployment.definition, case.state, names=scrub.names, change=scrub.value)
    except StateRefused:  # of an older interpreter: an ended case goes on no more
        state = b""
    values = {
        "data": data,
        "state": state,
        "awaits": [],
        "erased_tracking_hash": cases.c.tracking_hash,  # its page says from now on that it was erased, and no more
        "tracking_hash": None,
        "earlier_tracking_hash": None,
        "erased_at": context.now,
        **case_values(deployment, data),
    }
    context.connection.execute(sa.update(cases).where(cases.c.id == case.id).values(values))
    context.connection.execute(sa.delete(search_texts).where(search_texts.c.case_id == case.id))


#: Table, its own key, and the columns in which people may have written a word.
_WRITTEN: Final = (
    (errands, ("id",), ("reason", "answer")),
    (extensions, ("id",), ("reason", "answer")),
    (incidents, ("id",), ("message",)),
    (clocks, ("deadline", "round"), ("receipt",)),
    (service_requests, ("key",), ("parameters",)),
    (user_tasks, ("id",), ("draft",)),
    (audit_findings, ("id",), ("text", "answer", "remark")),
    (case_links, ("id",), ("reason",)),
    (hook_deliveries, ("id",), ("payload", "problem")),
    (holds, ("id",), ("reason", "answer")),
    (arrivals, ("id",), ("sender", "subject", "reason")),
    (filings, ("id",), ("raw", "reason")),
)


def _scrub_rows(context: Context, case: LockedCase, scrub: _Scrub) -> None:
    for table, keys, columns in _WRITTEN:
        chosen = [table.c[name] for name in (*keys, *columns)]
        own = table.c.case_id == case.id
        if table is case_links:
            own |= table.c.other_id == case.id
        for row in context.connection.execute(sa.select(*chosen).where(own)).all():
            values = {name: scrub.value(getattr(row, name)) for name in columns}
            if any(values[name] != getattr(row, name) for name in columns):
                place = [table.c[key] == getattr(row, key) for key in keys]
                change = sa.update(table).where(own, *place).values(values)
                context.connection.execute(change)
    a = alerts.c  # what many cases have in common may be somebody's name
    noticed = sa.select(a.id, a.key, a.words, a.reason).where(a.company_id == case.company_id)
    for row in context.connection.execute(noticed).all():
        if scrub.finds(f"{row.key}\n{row.words}\n{row.reason}"):
            values = {name: scrub.text(getattr(row, name)) for name in ("key", "words", "reason")}
            context.connection.execute(sa.update(alerts).where(a.id == row.id).values(values))
    f = saved_filters.c
    for row in context.connection.execute(sa.select(saved_filters).where(f.company_id == case.company_id)).all():
        if scrub.finds(f"{row.name}\n{row.text}"):
            context.connection.execute(sa.delete(saved_filters).where(f.id == row.id))


def _settle_wishes(context: Context, case: LockedCase) -> None:
    """What the customer asked about the data needs no answer any more: they are gone."""
    t = errands.c
    wishes = (t.case_id == case.id, t.kind.in_(sorted(DATA_KINDS)), t.status.in_(["open", "postponed"]))
    settled = {"status": "settled", "ended_at": context.now}
    context.connection.execute(sa.update(errands).where(*wishes).values(settled))
    context.connection.execute(sa.update(errands).where(t.case_id == case.id).values(handed_until=None))


def _forget_messages(context: Context, case: LockedCase) -> None:
    """What it told others or was told by them; what waits to be taken is none of it, see `obstacles`."""
    m, s = messages.c, signals.c
    own = (m.sender_case_id == case.id) | (m.to_case_id == case.id) | (m.case_id == case.id)
    ids = sa.select(m.id).where(own)
    context.connection.execute(sa.delete(message_keys).where(message_keys.c.message_id.in_(ids)))
    context.connection.execute(sa.update(messages).where(own).values(data={}, correlation={}))
    context.connection.execute(sa.update(signals).where(s.sender_case_id == case.id).values(data={}))
