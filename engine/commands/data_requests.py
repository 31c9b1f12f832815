"""What customers ask about their own data behind the tracking link, and what is answered: a copy, its correction, or
its erasure.

Who has the link need not be the person concerned. Nothing is handed out, corrected or erased before somebody has
checked who asks (PIPL, Articles 45, 46, 47 and 50), and the answer has its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from engine.calendars import Deadline, Unit, due
from engine.commands.actions import CaseAction
from engine.commands.context import Context
from engine.commands.customer_acts import require_moderation
from engine.commands.erasures import begin_erasure, obstacles
from engine.commands.errands import (
    Addressee,
    ErrandKind,
    ErrandStatus,
    LockedErrand,
    add_errand,
    end_errand,
    lock_errand,
)
from engine.commands.idempotency import NO_KEY, RequestKey, recall, remember
from engine.commands.locking import lock_case
from engine.commands.reasons import reason_errors, require_reason
from engine.commands.steps import record
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.tables import cases, errands
from engine.text import Text, in_language

#: Days, the next one the first, on which a copy that was handed out can be read behind the link.
OPEN_DAYS: Final = 14
#: Longest text that goes with a request.
_MOST: Final = 2000


class DataWish(StrEnum):
    """What a customer may ask about the personal data of a case."""

    COPY = "copy"  #: to be told what is kept
    CORRECTION = "correction"  #: to have it put right or completed
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Correction:
    """What a customer wants to have put right."""

    wrong: str  #: or missing
    right: str


_KINDS: Final[Mapping[DataWish, ErrandKind]] = {
    DataWish.COPY: ErrandKind.DATA_COPY,
    DataWish.CORRECTION: ErrandKind.DATA_CORRECTION,
    DataWish.ERASURE: ErrandKind.DATA_ERASURE,
}
_WAITING: Final = (str(ErrandStatus.OPEN), str(ErrandStatus.POSTPONED))
#: It stays in the history and on the certificate, and names nobody.
_BEHIND_THE_LINK: Final[Text] = {
    "zh-Hans": "顾客通过查询链接申请删除，身份已核实。",
    "zh-Hant": "顧客通過查詢連結申請刪除，身份已核實。",
    "en": "The customer asked for it behind the tracking link, and who asked was checked.",
}


def wishes_possible(connection: sa.Connection, company_id: str, case_id: int) -> tuple[DataWish, ...]:
    """What the customer may ask now: everything, but not the same once more before it was answered."""
    t = errands.c
    where = (t.company_id == company_id, t.case_id == case_id, t.status.in_(_WAITING))
    waiting = set(connection.execute(sa.select(t.kind).where(*where, t.kind.in_(map(str, _KINDS.values())))).scalars())
    return tuple(wish for wish, kind in _KINDS.items() if str(kind) not in waiting)


def ask_for_data(
    context: Context,
    case_id: int,
    wish: DataWish,
    *,
    said: str,
    correction: Correction | None = None,
    idempotency_key: RequestKey = NO_KEY,
) -> None:
    """Put the customer's *wish* into the inbox of who answers such, with its date; *said* may be "".

    A wish for correction comes with what is wrong and what is right.

    Raises NotFound, NotPermitted while the same waits, AnswersInvalid, TooManyActs.
    """
    if idempotency_key and recall(context, idempotency_key) is not None:
        return
    case = lock_case(context, case_id)
    if wish not in wishes_possible(context.connection, case.company_id, case_id):
        raise NotPermitted(CaseAction.ASK_DATA.value, "not-offered")
    correction = correction or Correction("", "")
    errors = [FieldError("said", "max_length", {"n": _MOST})] if len(said) > _MOST else []
    if wish is DataWish.CORRECTION:
        errors += [*reason_errors(correction.wrong, "wrong"), *reason_errors(correction.right, "right")]
    if errors:
        raise AnswersInvalid(errors)
    require_moderation(context, case, ())
    rule = context.deployments.company(context.connection, case.company_id).privacy
    to, until = Addressee(group=rule.group), _in_days(context, rule.answer_days)
    own = {"reason": said.strip(), "wrong": correction.wrong.strip(), "right": correction.right.strip()}
    own = {name: text for name, text in own.items() if text}
    reason = "\n".join([*([f"{own['wrong']} → {own['right']}"] if wish is DataWish.CORRECTION else []), said])
    errand_id = add_errand(
        context, case, _KINDS[wish], to, task=None, from_id=None, reason=reason, due_at=until
    )  # fmt: skip
    body = {"wish": str(wish), "errand": errand_id, "to": to.words, "due": until.isoformat()}
    entry = context.entry(CaseAction.ASK_DATA, "", body | own)
    record(context, case, replace(entry, personal=entry.personal | {"reason", "wrong", "right"}))
    if idempotency_key:
        remember(context, idempotency_key, {"errand": errand_id})


def hand_out_behind_link(context: Context, errand_id: int, *, checked: str) -> str:
    """Let the customer read the copy behind the link for `OPEN_DAYS`; *checked* says how it is known who asks.

    The case's number. Raises NotFound, AlreadyDone, NotPermitted, AnswersInvalid without *checked*.
    """
    return _handed_out(context, errand_id, checked, "link", until=_in_days(context, OPEN_DAYS))


def hand_out_elsewhere(context: Context, errand_id: int, *, checked: str) -> str:
    """Say that the copy was handed over in person or sent. Returns and raises as `hand_out_behind_link`."""
    return _handed_out(context, errand_id, checked, "elsewhere", until=None)


def refuse_data(context: Context, errand_id: int, *, reason: str) -> str:
    """Do not do what the customer asked; they read *reason*. Returns and raises as `hand_out_behind_link`."""
    require_reason(reason)
    errand = _asked(context, errand_id, *_KINDS.values())
    end_errand(context, errand, ErrandStatus.REFUSED, answer=reason)
    return _answered(context, errand, "refuse", reason=reason)


def answer_corrected(context: Context, errand_id: int, *, checked: str, corrected: str) -> str:
    """Say that it is put right; the customer reads *corrected*, which says what was. Returns as `hand_out_behind_link`.

    Raises as it, and AnswersInvalid without *corrected*. What the history recorded stays; this stands beside it.
    """
    if errors := [*reason_errors(checked, "checked"), *reason_errors(corrected, "corrected")]:
        raise AnswersInvalid(errors)
    errand = _asked(context, errand_id, ErrandKind.DATA_CORRECTION)
    end_errand(context, errand, ErrandStatus.DONE, answer=corrected)
    return _answered(context, errand, "correct", checked=checked, reason=corrected)


def begin_asked_erasure(context: Context, errand_id: int, *, checked: str) -> str:
    """Ask another administrator to confirm the erasure that the customer wants; the case's number.

    Raises as `hand_out_behind_link`, and ErasureRefused where something stands in the way, AlreadyDone where an
    erasure of the case waits already.
    """
    require_reason(checked, "checked")
    errand = _asked(context, errand_id, ErrandKind.DATA_ERASURE)
    end_errand(context, errand, ErrandStatus.DONE)
    erasure_id = begin_erasure(context, [errand.case.id], reason=_reason(errand))
    return _answered(context, errand, "begin", checked=checked, erasure=erasure_id)


def postpone_erasure(context: Context, errand_id: int, *, checked: str, reason: str) -> str:
    """Agree to the erasure for the day on which nothing stands in its way any more; the customer reads *reason*.

    The case's number. Raises as `hand_out_behind_link`, and AnswersInvalid where it could begin now.
    """
    require_reason(checked, "checked")
    require_reason(reason)
    errand = _asked(context, errand_id, ErrandKind.DATA_ERASURE)
    if not obstacles(context, [errand.case.id]):
        raise AnswersInvalid([FieldError("decision", "option")])
    end_errand(context, errand, ErrandStatus.POSTPONED, answer=reason)
    return _answered(context, errand, "later", checked=checked, reason=reason)


def begin_postponed(context: Context) -> int:
    """Begin the postponed erasures of the actor's company that nothing stands in the way of any more; how many."""
    t = errands.c
    own = (t.company_id == context.actor.company_id, t.status == str(ErrandStatus.POSTPONED))
    closed = sa.select(t.id, t.case_id).join(cases, cases.c.id == t.case_id).where(cases.c.ended_at.is_not(None))
    begun = 0
    for row in context.connection.execute(closed.where(*own).order_by(t.id)).all():
        if obstacles(context, [row.case_id]):
            continue
        case = lock_case(context, row.case_id)
        language = context.deployments.company(context.connection, case.company_id).language
        try:
            erasure_id = begin_erasure(context, [case.id], reason=in_language(_BEHIND_THE_LINK, language))
        except AlreadyDone:  # an erasure of the case waits to be confirmed; were it refused, this one comes after it
            continue
        context.connection.execute(sa.update(errands).where(t.id == row.id).values(status=str(ErrandStatus.DONE)))
        body = {"errand": row.id, "decision": "begin", "erasure": erasure_id}
        record(context, case, context.entry(CaseAction.ANSWER_DATA, "", body))
        begun += 1
    return begun


