"""Uploads that nobody sent, and what was set aside, are gone after their time; nothing that is still named is."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.commands.attachments import attach_to_case, forget_uploads, receive, store
from engine.commands.errors import LostRace
from engine.commands.filings import KEPT_FOR, Held, Sent, accept_filing, file_complaint, set_filing_aside
from engine.commands.site import Site
from engine.commands.user_tasks import save_draft
from engine.complaints import Actor
from engine.errors import AlreadyDone
from engine.storage import Storage, StorageAway
from engine.tables import attachments, filings
from engine.worker import leftovers
from engine.worker.leftovers import forget_leftovers, forget_unnamed, sweeper
from tests.support.cafe import a_complaint, task_id
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site, actor_of
from tests.web.neighbour import NEIGHBOUR, add_neighbour
from tests.web.pictures import PNG

PDF = b"%PDF-1.4\n%%EOF\n"
CUSTOMER = Actor.customer(CAFE)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def site(tmp_path: Path, clock: StandingClock) -> Site:
    return a_site(tmp_path, clock=clock)


def uploaded(site: Site, content: bytes = PNG, *, actor: Actor = CUSTOMER, name: str = "cup.png") -> str:
    """The id of an upload whose bytes came a while ago."""
    received = receive(site.storage, actor.company_id, name=name, content=content)
    age(site, received.sha256, company_id=actor.company_id)
    with site.acting(actor) as context:
        return store(context, received).id


def age(site: Site, sha256: str, *, company_id: str = CAFE) -> None:
    os.utime(Path(site.settings.files_url) / company_id / sha256[:2] / sha256, (1_700_000_000, 1_700_000_000))


def filed(site: Site, *files: str) -> int:
    """The id of a complaint that is held, with *files*."""
    answers = {"summary": "Buy our coffee beans today", "kind": "taste", "photos": list(files)}
    with site.acting(CUSTOMER) as context:
        held = file_complaint(context, "complaint", answers, Sent("", "x"))
        assert isinstance(held, Held)
        return int(context.connection.execute(sa.select(sa.func.max(filings.c.id))).scalar_one())


def kept(site: Site, company_id: str = CAFE) -> list[str]:
    with site.database.reading_every_company() as connection:
        own = attachments.c.company_id == company_id
        return sorted(connection.execute(sa.select(attachments.c.id).where(own)).scalars())


def stored(site: Site) -> list[str]:
    """Company and hash of every file in the storage."""
    folder = Path(site.settings.files_url)
    return sorted(f"{path.parts[-3]}/{path.name[:8]}" for path in folder.rglob("*") if path.is_file())


def test_an_upload_that_was_never_sent_is_gone_after_sixty_days(site: Site, clock: StandingClock) -> None:
    uploaded(site)
    clock.move(days=60)
    assert (forget_leftovers(site, CAFE), len(kept(site)), len(stored(site))) == (0, 1, 1)

    clock.move(seconds=1)

    assert forget_leftovers(site, CAFE) == 1
    assert (kept(site), stored(site)) == ([], [])
    assert forget_leftovers(site, CAFE) == 0


def test_what_was_set_aside_loses_its_words_and_files_though_nothing_else_is_filed(
    site: Site, clock: StandingClock
) -> None:
    filing = filed(site, uploaded(site))
    clock.move(days=90)
    with site.acting(actor_of(site, "fang.lan")) as context:
        set_filing_aside(context, filing, reason="advertising")
    clock.move(days=30)
    assert forget_leftovers(site, CAFE) == 0
    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(filings.c.raw)).scalar_one()["photos"]

    clock.move(days=1)

    assert forget_leftovers(site, CAFE) == 1
    with site.database.reading(CAFE) as connection:
        assert connection.execute(sa.select(filings.c.raw)).scalar_one() is None
    with pytest.raises(AlreadyDone), site.acting(actor_of(site, "fang.lan")) as context:
        accept_filing(context, filing)
    assert (kept(site), stored(site)) == ([], [])


def test_what_a_case_a_held_complaint_or_a_saved_draft_names_stays(site: Site, clock: StandingClock) -> None:
    staff = actor_of(site, "fang.lan")
    held = uploaded(site, PDF, name="receipt.pdf")
    filing = filed(site, held)
    in_draft = uploaded(site, b"in a draft", actor=staff, name="b.txt")
    sent = uploaded(site, actor=staff)
    started = a_complaint(site, photos=[sent])
    with site.acting(staff) as context:
        save_draft(context, task_id(site, started.case_id, "assess"), {"remark": "", "evidence": [in_draft]})
    clock.move(days=400)

    assert forget_leftovers(site, CAFE) == 0

    assert kept(site) == sorted([held, in_draft, sent])
    with site.acting(staff) as context:
        accept_filing(context, filing)
    assert site.storage.read(CAFE, stored_hash(site, held)) == PDF


def stored_hash(site: Site, upload: str) -> str:
    with site.database.reading(CAFE) as connection:
        return str(connection.execute(sa.select(attachments.c.sha256).where(attachments.c.id == upload)).scalar_one())


def test_content_that_something_else_has_too_stays_for_it(site: Site, clock: StandingClock) -> None:
    unsent = uploaded(site)
    sent = uploaded(site, actor=actor_of(site, "fang.lan"))
    a_complaint(site, photos=[sent])
    clock.move(days=61)

    assert forget_leftovers(site, CAFE) == 1

    assert unsent not in kept(site)
    assert kept(site) == [sent]
    assert site.storage.read(CAFE, stored_hash(site, sent)) == PNG


def test_another_companys_same_upload_is_its_own(site: Site, clock: StandingClock, tmp_path: Path) -> None:
    add_neighbour(site, tmp_path)
    uploaded(site)
    theirs = uploaded(site, actor=Actor.customer(NEIGHBOUR))
    clock.move(days=61)

    assert forget_leftovers(site, CAFE) == 1

    assert (kept(site), kept(site, NEIGHBOUR)) == ([], [theirs])
    assert [each.partition("/")[0] for each in stored(site)] == [NEIGHBOUR]


def test_content_that_came_once_more_a_moment_ago_stays_for_the_row_that_will_name_it(
    site: Site, clock: StandingClock
) -> None:
    uploaded(site)
    clock.move(days=61)
    again = receive(site.storage, CAFE, name="cup.png", content=PNG)

    assert (forget_leftovers(site, CAFE), len(kept(site))) == (0, 1)

    with site.acting(CUSTOMER) as context:
        new = store(context, again)
    assert (forget_leftovers(site, CAFE), kept(site)) == (1, [new.id])
    assert site.storage.read(CAFE, again.sha256) == PNG


def test_no_file_is_left_without_a_row_where_a_clock_runs_ahead(site: Site, clock: StandingClock) -> None:
    received = receive(site.storage, CAFE, name="cup.png", content=PNG)
    with site.acting(CUSTOMER) as context:
        store(context, received)
    clock.move(days=61)
    assert (forget_leftovers(site, CAFE), len(kept(site)), len(stored(site))) == (0, 1, 1)

    age(site, received.sha256)

    assert (forget_leftovers(site, CAFE), kept(site), stored(site)) == (1, [], [])


def test_a_file_that_is_lost_already_does_not_keep_its_row(site: Site, clock: StandingClock) -> None:
    site.storage.remove(CAFE, stored_hash(site, uploaded(site)))
    clock.move(days=61)

    assert forget_leftovers(site, CAFE) == 1
    assert kept(site) == []


def test_storage_that_is_away_costs_nothing_but_time(
    site: Site, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, there = uploaded(site, b"away", name="a.txt"), uploaded(site, b"there", name="b.txt")
    gone = stored_hash(site, away)
    clock.move(days=61)
    remove = type(site.storage).remove_unless_fresh

    def failing(storage: object, company_id: str, sha256: str) -> bool:
        if sha256 == gone:
            raise StorageAway("expected the storage to answer, found nothing")
        return remove(storage, company_id, sha256)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(type(site.storage), "remove_unless_fresh", failing)
        assert forget_leftovers(site, CAFE) == 1
        assert (kept(site), there in kept(site)) == ([away], False)
    assert forget_leftovers(site, CAFE) == 1
    assert (kept(site), stored(site)) == ([], [])


def test_several_workers_at_once_forget_each_upload_once(site: Site, clock: StandingClock) -> None:
    for number in range(6):
        uploaded(site, b"cup %d" % (number // 2), name="cup.txt")
    clock.move(days=61)
    together, forgotten = threading.Barrier(4), []

    def work() -> None:
        together.wait()
        forgotten.append(forget_leftovers(site, CAFE))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(forgotten) + forget_leftovers(site, CAFE) == 6
    assert (kept(site), stored(site)) == ([], [])


def test_of_two_who_forget_uploads_of_the_same_content_one_finds_itself_the_last(site: Site) -> None:
    one, other = uploaded(site), uploaded(site)
    content = stored_hash(site, one)
    found: list[tuple[int, bool]] = []

    def forget(upload: str) -> None:
        with site.acting(Actor.system(CAFE)) as context:
            found.append(forget_uploads(context, content, attachments.c.id == upload))

    behind = threading.Thread(target=forget, args=(other,))
    with site.acting(Actor.system(CAFE)) as context:
        assert forget_uploads(context, content, attachments.c.id == one) == (1, False)
        behind.start()
        behind.join(0.5)
    behind.join()

    assert found == [(1, True)]


def test_a_form_sent_while_its_upload_is_forgotten_is_refused_and_not_left_without_it(site: Site) -> None:
    started = a_complaint(site)
    upload = uploaded(site)
    with site.acting(CUSTOMER) as context:
        context.connection.execute(sa.delete(attachments))

    with pytest.raises(LostRace), site.acting(CUSTOMER) as context:
        attach_to_case(context, started.case_id, [upload])


def test_the_sweeper_looks_after_every_company(site: Site, clock: StandingClock, tmp_path: Path) -> None:
    add_neighbour(site, tmp_path)
    uploaded(site)
    uploaded(site, actor=Actor.customer(NEIGHBOUR))
    clock.move(days=61)
    round_of = sweeper(site)

    round_of._action()

    assert (kept(site), kept(site, NEIGHBOUR), stored(site)) == ([], [], [])


def unnamed(site: Site, content: bytes = PNG, *, company_id: str = CAFE) -> str:
    """The hash of a file that was written long ago and whose row never was."""
    sha256 = site.storage.keep(company_id, content)
    age(site, sha256, company_id=company_id)
    return sha256


def test_a_file_whose_row_was_never_written_is_gone_after_sixty_days(site: Site) -> None:
    sha256 = unnamed(site)
    folder = Path(site.settings.files_url) / CAFE / sha256[:2]
    sixty_days = 60 * 24 * 3600
    os.utime(folder / sha256, (time.time() - sixty_days + 60,) * 2)
    assert (forget_unnamed(site, CAFE), len(stored(site))) == (0, 1)

    os.utime(folder / sha256, (time.time() - sixty_days - 60,) * 2)

    assert (forget_unnamed(site, CAFE), stored(site)) == (1, [])
    assert forget_unnamed(site, CAFE) == 0


def test_a_file_that_an_upload_names_stays_however_old_it_is(site: Site, tmp_path: Path) -> None:
    add_neighbour(site, tmp_path)
    upload = uploaded(site)
    unnamed(site, company_id=NEIGHBOUR)  # the same content: what one company names is not named for the other

    assert (forget_unnamed(site, CAFE), forget_unnamed(site, NEIGHBOUR)) == (0, 1)

    assert site.storage.read(CAFE, stored_hash(site, upload)) == PNG
    assert [each.partition("/")[0] for each in stored(site)] == [CAFE]


def test_a_file_that_is_written_once_more_while_it_is_to_be_removed_stays(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256, received = unnamed(site), []
    remove = type(site.storage).remove_unless_fresh

    def sent_meanwhile(storage: Storage, company_id: str, sha256: str, *, fresh: float) -> bool:
        received.append(receive(storage, company_id, name="cup.png", content=PNG))
        return remove(storage, company_id, sha256, fresh=fresh)

    monkeypatch.setattr(type(site.storage), "remove_unless_fresh", sent_meanwhile)

    assert forget_unnamed(site, CAFE) == 0

    with site.acting(CUSTOMER) as context:
        store(context, received[0])
    assert site.storage.read(CAFE, sha256) == PNG


def test_what_is_left_of_a_broken_write_goes_and_what_is_being_written_now_does_not(site: Site) -> None:
    sha256 = stored_hash(site, uploaded(site))
    shelf = Path(site.settings.files_url) / CAFE / sha256[:2]
    broken, now = shelf / f"{sha256}.0a1b2c3d", shelf / f"{sha256}.4e5f6a7b"
    broken.write_bytes(b"\x89PNG")
    os.utime(broken, (1_700_000_000, 1_700_000_000))
    now.write_bytes(b"\x89PNG")

    assert forget_unnamed(site, CAFE) == 1

    assert sorted(path.name for path in shelf.iterdir()) == sorted([sha256, now.name])


def test_in_a_day_the_sweeper_looks_through_everything(site: Site, clock: StandingClock) -> None:
    for number in range(40):
        unnamed(site, b"cup %d" % number)
    left = []

    for _ in range(24):
        sweeper(site)._action()
        left.append(len(stored(site)))
        clock.move(hours=1)

    assert (left[-1], left[0] > 25) == (0, True)


def test_a_storage_that_cannot_be_looked_through_keeps_no_upload(
    site: Site, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(site)
    clock.move(days=61)

    def away(*_given: object) -> None:
        raise StorageAway("expected the storage to answer, found nothing")

    monkeypatch.setattr(type(site.storage), "contents", away)
    sweeper(site)._action()

    assert (kept(site), stored(site)) == ([], [])


def test_an_upload_waits_longer_than_any_complaint_that_was_set_aside() -> None:
    assert timedelta(days=60) == leftovers.UNSENT_FOR > KEPT_FOR
