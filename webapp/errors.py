"""The one place where an engine error becomes an HTTP status, and a page or a problem document."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, jsonify, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from engine.commands.company import record_refusal
from engine.commands.customer_acts import TooManyActs
from engine.commands.drafts import DraftMoved
from engine.commands.erasures import ErasureRefused
from engine.commands.errors import CorrelationTooWide, LostRace, ProcedureFailed
from engine.commands.idempotency import KeyReused
from engine.commands.notices import UrgedRecently
from engine.commands.test_clock import ClockRefused
from engine.database import DatabaseAway
from engine.errors import AlreadyDone, AnswersInvalid, EngineError, NotFound, NotPermitted, PackageRefused, UnsafeFile
from engine.interpreter import CaseEnded, CaseSuspended, MigrationRefused, OperationRefused, TaskNotOpen
from engine.queries.people import names_of
from engine.storage import FileDamaged, StorageAway
from webapp.access import actor, answers_scripts, declared_access, person, site
from webapp.finding_words import finding_view
from webapp.form_pages import SENTENCES
from webapp.paper import PaperUnavailable
from webapp.presentation import moment
from webapp.shell import current_translator, own_time_zone, reader, words

_log = logging.getLogger(__name__)

STATUS: Mapping[type[Exception], int] = {
    NotFound: 404,
    NotPermitted: 403,
    AlreadyDone: 409,
    TaskNotOpen: 409,
    CaseEnded: 409,
    CaseSuspended: 409,
    OperationRefused: 409,
    ClockRefused: 409,
    ErasureRefused: 409,
    MigrationRefused: 409,
    LostRace: 409,
    DraftMoved: 412,
    UrgedRecently: 409,
    TooManyActs: 429,
    AnswersInvalid: 422,
    PackageRefused: 422,
    UnsafeFile: 422,
    ProcedureFailed: 422,
    KeyReused: 422,
    CorrelationTooWide: 422,
    DatabaseAway: 503,
    StorageAway: 503,
    FileDamaged: 500,
    PaperUnavailable: 503,
    sa.exc.IntegrityError: 409,
    sa.exc.DataError: 400,  # PostgreSQL takes no NUL in text
}
_RETRY_SECONDS = "5"
#: Stable codes of problems that no engine error stands behind.
_HTTP_CODES: Mapping[int, str] = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    428: "precondition-required",
    429: "too-many-requests",
}
#: What a program needs of the headers that an HTTP error brings along.
_HTTP_HEADERS = ("Allow", "WWW-Authenticate", "Retry-After")
#: The statuses that error.html has words for.
_EXPLAINED = frozenset({400, 403, 404, 409, 413, 422, 429, 500, 503})


def install(app: Flask) -> None:
    """Answer every error: engine errors, HTTP errors, and ours that nobody expected."""
    app.register_error_handler(EngineError, _engine_error)
    app.register_error_handler(sa.exc.IntegrityError, _engine_error)
    app.register_error_handler(sa.exc.DataError, _engine_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def problem(status: int, code: str, detail: str, **facts: Any) -> Response:
    """An RFC 9457 problem document."""
    title = code.replace("-", " ").capitalize()
    response = jsonify(type=f"about:blank#{code}", title=title, status=status, code=code, detail=detail, **facts)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def status_of(error: Exception) -> int:
    """The HTTP status for an engine error."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def _engine_error(error: Exception) -> Response:
    status = status_of(error)
    if isinstance(error, NotPermitted | AlreadyDone):
        _record(error)
    headers = {"Retry-After": _RETRY_SECONDS} if isinstance(error, DatabaseAway) else {}
    if isinstance(error, DatabaseAway):
        g.person = None  # the page must not ask the database who reads it
    if _for_program():
        response = problem(status, *_said(error), **_facts(error))
        response.headers.update(headers)
        return response
    return _page(status, **_words(error), headers=headers)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 -- a redirect that routing asks for
        return error.get_response()
    if _for_program():
        response = problem(status, _HTTP_CODES.get(status, "refused"), error.description or error.name)
        response.headers.extend((name, value) for name, value in error.get_headers() if name in _HTTP_HEADERS)
        return response
    limit = current_app.config["MAX_CONTENT_LENGTH"] // 1_000_000 if status == 413 else None  # noqa: PLR2004
    return _page(status, limit_mb=limit)


def _unexpected(error: Exception) -> Response:
    reference = secrets.token_hex(4)
    _log.exception("unexpected error", extra={"action": "unexpected_error", "reference": reference}, exc_info=error)
    if _for_program():
        return problem(500, "internal-error", "Something went wrong on our side.", reference=reference)
    return _page(500, reference=reference)


def _record(error: NotPermitted | AlreadyDone) -> None:
    """Refused attempts stay in the history, although the transaction they were part of is undone."""
    found = person()
    if found is None:
        return
    reason = error.reason if isinstance(error, NotPermitted) else "already-done"
    action = error.action if isinstance(error, NotPermitted) else (request.endpoint or "").rpartition(".")[2]
    with site().acting(found.actor) as context:
        record_refusal(context, action=action, subject=request.path[:200].replace("\n", " "), reason=reason)


def _for_program() -> bool:
    if request.path.startswith("/api/") or answers_scripts():
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return declared_access(view) == "token"


