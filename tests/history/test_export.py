"""The audit package: what it holds, and that two verifiers agree on it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from engine.calendars import calendars_from_json
from engine.errors import UnsafeFile
from engine.history.export import export_case, verify_export, wrong_receipts
from tests.history.stranger import first_break
from tests.history.walked import a_walked_case
from tests.support.cafe import the_case
from tests.support.site import a_site


@pytest.fixture(scope="module")
def package(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    case = a_walked_case(a_site(tmp_path_factory.mktemp("site")))
    found = the_case(case.site, case.case_id)
    clocks = [
        {"deadline": each.deadline, "round": each.round, "status": each.status, "receipt": each.receipt}
        for each in found.clocks
    ]
    files, calendars = found.deployment.package.files, [found.calendars]
    return export_case(case.stream, case.events, case.values, files=files, clocks=clocks, calendars=calendars)


def opened(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_package_verifies_offline_and_for_a_stranger(package: bytes) -> None:
    assert verify_export(package) == (None, 6)
    assert first_break(package) is None


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


def test_a_package_holds_the_procedure_it_ran_on(package: bytes) -> None:
    names = set(opened(package))

    assert {"stream.json", "history.jsonl", "values.json"} < names
    assert any(name.startswith("procedure/") and name.endswith("complaint.bpmn") for name in names)


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[dict[str, bytes]], None]:
    def apply(files: dict[str, bytes]) -> None:
        files["history.jsonl"] = b"\n".join(change(files["history.jsonl"].splitlines())) + b"\n"

    return apply


def _edited(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"seen", b"sean") for line in lines]


def _forged_value(files: dict[str, bytes]) -> None:
    files["values.json"] = files["values.json"].replace(b"Chen", b"Li")


def _forged_head(files: dict[str, bytes]) -> None:
    about = json.loads(files["stream.json"])
    about["head"]["hash"] = "00"
    files["stream.json"] = json.dumps(about).encode()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_lines(_edited), (2, "hash")),
        (_lines(lambda lines: lines[:2] + lines[3:]), (4, "gap")),
        (_lines(lambda lines: [lines[1], lines[0], *lines[2:]]), (2, "gap")),
        (_lines(lambda lines: lines[:4]), (4, "head")),
        (_forged_value, (1, "value")),
        (_forged_head, (6, "head")),
    ],
    ids=["edited", "deleted", "swapped", "cut", "forged value", "forged head"],
)
def test_both_verifiers_find_and_name_a_manipulation(
    package: bytes, change: Callable[[dict[str, bytes]], None], expected: tuple[int, str]
) -> None:
    files = opened(package)
    change(files)

    broken, _ = verify_export(packed(files))

    assert broken is not None
    assert (broken.seq, broken.reason) == expected
    assert first_break(packed(files)) == expected


def test_erased_values_are_simply_absent(package: bytes) -> None:
    files = opened(package) | {"values.json": b"{}"}

    assert verify_export(packed(files)) == (None, 6)
    assert first_break(packed(files)) is None


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
