"""Erasing what is personal: gone wherever it lay, and every proof holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.commands import cases, user_tasks
from engine.commands.attachments import receive, store
from engine.commands.erasures import (
    ErasureRefused,
    ask_erasure,
    confirm_erasure,
    digest_of_certificate,
    refuse_erasure,
    withdraw_erasure,
)
from engine.commands.filters import save_filter
from engine.commands.findable import record_search
from engine.commands.holds import hold_case, release_case
from engine.commands.notices import add_note
from engine.commands.site import Site
from engine.complaints.inbox import Filter, View
from engine.errors import AlreadyDone, AnswersInvalid, NotPermitted
from engine.history import check
from engine.history.export import export_case
from engine.history.whole import verify_company
from engine.queries.case_record import case_record
from engine.tables import erasures, history_events
from engine.worker import ask_for_due_erasures, checkpoint, handlers, read_words
from tests.support.cafe import COMPLAINT, a_complaint, do, task_id, the_case, with_rules
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, SECOND, a_site, actor_of, add_second_administrator
from tests.web.records import company_events, events_of

#: Words that nobody else uses; each stands somewhere else in the case.
NAME, MAIL, REMARK, ANSWER, NOTE, FILE, INSIDE = (
    "欧阳诗涵", "ouyang@secret.example", "她住在青年湖南街八号", "欧阳诗涵女士，我们再做一杯", "电话里哭了，孩子叫彤彤",
    "欧阳的小票.pdf", "what only the file says: seventeen",
)  # fmt: skip
#: No reader of PDF makes words of it; the bytes are what is looked for.
PDF = b"%PDF-1.4\n% " + INSIDE.encode() + b"\n%%EOF\n"
SECRETS = (NAME, MAIL, REMARK, ANSWER, NOTE, FILE, INSIDE, "欧阳", "青年湖", "彤彤")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path / "site", clock=StandingClock())
    add_second_administrator(made)
    return made


def by(site: Site, who: str, command: Any, *args: Any, **named: Any) -> Any:
    with site.acting(actor_of(site, who)) as context:
        return command(context, *args, **named)


def a_personal_case(site: Site) -> int:
    """Closed, with the customer's words in every place a case has."""
    front = actor_of(site, "fang.lan")
    with site.acting(front) as context:
        photo = store(context, receive(site.storage, context.actor.company_id, name=FILE, content=PDF))
        said = {**COMPLAINT, "customer_name": NAME, "customer_mail": MAIL, "photos": [photo.id]}
        case_id = cases.start(context, "complaint", said).case_id
    do(site, case_id, "assess", remark=REMARK)
    by(site, "fang.lan", user_tasks.save_draft, task_id(site, case_id, "reply"), {"answer": ANSWER})
    do(site, case_id, "reply", answer=ANSWER)
    do(site, case_id, "fix")
    by(site, "fang.lan", add_note, case_id, NOTE)
    site.jobs.do(handlers(site))
    do(site, case_id, "confirm", satisfied="yes")
    site.jobs.do(handlers(site))
    with site.acting(front) as context:
        record_search(context, {"text": NAME}, [the_case(site, case_id).number])
        save_filter(context, f"all of {NAME}", view=View.MINE, where=Filter(text=NAME))
    while read_words(site):
        continue
    return case_id


def erased(site: Site, *case_ids: int) -> int:
    erasure_id: int = by(site, ADMINISTRATOR, ask_erasure, case_ids, reason="the customer asked for it")
    by(site, SECOND, confirm_erasure, erasure_id, answer="identity checked")
    site.jobs.do(handlers(site))
    return erasure_id


def everything_in(site: Site) -> bytes:
    """Every byte that the installation keeps."""
    files = [path.read_bytes() for path in sorted(site.settings.var.rglob("*")) if path.is_file()]
    if site.database.is_sqlite:
        return b"\n".join(files)
    with site.database.engine.connect() as connection:
        connection.exec_driver_sql("SET shouwen.company = '*write'")
        names = connection.exec_driver_sql(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).scalars()
        for name in names.all():
            rows = connection.exec_driver_sql(f"SELECT row_to_json(t)::text FROM {name} AS t").scalars()
            files += [json.dumps(json.loads(row), ensure_ascii=False).encode() for row in rows]
    return b"\n".join(files)


def found_in(site: Site, *words: str) -> list[str]:
    everything = everything_in(site)
    forms = {word: {word.encode(), json.dumps(word)[1:-1].encode(), word.encode("utf-16-le")} for word in words}
    return [word for word, written in forms.items() if any(each in everything for each in written)]


