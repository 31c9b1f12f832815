"""The case that a mail opens: at once, or when somebody has looked at it first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from engine.commands.actions import CaseAction
from engine.commands.attachments import attach_to_case, said_of_files
from engine.commands.cases import Started, start_with
from engine.commands.context import Context
from engine.procedures.intake import said_by_mail

#: A date in a mail is its sender's word: so far back it is believed.
_BELIEVED: Final = timedelta(days=14)


def open_by_mail(context: Context, procedure: str, mail: Mapping[str, Any], *, arrived_at: datetime) -> Started:
    """Open a case with what *mail* says; its time runs from when it was sent, as far as that is believed.

    *mail*: subject, name, sender, words; files, ids of what came along; sent_at, ISO or None. Raises ProcedureFailed.
    """
    deployment = context.deployments.current(context.connection, context.actor.company_id, procedure)
    said = {name: str(mail[name]) for name in ("subject", "name", "sender", "words")}
    data = said_by_mail(deployment.package, **said)
    entry = context.entry(CaseAction.START_CASE, "", said_of_files(context, mail["files"]))
    sent = datetime.fromisoformat(mail["sent_at"]) if mail["sent_at"] else arrived_at
    since = sent if arrived_at - _BELIEVED < sent < arrived_at else arrived_at
    started = start_with(context, deployment, data, entry=entry, received_at=since if since < context.now else None)
    attach_to_case(context, started.case_id, mail["files"])
    return started
