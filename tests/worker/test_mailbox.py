"""Mails become cases or evidence, each once, and nothing gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.arrivals import ArrivalStatus
from engine.commands.site import Site
from engine.tables import arrivals, cases
from engine.worker import read_mailbox
from engine.worker.mailbox import mailbox_reader
from tests.commands.test_erasures import found_in
from tests.support.cafe import a_complaint, changed_procedure, do, open_steps, the_case
from tests.support.clock import StandingClock
from tests.support.imap import PASSWORD, Mailbox, imap_server
from tests.support.site import ADMINISTRATOR, a_site
from tests.web.application import an_app
from tests.web.browser import staff
from tests.web.pictures import PNG
from tests.web.records import company_events, events_of

RULES = '[intake]\nask = ["channel"]\ntext = "summary"\n[lanes]'


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with imap_server() as running:
        yield running


@pytest.fixture
def site(server: Mailbox, tmp_path: Path) -> Site:
    site = a_site(tmp_path)
    changed_procedure(site, ("[lanes]", RULES))
    settings = replace(
        site.settings,
        inbox_url=server.url,
        inbox_password=PASSWORD,
        inbox_procedure="harbour-cafe/complaint",
        mail_from="Harbour Café <noreply@harbour.example>",
    )
    return replace(site, settings=settings)


def a_mail(subject: str, words: str = "It was cold.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Chen Xiaoyu <chen@example.org>"
    message["To"] = "complaints@harbour.example"
    message["Subject"] = subject
    message["Message-ID"] = f"<{abs(hash((subject, words)))}@example.org>"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(words)
    return message


def listed(site: Site) -> list[tuple[str, str, int | None]]:
    """Status, reason and case of what came in, in order."""
    with site.database.reading_every_company() as connection:
        a = arrivals.c
        return [tuple(row) for row in connection.execute(sa.select(a.status, a.reason, a.case_id).order_by(a.id))]


def test_a_mail_becomes_a_case_with_its_files_and_only_once(site: Site, server: Mailbox) -> None:
    mail = a_mail("冷咖啡 cold coffee", "The coffee was cold.\n\nOn Monday, somebody wrote:\n> old words")
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="杯子.png")
    mail.add_attachment(b"<html>", maintype="image", subtype="png", filename="trap.png")
    server.put(mail.as_bytes(), mail.as_bytes())

    assert read_mailbox(site) == 2
    assert read_mailbox(site) == 0

    assert listed(site) == [(ArrivalStatus.CASE, "", 1)]
    case = the_case(site, 1)
    assert (case.title, case.customer) == ("The coffee was cold.\n\n[trap.png: content-does-not-match]", "Chen Xiaoyu")
    assert case.data["customer_mail"] == "chen@example.org"
    assert case.data["intake_channel"] == "mail"
    assert [file.name for file in case.files] == ["杯子.png"]
    assert open_steps(site, 1) == ["assess"]
    assert events_of(site, 1)[0].actor == "customer"
    assert "chen@example.org" not in events_of(site, 1)[0].body
    assert server.flags()[-2:] == ["\\Recent \\Seen", "\\Recent \\Seen"] or all(
        "\\Seen" in flags for flags in server.flags()[-2:]
    )


def test_a_mail_with_the_tracking_link_is_evidence_of_that_case(site: Site, server: Mailbox) -> None:
    started = a_complaint(site, intake_channel="phone")
    link = f"http://127.0.0.1:8000/public/track/{started.tracking_code}"
    server.put(
        a_mail("Re: your letter", f"Here is the receipt.\n\n在 2026年3月2日，港湾咖啡 写道：\n{link}").as_bytes()
    )

    read_mailbox(site)

    assert listed(site) == [(ArrivalStatus.EVIDENCE, "", started.case_id)]
    last = events_of(site, started.case_id)[-1]
    assert (last.actor, last.action, last.content["reason"]) == ("customer", "add_evidence", "Here is the receipt.")


def test_a_number_counts_only_from_the_address_of_the_case(site: Site, server: Mailbox) -> None:
    started = a_complaint(site, intake_channel="phone")
    server.put(
        a_mail(f"({started.number}) more", "mine").as_bytes(),
        a_mail(f"{started.number} more", "a stranger's", From="nosy@example.net").as_bytes(),
    )

    read_mailbox(site)

    assert listed(site) == [(ArrivalStatus.EVIDENCE, "", started.case_id), (ArrivalStatus.CASE, "", 2)]


def test_a_mail_to_a_closed_case_is_a_new_one(site: Site, server: Mailbox) -> None:
    started = a_complaint(site, intake_channel="phone")
    do(site, started.case_id, "assess", founded="no")
    server.put(a_mail(f"{started.number}", "still not settled").as_bytes())

    read_mailbox(site)

    assert listed(site) == [(ArrivalStatus.CASE, "", 2)]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto-reply"),
        ({"Return_Path": "<>"}, "bounce"),
        ({"From": "MAILER-DAEMON@example.org"}, "bounce"),
        ({"From": "noreply@harbour.example"}, "loop"),
        ({"Precedence": "bulk"}, "list"),
    ],
)
def test_what_no_person_wrote_is_listed_and_becomes_nothing(
    site: Site, server: Mailbox, headers: dict[str, str], reason: str
) -> None:
    server.put(a_mail(f"machine {headers}", **headers).as_bytes())

    read_mailbox(site)

    assert listed(site) == [(ArrivalStatus.IGNORED, reason, None)]
    with site.database.reading_every_company() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one() == 0


def test_a_mail_that_cannot_be_taken_in_is_listed_and_flagged_and_holds_up_no_other(
    site: Site, server: Mailbox
) -> None:
    server.put(b"\r\n\r\n", a_mail("behind the poison").as_bytes())

    assert read_mailbox(site) == 2

    assert [status for status, _, _ in listed(site)] == [ArrivalStatus.FAILED, ArrivalStatus.CASE]
    assert "\\Flagged" in server.flags()[-2]
    assert company_events(site)[-1].action == "skip_mail"
    assert read_mailbox(site) == 0


def test_the_id_of_a_mail_is_not_kept_for_it_says_who_sent_it(site: Site, server: Mailbox) -> None:
    mail = a_mail("cold coffee", Message_ID="<2026.chen.xiaoyu@laptop-of-chen.example>").as_bytes()
    server.put(mail)
    assert read_mailbox(site) == 1
    server.put(mail)
    assert read_mailbox(site) == 1  # seen, and nothing made of it

    assert [status for status, _, _ in listed(site)] == [ArrivalStatus.CASE]
    assert found_in(site, "laptop-of-chen", "2026.chen.xiaoyu") == []


def test_half_a_setting_is_refused_at_the_start(site: Site) -> None:
    with pytest.raises(ValueError, match="SHOUWEN_INBOX_PROCEDURE: expected company/procedure, found 'complaint'"):
        mailbox_reader(replace(site, settings=replace(site.settings, inbox_procedure="complaint")))


def test_the_seventh_mail_of_a_sender_within_an_hour_is_held_and_nothing_is_lost(site: Site, server: Mailbox) -> None:
    words = ["spill", "stain", "noise", "smell", "crumb", "delay", "queue"]
    mails = [a_mail(word, f"There was a {word} at my table.") for word in words]
    mails[6].replace_header("From", "Somebody <chen+7@Example.org>")
    mails[6].add_attachment(PNG, maintype="image", subtype="png", filename="table.png")
    server.put(
        *(mail.as_bytes() for mail in mails), a_mail("x", "Another guest here", From="wu@example.org").as_bytes()
    )

    assert read_mailbox(site) == 8

    assert [status for status, _, _ in listed(site)] == [*["case"] * 6, "held", "case"]
    desk = staff(an_app(site), "fang.lan")
    assert "1 complaint that looks unusual" in desk.open("/").words
    page = desk.open("/held/7")
    assert "There was a queue at my table." in page.words
    assert "chen+7@Example.org" in page.words
    assert "1 file" in page.words
    desk.submit("/held/7", page=page, decision="accept")
    case = the_case(site, 8)
    assert (case.title, [file.name for file in case.files]) == ("There was a queue at my table.", ["table.png"])
    assert case.data["intake_channel"] == "mail"
    assert listed(site)[6] == (ArrivalStatus.CASE, "", 8)
    assert [each.action for each in company_events(site) if "filing" in each.action] == ["hold_filing", "accept_filing"]


def test_an_hour_later_a_sender_may_write_again(site: Site, server: Mailbox) -> None:
    words = ["spill", "stain", "noise", "smell", "crumb", "delay", "queue"]
    server.put(*(a_mail(word, f"There was a {word} at my table.").as_bytes() for word in words))
    read_mailbox(site)
    assert isinstance(site.clock, StandingClock)
    site.clock.move(minutes=61)
    server.put(a_mail("later", "There was a draught at my table.").as_bytes())

    read_mailbox(site)

    assert [status for status, _, _ in listed(site)] == [*["case"] * 6, "held", "case"]


def test_the_same_words_from_another_address_are_held_and_may_be_set_aside(site: Site, server: Mailbox) -> None:
    server.put(
        a_mail("offer", "Buy our beans, best price!").as_bytes(),
        a_mail("offer", "Buy our  beans, best PRICE!", From="b@example.net", Message_ID="<2@example.net>").as_bytes(),
    )
    read_mailbox(site)

    assert [(status, why) for status, why, _ in listed(site)] == [("case", ""), ("held", "repeated")]
    desk = staff(an_app(site), "fang.lan")
    desk.submit("/held/2", page=desk.open("/held/2"), decision="aside", reason="advertising")
    assert "advertising" in desk.open("/held").words
    assert "To be looked at first" in staff(an_app(site), ADMINISTRATOR).open("/arrivals").words
