"""A backup that somebody made up or changed is refused before a row of it stays, with what was expected."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from engine.backups import BackupRefused, bring_in, restore, take
from engine.commands.attachments import receive, store
from engine.commands.site import Site
from engine.tables import cases, companies, people
from tests.backups.test_backups import NOW, PICTURE, a_new_site, quiet
from tests.support.cafe import a_complaint
from tests.support.site import CAFE, a_site, actor_of, an_empty_site
from tests.web.neighbour import NEIGHBOUR, add_neighbour

Entries = dict[str, bytes]


@pytest.fixture(scope="module")
def honest(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Entries, Entries]:
    """The entries of a backup of everything, and of one company."""
    folder = tmp_path_factory.mktemp("honest")
    site = a_site(folder / "site")
    a_complaint(site)
    with site.acting(actor_of(site, "fang.lan")) as context:
        store(context, receive(site.storage, context.actor.company_id, name="cup.png", content=PICTURE))
    take(site, folder / "whole.zip", now=NOW, progress=quiet)
    take(site, folder / "cafe.zip", now=NOW, company_id=CAFE, progress=quiet)
    return _entries(folder / "whole.zip"), _entries(folder / "cafe.zip")


@pytest.fixture(scope="module")
def empty(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Where backups of everything should go: whatever was refused before."""
    return a_new_site(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def neighbours(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An installation with another company."""
    target = replace(an_empty_site(tmp_path_factory.mktemp("target")), secret=b"there")
    add_neighbour(target, tmp_path_factory.mktemp("neighbour"))
    return target


def _entries(path: Path) -> Entries:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(entries: Entries, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def _manifest(entries: Entries, change: Callable[[dict[str, Any]], None]) -> Entries:
    manifest = orjson.loads(entries["manifest.json"])
    change(manifest)
    return entries | {"manifest.json": orjson.dumps(manifest)}


def _table(entries: Entries, name: str, change: Callable[[list[Any]], None]) -> Entries:
    """*entries* with every row of a table changed, and a manifest that announces it so."""
    manifest = orjson.loads(entries["manifest.json"])
    rows = [orjson.loads(line) for line in entries[f"tables/{name}.jsonl"].splitlines()]
    for row in rows:
        named = dict(zip(manifest["tables"][name]["columns"], row, strict=True))
        change(named)
        row[:] = named.values()
    content = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    manifest["tables"][name] |= {"rows": len(rows), "sha256": sha256(content).hexdigest()}
    return entries | {"manifest.json": orjson.dumps(manifest), f"tables/{name}.jsonl": content}


def _refused(target: Site, path: Path, company: str = "") -> str:
    bring = (lambda: bring_in(target, path, company, progress=quiet)) if company else None
    with pytest.raises(BackupRefused) as refusal:
        bring() if bring else restore(target, path, progress=quiet)
    return str(refusal.value)


def _swapped(entries: Entries) -> Entries:
    (name,) = [name for name in entries if name.startswith("files/")]
    return entries | {name: b"other"}


def _cut(entries: Entries, table: str) -> Entries:
    name = f"tables/{table}.jsonl"
    return entries | {name: b"\n".join(entries[name].splitlines()[:-1]) + b"\n"}


def _renamed(entries: Entries, old: str, new: str) -> Entries:
    def rename(manifest: dict[str, Any]) -> None:
        manifest["tables"][new] = manifest["tables"].pop(old)

    renamed = _manifest(entries, rename)
    renamed[f"tables/{new}.jsonl"] = renamed.pop(f"tables/{old}.jsonl")
    return renamed


def _other_column(manifest: dict[str, Any]) -> None:
    manifest["tables"]["people"]["columns"][1] = "id) VALUES (1); DROP TABLE people; --"


def _other_root(manifest: dict[str, Any]) -> None:
    manifest["roots"][CAFE]["sha256"] = "0" * 64


def _jobs(entries: Entries, content: bytes) -> Entries:
    def announce(manifest: dict[str, Any]) -> None:
        manifest["jobs"] |= {"rows": content.count(b"\n"), "sha256": sha256(content).hexdigest()}

    return _manifest(entries, announce) | {"jobs.jsonl": content}


def _others_file(entries: Entries) -> Entries:
    (name,) = [name for name in entries if name.startswith("files/")]
    moved = dict(entries)
    moved[name.replace(CAFE, NEIGHBOUR)] = moved.pop(name)
    return moved


WRONG: list[tuple[str, Callable[[Entries], Entries], str]] = [
    ("no zip", lambda _: {}, "expected to read manifest.json"),
    ("no manifest", lambda e: {k: v for k, v in e.items() if k != "manifest.json"}, "expected to read manifest.json"),
    ("manifest is a list", lambda e: e | {"manifest.json": b"[]"}, "expected the manifest of a backup"),
    ("manifest is no JSON", lambda e: e | {"manifest.json": b"{"}, "expected the manifest of a backup"),
    ("deep manifest", lambda e: e | {"manifest.json": b"[" * 100_000}, "expected the manifest of a backup"),
    ("another format", lambda e: _manifest(e, lambda m: m.update(format="x/9")), "expected shouwen-backup/1"),
    ("from the future", lambda e: _manifest(e, lambda m: m.update(revision="9999")), "found 9999: install its version"),
    ("path upwards", lambda e: e | {"files/../../../etc/cron.d/x": b"x"}, "expected only what a backup has"),
    ("absolute path", lambda e: e | {"/etc/passwd": b"x"}, "expected only what a backup has"),
    ("a company that is a path", lambda e: e | {f"files/..%2f/{'0' * 64}": b"x"}, "expected only what a backup has"),
    ("file under a foreign hash", _swapped, "found other content"),
    ("a file less than announced", lambda e: _manifest(e, lambda m: m.update(files=2)), "expected 2 files, found 1"),
    ("row taken away", lambda e: _cut(e, "people"), "rows of people that the manifest announces, found others"),
    ("row that is no JSON", lambda e: e | {"tables/cases.jsonl": b"{\n"}, "expected rows in cases"),
    ("row of another length", lambda e: e | {"tables/cases.jsonl": b"[1]\n"}, "values a row in cases, found [1]"),
    ("a table of nobody", lambda e: _renamed(e, "people", "sqlite_master"), "expected tables of ours"),
    ("a column of nobody", lambda e: _manifest(e, _other_column), "expected the columns of people"),
    ("no base64", lambda e: _table(e, "cases", lambda r: r.update(state="###")), "expected bytes as base64 in cases"),
    ("a row refers to nothing", lambda e: _table(e, "cases", lambda r: r.update(deployment_id=77)), "cases takes"),
    ("text for a number", lambda e: _table(e, "cases", lambda r: r.update(revision=["x"])), "cases takes"),
    ("history head of another", lambda e: _manifest(e, _other_root), "expected the history that the backup announces"),
    ("bomb", lambda e: e | {"tables/cases.jsonl": b"\0" * 50_000_000}, "expected tables/cases.jsonl as backups are packed"),
    ("jobs of nothing", lambda e: _jobs(e, b"[1,2,3]\n"), "expected a job"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_refused_and_nothing_stays(
    wrong: Callable[[Entries], Entries], said: str, honest: tuple[Entries, Entries], empty: Site, tmp_path: Path
) -> None:
    assert said in _refused(empty, _packed(wrong(honest[0]), tmp_path / "wrong.zip"))

    with empty.database.reading_every_company() as connection:
        assert sa.inspect(connection).get_table_names() == []
    assert [path.name for path in tmp_path.rglob("*")] == ["wrong.zip"]


def test_what_is_no_zip_is_refused(empty: Site, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("hello")

    assert "expected a backup at" in _refused(empty, tmp_path / "text.zip")
    assert "expected a backup at" in _refused(empty, tmp_path / "none.zip")


FOREIGN: list[tuple[str, Callable[[Entries], Entries], str]] = [
    ("a person of another company", lambda e: _table(e, "people", lambda r: r.update(company_id=NEIGHBOUR)),
     f"expected rows of {CAFE} in people, found one of '{NEIGHBOUR}'"),
    ("a group for somebody who is there", lambda e: _table(e, "memberships", lambda r: r.update(person_id=1_000)),
     "expected row 1000 of people in the backup, found it only named"),
    ("history in a case that is there", lambda e: _table(e, "history_events", lambda r: r.update(stream=1_000)),
     "expected row 1000 of cases in the backup, found it only named"),
    ("another company itself", lambda e: _table(e, "companies", lambda r: r.update(id="third-cafe")),
     f"expected rows of {CAFE} in companies, found one of 'third-cafe'"),
    ("one id twice", lambda e: _table(e, "people", lambda r: r.update(id=1)),
     "expected each id of people once"),
    ("an id that is none", lambda e: _table(e, "people", lambda r: r.update(id=True)),
     "expected each id of people once"),
    ("jobs of another company", lambda e: _jobs(e, b'["mail","mail:1",{"company":"hill-cafe","case":1}]\n'),
     f"expected jobs of {CAFE}, found mail:1"),
    ("files of another company", _others_file, f"expected files of {CAFE}, found files of"),
    ("time without end", lambda e: _table(e, "history_events", lambda r: r.update(at=10**17)),
     "expected a history of some decades"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), [case[1:] for case in FOREIGN], ids=[case[0] for case in FOREIGN])
def test_a_company_that_reaches_for_others_is_refused(
    wrong: Callable[[Entries], Entries], said: str, honest: tuple[Entries, Entries], neighbours: Site, tmp_path: Path
) -> None:
    assert said in _refused(neighbours, _packed(wrong(honest[1]), tmp_path / "wrong.zip"), CAFE)

    with neighbours.database.reading_every_company() as connection:
        assert connection.execute(sa.select(companies.c.id)).scalars().all() == [NEIGHBOUR]
        assert set(connection.execute(sa.select(people.c.company_id)).scalars()) == {NEIGHBOUR}
        assert len(connection.execute(sa.select(cases.c.id)).all()) == 1


def test_entries_that_lie_over_each_other_are_refused(
    honest: tuple[Entries, Entries], empty: Site, tmp_path: Path
) -> None:
    path = _packed(honest[0], tmp_path / "whole.zip")
    with zipfile.ZipFile(path, "a") as archive:
        first = archive.getinfo("tables/deployments.jsonl")
        archive.filelist += [first] * 50
        archive._didModify = True

    assert "a file made to fill a disk" in _refused(empty, path)


def test_after_all_that_was_refused_the_honest_one_comes_in(
    honest: tuple[Entries, Entries], empty: Site, neighbours: Site, tmp_path: Path
) -> None:
    assert restore(empty, _packed(honest[0], tmp_path / "whole.zip"), progress=quiet).files == 1
    assert bring_in(neighbours, _packed(honest[1], tmp_path / "cafe.zip"), CAFE, progress=quiet).files == 1
