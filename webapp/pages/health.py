"""How the installation does, for administrators: what stands still, since when, and the way out of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import mail
from engine.commands.cases import record_reading
from engine.commands.context import Context
from engine.commands.reasons import reason_errors
from engine.commands.retries import retry
from engine.errors import AnswersInvalid, FieldError, NotPermitted
from engine.queries.health import Health, HeldLetter, Troubles, health, held_letter, troubles, workers_alive
from engine.queries.hooks import failed_deliveries
from engine.storage import is_folder
from webapp.access import actor, case_of, for_staff, site
from webapp.presentation import file_size, moment
from webapp.shell import current_translator, own_time_zone, reader, words

blueprint = Blueprint("health", __name__, url_prefix="/health")
#: After so long a backup, or a look at the histories, is called old.
_BACKUP_OLD: Final = timedelta(days=2)
_VERIFIED_OLD: Final = timedelta(days=31)
_SIGNED_OLD: Final = timedelta(minutes=10)
#: A disk with less than this part free is called full.
_FREE: Final = 0.1


@blueprint.get("")
@for_staff
def show() -> str:
    return _page()


@blueprint.post("/cases/<number>/retry")
@for_staff
def try_again(number: str) -> str | tuple[str, int] | Response:
    _require_administrator()
    case, reason = case_of(number), request.form.get("reason", "")
    if errors := reason_errors(reason):
        return _page(problem=_problem(errors)), 422
    with site().acting(actor()) as context:
        closed = retry(context, case.id, reason=reason)
    gettext = current_translator().gettext
    said = (
        gettext("%(number)s is tried again.") if closed else gettext("%(number)s does not wait for anybody any more.")
    )
    flash(said % {"number": number}, "ok")
    return redirect(url_for("health.show"), 303)


@blueprint.get("/letters/<int:letter_id>")
@for_staff
def letter(letter_id: int) -> str:
    found = _letter(letter_id)
    with site().acting(actor()) as context:
        record_reading(context, found.case_id, page="letter")
    return _letter_page(found, problem="")


@blueprint.post("/letters/<int:letter_id>")
@for_staff
def decide(letter_id: int) -> tuple[str, int] | Response:
    found = _letter(letter_id)
    command = _DECISIONS.get(request.form.get("what", "")) or abort(400)
    try:
        with site().acting(actor()) as context:
            command(context, letter_id)
    except AnswersInvalid as error:
        return _letter_page(found, problem=_problem(error.errors)), 422
    flash(current_translator().gettext("Done, and written down with your reason."), "ok")
    return redirect(url_for("health.show"), 303)


def _again(context: Context, letter_id: int) -> None:
    mail.send_again(context, letter_id, reason=request.form.get("reason", ""))


def _print(context: Context, letter_id: int) -> None:
    mail.keep_for_printing(context, letter_id, reason=request.form.get("reason", ""))


def _readdress(context: Context, letter_id: int) -> None:
    address, reason = request.form.get("address", ""), request.form.get("reason", "")
    mail.readdress(context, letter_id, address=address, reason=reason)


_DECISIONS: Final[dict[str, Callable[[Context, int], None]]] = {
    "again": _again,
    "print": _print,
    "address": _readdress,
}


def _require_administrator() -> None:
    if not actor().administrator:
        raise NotPermitted("look_after_installation", "not-an-administrator")


def _letter(letter_id: int) -> HeldLetter:
    _require_administrator()
    with site().database.reading(actor().company_id) as connection:
        return held_letter(connection, actor(), letter_id)


def _problem(errors: Sequence[FieldError]) -> str:
    gettext = current_translator().gettext
    if any(error.field == "address" for error in errors):
        return gettext("Please write a mail address, for example chen@example.org.")
    return gettext("Please say why, in at most 2000 characters. It stays in the history.")


def _page(*, problem: str = "") -> str:
    _require_administrator()
    true_now, now = site().clock(), site().now(actor().company_id)
    with site().database.reading_every_company() as connection:
        found = health(connection, now=true_now)
        jobs = site().jobs.statistics(connection)
        alive = workers_alive(connection, now=true_now)
    with site().database.reading(actor().company_id) as connection:
        own = troubles(connection, site().deployments, actor(), now=now)
        undelivered = failed_deliveries(connection, actor().company_id)
    look = reader(own_time_zone())
    return render_template(
        "health.html",
        signs=_signs(found, own, true_now, undelivered=undelivered, alive=len(alive)),
        facts=_facts(found, own, waiting=jobs["waiting"]),
        workers=[
            SimpleNamespace(name=each.name, place=each.place, since=moment(each.since, true_now, reader=look))
            for each in alive
        ],
        stopped=[
            SimpleNamespace(
                number=each.number,
                step=words(each.step) or each.element,
                code=each.code,
                message=each.message,
                since=moment(each.since, now, reader=look),
            )
            for each in own.stopped
        ],
        letters=[_letter_row(each, now) for each in own.letters],
        late=[SimpleNamespace(number=each.number, due=moment(each.due_at, now, reader=look)) for each in own.late],
        problem=problem,
    )


def _signs(found: Health, own: Troubles, now: datetime, *, undelivered: int, alive: int) -> list[SimpleNamespace]:
    """What is wrong with the installation, each with the way out; nothing when all is well."""
    gettext = current_translator().gettext
    signs = []
    if own.late or not alive:
        words = gettext("No worker is running: timers do not fire and no letter leaves.")
        if alive:
            words = gettext("Timers are late: the worker is stuck.")
        signs.append(
            (words, gettext("Start it: shouwen worker, or serve --with-worker. Its log says what holds it up."))
        )
    if found.backed_up_at is None or now - found.backed_up_at > _BACKUP_OLD:
        words = gettext("There is no backup of the last two days.")
        signs.append((words, gettext("Let the machine do it every night: shouwen backup FILE.")))
    if found.verified_at is None or now - found.verified_at > _VERIFIED_OLD:
        words = gettext("The histories were not verified for a month.")
        signs.append((words, gettext("Run shouwen verify, best with a checkpoint that is kept elsewhere.")))
    if own.unsigned_since and now - own.unsigned_since > _SIGNED_OLD:
        words = gettext("The history of the company is not signed up to now.")
        signs.append((words, gettext("A worker signs it every minute. Where one runs, its log says what is wrong.")))
    if undelivered:
        words = gettext("A web hook does not take what it is told.")
        way_out = gettext("See the deliveries of the web hooks, mend the other side and deliver again.")
        signs.append((words, way_out))
    if (free := _free_part()) is not None and free < _FREE:
        words = gettext("The disk is nearly full: %(percent)s free.") % {"percent": f"{free:.0%}"}
        signs.append((words, gettext("Make room or move the data folder: when it is full nothing is saved any more.")))
    return [SimpleNamespace(words=words, way_out=way_out) for words, way_out in signs]


def _free_part() -> float | None:
    """How much of the disk with the data folder is free; None where that cannot be asked."""
    try:
        usage = shutil.disk_usage(site().settings.var)
    except OSError:
        return None
    return usage.free / usage.total


def _facts(found: Health, own: Troubles, *, waiting: int) -> list[tuple[str, str]]:
    translator, look = current_translator(), reader(own_time_zone())
    gettext, never = translator.gettext, translator.gettext("never")

    def when(at: datetime | None) -> str:
        return moment(at, site().clock(), reader=look).words if at else never

    kind = "SQLite" if site().database.is_sqlite else "PostgreSQL"
    place = gettext("folder of this machine") if is_folder(site().settings.files_url) else gettext("object storage")
    files = translator.ngettext("%(num)s file, %(size)s", "%(num)s files, %(size)s", own.files)
    return [
        (gettext("Database"), f"{kind}, {file_size(found.database_bytes, reader=look)}"),
        (gettext("Uploads"), f"{files % {'num': own.files, 'size': file_size(own.file_bytes, reader=look)}} · {place}"),
        (gettext("Jobs waiting"), str(waiting)),
        (gettext("Mail server"), _mail_server()),
        (gettext("Last backup"), when(found.backed_up_at)),
        (gettext("Histories verified"), when(found.verified_at)),
        (gettext("History signed"), when(own.signed_at)),
    ]


def _mail_server() -> str:
    return current_translator().gettext("set up") if site().settings.mail_url else current_translator().gettext("none")


def _letter_row(found: HeldLetter, now: datetime) -> SimpleNamespace:
    look = reader(own_time_zone())
    return SimpleNamespace(
        id=found.id,
        number=found.number,
        subject=found.subject,
        attempts=found.attempts,
        problem=found.problem,
        given_up=moment(found.failed_at, now, reader=look) if found.failed_at else None,
        next_try=moment(found.next_try_at, now, reader=look) if found.next_try_at else None,
    )


def _letter_page(found: HeldLetter, *, problem: str) -> str:
    now = site().now(actor().company_id)
    return render_template(
        "health_letter.html",
        letter=_letter_row(found, now),
        sent=moment(found.sent_at, now, reader=reader(own_time_zone())) if found.sent_at else None,
        address=request.form.get("address", found.address),
        was=found.address,
        body=found.body,
        chosen=request.form.get("what", "again"),
        reason=request.form.get("reason", ""),
        problem=problem,
    )
