"""A procedure's form in a request: read, uploads stored first, shown again with everything that was typed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from flask import request

from engine.commands.attachments import files_for_form, receive, store
from engine.commands.idempotency import NO_KEY, RequestKey
from engine.complaints import CLEAR, Actor, Veil
from engine.deployments import Deployment
from engine.errors import FieldError, UnsafeFile
from engine.forms import Form, StoredFile, initial_values
from webapp.access import actor, site
from webapp.case_view import group_names
from webapp.form_pages import form_context, press, read_answers, uploads
from webapp.shell import current_translator, language

_UNPROCESSABLE = 422
#: What a refused upload is called in the rules of fields.
_UPLOAD_RULES: Mapping[str, str] = {"too-large": "file_size", "empty": "file_type"}


@dataclass(frozen=True, slots=True)
class Submission:
    """What a browser sent for a form, uploads already stored so that they survive a second try."""

    raw: Mapping[str, Any]
    errors: tuple[FieldError, ...] = ()
    pressed: bool = False  #: a button inside the form: show it again, nothing is submitted
    focus: str = ""
    files: Mapping[str, StoredFile] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return _UNPROCESSABLE if self.errors else 200


def read_submission(form: Form, sender: Actor, *, case_id: int | None = None) -> Submission:
    """The answers in this request for *form*. New files are stored at once and named by their ids."""
    raw = read_answers(form, request.form)
    errors: list[FieldError] = []
    received = []
    for name, upload in uploads(form, request.files):
        try:
            file = receive(site().storage, sender.company_id, name=upload.filename or "", content=upload.read())
        except UnsafeFile as error:
            errors.append(_upload_error(form, name, error))
        else:
            received.append((name, file))
    with site().acting(sender) as context:
        for name, file in received:
            raw[name] = [*_listed(raw.get(name, [])), store(context, file).id]
        pressed = press(form, request.form, raw)
        shown = pressed.raw if pressed else raw
        files = files_for_form(context, case_id, shown, form)
    return Submission(shown, tuple(errors), pressed is not None, pressed.focus if pressed else "", files)


def form_page(
    form: Form,
    deployment: Deployment,
    *,
    values: Mapping[str, Any] | None,
    errors: Sequence[FieldError],
    given: Mapping[str, Any],
    submission: Submission | None = None,
    files: Mapping[str, StoredFile] | None = None,
    veil: Veil = CLEAR,
) -> dict[str, Any]:
    """``form``, ``values``, ``errors``, ``ctx`` and ``key`` for a template that renders *form*.

    *values* None proposes what the form says; else they are shown as they were typed. What the *veil* covers is shown
    covered and never proposed; which fields are asked depends on what is truly *given*.
    """
    shown = initial_values(form, veil.known(given)) if values is None else values
    now = site().now(deployment.package.company.id)
    ctx = form_context(
        form,
        shown,
        language=language(),
        gettext=current_translator().gettext,
        given=given,
        readable=veil.data(given),
        today=now.astimezone(deployment.time_zone).date(),
        lists=deployment.lists,
        files=submission.files if submission else (files or {}),
        zone=deployment.time_zone,
        sources=deployment.package.forms.values(),
        groups=group_names(deployment),
        focus=submission.focus if submission else "",
    )
    return {"form": form, "values": shown, "errors": tuple(errors), "ctx": ctx, "key": _shown_key()}


def company_form_page(
    form: Form, *, values: Mapping[str, Any] | None, errors: Sequence[FieldError], zone: ZoneInfo
) -> dict[str, Any]:
    """The same for a form that belongs to no procedure."""
    shown = initial_values(form, {}) if values is None else values
    ctx = form_context(
        form,
        shown,
        language=language(),
        gettext=current_translator().gettext,
        given={},
        today=site().now(actor().company_id).astimezone(zone).date(),
        lists={},
        zone=zone,
    )
    return {"form": form, "values": shown, "errors": tuple(errors), "ctx": ctx, "key": _shown_key()}


def idempotency_key(action: str) -> RequestKey:
    """The key this page was given when it was shown, and what was sent with it: a double click acts once.

    Whoever goes back to the same page and writes something else means something else, and it must not get lost.
    """
    key = request.form.get("key", "")[:64]
    return RequestKey(f"{action}:{key}:{_fingerprint()}") if key else NO_KEY


def _fingerprint() -> str:
    typed = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    names = [(name, upload.filename) for name, upload in request.files.items(multi=True)]
    return hashlib.sha256(repr((typed, names)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _shown_key() -> str:
    return request.form.get("key", "")[:64] or secrets.token_urlsafe(12)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _upload_error(form: Form, name: str, error: UnsafeFile) -> FieldError:
    rule = _UPLOAD_RULES.get(error.reason, "file_type")
    found = next(one for one in form.fields if one.id == name)
    limit = getattr(found, "max_mb", 0) if rule == "file_size" else ", ".join(getattr(found, "accept", ()))
    return FieldError(name, rule, {"n": limit})
