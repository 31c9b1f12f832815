"""An installation as a file: taken while people work, brought in whole or not at all, on either database."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.backups import BackupRefused, Manifest, bring_in, restore, take
from engine.backups.rows import POINTERS, counted_key
from engine.backups.taking import DERIVED
from engine.commands.attachments import receive, store
from engine.commands.notes import note, noted
from engine.commands.site import Site
from engine.complaints import letter_code, letter_hash, tracking_hash
from engine.deployments import DeploymentStore
from engine.history import history_roots
from engine.queries.cases import case_by_number, case_by_tracking
from engine.queries.letters import letter_by_code
from engine.tables import attachments, cases, history_values, metadata, search_texts, sessions
from engine.worker import forget_leftovers, handlers
from engine.worker.words import read_words
from tests.support import site as sites
from tests.support.cafe import a_complaint, a_round, do, open_steps, the_case
from tests.support.clock import StandingClock
from tests.support.jobs import RememberedJobs
from tests.support.postgresql import cluster
from tests.support.site import CAFE, SECRET, a_database, a_site, actor_of, an_empty_site, settings_in
from tests.web.neighbour import NEIGHBOUR, add_neighbour
from tests.web.records import assert_history_verifies

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
NOW = StandingClock()()


def quiet(_what: str, _done: int) -> None:
    pass


def a_used_site(folder: Path) -> Site:
    """Two cases, one of them with a round behind it, a picture, and jobs that nobody has done yet."""
    site = a_site(folder)
    a_round(site, a_complaint(site).case_id, satisfied="yes")
    a_complaint(site, summary="杯子有裂纹")
    with site.acting(actor_of(site, "fang.lan")) as context:
        store(context, receive(site.storage, context.actor.company_id, name="cup.png", content=PICTURE))
    return site


def a_new_site(folder: Path) -> Site:
    """A database without tables."""
    database = a_database(folder)
    settings = settings_in(folder, SHOUWEN_DATABASE_URL=database.url)
    return Site(settings, database, DeploymentStore(), RememberedJobs(), StandingClock(), b"another secret")


def taken(site: Site, path: Path, company_id: str = "") -> Manifest:
    return take(site, path, now=NOW, company_id=company_id, progress=quiet)


def rows_of(site: Site, table: sa.Table) -> list[tuple[object, ...]]:
    with site.database.reading_every_company() as connection:
        return [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]


def jobs_of(site: Site) -> RememberedJobs:
    assert isinstance(site.jobs, RememberedJobs)
    return site.jobs


def test_what_comes_back_is_what_was_there(tmp_path: Path) -> None:
    before = a_used_site(tmp_path / "before")
    note(before.database, "last_backup", {"rows": 7}, now=NOW)
    taken(before, tmp_path / "backup.zip")

    after = a_new_site(tmp_path / "after")
    restore(after, tmp_path / "backup.zip", progress=quiet)

    kept = [table for table in metadata.tables.values() if table.name not in DERIVED]
    for table in kept:
        assert rows_of(after, table) == rows_of(before, table), table.name
    assert jobs_of(after).put_jobs == jobs_of(before).put_jobs != []
    (picture,) = rows_of(after, attachments)
    assert after.storage.read(CAFE, str(picture[3])) == PICTURE
    assert noted(after.database, "last_backup") == noted(before.database, "last_backup")
    assert_history_verifies(after)


def test_cases_are_found_by_their_words_again(tmp_path: Path) -> None:
    before = a_used_site(tmp_path / "before")
    taken(before, tmp_path / "backup.zip")
    after = a_new_site(tmp_path / "after")
    restore(after, tmp_path / "backup.zip", progress=quiet)

    while read_words(after):
        pass

    assert {row[0] for row in rows_of(after, search_texts)} == {row[0] for row in rows_of(before, cases)}


def test_work_goes_on_where_it_stood(tmp_path: Path) -> None:
    before = a_used_site(tmp_path / "before")
    taken(before, tmp_path / "backup.zip")
    after = a_new_site(tmp_path / "after")
    restore(after, tmp_path / "backup.zip", progress=quiet)

    case_id = a_complaint(after).case_id
    do(after, case_id, "assess")

    assert open_steps(after, case_id) == ["fix", "reply"]
    assert case_id > max(row[0] for row in rows_of(before, cases))
    assert jobs_of(after).do(handlers(after)) > 0
    assert_history_verifies(after)


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_it_comes_back_on_the_other_database_too(database_kind: str, to: str, tmp_path: Path) -> None:
    before = a_used_site(tmp_path / "before")
    taken(before, tmp_path / "backup.zip")

    with sites.on_server(cluster() if to == "postgresql" else None):
        after = a_new_site(tmp_path / "after")
        restore(after, tmp_path / "backup.zip", progress=quiet)
        assert rows_of(after, cases) == rows_of(before, cases)
        a_complaint(after)
        assert_history_verifies(after)


def test_a_backup_taken_while_people_work_is_one_instant(tmp_path: Path) -> None:
    before = a_site(tmp_path / "before")
    a_round(before, a_complaint(before).case_id)
    stopping = threading.Event()

    def work() -> None:
        while not stopping.is_set():
            a_round(before, a_complaint(before).case_id)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        made = [taken(before, tmp_path / f"{n}.zip") for n in range(2)]
    finally:
        stopping.set()
        worker.join()

    events = [root.events for manifest in made for root in manifest.roots.values()]
    assert events == sorted(events)
    assert events[-1] > events[0]
    for n in range(2):
        after = a_new_site(tmp_path / f"after-{n}")
        restore(after, tmp_path / f"{n}.zip", progress=quiet)
        assert assert_history_verifies(after) == events[n]


def test_old_data_are_never_written_over(tmp_path: Path) -> None:
    site = a_used_site(tmp_path / "site")
    taken(site, tmp_path / "backup.zip")
    known = rows_of(site, cases)

    with pytest.raises(BackupRefused, match=r"expected an empty database, found 1 companies\. Restore into a new one"):
        restore(site, tmp_path / "backup.zip", progress=quiet)

    assert rows_of(site, cases) == known


def test_progress_tells_every_table_and_file(tmp_path: Path) -> None:
    site = a_used_site(tmp_path / "site")
    told: list[tuple[str, int]] = []

    take(site, tmp_path / "backup.zip", now=NOW, progress=lambda what, done: told.append((what, done)))

    assert {"companies", "cases", "history_events", "history", "files"} <= {what for what, _ in told}


def test_rows_that_are_all_but_equal_come_back_too(tmp_path: Path) -> None:
    site = a_used_site(tmp_path / "site")
    place = {"company_id": CAFE, "stream": 1, "seq": 1, "salt": "0" * 32, "value": "x" * 400}
    with site.database.transaction(CAFE) as connection:
        connection.execute(sa.insert(history_values), [place | {"name": f"n{number}"} for number in range(20_000)])

    taken(site, tmp_path / "backup.zip")

    assert (tmp_path / "backup.zip").stat().st_size < 500_000
    assert restore(a_new_site(tmp_path / "after"), tmp_path / "backup.zip", progress=quiet).files == 1


def test_a_lost_upload_is_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    site = a_used_site(tmp_path / "site")
    (kept,) = [path for path in (tmp_path / "site" / "files").rglob("*") if path.is_file()]
    kept.write_bytes(b"something else")

    made = taken(site, tmp_path / "backup.zip")

    assert made.missing == (f"{CAFE}/{kept.name}",)
    after = a_new_site(tmp_path / "after")
    assert restore(after, tmp_path / "backup.zip", progress=quiet).files == 0


def test_an_upload_that_is_forgotten_while_a_backup_is_taken_is_not_called_lost(tmp_path: Path) -> None:
    clock = StandingClock()
    site = replace(a_used_site(tmp_path), clock=clock)
    (kept,) = [file for file in Path(site.settings.files_url).rglob("*") if file.is_file()]
    os.utime(kept, (1_700_000_000, 1_700_000_000))
    clock.move(days=61)
    forgotten: list[int] = []

    def meanwhile(what: str, _done: int) -> None:
        if what == "history":
            with ThreadPoolExecutor(1) as another:
                forgotten.append(another.submit(forget_leftovers, site, CAFE).result())

    made = take(site, tmp_path / "backup.zip", now=NOW, progress=meanwhile)

    assert (forgotten, made.files, made.missing) == ([1], 0, ())
    after = a_new_site(tmp_path / "after")
    assert restore(after, tmp_path / "backup.zip", progress=quiet).files == 0


def test_one_company_moves_to_an_installation_that_has_another(tmp_path: Path) -> None:
    here = a_used_site(tmp_path / "here")
    add_neighbour(here, tmp_path / "neighbour")
    started = a_complaint(here)
    with here.database.reading_every_company() as connection:
        roots = history_roots(connection, CAFE)
    taken(here, tmp_path / "cafe.zip", CAFE)
    there = replace(an_empty_site(tmp_path / "there"), secret=b"the secret of there")
    add_neighbour(there, tmp_path / "neighbour there")
    neighbours = {row[0] for row in rows_of(there, cases)}

    bring_in(there, tmp_path / "cafe.zip", CAFE, progress=quiet)

    with there.database.reading_every_company() as connection:
        assert history_roots(connection, CAFE) == roots
    assert_history_verifies(there)
    moved = {row[2]: row for row in rows_of(there, cases) if row[1] == CAFE}
    assert len(moved) == 3
    assert {row[0] for row in moved.values()}.isdisjoint(neighbours)
    case_id = int(str(moved[started.number][0]))
    do(there, case_id, "assess")
    assert open_steps(there, case_id) == ["fix", "reply"]
    assert jobs_of(there).do(handlers(there)) > 0
    assert rows_of(there, sessions) == []
    assert_history_verifies(there)


def test_the_codes_that_customers_have_stay_good_and_new_letters_carry_others(tmp_path: Path) -> None:
    here = a_used_site(tmp_path / "here")
    started = a_complaint(here)
    a_round(here, started.case_id, satisfied="yes")
    jobs_of(here).do(handlers(here))
    on_paper = letter_code(SECRET, CAFE, started.number, the_case(here, started.case_id).letters[0].key)
    unwritten = a_complaint(here)
    a_round(here, unwritten.case_id, satisfied="yes")
    taken(here, tmp_path / "cafe.zip", CAFE)
    there = replace(an_empty_site(tmp_path / "there"), secret=b"the secret of there")
    bring_in(there, tmp_path / "cafe.zip", CAFE, progress=quiet)
    jobs_of(there).do(handlers(there))

    with there.database.reading_every_company() as connection:
        found = case_by_tracking(connection, there.deployments, tracking_hash(started.tracking_code))
        letters = the_case(there, found.id).letters
        checked = letter_by_code(connection, there.deployments, letter_hash(on_paper))

    assert found.number == started.number
    assert (checked.number, checked.state) == (started.number, "genuine")
    again = letter_code(there.secret, CAFE, started.number, letters[0].key)
    with there.database.reading_every_company() as connection:
        assert letter_by_code(connection, there.deployments, letter_hash(again)).event == checked.event
        (written,) = case_by_number(connection, there.deployments, CAFE, unwritten.number).letters
    assert written.code_hash == letter_hash(letter_code(there.secret, CAFE, unwritten.number, written.key))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (CAFE, f"expected {CAFE} not to be here yet, found it"),
        (NEIGHBOUR, f"expected a backup of {NEIGHBOUR}, found one of {CAFE}"),
    ],
)
def test_a_company_comes_in_once_and_under_its_name(asked: str, said: str, tmp_path: Path) -> None:
    site = a_used_site(tmp_path / "site")
    taken(site, tmp_path / "cafe.zip", CAFE)
    known = rows_of(site, cases)

    with pytest.raises(BackupRefused, match=said):
        bring_in(site, tmp_path / "cafe.zip", asked, progress=quiet)

    assert rows_of(site, cases) == known


def test_a_company_takes_nothing_of_another_with_it(tmp_path: Path) -> None:
    site = a_used_site(tmp_path / "site")
    add_neighbour(site, tmp_path / "neighbour")

    made = taken(site, tmp_path / "cafe.zip", CAFE)

    assert set(made.roots) == {CAFE}
    assert made.tables["companies"].rows == 1
    assert made.tables["cases"].rows == 2
    assert {"installation", "sessions", "idempotency"}.isdisjoint(made.tables)


def test_nobody_is_taken_for_a_company(tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="found none called 'nobody'"):
        taken(a_used_site(tmp_path / "site"), tmp_path / "x.zip", "nobody")
    assert not (tmp_path / "x.zip").exists()


def test_every_id_that_crosses_is_known() -> None:
    """Whoever adds a column with the id of a row has to make it a foreign key, or name it in POINTERS."""
    whole = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if table.name not in DERIVED
        and isinstance(column.type, sa.BigInteger)
        and (column.name.endswith("_id") or column.name in {"id", "stream", "held_by"})
    }
    known = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.foreign_keys or counted_key(table) == column.name
    }
    assert whole - known == set(POINTERS)
