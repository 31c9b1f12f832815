"""Reports that leave by mail when their time comes: made by the page's own code, with the eyes of who gets them."""

from __future__ import annotations

import logging
from typing import Final

from flask import Flask, g

from engine.commands.mailings import DueMailing, due_mailings, miss_mailing, record_mailing, take_mailing
from engine.commands.site import Site
from engine.complaints import Actor
from engine.database import DatabaseAway
from engine.jobs import Repeating
from engine.queries.people import person_by_login
from engine.worker.mail import Attachment, NotTaken, send
from webapp.application import create_app
from webapp.pages.reports import Mailed, mailed

_log = logging.getLogger(__name__)
_SECONDS: Final = 30.0


def mailer(site: Site) -> Repeating:
    """Mails what is due from its `start`; of several workers one mails each."""
    apps: list[Flask] = []

    def look() -> None:
        if site.settings.mail_url:
            apps.extend([create_app(site)] if not apps else [])
            mail_reports(site, apps[0])

    return Repeating("mail_reports", look, seconds=_SECONDS)


def mail_reports(site: Site, app: Flask) -> int:
    """Make and send every report that is due; how many were sent."""
    with site.database.reading_every_company() as connection:
        due = due_mailings(connection, now=site.clock())
    return sum(_mail(site, app, each) for each in due)


def _mail(site: Site, app: Flask, due: DueMailing) -> bool:
    system = Actor.system(due.company_id)
    with site.acting(system) as context:
        if not take_mailing(context, due):
            return False
    try:
        made = _made(site, app, due)
        _send(site, due, made)
    except DatabaseAway:
        raise
    except Exception as error:  # noqa: BLE001 -- one report that cannot be made must not keep the others
        said = error.said if isinstance(error, NotTaken) else type(error).__name__
        _log.warning("report not mailed", extra={"action": "mail_report_failed", "company": due.company_id})
        with site.acting(system) as context:
            miss_mailing(context, due, said)
        return False
    with site.acting(system) as context:
        record_mailing(context, due, period=made.period, rows=made.rows)
    return True


def _made(site: Site, app: Flask, due: DueMailing) -> Mailed:
    with site.database.reading(due.company_id) as connection:
        found = person_by_login(connection, due.company_id, due.login)
        company = site.deployments.company(connection, due.company_id)
    with app.test_request_context("/reports"):  # addresses of the report are relative to where it is read
        g.person = found
        g.language = (found.language if found else "") or company.language
        return mailed(due.procedure, due.report, closed=due.every == "month")


def _send(site: Site, due: DueMailing, made: Mailed) -> None:
    send(
        site.settings.mail_url,
        sender=site.settings.mail_from,
        recipient=due.address,
        subject=made.subject,
        body=made.text,
        html=made.html,
        attachments=(Attachment(made.name, made.file),),
        message_id=f"<{due.company_id}.report.{due.id}.{made.period}@shouwen.invalid>",
        at=site.clock(),
    )
