"""Letters: written once in the case's own transaction, then mailed or kept for printing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.retries import retry
from engine.commands.services import complete_service, fail_service
from engine.commands.site import Site
from engine.complaints import Actor, letter_code
from engine.jobs import Job
from engine.procedures.letters import LetterRefused
from engine.tables import history_events, incidents, letters, service_requests
from engine.worker import handlers, on_failure, tick
from tests.procedures.packages import PROCEDURE, TEXTS_ZH
from tests.support.cafe import a_complaint, a_round, the_case
from tests.support.site import CAFE, SECRET, a_site, an_empty_site
from tests.support.smtp import MailServer, mail_server
from tests.worker import acme


def a_thanked_case(site: Site, **answers: Any) -> int:
    """A case that waits for its letter of thanks."""
    case = a_complaint(site, **answers)
    a_round(site, case.case_id, satisfied="yes")
    return case.case_id


def mailing(site: Site, server: MailServer) -> Site:
    return replace(site, settings=replace(site.settings, mail_url=server.url, mail_from="care@cafe.example"))


def rows(site: Site, table: sa.Table) -> list[sa.Row[Any]]:
    with site.database.reading_every_company() as connection:
        return list(connection.execute(sa.select(table)))


def test_a_letter_reaches_the_customer_by_mail(tmp_path: Path) -> None:
    with mail_server() as server:
        site = mailing(a_site(tmp_path), server)
        case_id = a_thanked_case(site)

        site.jobs.do(handlers(site))

    (mail,) = server.letters
    assert server.recipients == ["chen@example.org"]
    assert mail["Subject"] == "感谢您的意见 HC-2026-00001"
    assert mail["From"] == "care@cafe.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Chen：" in mail.get_content()
    assert "coffee too cold" in mail.get_content()
    assert the_case(site, case_id).status == "completed"
    (letter,) = rows(site, letters)
    code = letter_code(SECRET, CAFE, "HC-2026-00001", letter.key)
    check = f"核验本信是否真实、是否被改动：\nhttp://127.0.0.1:8000/public/letters/{code}"
    assert mail.get_content().replace("\r\n", "\n") == f"{letter.body}\n\n-- \n{check}\n"
    assert letter.sent_at is not None


def test_without_a_mail_server_the_letter_is_kept_for_printing(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case_id = a_thanked_case(site)

    done = site.jobs.do(handlers(site))

    assert done == 1
    (letter,) = rows(site, letters)
    assert (letter.address, letter.sent_at) == ("chen@example.org", None)
    assert letter.body.startswith("Chen：\n您的意见（coffee too cold）已办结")
    assert the_case(site, case_id).status == "completed"


@pytest.mark.parametrize(
    "address",
    ["", "no address", "a@b@c", "a@b\r\nBcc: all@example.org", "a@b,c@d", "王@example.org", "<a@b>", "a;b@c", "x" * 300 + "@b.c"],
)  # fmt: skip
def test_what_is_no_plain_address_is_printed_and_never_mailed(tmp_path: Path, address: str) -> None:
    with mail_server() as server:
        site = mailing(a_site(tmp_path), server)
        case_id = a_thanked_case(site, customer_mail=re.sub(r"[\r\n]", " ", address)[:200])

        site.jobs.do(handlers(site))

    assert server.recipients == []
    (letter,) = rows(site, letters)
    assert letter.address == ""
    assert the_case(site, case_id).status == "completed"


def test_line_breaks_in_answers_add_no_mail_headers(tmp_path: Path) -> None:
    texts = TEXTS_ZH.replace("您的投诉 {{ number }}", "{{ data.summary }}")
    procedure = PROCEDURE.replace('customer = "customer_name"', 'customer = "customer_name"\ncontact_mail = "summary"')
    with mail_server() as server:
        site = mailing(an_empty_site(tmp_path), server)
        acme.deploy_acme(site, zh_Hans=texts, procedure=procedure)
        case = acme.start(site, summary="wang@example.org")
        acme.complete(site, case.case_id, "check", founded="true")
        acme.complete(site, case.case_id, "repair")
        with site.database.transaction(acme.ACME) as connection:  # an answer from before the field was checked
            connection.execute(sa.text("UPDATE service_requests SET parameters = :p"), {"p": _PARAMETERS})

        site.jobs.do(handlers(site))

    (mail,) = server.letters
    assert "Bcc" not in mail
    assert server.recipients == ["wang@example.org"]


_PARAMETERS = '{"letter":"done","to":"customer","number":"x\\r\\nBcc: all@example.org"}'


def test_a_mail_sent_again_after_a_crash_has_the_same_message_id(tmp_path: Path) -> None:
    with mail_server() as server:
        site = mailing(a_site(tmp_path), server)
        a_thanked_case(site)
        site.jobs.do(handlers(site))
        with site.database.transaction(CAFE) as connection:  # the crash came before this was noted
            connection.execute(sa.update(letters).values(sent_at=None))

        handlers(site)["mail"]({"company": CAFE, "case": 1, "key": "thank#1"})

    first, second = (mail["Message-ID"] for mail in server.letters)
    assert first == second
    assert re.fullmatch(r"<harbour-cafe\.1\.1@[a-z.]+>", first)


def test_a_letter_delivered_twice_is_written_and_mailed_once(tmp_path: Path) -> None:
    with mail_server() as server:
        site = mailing(a_site(tmp_path), server)
        a_thanked_case(site)
        (job,) = site.jobs.put_jobs
        site.jobs.do(handlers(site))

        handlers(site)[job.kind](job.argument)
        handlers(site)["mail"]({"company": CAFE, "case": 1, "key": "thank#1"})

    assert len(server.letters) == 1
    assert len(rows(site, letters)) == 1
    assert [event.action for event in rows(site, history_events)].count("complete_service") == 1


def test_missing_answers_leave_a_blank(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    a_thanked_case(site, customer_name="")

    site.jobs.do(handlers(site))

    (letter,) = rows(site, letters)
    assert letter.body.startswith("：\n您的意见")


HOSTILE = {
    "loops over loops": "{% for a in (1..9999) %}{% for b in (1..9999) %}{{ a }}{% endfor %}{% endfor %}",
    "a wide loop": "{% for a in (1..999999999) %}x{% endfor %}",
    "endless text": "{% for a in (1..4999) %}{{ data.summary }}{{ data.summary }}{{ data.summary }}{{ data.summary }}"
    "{{ data.summary }}{{ data.summary }}{{ data.summary }}{{ data.summary }}{{ data.summary }}{% endfor %}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_refused_and_shown_to_people(tmp_path: Path, name: str) -> None:
    site = an_empty_site(tmp_path)
    acme.deploy_acme(site, zh_Hans=TEXTS_ZH.replace("{{ data.customer_name }}您好", HOSTILE[name]))
    case = acme.start(site)
    acme.complete(site, case.case_id, "check", founded="true")
    acme.complete(site, case.case_id, "repair")
    (job,) = site.jobs.put_jobs

    with pytest.raises(LetterRefused) as refused:
        site.jobs.do(handlers(site))
    on_failure(site)(job, f"LetterRefused: {refused.value}")

    assert rows(site, letters) == []
    (incident,) = acme.the_case(site, case.case_id).incidents
    assert incident.code == "job-failed"
    assert incident.element == "tell"
    assert "LetterRefused: expected" in incident.message


def test_a_letter_sees_its_values_and_nothing_of_ours(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)
    reaching = "[{{ data.__class__ }}{{ number.format }}]{{ company }}"
    acme.deploy_acme(site, zh_Hans=TEXTS_ZH.replace("{{ data.customer_name }}您好", reaching))
    case = acme.start(site)
    acme.complete(site, case.case_id, "check", founded="true")
    acme.complete(site, case.case_id, "repair")

    site.jobs.do(handlers(site))

    (letter,) = rows(site, letters)
    assert letter.body == "[]甲公司，已维修。"


def test_a_given_up_mail_opens_one_incident_and_can_be_tried_again(tmp_path: Path) -> None:
    with mail_server() as server:
        server.refusing = 1
        site = mailing(a_site(tmp_path), server)
        case_id = a_thanked_case(site)
        site.jobs.do(handlers(site))
        mail = Job("mail", f"mail:{case_id}:thank#1", {"company": CAFE, "case": case_id, "key": "thank#1"})

        on_failure(site)(mail, "SMTPRecipientsRefused: 451")
        on_failure(site)(mail, "SMTPRecipientsRefused: 451")

        (incident,) = the_case(site, case_id).incidents
        assert (incident.code, incident.element) == ("letter-not-sent", "thank")
        with site.acting(Actor.system(CAFE)) as context:
            assert retry(context, case_id) == 1
        tick(site)
        site.jobs.do(handlers(site))

    assert len(server.letters) == 1
    assert the_case(site, case_id).incidents == ()
    assert [e.action for e in rows(site, history_events) if e.stream == case_id][-2:] == ["open_incident", "retry"]


def test_a_given_up_request_that_was_done_meanwhile_opens_nothing(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case_id = a_thanked_case(site)
    site.jobs.do(handlers(site))

    with site.acting(Actor.system(CAFE)) as context:
        complete_service(context, case_id, "thank#1", {})
    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.update(letters).values(address=""))
    with site.acting(Actor.system(CAFE)) as context:
        fail_service(context, case_id, "thank#1", "too late")

    assert rows(site, incidents) == []


def test_nothing_is_retried_without_an_incident(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    case_id = a_thanked_case(site)
    before = list(site.jobs.put_jobs)

    with site.acting(Actor.system(CAFE)) as context:
        assert retry(context, case_id) == 0

    assert site.jobs.put_jobs == before
    assert [row.status for row in rows(site, service_requests)] == ["open"]
