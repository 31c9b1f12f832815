"""One function for each kind of job. Each may be called again for the same job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from engine.commands.alerts import LOOK_JOB
from engine.commands.clocks import LETTER_JOB
from engine.commands.context import Context
from engine.commands.erasures import CLEANING_JOB
from engine.commands.hooks import HOOK_JOB, hook_secret, put_off_delivery, record_delivery
from engine.commands.mail import MAIL_JOB, give_up_mail, is_mail_address, put_mail, put_off, record_sending
from engine.commands.messages import fail_delivery
from engine.commands.outbox import HEARING_JOB, MESSAGE_JOB, SIGNAL_JOB
from engine.commands.services import (
    WrittenLetter,
    complete_service,
    fail_letter,
    fail_service,
    keep_letter,
)
from engine.commands.signals import fail_hearing, fail_spreading
from engine.commands.site import Site
from engine.commands.steps import SERVICE_JOB
from engine.commands.subscriptions import AWAITING_JOB
from engine.complaints import Actor, letter_code, letter_hash, tracking_code
from engine.jobs import Failed, Handler, Job
from engine.procedures.letters import render_letter
from engine.queries.cases import CaseCore, case_core
from engine.queries.due import OpenRequest, case_statistics, count_cases, open_request, unsent_letter
from engine.queries.hooks import outgoing
from engine.text import Text, in_language
from engine.worker import crossing, hooks
from engine.worker.cleaning import clean_erasure
from engine.worker.looking import look, look_given_up
from engine.worker.mail import NotTaken, send
from engine.worker.surveying import ask_customers, survey_results


def handlers(site: Site) -> Mapping[str, Handler]:
    """What to do for every kind of job there is."""
    return {
        SERVICE_JOB: partial(_carry_out, site),
        LETTER_JOB: partial(_write_letter, site),
        MAIL_JOB: partial(_send_mail, site),
        HOOK_JOB: partial(_call_hook, site),
        MESSAGE_JOB: partial(crossing.deliver_message, site),
        AWAITING_JOB: partial(crossing.give_waiting_messages, site),
        SIGNAL_JOB: partial(crossing.spread_signal, site),
        HEARING_JOB: partial(crossing.let_hear, site),
        LOOK_JOB: partial(look, site),
        CLEANING_JOB: partial(clean_erasure, site),
    }


def on_failure(site: Site) -> Failed:
    """What to do about a job that is given up: somebody has to see it."""
    return partial(_show_failure, site)


def _show_failure(site: Site, job: Job, reason: str) -> None:
    with site.acting(Actor.system(job.argument["company"])) as context:
        _GIVEN_UP[job.kind](context, job.argument, reason)


_GIVEN_UP: Mapping[str, Callable[[Context, Mapping[str, Any], str], None]] = {
    SERVICE_JOB: lambda context, argument, reason: fail_service(context, argument["case"], argument["key"], reason),
    LETTER_JOB: lambda context, argument, reason: fail_letter(context, argument["case"], argument["key"], reason),
    MAIL_JOB: lambda context, argument, reason: give_up_mail(context, argument["case"], argument["key"], reason),
    HOOK_JOB: lambda context, argument, reason: put_off_delivery(context, argument["delivery"], reason, for_good=True),
    MESSAGE_JOB: lambda context, argument, reason: fail_delivery(context, argument["message"], reason),
    AWAITING_JOB: lambda _context, _argument, _reason: None,  # the ticker looks after messages that wait
    SIGNAL_JOB: lambda context, argument, reason: fail_spreading(context, argument["signal"], reason),
    HEARING_JOB: lambda context, argument, reason: fail_hearing(context, argument["hearing"], reason),
    LOOK_JOB: look_given_up,
    CLEANING_JOB: lambda _context, _argument, _reason: None,  # its page says that it is still to be done
}


def _carry_out(site: Site, argument: Mapping[str, Any]) -> None:
    company_id, case_id, key = argument["company"], argument["case"], argument["key"]
    with site.database.reading(company_id) as connection:
        request = open_request(connection, company_id, case_id, key)
        case = case_core(connection, site.deployments, company_id, case_id)
    if request is not None:
        _OPERATORS[request.operator](site, request, case)


def _write_letter(site: Site, argument: Mapping[str, Any]) -> None:
    """Write a letter that no element of the diagram asked for, e.g. that a date has moved."""
    company_id, case_id, key = argument["company"], argument["case"], argument["key"]
    with site.database.reading(company_id) as connection:
        case = case_core(connection, site.deployments, company_id, case_id)
    letter = _written(site, argument["letter"], case, argument.get("values", {}))
    with site.acting(Actor.system(company_id)) as context:
        if keep_letter(context, case_id, key, letter) and letter.address and site.settings.mail_url:
            put_mail(context, case_id, key)


def _send_letter(site: Site, request: OpenRequest, case: CaseCore) -> None:
    letter = _written(site, request.parameters["letter"], case, request.parameters)
    with site.acting(Actor.system(request.company_id)) as context:
        done = complete_service(context, request.case_id, request.key, {"letter": letter.letter}, letter=letter)
        if done and letter.address and site.settings.mail_url:
            put_mail(context, request.case_id, request.key)


def _written(site: Site, letter: str, case: CaseCore, values: Mapping[str, Any]) -> WrittenLetter:
    """*letter* as it leaves, with the case's data and *values*."""
    package = case.deployment.package
    template = package.letters[letter]
    recipient = str(values.get("to") or "customer")
    language = package.company.language
    known = {
        "data": dict(case.data),
        "number": case.number,
        "company": in_language(package.company.name, language),
        "case_link": _case_link(site, case),
        "date": site.now(package.company.id).astimezone(case.deployment.time_zone).date().isoformat(),
        **{name: value for name, value in values.items() if name not in {"letter", "to"}},
    }
    rendered = render_letter(template, language, known)
    return WrittenLetter(
        letter=template.id,
        recipient=recipient,
        address=_address(case) if recipient == "customer" else "",
        language=language,
        subject=rendered.subject,
        body=rendered.body,
    )