def test_nothing_personal_is_left_in_any_byte_of_the_installation(site: Site) -> None:
    case_id = a_personal_case(site)
    assert found_in(site, NAME, MAIL, REMARK, NOTE, INSIDE) == [NAME, MAIL, REMARK, NOTE, INSIDE]

    erased(site, case_id)

    assert found_in(site, *SECRETS) == []


def test_every_proof_holds_after_an_erasure(site: Site) -> None:
    case_id = a_personal_case(site)
    checkpoint(site, CAFE)
    before = events_of(site, case_id)
    with site.database.reading(CAFE) as connection:
        old = case_record(connection, site.deployments, the_case(site, case_id), storage=site.storage)
        kept = old.proofs.note if old.proofs else ""

    erased(site, case_id)
    checkpoint(site, CAFE)

    assert [each.hash for each in events_of(site, case_id)][: len(before)] == [each.hash for each in before]
    with site.database.reading(CAFE) as connection:
        assert verify_company(connection, CAFE, notes=[kept]).wrong == []
        case = the_case(site, case_id)
        record = case_record(connection, site.deployments, case, storage=site.storage, since=[kept])
    package = check.unpacked(export_case(record))
    assert check.check(package, "", [kept]).problems == []
    assert json.loads(package["values.json"]) == {}
    assert not any(NAME.encode() in content for content in package.values())


def test_a_certificate_says_what_went_and_the_history_vouches_for_it(site: Site) -> None:
    case_id = a_personal_case(site)
    number = the_case(site, case_id).number
    erasure_id = erased(site, case_id)

    with site.database.reading(CAFE) as connection:
        row = connection.execute(sa.select(erasures).where(erasures.c.id == erasure_id)).one()
    certificate = row.certificate
    assert (certificate["asked"]["by"], certificate["confirmed"]["by"]) == (ADMINISTRATOR, SECOND)
    (of_case,) = certificate["cases"]
    assert (of_case["number"], of_case["letters"], of_case["files"], of_case["searches"]) == (number, 1, 1, 2)
    assert of_case["seals"][:4] == [[1, "customer_mail.3"], [1, "customer_name.2"], [1, "photos.4"], [1, "sha256.1"]]
    assert of_case["mentions"] == []
    assert not any(secret in json.dumps(certificate, ensure_ascii=False) for secret in SECRETS)
    last = events_of(site, case_id)[-1]
    assert (last.action, last.seq, last.hash) == ("erase_case", of_case["after"]["seq"], of_case["after"]["hash"])
    confirmed, cleaned = company_events(site)[-2:]
    assert (confirmed.action, cleaned.action) == ("confirm_erasure", "clean_erasure")
    assert confirmed.content["certificate"] == digest_of_certificate(certificate)


def test_what_the_history_said_openly_is_named_and_not_hidden(site: Site) -> None:
    case_id = a_complaint(site, summary=f"{NAME} says: too cold", customer_name=NAME).case_id
    do(site, case_id, "assess", founded="no")
    site.jobs.do(handlers(site))
    erasure_id = erased(site, case_id)

    case = the_case(site, case_id)
    assert case.title == "▇ says: too cold"
    with site.database.reading(CAFE) as connection:
        row = connection.execute(sa.select(erasures).where(erasures.c.id == erasure_id)).one()
    assert row.certificate["cases"][0]["mentions"] == [1]


def test_figures_and_what_is_no_personal_value_stay(site: Site) -> None:
    case_id = a_personal_case(site)
    before = the_case(site, case_id)
    erased(site, case_id)
    after = the_case(site, case_id)

    assert {name: after.data[name] for name in ("kind", "founded", "satisfied", "summary")} == {
        "kind": "taste",
        "founded": "yes",
        "satisfied": "yes",
        "summary": "coffee too cold",
    }
    assert (after.outcome, after.ended_at, after.clocks) == (before.outcome, before.ended_at, before.clocks)
    assert [(one.letter, one.written_at) for one in after.letters] == [
        (one.letter, one.written_at) for one in before.letters
    ]


