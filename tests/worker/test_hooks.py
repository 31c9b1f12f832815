"""Web hooks, called over real HTTP: what is said, to whom, how it is signed, and what happens when nobody listens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands.cases import start
from engine.commands.hooks import HookEvent, add_hook, end_hook, is_public, send_delivery_again
from engine.commands.services import fail_service
from engine.commands.site import Site
from engine.complaints import Actor
from engine.errors import AlreadyDone, AnswersInvalid, NotPermitted
from engine.queries.hooks import Delivery, hook_of
from engine.tables import hook_deliveries
from engine.worker import handlers, tick
from engine.worker.hooks import signed_headers
from tests.support.cafe import COMPLAINT, a_complaint, a_round, do
from tests.support.clock import StandingClock
from tests.support.receiver import Receiver, receiver
from tests.support.site import ADMINISTRATOR, CAFE, a_site, actor_of

EVERYTHING = [str(event) for event in HookEvent]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    made = a_site(tmp_path, clock=clock)
    return replace(made, settings=replace(made.settings, private_hooks=True))


@pytest.fixture
def program() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def hooked(site: Site, url: str, events: list[str] = EVERYTHING) -> str:
    """A hook at *url*; its secret."""
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        return add_hook(context, url=url, events=events, private=site.settings.private_hooks)[1]


def work(site: Site) -> None:
    tick(site)
    site.jobs.do(handlers(site))


def deliveries(site: Site) -> list[Delivery]:
    """The first hook's, the oldest first."""
    with site.database.reading(CAFE) as connection:
        return list(reversed(hook_of(connection, CAFE, 1)[1]))


def said(program: Receiver) -> list[tuple[str, Any]]:
    messages = [json.loads(heard.body) for heard in program.heard]
    return [(message["type"], message["data"]) for message in messages]


def test_a_program_hears_what_happens_to_a_case_and_nobodys_name(site: Site, program: Receiver) -> None:
    hooked(site, program.url)
    number = a_complaint(site).number
    do(site, 1, "assess")

    work(site)

    own = {"company": "harbour-cafe", "case": number, "procedure": "complaint", "status": "open"}
    assert said(program) == [
        ("case.started", {**own, "event": 1}),
        ("task.opened", {**own, "event": 1, "tasks": [{"step": "assess", "group": "front"}]}),
        (
            "task.opened",
            {
                **own,
                "event": 2,
                "tasks": [{"step": "reply", "group": "front"}, {"step": "fix", "group": "kitchen"}],
            },
        ),
        ("task.completed", {**own, "event": 2, "step": "assess"}),
    ]
    assert all(b"Chen" not in heard.body and b"coffee" not in heard.body for heard in program.heard)


def test_a_program_hears_only_what_it_asked_for(site: Site, program: Receiver) -> None:
    hooked(site, program.url, ["case.ended", "incident.opened"])
    case = a_complaint(site)
    a_round(site, case.case_id, satisfied="yes")
    with site.acting(Actor.system(CAFE)) as context:
        fail_service(context, case.case_id, "thank#1", "no such template")
    work(site)

    assert [(kind, data.get("code"), data.get("outcome")) for kind, data in said(program)] == [
        ("incident.opened", "job-failed", None),
        ("case.ended", None, "closed"),
    ]


def test_a_message_is_signed_as_standard_webhooks_says(site: Site, program: Receiver, clock: StandingClock) -> None:
    secret = hooked(site, program.url, ["case.started"])
    a_complaint(site)

    work(site)

    (heard,) = program.heard
    assert heard.path == "/hook?token=t1"
    stamp, name = heard.headers["webhook-timestamp"], heard.headers["webhook-id"]
    assert int(stamp) == int(clock().timestamp())
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{name}.{stamp}.".encode() + heard.body, hashlib.sha256).digest()
    assert heard.headers["webhook-signature"] == f"v1,{base64.b64encode(signature).decode()}"