def require_copy_open(context: Context, case_id: int) -> None:
    """Raises NotFound unless somebody has handed out a copy that can be read behind the link now."""
    t = errands.c
    where = (t.company_id == context.actor.company_id, t.case_id == case_id, t.handed_until >= context.now)
    if context.connection.execute(sa.select(t.id).where(*where).limit(1)).first() is None:
        raise NotFound("copy", case_id)


def _handed_out(context: Context, errand_id: int, checked: str, how: str, *, until: datetime | None) -> str:
    require_reason(checked, "checked")
    errand = _asked(context, errand_id, ErrandKind.DATA_COPY)
    end_errand(context, errand, ErrandStatus.DONE)
    context.connection.execute(sa.update(errands).where(errands.c.id == errand.id).values(handed_until=until))
    return _answered(context, errand, how, checked=checked)


def _asked(context: Context, errand_id: int, *kinds: ErrandKind) -> LockedErrand:
    errand = lock_errand(context, errand_id, CaseAction.ANSWER_DATA.value)
    if errand.kind not in kinds:
        raise NotPermitted(CaseAction.ANSWER_DATA.value, "not-asked")
    return errand


def _answered(context: Context, errand: LockedErrand, decision: str, **said: Any) -> str:
    """How it was checked who asks is as personal as the answer to the customer: both are sealed."""
    body = {"errand": errand.id, "decision": decision, **said}
    entry = context.entry(CaseAction.ANSWER_DATA, "", body, on_behalf_of=errand.capacity.behalf)
    record(context, errand.case, replace(entry, personal=entry.personal | {"checked", "reason"}))
    return errand.case.number


def _reason(errand: LockedErrand) -> str:
    return in_language(_BEHIND_THE_LINK, errand.deployment.package.company.language)


def _in_days(context: Context, days: int) -> datetime:
    """The end of the last of so many days, the next one the first."""
    calendar = context.calendars().own
    found = due(Deadline(Decimal(days), Unit.DAYS, start="next_day"), start=context.now, calendar=calendar).due_at
    assert found is not None, "nothing pauses it"
    return found