def _said(error: Exception) -> tuple[str, str]:
    """Code and detail of a problem. What a database driver says holds statements and stays inside."""
    if isinstance(error, EngineError):
        return error.code, str(error)
    if isinstance(error, sa.exc.DataError):
        return "bad-request", "expected text that can be stored, found control characters"
    return "conflict", "the same request is being answered already; send it again to get its answer"


def _facts(error: Exception) -> dict[str, Any]:
    if isinstance(error, AlreadyDone):
        return {"by": error.by, "at": error.at}
    if isinstance(error, NotPermitted) and error.by:
        return {"by": error.by}
    if isinstance(error, DraftMoved) and error.draft:
        draft = error.draft
        return {"revision": draft.revision, "by": _name_of(draft.saved_by), "at": draft.saved_at.isoformat()}
    if isinstance(error, PackageRefused):
        return {"findings": [finding_view(finding) for finding in error.findings]}
    if isinstance(error, AnswersInvalid):
        return {"errors": [{"field": e.field, "rule": e.rule, "params": dict(e.params)} for e in error.errors]}
    return {}


def _words(error: Exception) -> dict[str, Any]:
    if isinstance(error, PaperUnavailable):
        return {
            "why": current_translator().gettext("PDF files cannot be made here: an administrator has to install Pango.")
        }
    found, by, ended = person(), _who_has_it(error), error.at if isinstance(error, AlreadyDone) else None
    why = _advice(error.reason) if isinstance(error, NotPermitted) else ""
    if found is None or not by:
        return {"why": why}
    at = datetime.fromisoformat(ended) if ended else None
    look = reader(own_time_zone())
    return {"why": why, "by": _name_of(by), "at": moment(at, site().clock(), reader=look) if at else None}


def _name_of(login: str) -> str:
    """What a colleague is called, in the reader's language."""
    with site().database.reading(actor().company_id) as connection:
        names = names_of(connection, actor().company_id)
    return words(names[login]) if login in names else login


def refusal_words(error: EngineError) -> str:
    """What stands in the way, in one sentence, where several things are done at once."""
    gettext = current_translator().gettext
    if isinstance(error, AnswersInvalid):
        first = error.errors[0]
        return _sentence(first.rule, first.params.get("n", ""))
    if isinstance(error, UrgedRecently):
        return _sentence("urged_recently", error.hours)
    if isinstance(error, AlreadyDone):
        return gettext("Somebody was faster.")
    reason = error.reason if isinstance(error, NotPermitted) else ""
    if isinstance(error, NotPermitted):
        _record(error)
    return _advice(reason) or gettext("Your groups do not include this step.")


def _sentence(rule: str, n: object) -> str:
    """What a form would say of a field that breaks *rule*."""
    said = SENTENCES.get(rule, SENTENCES["type"])
    return current_translator().gettext(said) % {"n": n}


def _advice(reason: str) -> str:
    """What a refusal means where the page's own words would be wrong."""
    gettext = current_translator().gettext
    return {
        "auditor": gettext("You read here as an auditor: everything can be looked at, nothing can be changed."),
        "recused": gettext("The case is about you, so you neither handle nor read it."),
        "separated": gettext("You had a hand in a step that the procedure keeps apart from this one."),
        "delegated": gettext("A colleague was asked to fill this in. Wait for the answer, or withdraw what you asked."),
        "awaits-signature": gettext("Signatures are awaited. Wait for them, or withdraw what you asked."),
        "not-allowed-here": gettext("The procedure does not allow this at this step."),
        "gone-on": gettext("The case has gone on since. Ask whoever has it now to return it to you."),
        "nothing-before": gettext("No earlier step of this case can be gone back to from here."),
        "own-request": gettext("You asked for this yourself; somebody else decides."),
        "signed-already": gettext("You have signed this already; somebody else of the group signs."),
        "nobody-may-sign": gettext("Nobody else of the groups that have to sign may do so. Tell an administrator."),
        "confidential": gettext("The company's rules keep some of this to other groups. Ask somebody of them for it."),
        "never-joined": gettext("The procedure does not let its cases be joined. Link them instead."),
        "not-answerable": gettext("Only whoever answers for the case, or may register one, can do this."),
        "your-own-task": gettext("You have this task yourself."),
    }.get(reason, "")


def _who_has_it(error: Exception) -> str | None:
    """The login of the colleague who was faster, or who works on it now."""
    return (error.by or None) if isinstance(error, AlreadyDone | NotPermitted) else None


def _page(status: int, *, headers: Mapping[str, str] | None = None, **facts: Any) -> Response:
    gettext = current_translator().gettext
    signed_in = person() is not None
    task = (request.view_args or {}).get("task_id") if request.blueprint == "tasks" else None
    context = {"by": None, "at": None, "limit_mb": None, "reference": None, "why": "", **facts}
    explained = status if status in _EXPLAINED else 400 if status < 500 else 500  # noqa: PLR2004
    page = render_template(
        "error.html",
        status=explained,
        back=url_for("inbox.show") if signed_in else url_for("public.procedures"),
        back_words=gettext("My tasks") if signed_in else gettext("Start page"),
        look_url=url_for("tasks.show", task_id=task) if task and context["by"] else None,
        **context,
    )
    return Response(page, status=status, headers=dict(headers or {}), mimetype="text/html")