def test_the_signature_is_the_one_of_the_published_example() -> None:
    """Source: standard-webhooks/standard-webhooks, the test vector of its libraries."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=datetime.fromtimestamp(1614265330, UTC),
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_an_undone_step_would_have_said_is_never_said(site: Site, program: Receiver) -> None:
    hooked(site, program.url)
    with site.acting(actor_of(site, "fang.lan")) as context:
        start(context, "complaint", COMPLAINT)
        context.connection.rollback()

    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(hook_deliveries)).all() == []


def test_a_program_that_is_away_for_a_day_hears_everything_once(site: Site, clock: StandingClock) -> None:
    with receiver() as gone:
        url = gone.url
    hooked(site, url, ["case.started"])
    for _ in range(3):
        a_complaint(site)
    for _ in range(24):
        work(site)
        clock.move(hours=1)
    assert [each.status for each in deliveries(site)] == ["waiting"] * 3
    assert "refused" in deliveries(site)[0].problem

    with receiver() as back, site.database.transaction(CAFE) as connection:
        connection.exec_driver_sql(f"UPDATE web_hooks SET url = '{back.url}'")  # the same program on another port
        connection.commit()
        for _ in range(12):
            work(site)
            clock.move(hours=1)

    assert len({heard.headers["webhook-id"] for heard in back.heard}) == len(back.heard) == 3
    assert [each.status for each in deliveries(site)] == ["delivered"] * 3


def test_after_three_days_it_is_given_up_and_an_administrator_delivers_it_again(
    site: Site, program: Receiver, clock: StandingClock
) -> None:
    program.status = 503
    hooked(site, program.url, ["case.started"])
    a_complaint(site)
    for _ in range(80):
        work(site)
        clock.move(hours=1)
    (failed,) = deliveries(site)
    assert (failed.status, failed.problem, failed.attempts) == ("failed", "503 Service Unavailable", 18)

    program.status = 204
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        send_delivery_again(context, failed.id)
    work(site)

    assert [each.status for each in deliveries(site)] == ["delivered"]
    assert {heard.headers["webhook-id"] for heard in program.heard} == {failed.message_id}


def test_redirects_are_not_followed(site: Site, program: Receiver) -> None:
    with receiver() as elsewhere:
        program.status, program.location = 307, elsewhere.url
        hooked(site, program.url, ["case.started"])
        a_complaint(site)
        work(site)

    assert elsewhere.heard == []
    assert deliveries(site)[0].problem == "307: redirects are not followed"


def test_a_name_that_leads_to_a_private_network_is_never_called(site: Site, program: Receiver) -> None:
    hooked(site, program.url.replace("127.0.0.1", "localhost"), ["case.started"])
    a_complaint(site)

    work(replace(site, settings=replace(site.settings, private_hooks=False)))

    assert program.heard == []
    (refused,) = deliveries(site)
    assert (refused.status, refused.problem) == ("failed", "the name leads to a private network")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("10.0.0.1", False), ("127.0.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("::ffff:10.0.0.1", False), ("fe80::1", False), ("fc00::1", False), ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False), ("192.168.1.1", False), ("255.255.255.255", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_internet_are_public(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://example.org/", "https"), ("ftp://example.org/", "https"), ("https://10.0.0.1/", "private"),
        ("https://[::1]/", "private"), ("https://a:b@example.org/", "pattern"), ("https://", "pattern"),
        ("https://例子.org/", "pattern"), ("https://example.org:99999/", "pattern"), ("https://e.org/a b", "pattern"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused(site: Site, url: str, rule: str) -> None:
    with pytest.raises(AnswersInvalid) as refused, site.acting(actor_of(site, ADMINISTRATOR)) as context:
        add_hook(context, url=url, events=["case.ended"], private=False)

    assert [(error.field, error.rule) for error in refused.value.errors] == [("url", rule)]


def test_a_hook_that_has_ended_is_told_nothing_more(site: Site, program: Receiver) -> None:
    hooked(site, program.url, ["case.started"])
    a_complaint(site)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        end_hook(context, 1)
    a_complaint(site)
    work(site)

    assert program.heard == []
    assert [each.status for each in deliveries(site)] == ["dropped"]
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, ADMINISTRATOR)) as context:
        end_hook(context, 1)


def test_only_administrators_change_hooks(site: Site) -> None:
    with pytest.raises(NotPermitted), site.acting(actor_of(site, "fang.lan")) as context:
        add_hook(context, url="https://example.org/", events=["case.ended"], private=False)


def test_the_secret_stands_nowhere_in_the_database(site: Site, program: Receiver) -> None:
    secret = hooked(site, program.url, ["case.started"])
    a_complaint(site)

    with site.database.reading(CAFE) as connection:
        for table in ("web_hooks", "hook_deliveries", "history_events"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert secret.removeprefix("whsec_") not in str(rows)


def test_what_was_delivered_a_month_ago_is_forgotten(site: Site, program: Receiver, clock: StandingClock) -> None:
    hooked(site, program.url, ["case.started"])
    a_complaint(site)
    work(site)
    clock.move(seconds=timedelta(days=31).total_seconds())
    a_complaint(site)

    work(site)

    assert len(program.heard) == 2
    assert len(deliveries(site)) == 1