def test_another_administrator_has_to_confirm(site: Site) -> None:
    case_id = a_personal_case(site)
    with pytest.raises(NotPermitted, match="not-an-administrator"):
        by(site, "fang.lan", ask_erasure, [case_id], reason="why not")
    with pytest.raises(AnswersInvalid):
        by(site, ADMINISTRATOR, ask_erasure, [case_id], reason=" ")
    erasure_id = by(site, ADMINISTRATOR, ask_erasure, [case_id], reason="asked by the customer")
    with pytest.raises(AlreadyDone):
        by(site, SECOND, ask_erasure, [case_id], reason="asked by the customer")
    with pytest.raises(NotPermitted, match="own-request"):
        by(site, ADMINISTRATOR, confirm_erasure, erasure_id, answer="yes")
    assert the_case(site, case_id).customer == NAME

    by(site, SECOND, refuse_erasure, erasure_id, answer="not the person concerned")
    with pytest.raises(AlreadyDone):
        by(site, SECOND, confirm_erasure, erasure_id, answer="yes")
    again = by(site, SECOND, ask_erasure, [case_id], reason="now with proof")
    by(site, SECOND, withdraw_erasure, again, answer="a mistake")
    said = [event.action for event in company_events(site)][-4:]
    assert said == ["ask_erasure", "refuse_erasure", "ask_erasure", "withdraw_erasure"]


def test_what_is_open_held_or_must_be_kept_is_not_erased(site: Site) -> None:
    open_case = a_complaint(site).case_id
    with pytest.raises(ErasureRefused) as refused:
        by(site, ADMINISTRATOR, ask_erasure, [open_case], reason="asked")
    assert [(each.why, each.until) for each in refused.value.obstacles] == [("open", None)]

    with_rules(site, "[retention]\nyears = 3")
    kept, held = a_personal_case(site), a_personal_case(site)
    hold_id = by(site, ADMINISTRATOR, hold_case, held, reason="in court")
    with pytest.raises(ErasureRefused) as refused:
        by(site, ADMINISTRATOR, ask_erasure, [kept, held], reason="asked")
    said = [(each.why, each.until and each.until.isoformat(), each.reason) for each in refused.value.obstacles]
    assert said == [("kept", "2029-03-02", ""), ("held", None, "in court")]

    by(site, SECOND, release_case, hold_id, answer="the court has decided")
    assert isinstance(site.clock, StandingClock)
    site.clock.move(days=3 * 366)
    erased(site, kept, held)
    assert (the_case(site, kept).customer, the_case(site, held).customer) == ("", "")


def test_a_case_held_after_the_request_is_not_erased(site: Site) -> None:
    case_id = a_personal_case(site)
    erasure_id = by(site, ADMINISTRATOR, ask_erasure, [case_id], reason="asked")
    by(site, ADMINISTRATOR, hold_case, case_id, reason="in court")
    with pytest.raises(ErasureRefused):
        by(site, SECOND, confirm_erasure, erasure_id, answer="yes")
    assert the_case(site, case_id).customer == NAME


def test_a_file_that_another_case_has_too_stays_there(site: Site) -> None:
    case_id, other = a_personal_case(site), a_personal_case(site)
    erased(site, case_id)
    (kept,) = the_case(site, other).files
    assert site.storage.read(CAFE, kept.sha256) == PDF
    assert the_case(site, case_id).files == ()


def test_the_events_themselves_are_the_same_bytes(site: Site) -> None:
    case_id = a_personal_case(site)
    with site.database.reading(CAFE) as connection:
        where = history_events.c.stream == case_id
        before = [tuple(row) for row in connection.execute(sa.select(history_events).where(where))]
    erased(site, case_id)
    with site.database.reading(CAFE) as connection:
        after = [tuple(row) for row in connection.execute(sa.select(history_events).where(where))]
    assert after[: len(before)] == before


def test_where_its_procedure_wants_it_the_calendar_asks_once_and_erases_nothing(site: Site) -> None:
    with_rules(site, "[retention]\nmonths = 6\nthen_erase = true")
    due, held = a_personal_case(site), a_personal_case(site)
    by(site, ADMINISTRATOR, hold_case, held, reason="in court")
    assert ask_for_due_erasures(site, CAFE) == 0
    assert isinstance(site.clock, StandingClock)
    site.clock.move(days=185)

    assert [ask_for_due_erasures(site, CAFE), ask_for_due_erasures(site, CAFE)] == [1, 0]

    asked = company_events(site)[-1]
    assert (asked.actor, asked.action, asked.content["cases"]) == (
        "schedule",
        "ask_erasure",
        [the_case(site, due).number],
    )
    assert the_case(site, due).customer == NAME
    by(site, SECOND, confirm_erasure, 1, answer="time is over")
    assert the_case(site, due).customer == ""
