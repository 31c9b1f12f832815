"""Web hooks: programs of the company's choice hear what happens to its cases.

What is said is written in the step's own transaction and delivered by a job. For receivers: docs/web-hooks.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import orjson
import sqlalchemy as sa

from engine.commands.actions import CompanyAction
from engine.commands.company import record_for_company
from engine.commands.context import Context
from engine.commands.ladder import next_try
from engine.commands.test_clock import clock_of
from engine.errors import AlreadyDone, AnswersInvalid, FieldError, NotFound, NotPermitted
from engine.interpreter import CaseStatus, CompleteUserTask, FactKind, Request, Step
from engine.jobs import Job
from engine.prepared import Prepared
from engine.tables import hook_deliveries, web_hooks

#: Kind of the job that delivers.
HOOK_JOB: Final = "hook"
_ENDED: Final = frozenset({CaseStatus.COMPLETED, CaseStatus.WITHDRAWN})
_LONGEST: Final = 1000
_MOST_HOOKS: Final = 20
_MOST: Final = 500
#: What was delivered is shown so long.
_KEEP: Final = timedelta(days=30)


class HookEvent(StrEnum):
    """What a program may ask to hear of. Public words: new ones may come, none changes."""

    CASE_STARTED = "case.started"
    TASK_OPENED = "task.opened"
    TASK_COMPLETED = "task.completed"
    TIME_LIMIT_BREACHED = "time-limit.breached"
    INCIDENT_OPENED = "incident.opened"
    CASE_ENDED = "case.ended"


def add_hook(context: Context, *, url: str, events: Collection[str], private: bool) -> tuple[int, str]:
    """Tell the program at *url* of *events* from now on; the hook's id and the secret that signs, shown this once.

    *private*: it may be on a private network and without HTTPS. Raises NotPermitted, AnswersInvalid.
    """
    _require_administrator(context)
    url = url.strip()
    known = {str(event) for event in HookEvent}
    errors = [FieldError("url", rule)] if (rule := _wrong(url, private=private)) else []
    if not events or not known.issuperset(events):
        errors.append(FieldError("events", "option" if events else "required"))
    if errors:
        raise AnswersInvalid(errors)
    if len(_LISTENERS.rows(context.connection, {"company": context.actor.company_id})) >= _MOST_HOOKS:
        raise AnswersInvalid([FieldError("url", "rows_max", {"n": _MOST_HOOKS})])
    salt = secrets.token_hex(16)
    row = {
        "company_id": context.actor.company_id,
        "url": url,
        "events": sorted(events),
        "salt": salt,
        "created_at": context.now,
        "created_by": context.actor.name,
    }
    hook_id: int = context.connection.execute(sa.insert(web_hooks).values(row).returning(web_hooks.c.id)).scalar_one()
    body = {"hook": hook_id, "address": shown(url), "events": sorted(events)}
    record_for_company(context, CompanyAction.ADD_HOOK, shown(url), body)
    return hook_id, hook_secret(context.secret, context.actor.company_id, salt)


def end_hook(context: Context, hook_id: int) -> None:
    """Tell that program nothing more, not even what waits. Raises NotFound, NotPermitted, AlreadyDone."""
    _require_administrator(context)
    t, d = web_hooks.c, hook_deliveries.c
    own = (t.id == hook_id, t.company_id == context.actor.company_id)
    found = context.connection.execute(sa.select(t.url, t.ended_at).where(*own).with_for_update()).one_or_none()
    if found is None:
        raise NotFound("web hook", hook_id)
    if found.ended_at is not None:
        raise AlreadyDone(f"web hook {hook_id}", None, found.ended_at.isoformat())
    context.connection.execute(sa.update(web_hooks).where(*own).values(ended_at=context.now))
    waiting = (d.hook_id == hook_id, d.status.in_(("waiting", "failed")))
    context.connection.execute(sa.update(hook_deliveries).where(*waiting).values(status="dropped", next_try_at=None))
    record_for_company(context, CompanyAction.END_HOOK, shown(found.url), {"hook": hook_id})


def send_delivery_again(context: Context, delivery_id: int) -> int:
    """Deliver once more, under the same message id, what was delivered or given up; the hook's id.

    Raises NotFound, NotPermitted, and AlreadyDone when it is on its way or its hook has ended.
    """
    _require_administrator(context)
    d, t = hook_deliveries.c, web_hooks.c
    own = (d.id == delivery_id, d.company_id == context.actor.company_id)
    statement = sa.select(d.hook_id, d.status, d.message_id, t.ended_at, t.url).join(web_hooks, t.id == d.hook_id)
    found = context.connection.execute(statement.where(*own).with_for_update(of=hook_deliveries)).one_or_none()
    if found is None:
        raise NotFound("delivery", delivery_id)
    if found.ended_at is not None or found.status not in {"delivered", "failed"}:
        at = found.ended_at.isoformat() if found.ended_at else None
        raise AlreadyDone(f"delivery {delivery_id}", None, at)
    _change(context, delivery_id, status="waiting", attempts=0, next_try_at=context.now)
    body = {"hook": found.hook_id, "message": found.message_id}
    record_for_company(context, CompanyAction.SEND_DELIVERY_AGAIN, shown(found.url), body)
    return int(found.hook_id)


def tell_of_step(
    context: Context, *, case_id: int, number: str, procedure: str, seq: int, request: Request | None, step: Step
) -> None:
    """Let the company's web hooks hear of a step, event *seq* of its case; *request* None: the case was opened."""
    hooks = _LISTENERS.rows(context.connection, {"company": context.actor.company_id})
    if not hooks:
        return
    facts: dict[str, Any] = {"procedure": procedure, "status": str(step.status)}
    said: dict[HookEvent, dict[str, Any]] = {}
    if request is None:
        said[HookEvent.CASE_STARTED] = facts
    if step.opened:
        tasks = [{"step": task.element, "group": task.group} for task in step.opened]
        said[HookEvent.TASK_OPENED] = facts | {"tasks": tasks}
    if isinstance(request, CompleteUserTask):
        said[HookEvent.TASK_COMPLETED] = facts | {"step": request.key.rpartition("#")[0]}
    if breached := [(fact.detail or {})["clock"] for fact in step.facts if fact.kind is FactKind.CLOCK_BREACHED]:
        said[HookEvent.TIME_LIMIT_BREACHED] = facts | {"limits": breached}
    if step.status in _ENDED:
        said[HookEvent.CASE_ENDED] = facts | {"outcome": step.outcome}
    _tell(context, hooks, said, case_id=case_id, number=number, seq=seq)