def _case_link(site: Site, case: CaseCore) -> str:
    """Where the customer follows the case."""
    code = tracking_code(site.secret, case.deployment.package.company.id, case.number)
    return f"{site.settings.base_url}/public/track/{code}"


def _address(case: CaseCore) -> str:
    """The customer's mail address, "" when there is none that a mail server would take."""
    field = case.deployment.package.case.contact_mail
    address = str(case.data.get(field) or "") if field else ""
    return address if is_mail_address(address) else ""


def _count_cases(site: Site, request: OpenRequest, case: CaseCore) -> None:
    parameters = request.parameters
    since = site.now(request.company_id) - timedelta(days=int(parameters["days"]))
    with site.database.reading(request.company_id) as connection:
        count = count_cases(
            connection,
            request.company_id,
            case.procedure,
            field=parameters["field"],
            value=parameters["value"],
            since=since,
            before=case.id,
        )
    _complete(site, request, {"count": count})


def _case_statistics(site: Site, request: OpenRequest, case: CaseCore) -> None:
    now = site.now(request.company_id)
    since = now - timedelta(days=int(request.parameters["days"]))
    with site.database.reading(request.company_id) as connection:
        figures = case_statistics(
            connection,
            request.company_id,
            since=since,
            now=now,
            procedure=str(request.parameters.get("procedure") or ""),
            without=case.id,
        )
    _complete(site, request, figures)


def _complete(site: Site, request: OpenRequest, result: Mapping[str, Any]) -> None:
    with site.acting(Actor.system(request.company_id)) as context:
        complete_service(context, request.case_id, request.key, result)


_OPERATORS: Mapping[str, Callable[[Site, OpenRequest, CaseCore], None]] = {
    "send_letter": _send_letter,
    "count_cases": _count_cases,
    "case_statistics": _case_statistics,
    "ask_customers": ask_customers,
    "survey_results": survey_results,
}


def _send_mail(site: Site, argument: Mapping[str, Any]) -> None:
    company_id, case_id, key = argument["company"], argument["case"], argument["key"]
    with site.database.reading(company_id) as connection:
        letter = unsent_letter(connection, company_id, case_id, key)
    if letter is None:
        return
    system = Actor.system(company_id)
    try:
        send(
            site.settings.mail_url,
            sender=site.settings.mail_from,
            recipient=letter.address,
            subject=letter.subject,
            body=f"{letter.body}{_how_to_check(site, company_id, letter)}",
            message_id=f"<{company_id}.{case_id}.{letter.id}@shouwen.invalid>",
            at=letter.written_at,
        )
    except NotTaken as error:
        with site.acting(system) as context:
            (give_up_mail if error.for_good else put_off)(context, case_id, key, error.said)
        return
    with site.acting(system) as context:
        record_sending(context, case_id, key)


def _how_to_check(site: Site, company_id: str, letter: sa.Row[Any]) -> str:
    """The foot of a mail: where its reader, and whoever it is shown to, finds out that it is genuine."""
    code = letter_code(site.secret, company_id, letter.number, letter.key)
    if letter.code_hash != letter_hash(code):  # written before letters had codes
        return ""
    return f"\n\n-- \n{in_language(_CHECK, letter.language)}\n{site.settings.base_url}/public/letters/{code}\n"


_CHECK: Text = {
    "zh-Hans": "核验本信是否真实、是否被改动：",
    "zh-Hant": "核驗本信是否真實、是否被改動：",
    "en": "Is this letter genuine and unaltered?",
}


def _call_hook(site: Site, argument: Mapping[str, Any]) -> None:
    company_id, delivery_id = argument["company"], argument["delivery"]
    with site.database.reading(company_id) as connection:
        found = outgoing(connection, company_id, delivery_id)
    if found is None:
        return
    system = Actor.system(company_id)
    try:
        hooks.call(
            found.url,
            secret=hook_secret(site.secret, company_id, found.salt),
            message_id=found.message_id,
            payload=found.payload,
            at=site.clock(),
            private=site.settings.private_hooks,
        )
    except NotTaken as error:
        with site.acting(system) as context:
            put_off_delivery(context, delivery_id, error.said, for_good=error.for_good)
        return
    with site.acting(system) as context:
        record_delivery(context, delivery_id)
