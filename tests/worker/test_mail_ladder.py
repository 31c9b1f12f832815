"""A mail server that is away: letters are tried ever more slowly, then held for an administrator. Real SMTP."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.letter_withdrawals import withdraw_letter
from engine.commands.mail import keep_for_printing, put_mail, readdress, send_again
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import AlreadyDone, AnswersInvalid, NotPermitted
from engine.tables import history_events, history_values, incidents, letters
from engine.worker import handlers, tick
from tests.support.cafe import a_complaint, a_round, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of
from tests.support.smtp import MailServer, mail_server


def mailing(folder: Path, url: str, clock: StandingClock) -> Site:
    site = a_site(folder, clock=clock)
    return replace(site, settings=replace(site.settings, mail_url=url))


def nobody() -> str:
    """Where no mail server listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"smtp://127.0.0.1:{free.getsockname()[1]}"


def thanked(site: Site, number: int = 0) -> int:
    case = a_complaint(site, customer_mail=f"chen{number}@example.org")
    a_round(site, case.case_id, satisfied="yes")
    return case.case_id


def work(site: Site) -> None:
    """Everything a worker does at this moment."""
    tick(site)
    site.jobs.do(handlers(site))


def live(site: Site, clock: StandingClock, span: timedelta, step: timedelta) -> None:
    for _ in range(span // step):
        clock.move(seconds=step.total_seconds())
        work(site)


def rows(site: Site, table: sa.Table) -> list[sa.Row[Any]]:
    with site.database.reading_every_company() as connection:
        return list(connection.execute(sa.select(table)))


def given_up(folder: Path, server: MailServer, clock: StandingClock) -> tuple[Site, int]:
    """A letter that the mail server refuses for good."""
    server.refusing, server.answer = 1, "550 no such user chen0@example.org"
    site = mailing(folder, server.url, clock)
    case_id = thanked(site)
    work(site)
    return site, case_id


def test_after_a_day_without_mail_server_every_letter_arrives_exactly_once(tmp_path: Path) -> None:
    clock = StandingClock()
    down = mailing(tmp_path, nobody(), clock)
    for number in range(3):
        thanked(down, number)
    work(down)
    live(down, clock, timedelta(hours=12), timedelta(minutes=30))
    for number in range(3, 6):
        thanked(down, number)
    live(down, clock, timedelta(hours=12), timedelta(minutes=30))
    assert [letter.sent_at for letter in rows(down, letters)] == [None] * 6
    assert rows(down, incidents) == []

    with mail_server() as server:
        up = replace(down, settings=replace(down.settings, mail_url=server.url))
        live(up, clock, timedelta(hours=12), timedelta(minutes=30))

    assert sorted(server.recipients) == [f"chen{number}@example.org" for number in range(6)]
    assert set(Counter(mail["Message-ID"] for mail in server.letters).values()) == {1}
    assert all(letter.sent_at and not letter.problem for letter in rows(up, letters))


def test_a_letter_is_tried_ever_more_slowly(tmp_path: Path) -> None:
    clock = StandingClock()
    site = mailing(tmp_path, nobody(), clock)
    thanked(site)
    work(site)

    waits = []
    for _ in range(8):
        (letter,) = rows(site, letters)
        waits.append((letter.next_try_at - clock()).total_seconds())
        clock.move(seconds=waits[-1])
        work(site)

    assert waits == [10, 60, 300, 900, 3600, 10_800, 21_600, 21_600]


def test_after_three_days_an_administrator_is_asked(tmp_path: Path) -> None:
    clock = StandingClock()
    site = mailing(tmp_path, nobody(), clock)
    case_id = thanked(site)
    work(site)

    live(site, clock, timedelta(hours=66), timedelta(hours=1))
    assert the_case(site, case_id).incidents == ()
    live(site, clock, timedelta(hours=12), timedelta(hours=1))

    (incident,) = the_case(site, case_id).incidents
    assert (incident.code, incident.element) == ("letter-not-sent", "thank")
    assert "ConnectionRefusedError" in incident.message
    (letter,) = rows(site, letters)
    assert (letter.attempts, letter.next_try_at) == (18, None)


def test_an_address_that_is_refused_for_good_is_not_tried_again(tmp_path: Path) -> None:
    clock = StandingClock()
    with mail_server() as server:
        site, case_id = given_up(tmp_path, server, clock)
        live(site, clock, timedelta(days=1), timedelta(hours=1))

    assert server.recipients == []
    (incident,) = the_case(site, case_id).incidents
    assert incident.message == "550 no such user …"


def test_an_administrator_sends_it_again(tmp_path: Path) -> None:
    clock = StandingClock()
    with mail_server() as server:
        site, case_id = given_up(tmp_path, server, clock)

        with site.acting(actor_of(site, ADMINISTRATOR)) as context:
            send_again(context, 1, reason="the mailbox is back")
        work(site)

    assert server.recipients == ["chen0@example.org"]
    assert the_case(site, case_id).incidents == ()
    assert _last_event(site, case_id) == ("send_letter_again", '"reason":"the mailbox is back"')


def test_an_administrator_sends_it_to_another_address(tmp_path: Path) -> None:
    clock = StandingClock()
    with mail_server() as server:
        site, case_id = given_up(tmp_path, server, clock)

        with site.acting(actor_of(site, ADMINISTRATOR)) as context:
            readdress(context, 1, address=" chen@new.example ", reason="she rang")
        work(site)

    assert server.recipients == ["chen@new.example"]
    assert _last_event(site, case_id) == ("readdress_letter", '"reason":"she rang"')
    (event,) = [e for e in rows(site, history_events) if e.action == "readdress_letter"]
    assert "chen" not in event.body, "addresses stand beside the history, where they can be erased"
    assert any("chen@new.example" in str(value.value) for value in rows(site, history_values))


def test_an_administrator_keeps_it_for_printing(tmp_path: Path) -> None:
    clock = StandingClock()
    with mail_server() as server:
        site, case_id = given_up(tmp_path, server, clock)

        with site.acting(actor_of(site, ADMINISTRATOR)) as context:
            keep_for_printing(context, 1, reason="goes by post")
        live(site, clock, timedelta(days=4), timedelta(hours=4))

    assert server.recipients == []
    assert the_case(site, case_id).incidents == ()
    assert _last_event(site, case_id) == ("keep_letter", '"reason":"goes by post"')


def test_a_withdrawn_letter_is_not_sent_any_more(tmp_path: Path) -> None:
    clock = StandingClock()
    with mail_server() as server:
        site, case_id = given_up(tmp_path, server, clock)
        with site.acting(actor_of(site, ADMINISTRATOR)) as context:
            withdraw_letter(context, case_id, 1, reason="wrong person")
        live(site, clock, timedelta(days=1), timedelta(hours=1))
        with site.acting(actor_of(site, ADMINISTRATOR)) as context, pytest.raises(AlreadyDone):
            send_again(context, 1, reason="the mailbox is back")
        with site.acting(Actor.system(CAFE)) as context:
            put_mail(context, case_id, rows(site, letters)[0].key, again=":once more")
        work(site)

    assert server.recipients == []
    assert the_case(site, case_id).incidents == ()
    assert rows(site, letters)[0].address == "chen0@example.org"


def test_what_must_not_be_done_to_a_letter_is_refused(tmp_path: Path) -> None:
    clock = StandingClock()
    with mail_server() as server:
        site, _ = given_up(tmp_path, server, clock)
        admin = actor_of(site, ADMINISTRATOR)

        with pytest.raises(NotPermitted), site.acting(actor_of(site, "fang.lan")) as context:
            send_again(context, 1, reason="x")
        with pytest.raises(AnswersInvalid) as invalid, site.acting(admin) as context:
            readdress(context, 1, address="a@b, c@d", reason="")
        assert [(e.field, e.rule) for e in invalid.value.errors] == [("address", "pattern"), ("reason", "required")]
        with site.acting(admin) as context:
            send_again(context, 1, reason="x")
        work(site)
        with pytest.raises(AlreadyDone), site.acting(admin) as context:
            send_again(context, 1, reason="x")

    assert len(server.letters) == 1


def _last_event(site: Site, case_id: int) -> tuple[str, str]:
    """Its action, and the reason as the hashed text has it."""
    event = [event for event in rows(site, history_events) if event.stream == case_id][-1]
    start = event.body.index('"reason"')
    return event.action, event.body[start : event.body.index('"', start + 10) + 1]