def tell_of_incident(context: Context, *, case_id: int, number: str, seq: int, code: str, element: str) -> None:
    """Let the company's web hooks hear that a case has stopped."""
    hooks = _LISTENERS.rows(context.connection, {"company": context.actor.company_id})
    said = {HookEvent.INCIDENT_OPENED: {"code": code, "step": element}}
    _tell(context, hooks, said, case_id=case_id, number=number, seq=seq)


def deliver_due(context: Context, delivery_id: int) -> bool:
    """Put the job that tries again, when its time has come. False when somebody else did."""
    d = hook_deliveries.c
    due = (d.id == delivery_id, d.next_try_at <= context.now)
    if not context.connection.execute(sa.update(hook_deliveries).where(*due).values(next_try_at=None)).rowcount:
        return False
    _put(context, delivery_id, again=f":{round(context.now.timestamp() * 1000)}")
    return True


def record_delivery(context: Context, delivery_id: int) -> None:
    """Note that the program has it. What it has had for a month is forgotten."""
    d = hook_deliveries.c
    values = {"status": "delivered", "delivered_at": context.now, "next_try_at": None, "problem": ""}
    waiting = (d.id == delivery_id, d.status == "waiting")
    statement = sa.update(hook_deliveries).where(*waiting).values(values).returning(d.hook_id)
    if (hook_id := context.connection.execute(statement).scalar()) is not None:
        old = (d.hook_id == hook_id, d.status == "delivered", d.delivered_at < context.now - _KEEP)
        context.connection.execute(sa.delete(hook_deliveries).where(*old))


