"""Answering what customers ask about their data: by people on a page and by programs alike."""

from __future__ import annotations

from collections.abc import Mapping

from engine.commands import data_requests
from engine.commands.context import Context


def answer_about_data(context: Context, errand_id: int, decision: str, said: Mapping[str, str | None]) -> None:
    """Carry out what was decided, with ``checked``, ``corrected`` and ``reason`` as far as they were said.

    The engine refuses what does not fit what was asked.
    """
    checked, reason = said.get("checked") or "", said.get("reason") or ""
    match decision:
        case "link":
            data_requests.hand_out_behind_link(context, errand_id, checked=checked)
        case "elsewhere":
            data_requests.hand_out_elsewhere(context, errand_id, checked=checked)
        case "correct":
            data_requests.answer_corrected(context, errand_id, checked=checked, corrected=said.get("corrected") or "")
        case "begin":
            data_requests.begin_asked_erasure(context, errand_id, checked=checked)
        case "later":
            data_requests.postpone_erasure(context, errand_id, checked=checked, reason=reason)
        case _:
            data_requests.refuse_data(context, errand_id, reason=reason)
