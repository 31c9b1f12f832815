"""The audit package: what it holds, and that two verifiers agree on it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.calendars import calendars_from_json
from engine.commands.attachments import receive, store
from engine.commands.cases import Started, start
from engine.commands.site import Site
from engine.errors import UnsafeFile
from engine.history.export import verify_export, wrong_receipts
from engine.history.growing import HistoryForked
from engine.worker import checkpoint, handlers
from tests.history.walked import Walked, a_walked_case
from tests.support.cafe import COMPLAINT, a_round, do
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site, actor_of
from webapp.audit_packages import audit_package

NODE = shutil.which("node")
Files = dict[str, bytes]
#: Six things that happened, and that the package was taken.
EVENTS = 7


@pytest.fixture(scope="module")
def case(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    return a_walked_case(a_site(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="module")
def package(case: Walked) -> bytes:
    checkpoint(case.site, CAFE)
    return audit_package(case.site, actor_of(case.site, "an.qi"), case.stream.label)


def opened(package: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def found(files: Files, **known: Any) -> list[tuple[int, str]]:
    return [(problem.seq, problem.reason) for problem in verify_export(packed(files), **known).problems]


def found_by_a_stranger(files: Files, folder: Path, *known: str) -> list[tuple[int, str]]:
    """What the verifier in another language finds, that was written from the page alone."""
    if NODE is None:
        pytest.skip("no node on this machine")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    script = Path(__file__).with_name("stranger.mjs")
    done = subprocess.run([NODE, script, folder, *known], capture_output=True, text=True, check=True)
    return [(seq, reason) for seq, reason in json.loads(done.stdout)["wrong"]]


def test_a_package_verifies_offline_and_for_a_stranger(package: bytes, tmp_path: Path) -> None:
    verdict = verify_export(package)

    assert (verdict.problems, verdict.events) == ([], EVENTS)
    assert f"{EVENTS} of {EVENTS} events are in the tree that was signed" in verdict.facts
    assert "procedure/ is version 1 as it was put into service" in verdict.facts
    assert found_by_a_stranger(opened(package), tmp_path) == []


def test_it_brings_what_checks_it_in_one_file(package: bytes, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(tmp_path)

    whole = subprocess.run([sys.executable, "-I", tmp_path / "check.py"], capture_output=True, text=True, check=False)
    (tmp_path / "values.json").write_text((tmp_path / "values.json").read_text().replace("Chen", "Li"))
    forged = subprocess.run([sys.executable, "-I", tmp_path / "check.py"], capture_output=True, text=True, check=False)

    assert (whole.returncode, whole.stdout.splitlines()[-1]) == (0, "WHOLE")
    assert (forged.returncode, forged.stdout.splitlines()[-1]) == (1, "NOT WHOLE")
    assert "WRONG: event 1: the kept value of customer_name.1 is another one" in forged.stdout


def test_taking_it_is_an_event_inside_it(package: bytes) -> None:
    last = json.loads(opened(package)["history.jsonl"].splitlines()[-1])

    assert (last["action"], last["actor"]) == ("export_case", "an.qi")


def test_its_dates_can_be_added_up_again_over_the_calendar_it_brings(package: bytes) -> None:
    inside = opened(package)
    clocks = json.loads(inside["clocks.json"])

    assert {clock["deadline"] for clock in clocks} == {"reply", "fixing"}
    assert wrong_receipts(package) == ()
    for clock in clocks:
        calendars = calendars_from_json(json.loads(inside[f"calendars/{clock['receipt']['calendar']}.json"]))
        assert calendars.version == clock["receipt"]["calendar"]


def test_a_date_that_its_lines_do_not_give_is_named(package: bytes) -> None:
    inside = opened(package)
    clocks = json.loads(inside["clocks.json"])
    clocks[0]["receipt"]["due"] = "2026-03-09T18:00:00+08:00"

    (wrong,) = wrong_receipts(packed(inside | {"clocks.json": json.dumps(clocks).encode()}))

    assert wrong.startswith(clocks[0]["deadline"])


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Files], None]:
    def apply(files: Files) -> None:
        files["history.jsonl"] = b"\n".join(change(files["history.jsonl"].splitlines())) + b"\n"

    return apply


def _edited(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"founded", b"refused") for line in lines]


def _replaced(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    def apply(files: Files) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)

    return apply


def _forged_head(files: Files) -> None:
    about = json.loads(files["stream.json"])
    about["head"]["hash"] = "00"
    files["stream.json"] = json.dumps(about).encode()


def _another_place(files: Files) -> None:
    proof = json.loads(files["proof.json"])
    proof["events"][2][1] += 1
    files["proof.json"] = json.dumps(proof).encode()


def _signature_written_otherwise(files: Files) -> None:
    """68 bytes leave two bits of their Base64 unused: decoders that do not look give the same bytes."""
    proof = json.loads(files["proof.json"])
    note = proof["note"]
    proof["note"] = f"{note[:-3]}{chr(ord(note[-3]) + 1)}=\n"
    files["proof.json"] = json.dumps(proof).encode()


def _smuggled(files: Files) -> None:
    files["letters/999-apology.txt"] = b"We are sorry.\n"


def _another_verdict(files: Files) -> None:
    assert b"not_met" not in files["verdicts.json"]
    files["verdicts.json"] = files["verdicts.json"].replace(b'"met"', b'"not_met"', 1)


def _another_record(files: Files) -> None:
    files["record.pdf"] += b"%"


def _lost_record(files: Files) -> None:
    del files["record.pdf"]


def _another_diagram(files: Files) -> None:
    (name,) = [name for name in files if name.endswith("/complaint.bpmn")]
    files[name] += b"<!-- -->"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_lines(_edited), (2, "hash")),
        (_lines(lambda lines: lines[:2] + lines[3:]), (4, "gap")),
        (_lines(lambda lines: [lines[1], lines[0], *lines[2:]]), (2, "gap")),
        (_lines(lambda lines: lines[:4]), (4, "head")),
        (_replaced("values.json", b"Chen", b"Li"), (1, "value")),
        (_forged_head, (EVENTS, "head")),
        (_another_place, (3, "tree")),
        (_replaced("proof.json", b"shouwen/harbour-cafe\\n1", b"shouwen/harbour-cafe\\n9"), (0, "signature")),
        (_signature_written_otherwise, (0, "signature")),
        (_smuggled, (0, "file")),
        (_another_diagram, (0, "procedure")),
        (_another_verdict, (EVENTS, "paper")),
        (_another_record, (EVENTS, "paper")),
        (_lost_record, (EVENTS, "paper")),
        (_replaced("company.jsonl", b'"version\\":1', b'"version\\":2'), (0, "hash")),
    ],
    ids=[
        "edited", "deleted", "swapped", "cut", "forged value", "forged head", "another place", "another size",
        "signature written otherwise", "smuggled letter", "another diagram", "another verdict", "another record", "lost record", "another deployment",
    ],
)  # fmt: skip
def test_both_verifiers_find_and_name_a_manipulation(
    package: bytes, change: Callable[[Files], None], expected: tuple[int, str], tmp_path: Path
) -> None:
    files = opened(package)
    change(files)

    assert expected in found(files)
    assert expected in found_by_a_stranger(files, tmp_path)


def test_who_kept_an_older_checkpoint_sees_that_the_history_goes_on_from_it(tmp_path: Path) -> None:
    clock = StandingClock()
    case = a_walked_case(a_site(tmp_path / "site", clock=clock))
    old = checkpoint(case.site, CAFE)
    key = next(part for part in old.split("\n") if part.startswith("shouwen/"))
    clock.move(days=1)
    do(case.site, case.case_id, "fix")
    who = actor_of(case.site, "an.qi")
    (tmp_path / "kept").write_text(old)

    files = opened(audit_package(case.site, who, case.stream.label, since=[old]))
    without = opened(audit_package(case.site, who, case.stream.label))
    given = json.loads(files["proof.json"])["key"]

    assert given.startswith(key)
    assert found(files, key=given, kept=[old]) == []
    assert found_by_a_stranger(files, tmp_path / "a", given, str(tmp_path / "kept")) == []
    assert found(without, key=given, kept=[old]) == [(0, "since")]
    assert found_by_a_stranger(without, tmp_path / "b", given, str(tmp_path / "kept")) == [(0, "since")]


def test_a_fork_has_no_package_for_who_kept_the_other_branch(tmp_path: Path) -> None:
    site, other = a_site(tmp_path / "a"), a_site(tmp_path / "b")
    theirs = checkpoint(a_walked_case(other).site, CAFE)
    case = a_walked_case(site)

    with pytest.raises(HistoryForked):
        audit_package(site, actor_of(site, "an.qi"), case.stream.label, since=[theirs])


def test_a_key_that_is_not_the_one_you_were_given_is_noticed(package: bytes, tmp_path: Path) -> None:
    files = opened(package)
    site = a_site(tmp_path / "site")
    other = opened(audit_package(site, actor_of(site, "an.qi"), a_walked_case(site).stream.label))
    key = json.loads(other["proof.json"])["key"]

    assert found(files, key=key) == [(0, "signature")]
    assert found_by_a_stranger(files, tmp_path / "files", key) == [(0, "signature")]


def a_case_with_files(site: Site) -> Started:
    """A closed case with a photo, and the letter that was written at its end."""
    actor = actor_of(site, "fang.lan")
    with site.acting(actor) as context:
        photo = store(
            context, receive(site.storage, context.actor.company_id, name="cup.pdf", content=b"%PDF-1.4\n%cold")
        )
        started = start(context, "complaint", {**COMPLAINT, "photos": [photo.id]})
    a_round(site, started.case_id, satisfied="yes")
    site.jobs.do(handlers(site))
    return started


def test_uploads_and_letters_are_covered(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site")
    started = a_case_with_files(site)

    files = opened(audit_package(site, actor_of(site, "an.qi"), started.number))
    (photo,) = [name for name in files if name.startswith("files/")]
    (letter,) = [name for name in files if name.startswith("letters/")]

    assert files[photo] == b"%PDF-1.4\n%cold"
    assert "coffee too cold" in files[letter].decode()
    assert "2 files and letters are those that were recorded" in verify_export(packed(files)).facts
    assert found_by_a_stranger(files, tmp_path / "whole") == []
    for number, forged in enumerate(({photo: b"%PDF-1.4\n%hot"}, {letter: files[letter] + b"."})):
        assert found(files | forged) == [(0, "file"), (0, "file")], "one is not recorded, one is missing"
        assert found_by_a_stranger(files | forged, tmp_path / str(number)) == [(0, "file"), (0, "file")]


def test_the_hash_of_a_letter_is_no_oracle_for_who_guesses_names(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site")
    started = a_case_with_files(site)

    files = opened(audit_package(site, actor_of(site, "an.qi"), started.number))
    (letter,) = [content for name, content in files.items() if name.startswith("letters/")]

    assert hashlib.sha256(letter).hexdigest().encode() not in files["history.jsonl"]


def test_erased_values_are_simply_absent(package: bytes, tmp_path: Path) -> None:
    files = opened(package) | {"values.json": b"{}"}

    assert found(files) == []
    assert found_by_a_stranger(files, tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04nonsense",
        packed({"stream.json": b"{}"}),
        packed({"stream.json": b"[]", "values.json": b"[]", "history.jsonl": b"7"}),
        packed({"stream.json": b'{"company":1,"case":2,"head":3}', "values.json": b"{}", "history.jsonl": b""}),
        packed(
            {"stream.json": b'{"company":"a","case":"b","head":null}', "values.json": b"{}", "history.jsonl": b"{}"}
        ),
    ],
)
def test_what_is_no_audit_package_is_refused(content: bytes) -> None:
    with pytest.raises(UnsafeFile):
        verify_export(content)