def put_off_delivery(context: Context, delivery_id: int, problem: str, *, for_good: bool) -> None:
    """Note that the program did not take it, and try again later, or never: then an administrator sees it."""
    d = hook_deliveries.c
    waiting = sa.select(d.attempts).where(d.id == delivery_id, d.status == "waiting").with_for_update()
    before = context.connection.execute(waiting).scalar()
    if before is None:
        return
    later = None if for_good else next_try(before + 1, now=context.now)
    status = "waiting" if later else "failed"
    _change(context, delivery_id, attempts=before + 1, next_try_at=later, status=status, problem=problem[:_MOST])


def hook_secret(secret: bytes, company_id: str, salt: str) -> str:
    """What signs the deliveries of a hook, as Standard Webhooks writes it. A stolen database alone does not say it."""
    key = hmac.digest(secret, f"web hook\n{company_id}\n{salt}".encode(), hashlib.sha256)
    return f"whsec_{base64.b64encode(key).decode()}"


def shown(url: str) -> str:
    """*url* as pages and history say it: what stands behind its path may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def is_public(address: str) -> bool:
    """Whether the IP *address* is one of the internet: nothing of this machine, its network or its provider."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64 or ip.teredo:
            return False
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def _wrong(url: str, *, private: bool) -> str:
    """The rule that an address breaks, "" = none. What its name resolves to is looked at whenever it is called."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "pattern"
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST
    if not plain or not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        return "pattern"
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return "https"
    return "" if private or not _is_private_literal(parts) else "private"


def _is_private_literal(parts: SplitResult) -> bool:
    try:
        return not is_public(parts.hostname or "")
    except ValueError:  # a name
        return False


def _require_administrator(context: Context) -> None:
    if not context.actor.administrator:
        raise NotPermitted("change_hooks", "not-an-administrator")


def _tell(
    context: Context,
    hooks: Iterable[Any],
    said: Mapping[HookEvent, Mapping[str, Any]],
    *,
    case_id: int,
    number: str,
    seq: int,
) -> None:
    wanted = [(hook.id, event) for event in said for hook in hooks if event in hook.events]
    if not wanted or clock_of(context.connection, context.actor.company_id) is not None:
        return  # a sandbox tells nobody
    company_id = context.actor.company_id
    for hook_id, event in wanted:
        data = {"company": company_id, "case": number, "event": seq, **said[event]}
        message = {"type": str(event), "timestamp": context.now.isoformat(), "data": data}
        name = f"{company_id}\n{case_id}\n{seq}\n{event}"
        row = {
            "company_id": company_id,
            "hook_id": hook_id,
            "case_id": case_id,
            "message_id": f"msg_{hashlib.sha256(name.encode()).hexdigest()[:32]}",
            "event": str(event),
            "payload": orjson.dumps(message).decode(),
            "status": "waiting",
            "created_at": context.now,
        }
        statement = sa.insert(hook_deliveries).values(row).returning(hook_deliveries.c.id)
        _put(context, context.connection.execute(statement).scalar_one())


def _put(context: Context, delivery_id: int, *, again: str = "") -> None:
    argument = {"company": context.actor.company_id, "delivery": delivery_id}
    context.jobs.put(context.connection, Job(HOOK_JOB, f"hook:{delivery_id}{again}", argument))


def _change(context: Context, delivery_id: int, **values: Any) -> None:
    context.connection.execute(sa.update(hook_deliveries).where(hook_deliveries.c.id == delivery_id).values(values))


_LISTENERS: Final = Prepared(
    sa.select(web_hooks.c.id, web_hooks.c.events).where(
        web_hooks.c.company_id == sa.bindparam("company"), web_hooks.c.ended_at.is_(None)
    )
)
