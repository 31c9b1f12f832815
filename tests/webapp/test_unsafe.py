"""An installation that is reached by others is not served with what is only for one's own machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.settings import read_settings
from tests.support.site import an_empty_site
from webapp.cli.main import main
from webapp.cli.unsafe import unsafe_of, unsafe_settings
from webapp.demonstration import create_demonstration

OPEN = {"SHOUWEN_HOST": "0.0.0.0"}
SAFE = {"SHOUWEN_SECURE_COOKIES": "yes"}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ""),
        ({"SHOUWEN_HOST": "::1"}, ""),
        ({"SHOUWEN_HOST": "localhost"}, ""),
        (OPEN | SAFE, ""),
        (OPEN, "SHOUWEN_SECURE_COOKIES: expected yes where SHOUWEN_HOST is open to the network (0.0.0.0), found no"),
        ({"SHOUWEN_HOST": "10.0.0.5"}, "SHOUWEN_SECURE_COOKIES"),
        (
            {"SHOUWEN_BASE_URL": "https://complaints.example"},
            "SHOUWEN_SECURE_COOKIES: expected yes where SHOUWEN_BASE_URL",
        ),
    ],
)
def test_what_is_reached_by_others_needs_secure_cookies(given: dict[str, str], found: str) -> None:
    said = list(unsafe_settings(read_settings(given)))

    assert [each.startswith(found) for each in said] == ([True] if found else [])


def test_demonstration_people_are_for_ones_own_machine(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)
    site = replace(site, settings=replace(site.settings, host="0.0.0.0", secure_cookies=True))
    assert list(unsafe_of(site)) == []

    create_demonstration(site)

    (said,) = unsafe_of(site)
    assert said.startswith("SHOUWEN_HOST: expected 127.0.0.1 for an installation with demonstration people")


def test_a_key_that_others_may_read_is_named(tmp_path: Path) -> None:
    site = an_empty_site(tmp_path)
    site.settings.keys.mkdir(exist_ok=True)
    key = site.settings.keys / "secret.key"
    key.write_bytes(b"x" * 32)
    key.chmod(0o644)

    (said,) = unsafe_of(site)

    assert said == f"{key}: expected a key that only its owner may read, found mode 644; chmod 600"


def test_a_database_that_cannot_be_reached_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOUWEN_VAR", str(tmp_path))
    monkeypatch.setenv("SHOUWEN_DATABASE_URL", "postgresql+psycopg://shouwen:topsecret@127.0.0.1:9/shouwen")

    assert main(["doctor"]) == 1

    said = capsys.readouterr().err
    assert said.startswith("shouwen doctor: expected the database to answer, found: OperationalError\n  ")
    assert "127.0.0.1" in said
    assert "port 9 failed: Connection refused" in said
    assert "topsecret" not in said


def test_the_start_refuses_and_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOUWEN_VAR", str(tmp_path))
    main(["db", "upgrade"])
    monkeypatch.setenv("SHOUWEN_HOST", "0.0.0.0")

    assert main(["serve"]) == 1

    assert "SHOUWEN_SECURE_COOKIES: expected yes" in capsys.readouterr().err
