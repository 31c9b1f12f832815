"""Web hooks: which programs are told what happens to the company's cases, and what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands.hooks import HookEvent, add_hook, end_hook, send_delivery_again, shown
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.queries.hooks import Delivery, Hook, hook_of, hooks_of
from webapp.access import actor, for_staff, site
from webapp.presentation import moment
from webapp.shell import current_translator, own_time_zone, reader

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")


@blueprint.get("")
@for_staff
def index() -> str:
    return _page()


@blueprint.post("")
@for_staff
def create() -> str | tuple[str, int]:
    url, events = request.form.get("url", ""), request.form.getlist("event")
    try:
        with site().acting(actor()) as context:
            hook_id, secret = add_hook(context, url=url, events=events, private=site().settings.private_hooks)
    except AnswersInvalid as error:
        return _page(problem=_problem(error.errors)), 422
    return _hook_page(hook_id, secret=secret)


@blueprint.get("/<int:hook_id>")
@for_staff
def show(hook_id: int) -> str:
    return _hook_page(hook_id)


@blueprint.post("/<int:hook_id>/end")
@for_staff
def end(hook_id: int) -> Response:
    with site().acting(actor()) as context:
        end_hook(context, hook_id)
    flash(current_translator().gettext("The program is told nothing more."), "ok")
    return redirect(url_for("hooks.index"), 303)


@blueprint.post("/deliveries/<int:delivery_id>")
@for_staff
def send_again(delivery_id: int) -> Response:
    with site().acting(actor()) as context:
        hook_id = send_delivery_again(context, delivery_id)
    flash(current_translator().gettext("It is delivered again."), "ok")
    return redirect(url_for("hooks.show", hook_id=hook_id), 303)


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("change_hooks", "not-an-administrator")


def _page(*, problem: str = "") -> str:
    _require_administrator()
    with site().database.reading(actor().company_id) as connection:
        found = hooks_of(connection, actor().company_id)
    return render_template(
        "hooks.html",
        hooks=[_row(each) for each in found],
        events=_event_words(),
        url=request.form.get("url", ""),
        chosen=request.form.getlist("event"),
        problem=problem,
    )


def _hook_page(hook_id: int, *, secret: str = "") -> str:
    _require_administrator()
    with site().database.reading(actor().company_id) as connection:
        hook, deliveries = hook_of(connection, actor().company_id, hook_id)
    return render_template(
        "hook.html", hook=_row(hook), deliveries=[_delivery(each, hook) for each in deliveries], secret=secret
    )


def _row(hook: Hook) -> SimpleNamespace:
    words = dict(_event_words())
    return SimpleNamespace(
        id=hook.id,
        address=shown(hook.url),
        events=[words.get(event, event) for event in hook.events],
        created=_moment(hook.created_at),
        created_by=hook.created_by,
        ended=_moment(hook.ended_at) if hook.ended_at else None,
        waiting=hook.waiting,
        failed=hook.failed,
    )


def _delivery(found: Delivery, hook: Hook) -> SimpleNamespace:
    gettext = current_translator().gettext
    states = {
        "waiting": (gettext("is tried again") if found.attempts else gettext("on its way"), "warn"),
        "delivered": (gettext("delivered"), "ok"),
        "failed": (gettext("given up"), "bad"),
        "dropped": (gettext("not delivered: the hook has ended"), ""),
    }
    words, tone = states[found.status]
    return SimpleNamespace(
        id=found.id,
        message=found.message_id,
        event=dict(_event_words()).get(found.event, found.event),
        number=found.number,
        words=words,
        tone=tone,
        problem=found.problem,
        next_try=_moment(found.next_try_at) if found.next_try_at else None,
        at=_moment(found.delivered_at or found.created_at),
        can_send=found.status in {"delivered", "failed"} and hook.ended_at is None,
    )


def _moment(at: datetime) -> object:
    return moment(at, site().now(actor().company_id), reader=reader(own_time_zone()))


def _event_words() -> list[tuple[str, str]]:
    gettext = current_translator().gettext
    words = {
        HookEvent.CASE_STARTED: gettext("A case was opened"),
        HookEvent.TASK_OPENED: gettext("A task was opened"),
        HookEvent.TASK_COMPLETED: gettext("A task was completed"),
        HookEvent.TIME_LIMIT_BREACHED: gettext("A time limit has passed"),
        HookEvent.INCIDENT_OPENED: gettext("A case has stopped"),
        HookEvent.CASE_ENDED: gettext("A case has ended"),
    }
    return [(str(event), words[event]) for event in HookEvent]


def _problem(errors: Sequence[FieldError]) -> str:
    gettext = current_translator().gettext
    rules = {
        "https": gettext("The address has to begin with https://."),
        "private": gettext("The address lies in a private network. Web hooks reach the internet only."),
        "rows_max": gettext("There are twenty web hooks already. End one first."),
    }
    if errors[0].field == "events":
        return gettext("Please choose at least one event.")
    return rules.get(errors[0].rule, gettext("Please write an address such as https://example.org/hook."))
