"""A time-stamping authority outside says when it saw the history; that is checked without it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from rfc3161_client import decode_timestamp_response

from engine.commands.site import Site
from engine.errors import UnsafeFile
from engine.history import check
from engine.history.export import export_case, require_trusted_stamp, verify_export
from engine.history.growing import last_stamp
from engine.history.whole import verify_company
from engine.queries.case_record import case_record
from engine.tables import history_checkpoints
from engine.worker import NotStamped, checkpoint, stamp, stamp_where_due
from tests.history.test_export import found_by_a_stranger
from tests.support.authority import Authority, time_stamping_authority
from tests.support.cafe import a_complaint, do, the_case
from tests.support.clock import StandingClock
from tests.support.site import CAFE, a_site
from tests.web.records import company_events
from webapp.cli import main


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with time_stamping_authority(tmp_path_factory.mktemp("authority")) as made:
        yield made


@pytest.fixture
def site(tmp_path: Path, authority: Authority) -> Site:
    authority.broken, authority.asked = None, 0
    made = a_site(tmp_path / "site", clock=StandingClock())
    return replace(made, settings=replace(made.settings, timestamp_url=authority.url))


def a_package(site: Site, case_id: int) -> bytes:
    with site.database.reading(CAFE) as connection:
        return export_case(
            case_record(connection, site.deployments, the_case(site, case_id), storage=site.storage)
        )  # fmt: skip


def test_a_package_brings_the_stamp_and_everybody_can_check_it(
    site: Site, authority: Authority, tmp_path: Path
) -> None:
    case_id = a_complaint(site).case_id
    at = stamp(site, CAFE)
    do(site, case_id, "assess")
    checkpoint(site, CAFE)

    package = a_package(site, case_id)

    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)
    event = company_events(site)[-1]
    assert (event.action, event.content["authority"]) == ("stamp_history", "127.0.0.1")
    verdict = verify_export(package)
    assert verdict.problems == []
    assert found_by_a_stranger(check.unpacked(package), tmp_path / "stranger") == []
    assert f"stamped by an authority at {at:%Y-%m-%dT%H:%M:%SZ}" in "\n".join(verdict.facts)
    require_trusted_stamp(package, authority.certificate.read_bytes())
    files = check.unpacked(package)
    for name in (check.STAMPED, check.STAMP):
        (tmp_path / Path(name).name).write_bytes(files[name])
    of = ("-data", tmp_path / "checkpoint.txt", "-in", tmp_path / "checkpoint.tsr", "-CAfile", authority.certificate)
    assert subprocess.run(["openssl", "ts", "-verify", *of], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", [check.STAMPED, check.STAMP])
def test_another_checkpoint_or_another_stamp_is_found(site: Site, tmp_path: Path, name: str) -> None:
    case_id = a_complaint(site).case_id
    stamp(site, CAFE)
    first = check.unpacked(a_package(site, case_id))
    do(site, case_id, "assess")
    stamp(site, CAFE)
    files = check.unpacked(a_package(site, case_id))

    found = check.check({**files, name: first[name]})

    assert {problem.reason for problem in found.problems} >= {"stamp"}
    assert (0, "stamp") in found_by_a_stranger({**files, name: first[name]}, tmp_path / "stranger")
    assert check.check({**files, check.STAMP: b"0\x03nothing"}).problems[-1].reason == "stamp"


def test_an_authority_that_nobody_trusts_vouches_for_nothing(site: Site, tmp_path: Path) -> None:
    case_id = a_complaint(site).case_id
    stamp(site, CAFE)
    package = a_package(site, case_id)

    with time_stamping_authority(tmp_path / "other") as other, pytest.raises(UnsafeFile, match="not vouched for"):
        require_trusted_stamp(package, other.certificate.read_bytes())
    with pytest.raises(UnsafeFile, match="not certificates"):
        require_trusted_stamp(package, b"nothing")


def test_answers_that_are_no_stamp_of_this_history_are_not_kept(site: Site, authority: Authority) -> None:
    a_complaint(site)
    stamp(site, CAFE)
    with site.database.reading(CAFE) as connection:
        found = last_stamp(connection, CAFE)
    assert found
    a_complaint(site)

    for answer, error in (
        (b"", UnsafeFile),
        (b"<html>", UnsafeFile),
        (found[1], UnsafeFile),
        (b"x" * 200_000, NotStamped),
    ):
        authority.broken = answer
        with pytest.raises(error):
            stamp(site, CAFE)
    away = replace(site, settings=replace(site.settings, timestamp_url="http://127.0.0.1:9/"))
    with pytest.raises(NotStamped):
        stamp(away, CAFE)
    with pytest.raises(NotStamped, match="to begin with https"):
        stamp(replace(site, settings=replace(site.settings, timestamp_url="file:///etc/passwd")), CAFE)

    with site.database.reading(CAFE) as connection:
        assert last_stamp(connection, CAFE) == found


def test_a_stamp_that_was_exchanged_in_the_database_is_found(site: Site) -> None:
    a_complaint(site)
    stamp(site, CAFE)
    a_complaint(site)
    stamp(site, CAFE)
    with site.database.reading(CAFE) as connection:
        assert verify_company(connection, CAFE).wrong == []
    t = history_checkpoints.c
    with site.database.transaction(CAFE) as connection:
        stamps = connection.execute(sa.select(t.stamp).where(t.stamp.is_not(None)).order_by(t.size)).scalars().all()
        last = sa.select(sa.func.max(t.size)).where(t.stamp.is_not(None)).scalar_subquery()
        connection.execute(sa.update(history_checkpoints).where(t.size == last).values(stamp=stamps[0]))

    with site.database.reading(CAFE) as connection:
        (wrong,) = verify_company(connection, CAFE).wrong

    assert wrong.message.endswith("a time stamp of something else")


def test_the_worker_asks_once_a_day(site: Site, authority: Authority) -> None:
    a_complaint(site)
    assert isinstance(site.clock, StandingClock)
    now = datetime.now(UTC)
    for hours in (0, 1, 20, 25):
        site.clock.at = now + timedelta(hours=hours)
        stamp_where_due(site)

    assert authority.asked == 2


def test_it_is_asked_for_and_checked_by_commands(
    site: Site,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SHOUWEN_VAR", str(site.settings.var))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", site.database.url)
    number = a_complaint(site).number
    assert main(["checkpoint", "--stamp"]) == 1
    assert "SHOUWEN_TIMESTAMP_URL" in capsys.readouterr().err
    monkeypatch.setenv("SHOUWEN_TIMESTAMP_URL", authority.url)

    assert main(["checkpoint", "--stamp"]) == 0
    assert capsys.readouterr().out.startswith("harbour-cafe: stamped at 20")
    assert main(["case", "export", number, "--to", str(tmp_path)]) == 0
    package = str(tmp_path / f"{number}.zip")
    assert main(["case", "verify", package, "--authority", str(authority.certificate)]) == 0
    assert "the time stamp is one of" in capsys.readouterr().out
    assert main(["case", "verify", package, "--authority", package]) == 1


def test_the_library_still_reads_only_certificates_in_order(site: Site) -> None:
    """When this fails, `engine.history.stamps._in_order` may go."""
    a_complaint(site)
    stamp(site, CAFE)
    with site.database.reading(CAFE) as connection:
        found = last_stamp(connection, CAFE)

    assert found
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(found[1])
