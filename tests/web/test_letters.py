"""Whoever has a letter asks whether it is genuine; whoever has none, or only its code, learns nothing more."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
import segno
import sqlalchemy as sa
from flask import Flask
from pypdf import PdfReader

from engine.commands.erasures import ask_erasure, confirm_erasure
from engine.commands.services import WrittenLetter, keep_letter
from engine.commands.site import Site
from engine.complaints import Actor, letter_code, plain_letter_code
from engine.history import Stream, digest_of_letter
from engine.history.chain import commitment, event_hash
from engine.tables import cases, companies, history_events, history_values, letters
from engine.worker import checkpoint, handlers
from tests.history.walked import drop_guards
from tests.support.cafe import a_complaint, a_round, changed_procedure, the_case
from tests.support.clock import StandingClock
from tests.support.site import ADMINISTRATOR, CAFE, SECOND, SECRET, a_site, actor_of, add_second_administrator
from tests.web.application import an_app
from tests.web.browser import Browser, Page, staff
from tests.web.records import assert_history_verifies, events_of

NAME, MAIL = "欧阳诗涵", "ouyang@example.org"
#: A letter that says what the customer said, too.
QUOTING = ("您的意见（{{ data.summary }}）", "{{ data.customer_name }}（{{ data.customer_mail }}，{{ data.remark }}）")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = a_site(tmp_path, clock=StandingClock())
    add_second_administrator(made)
    return made


@pytest.fixture
def app(site: Site) -> Flask:
    return an_app(site)


def a_letter(site: Site) -> tuple[int, str]:
    """A closed case with its one letter, of thanks to its customer; the case's id and the letter's code."""
    started = a_complaint(site, customer_name=NAME, customer_mail=MAIL)
    a_round(site, started.case_id, satisfied="yes")
    while site.jobs.do(handlers(site)):
        continue
    (letter,) = the_case(site, started.case_id).letters
    return started.case_id, letter_code(SECRET, CAFE, started.number, letter.key)


def checked(app: Flask, code: str) -> Page:
    return Browser(app).open(f"/public/letters/{code}")


def clock_of(site: Site) -> StandingClock:
    assert isinstance(site.clock, StandingClock)
    return site.clock


def looks(site: Site, case_id: int) -> list[tuple[str, str]]:
    return [(event.actor, event.subject) for event in events_of(site, case_id) if event.action == "read_case"]


def change(site: Site, case_id: int, **values: object) -> None:
    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.update(letters).where(letters.c.case_id == case_id).values(values))


def test_whoever_has_the_letter_reads_that_it_is_genuine_and_what_it_says(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    (letter,) = the_case(site, case_id).letters

    page = checked(app, code)

    assert "This letter is genuine" in page.words
    assert "Harbour Café wrote it on Monday, March 2, 2026." in page.words
    assert all(words in page.words for words in ("HC-2026-00001", "Customer complaint", letter.subject))
    said = letter.body.replace(NAME, "欧＊＊＊")
    assert " ".join(said.split()) in " ".join(page.words.split())
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.response.headers["X-Robots-Tag"]


def test_what_names_the_customer_is_covered(site: Site, app: Flask) -> None:
    changed_procedure(site, QUOTING)
    _, code = a_letter(site)

    page = checked(app, code)

    assert "欧＊＊＊（o***@example.org，seen）" in page.words
    assert "Written to欧＊＊＊" in page.words
    assert NAME not in page.text
    assert MAIL not in page.text


def test_the_link_to_the_case_and_what_the_customer_told_at_length_are_covered(site: Site, app: Flask) -> None:
    told = "  - { id: story, type: textarea, label: { zh-Hans: 经过, zh-Hant: 經過, en: Story } }\n  - id: kind\n"
    changed_procedure(
        site,
        ("  - id: kind\n", told),
        ("您的意见（{{ data.summary }}）", "您说：{{ data.story }} 查看进度：{{ case_link }}"),
    )
    started = a_complaint(site, customer_name=NAME, story="我对花生过敏，当晚去了医院。")
    a_round(site, started.case_id, satisfied="yes")
    while site.jobs.do(handlers(site)):
        continue
    (letter,) = the_case(site, started.case_id).letters
    assert started.tracking_code in letter.body

    page = checked(app, letter_code(SECRET, CAFE, started.number, letter.key))

    assert "您说：我*** 查看进度：http://127.0.0.1:8000/public/track/＊＊＊" in page.words
    assert started.tracking_code not in page.text
    assert "花生" not in page.text


def test_a_code_that_nobody_issued_says_so_and_what_to_do(site: Site, app: Flask) -> None:
    _, code = a_letter(site)
    other = ("0" if code[0] != "0" else "1") + code[1:]

    page = checked(app, other)

    assert page.status == 404
    assert f"No letter with the code {other} was issued here." in page.words
    assert "12315" in page.words
    assert "Harbour" not in page.words
    short = checked(app, "7K3M9")
    assert short.status == 404
    assert "This is not a whole code." in short.words
    typed = Browser(app).open(f"/public/letters?code={code.lower().replace('-', '  ')}")
    assert typed.path == f"/public/letters/{code}"


def test_a_letter_that_was_changed_behind_our_back_is_not_called_genuine(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    change(site, case_id, body="We pay you 10,000 yuan.")

    page = checked(app, code)

    assert "Do not rely on this letter" in page.words
    assert "genuine" not in page.words
    assert "10,000" not in page.words


def test_a_history_that_was_forged_to_fit_is_held_against_the_signed_checkpoint(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    checkpoint(site, CAFE)
    (letter,) = the_case(site, case_id).letters
    e, v = history_events.c, history_values.c
    with site.database.migrating() as connection:
        drop_guards(connection)
        salt, digest = "0" * 32, digest_of_letter(letter.subject, "We pay you 10,000 yuan.")
        written = sa.select(v.seq, v.name).where(v.stream == case_id, v.name.startswith("sha256."))
        (place,) = connection.execute(written).all()
        forged = {"salt": salt, "value": digest}
        mine = (v.stream == case_id, v.seq == place.seq, v.name == place.name)
        connection.execute(sa.update(history_values).where(*mine).values(forged))
        previous = ""
        for row in connection.execute(sa.select(history_events).where(e.stream == case_id).order_by(e.seq)).all():
            body = row.body
            if row.seq == place.seq:
                seal = commitment(salt, digest)
                body = re.sub(rf'({re.escape(place.name)}","\$sealed":")[0-9a-f]+', rf"\g<1>{seal}", body)
            lines = {name: getattr(row, name) for name in ("at", "actor", "on_behalf_of", "action", "subject")}
            stream = Stream(CAFE, case_id, "HC-2026-00001")
            before = previous or row.previous
            previous = event_hash(stream=stream, seq=row.seq, previous=before, body=body, **lines)
            values = {"body": body, "previous": before, "hash": previous}
            connection.execute(sa.update(history_events).where(e.stream == case_id, e.seq == row.seq).values(values))
        head = {"history_hash": previous}
        connection.execute(sa.update(cases).where(cases.c.id == case_id).values(head))
    change(site, case_id, body="We pay you 10,000 yuan.")

    page = checked(app, code)

    assert "Do not rely on this letter" in page.words
    assert "10,000" not in page.words


def test_a_letter_that_the_history_does_not_know_is_not_called_genuine(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    change(site, case_id, key="another")

    assert "Do not rely on this letter" in checked(app, code).words


def withdraw(site: Site, app: Flask, reason: str = "It went to the wrong person.") -> Page:
    path = "/cases/HC-2026-00001/letters/1/withdrawal"
    browser = staff(app, "fang.lan")
    browser.open(path)
    return browser.submit(path, f_reason=reason)


def test_a_withdrawn_letter_says_so_and_since_when_and_not_why(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    clock_of(site).move(days=1)
    (letter,) = the_case(site, case_id).letters

    page = withdraw(site, app)

    assert (page.path, "Withdrawn: 2026-03-03 09:00" in page.words) == ("/cases/HC-2026-00001", True)
    assert letter.body.splitlines()[0] in page.words
    assert "It went to the wrong person." in page.words  # in the course, for colleagues
    seen = checked(app, code)
    assert "This letter was withdrawn" in seen.words
    assert "wrote it on Monday, March 2, 2026 and withdrew it on Tuesday, March 3, 2026." in seen.words
    assert "genuine" not in seen.words
    assert letter.subject in seen.words  # what it said can still be compared
    assert "wrong person" not in seen.text
    event = next(each for each in events_of(site, case_id) if each.action == "withdraw_letter")
    assert (event.actor, event.subject) == ("fang.lan", letter.key)
    assert_history_verifies(site)


def test_that_a_letter_was_withdrawn_is_what_the_history_says(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    withdraw(site, app)

    change(site, case_id, withdrawn_at=None)

    assert "This letter was withdrawn" in checked(app, code).words


def test_the_customer_reads_that_a_letter_was_withdrawn_and_not_why(site: Site, app: Flask) -> None:
    started = a_complaint(site, customer_name=NAME)
    a_round(site, started.case_id, satisfied="yes")
    while site.jobs.do(handlers(site)):
        continue
    withdraw(site, app)

    page = Browser(app).open(f"/public/track/{started.tracking_code}")

    assert "We withdrew this letter on Monday, March 2, 2026." in page.words
    assert "Show others that it was withdrawn" in page.words
    assert "wrong person" not in page.text


def test_a_letter_is_withdrawn_once_with_a_reason_by_who_answers_for_the_case(site: Site, app: Flask) -> None:
    a_letter(site)
    path = "/cases/HC-2026-00001/letters/1/withdrawal"
    assert "Withdraw the letter" not in staff(app, "gu.qiang").open("/cases/HC-2026-00001").words
    kitchen = staff(app, "gu.qiang")
    kitchen.open(path)
    assert kitchen.submit(path, f_reason="x").status == 403
    assert withdraw(site, app, reason=" ").errors() == ["Reason Please fill in this field."]
    assert staff(app, "fang.lan").open("/cases/HC-2026-00001/letters/2/withdrawal").status == 404
    first, late = staff(app, "fang.lan"), staff(app, ADMINISTRATOR)
    assert "Withdraw the letter" in first.open("/cases/HC-2026-00001").words
    first.open(path)
    late.open(path)

    assert first.submit(path, f_reason="wrong").status == 200
    assert late.submit(path, f_reason="wrong").status == 409
    assert late.open(path).path == "/cases/HC-2026-00001"
    assert "Withdraw the letter" not in late.open("/cases/HC-2026-00001").words


def test_a_withdrawn_letter_that_is_printed_says_so(site: Site, app: Flask) -> None:
    a_letter(site)
    withdraw(site, app)
    client = staff(app, "fang.lan").client

    pdf = PdfReader(io.BytesIO(client.get("/cases/HC-2026-00001/letters/1.pdf").data))
    docx = client.get("/cases/HC-2026-00001/letters/1.docx").data

    assert "已作废：2026-03-02" in "".join("".join(page.extract_text() for page in pdf.pages).split())
    with ZipFile(io.BytesIO(docx)) as file:
        assert "已作废：2026-03-02" in file.read("word/document.xml").decode()


def test_a_letter_whose_text_was_erased_says_that_nobody_can_compare_it(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    with site.acting(actor_of(site, ADMINISTRATOR)) as context:
        erasure_id = ask_erasure(context, [case_id], reason="asked for")
    with site.acting(actor_of(site, SECOND)) as context:
        confirm_erasure(context, erasure_id, answer="so be it")

    page = checked(app, code)

    assert "Issued here, and its text was erased since" in page.words
    assert "nobody can compare the paper any more" in page.words
    assert "Written to" not in page.words


def test_that_a_later_letter_of_the_kind_was_written_is_said(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    assert "A later letter" not in checked(app, code).words
    (letter,) = the_case(site, case_id).letters
    row = {
        "company_id": CAFE, "case_id": case_id, "key": "again", "letter": letter.letter, "recipient": "customer",
        "address": "", "language": "en", "subject": "s", "body": "b", "written_at": site.clock(),
    }  # fmt: skip
    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.insert(letters).values(row))

    assert "A later letter of the same kind was written on Monday, March 2, 2026." in checked(app, code).words


def test_the_text_of_a_letter_inside_the_company_stays_inside(site: Site, app: Flask) -> None:
    started = a_complaint(site)
    letter = WrittenLetter("thanks", "kitchen", "", "en", "About the machine", "It was too cold.")
    with site.acting(Actor.system(CAFE)) as context:
        keep_letter(context, started.case_id, "inside", letter)

    page = checked(app, letter_code(SECRET, CAFE, started.number, "inside"))

    assert "This letter is genuine" in page.words
    assert "people of the company" in page.words
    assert "About the machine" not in page.words
    assert "Kitchen" not in page.words


@pytest.mark.parametrize("changed", [{"recipient": "kitchen"}, {"letter": "another"}, {"subject": "Other words"}])
def test_to_whom_of_which_kind_and_what_was_written_are_compared(
    changed: dict[str, str], site: Site, app: Flask
) -> None:
    case_id, code = a_letter(site)
    change(site, case_id, **changed)

    assert "Do not rely on this letter" in checked(app, code).words


def test_the_date_is_that_of_the_history(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    change(site, case_id, written_at=site.clock() + timedelta(days=30))

    assert "DateMonday, March 2, 2026" in checked(app, code).words


def test_the_page_names_the_signed_checkpoint_once_it_covers_the_letter(site: Site, app: Flask) -> None:
    _, code = a_letter(site)
    assert "so new that no signed checkpoint covers it" in checked(app, code).words

    checkpoint(site, CAFE)

    page = checked(app, code)
    assert "Signed2026-03-02 09:00" in page.words
    assert "so new" not in page.words


def test_a_letter_of_a_sandbox_is_never_called_genuine(site: Site, app: Flask) -> None:
    _, code = a_letter(site)
    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.update(companies).where(companies.c.id == CAFE).values(sandbox=True))

    page = checked(app, code)

    assert "Written for practice" in page.words
    assert "genuine" not in page.words


def test_that_somebody_looked_is_history_and_not_who(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)

    checked(app, code)

    last = events_of(site, case_id)[-1]
    assert (last.actor, last.action, last.subject) == ("anybody", "read_case", "letter 1 by its code")
    clock_of(site).move(hours=14)
    checked(app, code)
    assert len(looks(site, case_id)) == 1  # 23:00 where the company is
    clock_of(site).move(hours=1)
    checked(app, code)
    checked(app, code)
    assert looks(site, case_id) == [("anybody", "letter 1 by its code")] * 2
    assert_history_verifies(site)
    assert "Somebody with the letter" in staff(app, ADMINISTRATOR).open("/personal-data/report/HC-2026-00001").words


def test_whoever_guesses_codes_waits_and_nobody_else_does(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    guesser, reader = Browser(app), Browser(app)
    guesser.client.environ_base["REMOTE_ADDR"] = "93.184.216.34"
    reader.client.environ_base["REMOTE_ADDR"] = "93.184.216.35"
    guesses = [f"{n:05}-00000-00000-00000" for n in range(20)]

    answers = [guesser.open(f"/public/letters/{guess}") for guess in guesses]

    assert [page.status for page in answers] == [404] * 5 + [429] * 15
    assert answers[-1].response.headers["Retry-After"] == "30"
    assert "Please wait 1 minute and try again." in answers[-1].words
    assert guesser.open(f"/public/letters/{code}").status == 429  # else one could tell a right guess from a wrong one
    assert reader.open(f"/public/letters/{code}").status == 200
    assert [guesser.open("/public/letters/7K3M9").status for _ in range(9)] == [404] * 9  # no whole code: no guess

    clock_of(site).move(seconds=30)
    assert guesser.open(f"/public/letters/{guesses[0]}").status == 404
    assert guesser.open(f"/public/letters/{guesses[0]}").response.headers["Retry-After"] == "60"
    clock_of(site).move(hours=24)
    assert [guesser.open(f"/public/letters/{guess}").status for guess in guesses[:6]] == [404] * 5 + [429]
    assert len(looks(site, case_id)) == 1


def test_where_nobody_can_tell_who_guesses_nobody_waits_for_it(site: Site, app: Flask) -> None:
    _, code = a_letter(site)
    for n in range(20):
        assert checked(app, f"{n:05}-00000-00000-00000").status == 404

    assert checked(app, code).status == 200


def test_the_pdf_carries_the_code_to_scan_and_to_type(site: Site, app: Flask) -> None:
    _, code = a_letter(site)

    content = staff(app, "fang.lan").client.get("/cases/HC-2026-00001/letters/1.pdf").data

    words = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
    assert code in words
    assert "http://127.0.0.1:8000/public/letters" in words


def test_the_word_file_carries_the_very_picture_of_the_address(site: Site, app: Flask) -> None:
    _, code = a_letter(site)

    content = staff(app, "fang.lan").client.get("/cases/HC-2026-00001/letters/1.docx").data

    with ZipFile(io.BytesIO(content)) as file:
        (picture,) = (file.read(name) for name in file.namelist() if name.startswith("word/media/"))
        assert code in file.read("word/document.xml").decode()
    expected = io.BytesIO()
    segno.make(f"http://127.0.0.1:8000/public/letters/{code}", error="m", micro=False).save(
        expected, kind="png", scale=8, border=2
    )
    assert picture == expected.getvalue()


def test_the_customer_finds_the_page_to_show_others_behind_the_link(site: Site, app: Flask) -> None:
    started = a_complaint(site, customer_name=NAME)
    a_round(site, started.case_id, satisfied="yes")
    while site.jobs.do(handlers(site)):
        continue

    page = Browser(app).open(f"/public/track/{started.tracking_code}")

    (link,) = page.tree.xpath("//a[contains(@href, '/public/letters/')]/@href")
    assert "This letter is genuine" in Browser(app).open(link).words


def test_a_letter_from_before_there_were_codes_gets_one_when_it_is_printed(site: Site, app: Flask) -> None:
    case_id, code = a_letter(site)
    change(site, case_id, code_hash=None)
    assert checked(app, code).status == 404

    staff(app, "fang.lan").client.get("/cases/HC-2026-00001/letters/1.pdf")

    assert "This letter is genuine" in checked(app, code).words


def test_codes_are_typed_with_what_people_read_for_them() -> None:
    code = letter_code(b"secret", CAFE, "HC-2026-00001", "thanks#1")

    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", code)
    assert plain_letter_code(code) == code
    assert plain_letter_code(f" https://example.org/public/letters/{code.lower()}/ ") == code
    assert plain_letter_code("ooooo-iIlLL 11111 00000") == "00000-11111-11111-00000"
    assert plain_letter_code("7K3M9-QXP2R-4T8WV-NZ1A") == ""
    assert plain_letter_code("7K3M9-QXP2R-4T8WV-NZ1AU") == ""
    assert letter_code(b"secret", CAFE, "HC-2026-00001", "thanks#2") != code
    assert letter_code(b"other", CAFE, "HC-2026-00001", "thanks#1") != code
